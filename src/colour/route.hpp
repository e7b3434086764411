#pragma once
// What one pointwise conversion consists of, with its numbers: decided once, evaluated in double precision by
// Reference and in vectors of floats by the direct pass.
//
//   signal ─ clip ─ decode ─ (HLG: OOTF) ─ to_working ─ tone ─ to_target ─ gamut ─ (HLG: inverse OOTF, fit) ─ encode
//
// Light is relative: 1 is `source_nits` before the tone mapping and `target_nits` behind it.

#include <pier/colour/reference.hpp>

namespace pier::colour::impl {

enum class Tone { kNone, kMethodA, kMethodAInverse, kMethodC, kEetf };
enum class Gamut { kNone, kCompress, kFit };

struct Route {
  ColourInfo from, to;
  std::shared_ptr<const Cube> cube;  // signal to signal, instead of everything else
  bool trivial = false;              // nothing but a clip to 0 ... 1
  double source_top = 1.0;
  double source_nits = 100.0;
  double source_gamma = 1.2;  // HLG
  Matrix3 to_working{};
  Tone tone = Tone::kNone;
  double tone_from = 1000.0, tone_to = 100.0;  // peaks in cd/m2
  Matrix3 to_target{};
  Rgb target_luminance{};
  Gamut gamut = Gamut::kNone;
  GamutLimits limits;
  double light_top = 1.0, signal_top = 1.0;  // above 1: super-whites
  double target_nits = 100.0;
  double target_gamma = 1.2, target_peak = 1000.0, scene_top = 1.0;  // HLG
};

Result<Route> make_route(const ColourInfo& from, const ColourInfo& to, const ConversionOptions& options);

/// Signal of an SDR transfer to display light and back, both 0 ... 1; above 1 goes on.
double sdr_light(Transfer transfer, double signal);
double sdr_signal(Transfer transfer, double light);

/// Identity up to `threshold`, then smooth, with slope 1 at the threshold, through (limit, 1); never above 1. With a
/// limit of 1 it only clips.
double roll_off(double value, double threshold, double limit);
inline constexpr double kGamutThreshold = 0.8;
inline constexpr double kBrightThreshold = 0.8;
/// Up to this distance a gamut counts as inside the other: P3 red is 0.5 % outside BT.2020, which is not worth moving
/// all reds.
inline constexpr double kInsideTolerance = 1.02;
inline constexpr double kDisplayGamma = 2.4;
/// Crosstalk of method C.
inline constexpr double kCrosstalk = 0.05;

}  // namespace pier::colour::impl
