#pragma once
// Transfer functions in double precision. Signals are 0 ... 1 between nominal black and peak, display light is in
// cd/m2 ("nits"), scene light is relative (1 = nominal peak). Thread-safe: pure functions.

#include <pier/colour/gamut.hpp>

namespace pier::colour {

/// PQ EOTF, SMPTE ST 2084 clause 5 and BT.2100 table 4: signal to cd/m2 (1 is 10 000). Negative signals give 0.
double pq_eotf(double signal);
/// cd/m2 to signal; negative light gives 0.
double pq_inverse_eotf(double nits);

/// HLG OETF, BT.2100 table 5: scene light 0 ... 1 to signal. Odd for negative light.
double hlg_oetf(double scene);
double hlg_inverse_oetf(double signal);
/// System gamma of a display with nominal peak `peak_nits`: 1.2 + 0.42 log10(Lw/1000) for 400 ... 2000 cd/m2, outside
/// of that the extended form 1.2 * 1.111^log2(Lw/1000) (BT.2100 table 5, notes 5e and 5f).
double hlg_system_gamma(double peak_nits);
/// HLG OOTF with black at 0: BT.2020 scene light to display light in cd/m2, Fd = Lw * Ys^(gamma-1) * E.
Rgb hlg_ootf(const Rgb& scene, double peak_nits);
Rgb hlg_inverse_ootf(const Rgb& display_nits, double peak_nits);
/// The same with a stated system gamma (a grade made for another surround, BT.2390 clause 6.2).
Rgb hlg_ootf(const Rgb& scene, double peak_nits, double gamma);
Rgb hlg_inverse_ootf(const Rgb& display_nits, double peak_nits, double gamma);

/// BT.1886 annex 1 EOTF, gamma 2.4, with display white and black in cd/m2.
double bt1886_eotf(double signal, double white_nits, double black_nits = 0.0);
double bt1886_inverse_eotf(double nits, double white_nits, double black_nits = 0.0);

/// BT.709 clause 1.2: scene light to signal of a camera without knee. Not what a display inverts: see bt1886_eotf.
double bt709_oetf(double scene);
double bt709_inverse_oetf(double signal);

/// IEC 61966-2-1: signal to relative display light.
double srgb_eotf(double signal);
double srgb_inverse_eotf(double light);

}  // namespace pier::colour
