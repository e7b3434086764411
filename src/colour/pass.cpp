// From a route to the steps of the direct pass.

#include <algorithm>
#include <cmath>

#include <pier/colour/tone.hpp>
#include <pier/colour/transfer.hpp>

#include "direct.hpp"
#include "resolve.hpp"

namespace pier::colour::impl {
namespace {

/// Arguments may end a rounding above the nominal end.
constexpr double kSlack = 1.001;

std::array<float, 9> floats(const Matrix3& matrix) {
  std::array<float, 9> out{};
  for (size_t row = 0; row < 3; ++row)
    for (size_t column = 0; column < 3; ++column) out[row * 3 + column] = static_cast<float>(matrix[row][column]);
  return out;
}

std::array<float, 3> floats(const Rgb& rgb) {
  return {static_cast<float>(rgb[0]), static_cast<float>(rgb[1]), static_cast<float>(rgb[2])};
}

Rgb times(const Rgb& rgb, double factor) {
  return {rgb[0] * factor, rgb[1] * factor, rgb[2] * factor};
}

Matrix3 times(const Matrix3& matrix, double factor) {
  return {times(matrix[0], factor), times(matrix[1], factor), times(matrix[2], factor)};
}

bool is_identity(const Matrix3& matrix) {
  for (size_t row = 0; row < 3; ++row)
    for (size_t column = 0; column < 3; ++column)
      if (std::abs(matrix[row][column] - (row == column ? 1.0 : 0.0)) > 1e-9) return false;
  return true;
}

double power_of_display(double x) {
  return std::pow(x, kDisplayGamma);
}

const Rgb& luma_2020() {
  static const Rgb weights = *luma_weights(Matrix::kBt2020Ncl);
  return weights;
}

/// Puts steps together. Signals become either light or its roots (light^(1/2.4)); which is known here.
class Builder {
 public:
  Builder(const Route& route, Pass& pass) : x_route(route), x_pass(pass) {}

  void run() {
    if (x_route.cube) return cube();
    decode();
    Matrix3 behind_tone = x_route.to_target;
    tone(behind_tone);
    target(behind_tone);
  }

 private:
  size_t add_curve(const std::function<double(double)>& function, double highest, int cuts) {
    x_pass.curves.push_back(make_curve(function, highest, cuts));
    return x_pass.curves.size() - 1;
  }
  Step& add(StepKind kind) {
    x_pass.steps.emplace_back().kind = kind;
    return x_pass.steps.back();
  }
  void add_curve_step(StepKind kind, const std::function<double(double)>& function, double highest, int cuts) {
    const size_t curve = add_curve(function, highest, cuts);
    add(kind).curve = curve;
  }
  void add_matrix(const Matrix3& matrix) {
    if (!is_identity(matrix)) add(StepKind::kMatrix).matrix = floats(matrix);
  }
  void add_gain(const Rgb& weights, const std::function<double(double)>& function, double highest, int cuts) {
    const size_t curve = add_curve(function, highest, cuts);
    Step& step = add(StepKind::kGain);
    step.weights = floats(weights);
    step.curve = curve;
  }

  void add_fit(double top) {
    Step& step = add(StepKind::kFit);
    step.weights = floats(x_route.target_luminance);
    step.factor = static_cast<float>(top);
  }

  /// Signal to signal, which are encoded already.
  void cube() {
    add(StepKind::kCube).cube = x_route.cube;
    x_pass.encode = add_curve([](double x) { return x; }, x_route.signal_top, 0);
  }

  void to_light() {
    if (x_roots) add_curve_step(StepKind::kSignedCurve, power_of_display, 1.99, 1);
    x_roots = false;
  }
  void to_roots() {
    if (!x_roots)
      add_curve_step(StepKind::kSignedCurve, [](double x) { return std::pow(x, 1.0 / kDisplayGamma); }, 1.99, 0);
    x_roots = true;
  }

  void decode() {
    const Route& route = x_route;
    const Transfer transfer = route.from.transfer;
    x_roots = transfer != Transfer::kHlg;
    if (transfer == Transfer::kHlg) {
      decode_hlg();
    } else if (transfer == Transfer::kPq) {
      const double nits = route.source_nits;
      const auto root = [nits](double s) { return std::pow(pq_eotf(s) / nits, 1.0 / kDisplayGamma); };
      x_pass.decode = add_curve(root, route.source_top, 2);
    } else if (!shown_by_bt1886(transfer)) {
      const auto root = [transfer](double s) { return std::pow(sdr_light(transfer, s), 1.0 / kDisplayGamma); };
      x_pass.decode = add_curve(root, kSlack, 1);
    }
    if (is_identity(route.to_working)) return;
    to_light();
    add_matrix(route.to_working);
  }

