#pragma once
// The definition of every pointwise conversion, in double precision, one colour at a time. The fast way (Converter) is
// measured against this; nothing else in Pier runs it on pictures.
//
// HDR to SDR, in this order:
//  1. The signal is shown by a reference display with the nominal peak (BT.2100): R'G'B' above peak or below black is
//     clipped as that display does; HLG goes through the OOTF.
//  2. Light goes to BT.2020 linear RGB, 1 = peak.
//  3. The tone mapping asked for (tone.hpp):
//     - BT.2446-1 method A. It works on R'G'B' = light^(1/2.4) and on the luma Y' of those values (BT.2020 weights),
//       not on luminance: perceptual log curve rho(L) = 1 + 32 (L/10000)^(1/2.4), knee, back with the SDR rho, chroma
//       scaled by Y'sdr / (1.1 Y'), luma lowered by max(0.1 Cr, 0); R'G'B'^2.4 is the SDR light, 1 = SDR peak;
//     - BT.2446-1 method C: crosstalk of 0.05, the curve on luminance, inverse crosstalk; whites above 203 cd/m2 become
//       super-whites of narrow range;
//     - BT.2390 EETF on luminance, all channels by the same gain (BT.2408 annex 5, YRGB), to the SDR peak.
//  4. Matrix to the target primaries; gamut compression toward the grey of equal luminance (compress_gamut); never a
//     clip of single channels.
//  5. light^(1/2.4): the inverse of the BT.1886 display, which is how BT.709 signals are shown.
//
// SDR to HDR: display light, BT.2020, white at reference white (BT.2408: 203 cd/m2), or the inverse of method A with
// its white at the nominal peak of the target; then PQ, or the inverse OOTF and OETF of HLG.
// HLG to PQ: the light of the HLG display with the nominal peak. PQ to HLG: the light of the PQ display, tone-mapped by
// the BT.2390 EETF when its peak is above the HLG display's, through the inverse OOTF; saturated colours use
// the super-whites of narrow range (up to 109 %), what does not fit goes toward the grey of equal luminance
// (fit_gamut). SDR with other primaries, and PQ P3 in a BT.2020 container: display light, matrix, step 4 if the target
// is smaller, back to the signal. Thread-safe: immutable.

#include <memory>

#include <pier/colour/convert.hpp>
#include <pier/colour/gamut.hpp>
#include <pier/colour/tone.hpp>

namespace pier::colour {

namespace impl {
struct Route;
}

/// How far outside the target gamut the colours to be compressed can lie: what comes to its surface.
struct GamutLimits {
  double distance = 1.0;   // 1 - lowest channel / luminance; 1 or less: nothing is too low
  double brightest = 1.0;  // highest channel of a saturated colour; 1 or less: nothing is too bright
};

/// Linear RGB of any sign into 0 ... 1 without clipping single channels, in two smooth steps that keep hue:
///  - toward the grey of equal luminance while a channel is too low: distance 1 - min/luminance up to 0.8 is untouched,
///    `limits.distance` (the farthest primary of the source) comes to 1, where the lowest channel is 0;
///  - down in light, all channels by one factor, while a channel is too bright: up to 0.8 untouched, `limits.brightest`
///    comes to 1; the less saturated a colour is the less it moves, so that greys stay what they are.
Rgb compress_gamut(const Rgb& light, const Rgb& luminance_weights, const GamutLimits& limits);

/// Linear RGB of any sign into 0 ... top: what is inside stays as it is, what is outside goes toward the grey of equal
/// luminance just as far as needed.
Rgb fit_gamut(const Rgb& light, const Rgb& luminance_weights, double top);

/// BT.2124: 720 sqrt(dI^2 + dT^2 + dP^2) of two colours given as BT.2020 linear light in cd/m2. 1 is a just noticeable
/// difference for the most critical viewer.
double delta_e_itp(const Rgb& nits_a, const Rgb& nits_b);

class Reference {
 public:
  /// kInputUnsupported as Converter::make. Unspecified fields are resolved in the same way.
  static Result<Reference> make(const ColourInfo& from, const ColourInfo& to, const ConversionOptions& options = {});

  /// R'G'B' signal of the source to R'G'B' signal of the target, 0 ... target_top().
  Rgb operator()(const Rgb& signal) const;
  /// The target's signal as BT.2020 display light in cd/m2, for delta_e_itp.
  Rgb target_nits(const Rgb& signal) const;
  /// Signals above this are clipped at the source: the nominal peak of PQ when it goes to SDR or HLG, else 1.
  double source_top() const;
  /// Highest signal of the target: 1, or 1.09 with the super-whites of method C and of HLG.
  double target_top() const;
  /// What the ends are, with nothing left unspecified that matters to light.
  ColourInfo from() const;
  ColourInfo to() const;
  /// True when transfer and primaries are the same on both ends: operator() only clips to 0 ... 1.
  bool trivial() const;

 private:
  Reference() = default;
  Rgb source_light(const Rgb& signal) const;
  Rgb tone_mapped(const Rgb& light) const;
  Rgb target_signal(const Rgb& light) const;

  std::shared_ptr<const impl::Route> x_route;
};

/// The conversion as a 3D table of `size` (2 ... kLargestLattice) nodes an axis over signals 0 ... 1 of the source.
/// kInvalidArgument for other sizes.
Result<Cube> make_cube(const Reference& reference, int size, std::string title);

/// dE-ITP of a table against what it stands for, at a point inside each of its cells: mean, and what 99.9 % stay below.
struct CubeAccuracy {
  double mean = 0, p999 = 0;
};
CubeAccuracy accuracy(const Cube& cube, const Reference& reference);

}  // namespace pier::colour
