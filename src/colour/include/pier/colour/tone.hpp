#pragma once
// Published tone mappings in double precision, on one colour or one luminance at a time. Thread-safe: pure functions.

#include <pier/colour/gamut.hpp>

namespace pier::colour {

/// BT.2446-1 clause 4.1 (method A), HDR to SDR: BT.2020 R'G'B' (light^(1/2.4), 1 = `peak_nits`) to R'G'B'
/// (1 = `sdr_peak_nits`). The result may lie outside 0 ... 1 for saturated colours.
Rgb bt2446_a(const Rgb& rgb, double peak_nits, double sdr_peak_nits);
/// The curve of method A alone: luma Y' of HDR to luma of SDR before it is lowered for reds. Rises everywhere; the
/// published constants leave a step of 5.5e-4 in Y'c at the lower knee.
double bt2446_a_luma(double y, double peak_nits, double sdr_peak_nits);
/// Luma of HDR at the lower knee (Y'p = 0.7399), where the curve has its step.
double bt2446_a_lower_knee(double peak_nits);

/// The exact inverse of bt2446_a, so that SDR taken into HDR by it comes back unchanged; not the fitted
/// expansion of clause 4.2. What lies in the step of the lower knee goes to the knee.
Rgb bt2446_a_inverse(const Rgb& rgb, double peak_nits, double sdr_peak_nits);
double bt2446_a_inverse_luma(double y, double peak_nits, double sdr_peak_nits);

/// BT.2446-1 clause 6 (method C) on luminance: HDR cd/m2 to SDR, 1 = SDR white; linear up to 58.5 %, then a logarithmic
/// shoulder: 203 cd/m2 give 0.9065 (96 % signal), 1000 cd/m2 give 1.184 (107 %, super-white).
double bt2446_c_luminance(double nits);
/// Where the shoulder begins: 69.85 cd/m2 of HDR.
double bt2446_c_inflection();
/// Crosstalk of method C, clause 6.1.2, on linear BT.2020 RGB: keeps hue while luminance is mapped; alpha 0 ... 0.33.
Matrix3 bt2446_c_crosstalk(double alpha);

/// BT.2390-8 clause 5.4.1 (EETF) with black at 0: light of a display with `peak_nits` to one with `target_nits`. The
/// identity below the knee at 1.5 maxLum - 0.5 of the PQ signal, a Hermite spline above it.
double bt2390_eetf(double nits, double peak_nits, double target_nits);
/// cd/m2 up to which the EETF changes nothing.
double bt2390_knee(double peak_nits, double target_nits);

}  // namespace pier::colour