  void decode_hlg() {
    const double exponent = x_route.source_gamma - 1.0;
    if (x_route.tone != Tone::kMethodA) {
      x_pass.decode = add_curve(hlg_inverse_oetf, kSlack, 2);
      return add_gain(luma_2020(), [exponent](double y) { return std::pow(y, exponent); }, kSlack, 0);
    }
    const size_t scene = add_curve(hlg_inverse_oetf, kSlack, 2);
    const auto root = [](double s) { return std::pow(hlg_inverse_oetf(s), 1.0 / kDisplayGamma); };
    const size_t roots = add_curve(root, kSlack, 2);
    const auto gain = [exponent](double y) { return std::pow(y, exponent / kDisplayGamma); };
    const size_t gains = add_curve(gain, kSlack, 0);
    Step& step = add(StepKind::kHlgRoots);
    step.weights = floats(luma_2020());
    step.curve = scene;
    step.second_curve = roots;
    step.third_curve = gains;
    x_roots = true;
  }

  /// Clause 4.1 of BT.2446-1; the curves' corner lies at 1/2.
  void method_a(bool backwards) {
    const Route& route = x_route;
    to_roots();
    const double hdr = backwards ? route.tone_to : route.tone_from, sdr = backwards ? route.tone_from : route.tone_to;
    const double knee = bt2446_a_lower_knee(hdr);
    // Just above the knee, where the step ends.
    const double corner = backwards ? bt2446_a_luma(knee * (1.0 + 1e-9), hdr, sdr) : knee;
    const double unit = 0.5 / corner;
    const auto luma = [=](double x) {
      const double y = x / unit;
      return backwards ? bt2446_a_inverse_luma(y, hdr, sdr) : bt2446_a_luma(y, hdr, sdr);
    };
    const auto scale = [=](double x) {
      const double y = std::max(x, 1e-6);
      return luma(y) * unit / y * (backwards ? 1.1 : 1.0 / 1.1);
    };
    const size_t luma_curve = add_curve(luma, unit * 1.25, 2);
    const size_t scale_curve = add_curve(scale, unit * 1.25, 2);
    Step& step = add(backwards ? StepKind::kMethodAInverse : StepKind::kMethodA);
    step.weights = floats(times(luma_2020(), unit));
    step.factor = static_cast<float>(unit);
    step.curve = luma_curve;
    step.second_curve = scale_curve;
  }

  void tone(Matrix3& behind) {
    const Route& route = x_route;
    if (route.tone == Tone::kNone) return;
    if (route.tone == Tone::kMethodA || route.tone == Tone::kMethodAInverse)
      return method_a(route.tone == Tone::kMethodAInverse);
    to_light();
    const Rgb weights = luminance_weights(*primaries_xy(Primaries::kBt2020));
    const double nits = route.source_nits, from = route.tone_from, target = route.tone_to;
    std::function<double(double)> mapped = [=](double y) { return bt2390_eetf(y * nits, from, target) / target; };
    double corner = bt2390_knee(from, target) / nits;
    if (route.tone == Tone::kMethodC) {
      const Matrix3 crosstalk = bt2446_c_crosstalk(kCrosstalk);
      add_matrix(crosstalk);
      behind = multiply(behind, inverse(crosstalk));
      mapped = [=](double y) { return bt2446_c_luminance(y * nits); };
      corner = bt2446_c_inflection() / nits;
    }
    const double unit = std::exp2(std::round(std::log2(corner))) / corner;
    const auto gain = [=](double x) {
      const double y = std::max(x / unit, 1e-9);
      return mapped(y) / y;
    };
    add_gain(times(weights, unit), gain, unit * kSlack, 1);
  }

  void target(const Matrix3& behind_tone) {
    const Route& route = x_route;
    if (route.gamut == Gamut::kNone && is_identity(behind_tone)) return encode();
    if (route.gamut == Gamut::kCompress) {
      const size_t power = x_roots ? add_curve(power_of_display, 1.99, 1) : kNoCurve;
      x_roots = false;
      Step& step = add(StepKind::kCompress);
      step.curve = power;
      step.matrix = floats(times(behind_tone, 1.0 / route.light_top));
      step.weights = floats(route.target_luminance);
      step.distance = static_cast<float>(route.limits.distance);
      step.brightest = static_cast<float>(route.limits.brightest);
    } else {
      to_light();
      add_matrix(behind_tone);
    }
    if (route.gamut == Gamut::kFit) add_fit(1.0);
    encode();
  }

