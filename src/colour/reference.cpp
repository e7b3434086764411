#include <algorithm>
#include <cmath>

#include <pier/colour/reference.hpp>
#include <pier/colour/transfer.hpp>

#include "resolve.hpp"

namespace pier::colour {
namespace {

constexpr double kGamma = 2.4;
constexpr double kGamutThreshold = 0.8;
constexpr double kBrightThreshold = 0.8;
/// Brightest channel, in light, that method A makes of a colour at peak (red: 1.95).
constexpr double kMethodABrightest = 2.0;

double signed_power(double value, double exponent) {
  return std::copysign(std::pow(std::abs(value), exponent), value);
}

Rgb map(const Rgb& values, auto&& function) {
  return {function(values[0]), function(values[1]), function(values[2])};
}

double dot(const Rgb& a, const Rgb& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

double rho(double nits) {
  return 1.0 + 32.0 * std::pow(nits / 10000.0, 1.0 / kGamma);
}

double knee(double y) {
  if (y <= 0.7399) return 1.0770 * y;
  if (y < 0.9909) return -1.1510 * y * y + 2.7811 * y - 0.6302;
  return 0.5 * y + 0.5;
}

/// Below this a gamut counts as inside the other: P3 red is 0.5 % outside BT.2020, which is not worth moving all reds.
constexpr double kInsideTolerance = 1.02;

/// Identity up to `threshold`, then smooth, with slope 1 at the threshold, through (limit, 1); never above 1.
double roll_off(double value, double threshold, double limit) {
  if (value <= threshold) return value;
  if (limit <= kInsideTolerance) return std::min(value, 1.0);
  const double room = 1.0 - threshold, span = limit - threshold, over = value - threshold;
  const double width = room * span / std::sqrt(span * span - room * room);
  return std::min(threshold + over / std::hypot(1.0, over / width), 1.0);
}

/// The farthest of the source primaries; colours between them are nearer, because the distance is quasi-convex.
double farthest_primary(const Matrix3& to_target, const Rgb& luminance) {
  double limit = 0.0;
  for (int primary = 0; primary < 3; ++primary) {
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

double sdr_light(Transfer transfer, double signal) {
  if (transfer == Transfer::kSrgb) return srgb_eotf(signal);
  return std::pow(signal, transfer == Transfer::kGamma22 ? 2.2 : kGamma);
}

double sdr_signal(Transfer transfer, double light) {
  if (transfer == Transfer::kSrgb) return srgb_inverse_eotf(light);
  return std::pow(light, 1.0 / (transfer == Transfer::kGamma22 ? 2.2 : kGamma));
}

Rgb to_itp(const Rgb& nits) {
  const double l = (1688 * nits[0] + 2146 * nits[1] + 262 * nits[2]) / 4096;
  const double m = (683 * nits[0] + 2951 * nits[1] + 462 * nits[2]) / 4096;
  const double s = (99 * nits[0] + 309 * nits[1] + 3688 * nits[2]) / 4096;
  const double lp = pq_inverse_eotf(l), mp = pq_inverse_eotf(m), sp = pq_inverse_eotf(s);
  return {0.5 * lp + 0.5 * mp, 0.5 * (6610 * lp - 13613 * mp + 7003 * sp) / 4096,
          (17933 * lp - 17390 * mp - 543 * sp) / 4096};
}

}  // namespace

Rgb bt2446_a(const Rgb& rgb, double peak_nits, double sdr_peak_nits) {
  const Rgb weights = *luma_weights(Matrix::kBt2020Ncl);
  const double y = dot(weights, rgb);
  if (y <= 0.0) return {0.0, 0.0, 0.0};
  const double rho_hdr = rho(peak_nits), rho_sdr = rho(sdr_peak_nits);
  const double perceptual = std::log(1.0 + (rho_hdr - 1.0) * y) / std::log(rho_hdr);
  const double y_sdr = (std::pow(rho_sdr, knee(perceptual)) - 1.0) / (rho_sdr - 1.0);
  const double scale = y_sdr / (1.1 * y);
  const double cb = scale * (rgb[2] - y) / 1.8814;
  const double cr = scale * (rgb[0] - y) / 1.4746;
  return from_ycbcr({y_sdr - std::max(0.1 * cr, 0.0), cb, cr}, weights);
}

Rgb compress_gamut(const Rgb& light, const Rgb& luminance_weights, const GamutLimits& limits) {
  const double y = dot(luminance_weights, light);
  if (y <= 0.0) return {0.0, 0.0, 0.0};
  const double distance = 1.0 - std::min({light[0], light[1], light[2]}) / y;
  const double scale = distance > 0.0 ? roll_off(distance, kGamutThreshold, limits.distance) / distance : 1.0;
  const Rgb inside = map(light, [&](double c) { return y + (c - y) * scale; });
  const auto [low, high] = std::minmax({inside[0], inside[1], inside[2]});
  const double saturation = 1.0 - low / high;
  const double gain = roll_off(high, kBrightThreshold, 1.0 + (limits.brightest - 1.0) * saturation) / high;
  return map(inside, [&](double c) { return std::clamp(c * gain, 0.0, 1.0); });
}

double delta_e_itp(const Rgb& nits_a, const Rgb& nits_b) {
  const Rgb a = to_itp(nits_a), b = to_itp(nits_b);
  return 720.0 * std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

Result<Reference> Reference::make(const ColourInfo& from, const ColourInfo& to, const ConversionOptions& options) {
  Reference made;
  made.x_from = impl::resolve_source(from, from.matrix == Matrix::kRgb);
  made.x_to = impl::resolve_target(to, made.x_from, to.matrix == Matrix::kRgb);
  PIER_CHECK(impl::check_supported(made.x_from, made.x_to));
  if (!(options.peak_nits >= options.sdr_peak_nits && options.peak_nits <= 10000.0 && options.sdr_peak_nits > 0.0))
    return fail(ErrorCode::kInvalidArgument,
                "nominal peak of the source must be between the SDR peak and 10000 cd/m2, not " +
                    std::to_string(options.peak_nits));
  made.x_options = options;
  made.x_tone_map = made.x_from.is_hdr() && !made.x_to.is_hdr();
  made.x_trivial =
      impl::same_transfer(made.x_from.transfer, made.x_to.transfer) && made.x_from.primaries == made.x_to.primaries;
  const PrimariesXy target = *primaries_xy(made.x_to.primaries);
  const PrimariesXy source = *primaries_xy(made.x_from.primaries);
  const PrimariesXy working = made.x_tone_map ? *primaries_xy(Primaries::kBt2020) : source;
  made.x_to_working = rgb_to_rgb(source, working);
  made.x_to_target = rgb_to_rgb(working, target);
  made.x_target_luminance = luminance_weights(target);
  made.x_limits = {farthest_primary(made.x_to_target, made.x_target_luminance),
                   largest(made.x_to_target) * (made.x_tone_map ? kMethodABrightest : 1.0)};
  if (made.x_tone_map && made.x_from.transfer == Transfer::kPq) made.x_source_top = pq_inverse_eotf(options.peak_nits);
  return made;
}

Rgb Reference::source_light(const Rgb& signal) const {
  const Rgb shown = map(signal, [&](double s) { return std::clamp(s, 0.0, x_source_top); });
  switch (x_from.transfer) {
    case Transfer::kHlg: {
      const Rgb nits = hlg_ootf(map(shown, hlg_inverse_oetf), x_options.peak_nits);
      return map(nits, [&](double n) { return n / x_options.peak_nits; });
    }
    case Transfer::kPq:
      return map(shown, [&](double s) { return pq_eotf(s) / (x_tone_map ? x_options.peak_nits : 10000.0); });
    default:
      return map(shown, [&](double s) { return sdr_light(x_from.transfer, s); });
  }
}

Rgb Reference::operator()(const Rgb& signal) const {
  if (x_trivial) return map(signal, [](double s) { return std::clamp(s, 0.0, 1.0); });
  Rgb light = multiply(x_to_working, source_light(signal));
  if (x_tone_map) {
    const Rgb perceptual = map(light, [](double l) { return signed_power(l, 1.0 / kGamma); });
    light = map(bt2446_a(perceptual, x_options.peak_nits, x_options.sdr_peak_nits),
                [](double s) { return signed_power(s, kGamma); });
  }
  light = compress_gamut(multiply(x_to_target, light), x_target_luminance, x_limits);
  return map(light, [&](double l) {
    const double inside = std::clamp(l, 0.0, 1.0);
    return x_to.transfer == Transfer::kPq ? pq_inverse_eotf(inside * 10000.0) : sdr_signal(x_to.transfer, inside);
  });
}

Rgb Reference::target_nits(const Rgb& signal) const {
  const Rgb inside = map(signal, [](double s) { return std::clamp(s, 0.0, 1.0); });
  Rgb nits;
  if (x_to.transfer == Transfer::kPq) {
    nits = map(inside, pq_eotf);
  } else if (x_to.transfer == Transfer::kHlg) {
    nits = hlg_ootf(map(inside, hlg_inverse_oetf), x_options.peak_nits);
  } else {
    nits = map(inside, [&](double s) { return x_options.sdr_peak_nits * sdr_light(x_to.transfer, s); });
  }
  return multiply(rgb_to_rgb(*primaries_xy(x_to.primaries), *primaries_xy(Primaries::kBt2020)), nits);
}

}  // namespace pier::colour
