#include <algorithm>
#include <cmath>

#include <pier/colour/reference.hpp>
#include <pier/colour/transfer.hpp>

#include "route.hpp"

namespace pier::colour {

using impl::Gamut;
using impl::Route;
using impl::Tone;

namespace {

double signed_power(double value, double exponent) {
  return std::copysign(std::pow(std::abs(value), exponent), value);
}

Rgb map(const Rgb& values, auto&& function) {
  return {function(values[0]), function(values[1]), function(values[2])};
}

Rgb scaled(const Rgb& values, double factor) {
  return {values[0] * factor, values[1] * factor, values[2] * factor};
}

double dot(const Rgb& a, const Rgb& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

Rgb to_itp(const Rgb& nits) {
  const double l = (1688 * nits[0] + 2146 * nits[1] + 262 * nits[2]) / 4096;
  const double m = (683 * nits[0] + 2951 * nits[1] + 462 * nits[2]) / 4096;
  const double s = (99 * nits[0] + 309 * nits[1] + 3688 * nits[2]) / 4096;
  const double lp = pq_inverse_eotf(l), mp = pq_inverse_eotf(m), sp = pq_inverse_eotf(s);
  return {0.5 * lp + 0.5 * mp, 0.5 * (6610 * lp - 13613 * mp + 7003 * sp) / 4096,
          (17933 * lp - 17390 * mp - 543 * sp) / 4096};
}

/// Method A and its inverse work on light^(1/2.4).
Rgb in_roots(const Rgb& light, auto&& function) {
  const Rgb roots = map(light, [](double l) { return signed_power(l, 1.0 / impl::kDisplayGamma); });
  return map(function(roots), [](double s) { return signed_power(s, impl::kDisplayGamma); });
}

/// BT.2020 light, all channels by the gain that `curve` gives luminance.
Rgb on_luminance(const Rgb& light, auto&& curve) {
  static const Rgb weights = luminance_weights(*primaries_xy(Primaries::kBt2020));
  const double y = dot(weights, light);
  return y > 0.0 ? scaled(light, curve(y) / y) : Rgb{0.0, 0.0, 0.0};
}

}  // namespace

Rgb compress_gamut(const Rgb& light, const Rgb& luminance_weights, const GamutLimits& limits) {
  const double y = dot(luminance_weights, light);
  if (y <= 0.0) return {0.0, 0.0, 0.0};
  const double distance = 1.0 - std::min({light[0], light[1], light[2]}) / y;
  const double scale =
      distance > 0.0 ? impl::roll_off(distance, impl::kGamutThreshold, limits.distance) / distance : 1.0;
  const Rgb inside = map(light, [&](double c) { return y + (c - y) * scale; });
  const auto [low, high] = std::minmax({inside[0], inside[1], inside[2]});
  const double saturation = 1.0 - low / high;
  const double limit = 1.0 + (limits.brightest - 1.0) * saturation;
  const double gain = impl::roll_off(high, impl::kBrightThreshold, limit) / high;
  return map(inside, [&](double c) { return std::clamp(c * gain, 0.0, 1.0); });
}

Rgb fit_gamut(const Rgb& light, const Rgb& luminance_weights, double top) {
  const double y = std::clamp(dot(luminance_weights, light), 0.0, top);
  const auto [low, high] = std::minmax({light[0], light[1], light[2]});
  double scale = 1.0;
  if (low < 0.0) scale = std::min(scale, y / (y - low));
  if (high > top) scale = std::min(scale, (top - y) / (high - y));
  return map(light, [&](double c) { return std::clamp(y + (c - y) * scale, 0.0, top); });
}

double delta_e_itp(const Rgb& nits_a, const Rgb& nits_b) {
  const Rgb a = to_itp(nits_a), b = to_itp(nits_b);
  return 720.0 * std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

Result<Reference> Reference::make(const ColourInfo& from, const ColourInfo& to, const ConversionOptions& options) {
  PIER_TRY(const Route route, impl::make_route(from, to, options));
  Reference made;
  made.x_route = std::make_shared<const Route>(route);
  return made;
}

double Reference::source_top() const {
  return x_route->source_top;
}

double Reference::target_top() const {
  return x_route->signal_top;
}

ColourInfo Reference::from() const {
  return x_route->from;
}

ColourInfo Reference::to() const {
  return x_route->to;
}

bool Reference::trivial() const {
  return x_route->trivial;
}

Rgb Reference::source_light(const Rgb& signal) const {
  const Route& route = *x_route;
  const Rgb shown = map(signal, [&](double s) { return std::clamp(s, 0.0, route.source_top); });
  switch (route.from.transfer) {
    case Transfer::kHlg:
      return scaled(hlg_ootf(map(shown, hlg_inverse_oetf), route.source_nits, route.source_gamma),
                    1.0 / route.source_nits);
    case Transfer::kPq:
      return map(shown, [&](double s) { return pq_eotf(s) / route.source_nits; });
    default:
      return map(shown, [&](double s) { return impl::sdr_light(route.from.transfer, s); });
  }
}

Rgb Reference::tone_mapped(const Rgb& light) const {
  const Route& route = *x_route;
  switch (route.tone) {
    case Tone::kNone:
      return light;
    case Tone::kMethodA:
      return in_roots(light, [&](const Rgb& rgb) { return bt2446_a(rgb, route.tone_from, route.tone_to); });
    case Tone::kMethodAInverse:
      return in_roots(light, [&](const Rgb& rgb) { return bt2446_a_inverse(rgb, route.tone_to, route.tone_from); });
    case Tone::kMethodC: {
      const Matrix3 crosstalk = bt2446_c_crosstalk(impl::kCrosstalk);
      const Rgb mapped =
          on_luminance(multiply(crosstalk, light), [&](double y) { return bt2446_c_luminance(y * route.source_nits); });
      return multiply(inverse(crosstalk), mapped);
    }
    case Tone::kEetf:
      return on_luminance(light, [&](double y) {
        return bt2390_eetf(y * route.source_nits, route.tone_from, route.tone_to) / route.tone_to;
      });
  }
  return light;
}

Rgb Reference::target_signal(const Rgb& light) const {
  const Route& route = *x_route;
  switch (route.to.transfer) {
    case Transfer::kPq:
      return map(light, [&](double l) { return pq_inverse_eotf(std::max(l, 0.0) * route.target_nits); });
    case Transfer::kHlg: {
      const Rgb scene = hlg_inverse_ootf(scaled(light, route.target_nits), route.target_peak, route.target_gamma);
      return map(fit_gamut(scene, route.target_luminance, route.scene_top), hlg_oetf);
    }
    default:
      return map(light, [&](double l) { return impl::sdr_signal(route.to.transfer, std::max(l, 0.0)); });
  }
}

Rgb Reference::operator()(const Rgb& signal) const {
  const Route& route = *x_route;
  const auto clipped = [&](double s) { return std::clamp(s, 0.0, route.signal_top); };
  if (route.trivial) return map(signal, clipped);
  if (route.cube)
    return map(look_up(*route.cube, map(signal, [&](double s) { return std::clamp(s, 0.0, route.source_top); })),
               clipped);
  Rgb light = multiply(route.to_target, tone_mapped(multiply(route.to_working, source_light(signal))));
  if (route.gamut == Gamut::kFit) light = fit_gamut(light, route.target_luminance, 1.0);
  if (route.gamut == Gamut::kCompress)
    light = scaled(compress_gamut(scaled(light, 1.0 / route.light_top), route.target_luminance, route.limits),
                   route.light_top);
  return map(target_signal(light), clipped);
}

Rgb Reference::target_nits(const Rgb& signal) const {
  const Route& route = *x_route;
  const Rgb inside = map(signal, [&](double s) { return std::clamp(s, 0.0, route.signal_top); });
  Rgb nits;
  if (route.to.transfer == Transfer::kPq) {
    nits = map(inside, pq_eotf);
  } else if (route.to.transfer == Transfer::kHlg) {
    nits = hlg_ootf(map(inside, hlg_inverse_oetf), route.target_peak, route.target_gamma);
  } else {
    nits = map(inside, [&](double s) { return route.target_nits * impl::sdr_light(route.to.transfer, s); });
  }
  return multiply(rgb_to_rgb(*primaries_xy(route.to.primaries), *primaries_xy(Primaries::kBt2020)), nits);
}

}  // namespace pier::colour