  void encode() {
    const Route& route = x_route;
    const double nits = route.target_nits, top = route.gamut == Gamut::kCompress ? route.light_top : 1.0;
    to_light();
    if (route.to.transfer == Transfer::kPq) {
      x_pass.encode = add_curve([=](double x) { return pq_inverse_eotf(x * nits); }, 1.0, 0);
    } else if (route.to.transfer == Transfer::kHlg) {
      encode_hlg();
    } else {
      const Transfer transfer = route.to.transfer;
      x_pass.encode = add_curve([=](double x) { return sdr_signal(transfer, x * top); }, 1.0, 0);
    }
  }

  /// Light to scene light and its place inside 0 ... 1; then the OETF as a function of sqrt(12 E), which is a straight
  /// line up to 1 and needs no pieces near 0.
  void encode_hlg() {
    const Route& route = x_route;
    const double part = route.target_nits / route.target_peak;
    const double exponent = (1.0 - route.target_gamma) / route.target_gamma;
    const auto gain = [=](double y) { return part * std::pow(std::max(y * part, 1e-12), exponent); };
    add_gain(luma_2020(), gain, std::max(1.0, 1.0 / part) * kSlack, 0);
    add_fit(route.scene_top);
    add(StepKind::kSquareRoot).factor = 12.0f;
    x_pass.encode = add_curve([](double u) { return hlg_oetf(u * u / 12.0); }, std::sqrt(12.0 * route.scene_top), 2);
  }

  const Route& x_route;
  Pass& x_pass;
  bool x_roots = false;
};

void write_codes(Pass& pass, const Codes& from, const Codes& to) {
  const Rgb source = *luma_weights(from.matrix), target = *luma_weights(to.matrix);
  const double black = luma_code(0.0, from.bit_depth, from.range);
  const double luma_span = luma_code(1.0, from.bit_depth, from.range) - black;
  const double centre = chroma_code(0.0, from.bit_depth, from.range);
  const double chroma_span = (chroma_code(1.0, from.bit_depth, from.range) - centre) * from.chroma_parts;
  pass.luma_factor = static_cast<float>(1.0 / luma_span);
  pass.luma_offset = static_cast<float>(-black / luma_span);
  pass.chroma_centre = static_cast<float>(centre * from.chroma_parts);
  const Rgb cb = from_ycbcr({0.0, 1.0 / chroma_span, 0.0}, source),
            cr = from_ycbcr({0.0, 0.0, 1.0 / chroma_span}, source);
  pass.red_cr = static_cast<float>(cr[0]);
  pass.green_cb = static_cast<float>(cb[1]);
  pass.green_cr = static_cast<float>(cr[1]);
  pass.blue_cb = static_cast<float>(cb[2]);
  const double out_black = luma_code(0.0, to.bit_depth, to.range), out_grey = chroma_code(0.0, to.bit_depth, to.range);
  const double out_luma = luma_code(1.0, to.bit_depth, to.range) - out_black;
  const double out_chroma = chroma_code(1.0, to.bit_depth, to.range) - out_grey;
  for (size_t channel = 0; channel < 3; ++channel) {
    Rgb one{};
    one[channel] = 1.0;
    const Rgb ycbcr = to_ycbcr(one, target);
    for (size_t component = 0; component < 3; ++component)
      pass.out[component * 3 + channel] =
          static_cast<float>(ycbcr[component] * (component == 0 ? out_luma : out_chroma));
  }
  pass.out_offset = floats(Rgb{out_black, out_grey, out_grey});
  pass.out_top = static_cast<float>((1 << to.bit_depth) - 1);
  pass.out_bytes = to.bit_depth == 8;
}

}  // namespace

std::shared_ptr<const Pass> make_pass(const Route& route, const Codes& from, const Codes& to) {
  auto pass = std::make_shared<Pass>();
  write_codes(*pass, from, to);
  pass->top = static_cast<float>(route.source_top);
  Builder(route, *pass).run();
  return pass;
}

}  // namespace pier::colour::impl
