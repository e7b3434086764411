#include "route.hpp"

#include <algorithm>
#include <cmath>

#include <pier/colour/tone.hpp>
#include <pier/colour/transfer.hpp>

#include "resolve.hpp"

namespace pier::colour::impl {
namespace {

/// Brightest channel, in light, that method A makes of a colour at peak (red: 1.95).
constexpr double kMethodABrightest = 2.0;
/// Narrow range goes on to code 1019 of 10 bits: 109 %.
constexpr double kSuperWhite = (1019.0 / 4.0 - 16.0) / 219.0;
/// What method C makes of more than this does not fit into the super-whites.
constexpr double kMethodCHighestPeak = 1300.0;

double dot(const Rgb& a, const Rgb& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/// The farthest of the source primaries; colours between them are nearer, because the distance is quasi-convex.
double farthest_primary(const Matrix3& to_target, const Rgb& luminance) {
  double limit = 0.0;
  for (size_t primary = 0; primary < 3; ++primary) {
    const Rgb light{to_target[0][primary], to_target[1][primary], to_target[2][primary]};
    const double low = std::min({light[0], light[1], light[2]});
    limit = std::max(limit, 1.0 - low / dot(luminance, light));
  }
  return limit;
}

double largest(const Matrix3& matrix) {
  double value = 0.0;
  for (const auto& row : matrix) value = std::max({value, row[0], row[1], row[2]});
  return value;
}

/// Gain on luminance of method C and of the EETF.
double luminance_gain(const Route& route, double y) {
  if (route.tone == Tone::kMethodC) return bt2446_c_luminance(y * route.source_nits) / y;
  return bt2390_eetf(y * route.source_nits, route.tone_from, route.tone_to) / (y * route.tone_to);
}

/// Brightest channel of the saturated colours at the source's peak, behind the tone mapping.
double brightest(const Route& route) {
  if (route.tone == Tone::kNone) return largest(route.to_target);
  if (route.tone == Tone::kMethodA) return largest(route.to_target) * kMethodABrightest;
  const Rgb weights = luminance_weights(*primaries_xy(Primaries::kBt2020));
  double value = 0.0;
  for (int corner = 1; corner < 8; ++corner) {
    const Rgb light{corner & 1 ? 1.0 : 0.0, corner & 2 ? 1.0 : 0.0, corner & 4 ? 1.0 : 0.0};
    const Rgb target = multiply(route.to_target, light);
    const double gain = luminance_gain(route, dot(weights, light));
    value = std::max(value, gain * std::max({target[0], target[1], target[2]}));
  }
  return value / route.light_top;
}

Result<void> check_peaks(const ConversionOptions& options) {
  const auto within = [](double value, double low, double high) { return value >= low && value <= high; };
  if (!within(options.sdr_peak_nits, 1e-3, 10000.0) || !within(options.peak_nits, options.sdr_peak_nits, 10000.0))
    return fail(ErrorCode::kInvalidArgument,
                "nominal peak of the source must be between the SDR peak and 10000 cd/m2, not " +
                    std::to_string(options.peak_nits));
  if (!within(options.hlg_peak_nits, 100.0, 10000.0))
    return fail(ErrorCode::kInvalidArgument, "nominal peak of the HLG display must be 100 to 10000 cd/m2, not " +
                                                 std::to_string(options.hlg_peak_nits));
  if (options.hlg_gamma != 0.0 && !within(options.hlg_gamma, 1.0, 2.0))
    return fail(ErrorCode::kInvalidArgument,
                "system gamma of HLG must be 1 to 2, not " + std::to_string(options.hlg_gamma));
  if (!within(options.reference_white_nits, 50.0, 1000.0))
    return fail(ErrorCode::kInvalidArgument,
                "reference white must be 50 to 1000 cd/m2, not " + std::to_string(options.reference_white_nits));
  return {};
}

double gamma_of(const ConversionOptions& options, double peak) {
  return options.hlg_gamma != 0.0 ? options.hlg_gamma : hlg_system_gamma(peak);
}

void plan_hdr_to_sdr(Route& route, const ConversionOptions& options) {
  constexpr Tone kTones[] = {Tone::kMethodA, Tone::kMethodC, Tone::kEetf};
  route.tone = kTones[static_cast<size_t>(options.tone_map)];
  route.source_nits = route.tone_from = options.peak_nits;
  route.target_nits = route.tone_to = options.sdr_peak_nits;
  if (route.tone != Tone::kMethodC) return;
  route.signal_top = kSuperWhite;
  route.light_top = sdr_light(route.to.transfer, kSuperWhite);
}

void plan_sdr_to_hdr(Route& route, const ConversionOptions& options) {
  if (options.placement == SdrPlacement::kReferenceWhite) {
    route.source_nits = route.target_nits = options.reference_white_nits;
    return;
  }
  route.tone = Tone::kMethodAInverse;
  route.source_nits = route.tone_from = options.sdr_peak_nits;
  route.target_nits = route.tone_to = route.to.transfer == Transfer::kHlg ? options.hlg_peak_nits : options.peak_nits;
}

void plan_hdr_to_hdr(Route& route, const ConversionOptions& options) {
  if (route.to.transfer == Transfer::kPq) {
    route.source_nits = route.target_nits = route.from.transfer == Transfer::kPq ? 10000.0 : options.peak_nits;
    return;
  }
  route.source_nits = route.target_nits = options.peak_nits;
  if (options.peak_nits <= options.hlg_peak_nits) return;
  route.tone = Tone::kEetf;
  route.tone_from = options.peak_nits;
  route.target_nits = route.tone_to = options.hlg_peak_nits;
}

void plan_gamut(Route& route) {
  const PrimariesXy target = *primaries_xy(route.to.primaries);
  const PrimariesXy source = *primaries_xy(route.from.primaries);
  const bool own = same_transfer(route.from.transfer, route.to.transfer);
  const PrimariesXy working = own ? source : *primaries_xy(Primaries::kBt2020);
  route.to_working = rgb_to_rgb(source, working);
  route.to_target = rgb_to_rgb(working, target);
  route.target_luminance = luminance_weights(target);
  if (route.tone == Tone::kMethodAInverse) {
    route.gamut = Gamut::kFit;
    return;
  }
  const Matrix3 all = multiply(route.to_target, route.to_working);
  // Colours of the source, not of the working space, are what comes: P3 in PQ does not fill BT.2020.
  const bool tone_mapped = route.tone != Tone::kNone;
  route.limits = {farthest_primary(tone_mapped ? route.to_target : all, route.target_luminance),
                  tone_mapped ? brightest(route) : largest(all)};
  const bool inside = route.limits.distance <= 1.0 + 1e-9 && route.limits.brightest <= 1.0 + 1e-9;
  route.gamut = inside ? Gamut::kNone : Gamut::kCompress;
  if (route.limits.distance <= kInsideTolerance) route.limits.distance = 1.0;
}

}  // namespace

double sdr_light(Transfer transfer, double signal) {
  if (transfer == Transfer::kSrgb) return srgb_eotf(signal);
  return std::pow(signal, transfer == Transfer::kGamma22 ? 2.2 : kDisplayGamma);
}

double sdr_signal(Transfer transfer, double light) {
  if (transfer == Transfer::kSrgb) return srgb_inverse_eotf(light);
  return std::pow(light, 1.0 / (transfer == Transfer::kGamma22 ? 2.2 : kDisplayGamma));
}

double roll_off(double value, double threshold, double limit) {
  if (value <= threshold) return value;
  if (limit <= 1.0 + 1e-12) return std::min(value, 1.0);
  const double room = 1.0 - threshold, span = limit - threshold, over = value - threshold;
  const double width = room * span / std::sqrt(span * span - room * room);
  return std::min(threshold + over / std::hypot(1.0, over / width), 1.0);
}

/// A table fits only what it was made for; its file does not say what that is.
Result<void> check_lut(const Route& route, const LutUse& lut) {
  const auto name = [](const ColourInfo& colour) {
    return to_string(colour.transfer) + " with primaries " + to_string(colour.primaries);
  };
  const auto same = [](const ColourInfo& a, const ColourInfo& b) {
    return same_transfer(a.transfer, b.transfer) && a.primaries == b.primaries;
  };
  if (!same(lut.input, route.from))
    return fail(ErrorCode::kInvalidArgument, "the table is said to take " + name(lut.input) + ", but the source is " +
                                                 name(route.from) + "; take another table or convert to that first");
  if (!same(lut.output, route.to))
    return fail(ErrorCode::kInvalidArgument, "the table is said to give " + name(lut.output) + ", but the target is " +
                                                 name(route.to) + "; ask for what the table gives");
  return {};
}

void plan_lut(Route& route, const ConversionOptions& options) {
  route.cube = options.lut.cube;
  route.trivial = false;
  route.source_top = route.from.range == Range::kFull ? 1.0 : kSuperWhite;
  route.signal_top = route.to.range == Range::kFull ? 1.0 : kSuperWhite;
  route.target_peak = options.hlg_peak_nits;
  route.target_gamma = gamma_of(options, options.hlg_peak_nits);
}

Result<Route> make_route(const ColourInfo& from, const ColourInfo& to, const ConversionOptions& options) {
  Route route;
  route.from = resolve_source(from, from.matrix == Matrix::kRgb);
  route.to = resolve_target(to, route.from, to.matrix == Matrix::kRgb);
  PIER_CHECK(check_supported(route.from, route.to));
  PIER_CHECK(check_peaks(options));
  route.trivial = same_transfer(route.from.transfer, route.to.transfer) && route.from.primaries == route.to.primaries;
  route.source_nits = route.target_nits = options.sdr_peak_nits;
  if (options.lut.cube) {
    PIER_CHECK(check_lut(route, options.lut));
    plan_lut(route, options);
    return route;
  }
  const bool from_hdr = route.from.is_hdr(), to_hdr = route.to.is_hdr();
  if (from_hdr && !to_hdr) plan_hdr_to_sdr(route, options);
  if (!from_hdr && to_hdr) plan_sdr_to_hdr(route, options);
  if (from_hdr && to_hdr) plan_hdr_to_hdr(route, options);
  if (route.tone == Tone::kMethodC && route.to.range == Range::kFull)
    return fail(ErrorCode::kInputUnsupported,
                "BT.2446 C keeps highlights as super-whites, which full range does not have; take narrow range");
  if (route.tone == Tone::kMethodC && options.peak_nits > kMethodCHighestPeak)
    return fail(ErrorCode::kInvalidArgument,
                "BT.2446 C has one curve, for a peak of 1000 cd/m2; take method A or BT.2390 for " +
                    std::to_string(std::lround(options.peak_nits)));
  if (!route.trivial && route.from.transfer == Transfer::kPq && route.source_nits < 10000.0)
    route.source_top = pq_inverse_eotf(route.source_nits);
  route.source_gamma = gamma_of(options, options.peak_nits);
  route.target_peak = options.hlg_peak_nits;
  route.target_gamma = gamma_of(options, options.hlg_peak_nits);
  if (!route.trivial && route.to.transfer == Transfer::kHlg && route.to.range != Range::kFull) {
    route.signal_top = kSuperWhite;
    route.scene_top = hlg_inverse_oetf(kSuperWhite);
  }
  plan_gamut(route);
  return route;
}

}  // namespace pier::colour::impl
