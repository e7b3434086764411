#include <algorithm>
#include <cmath>

#include <pier/colour/transfer.hpp>

namespace pier::colour {
namespace {

constexpr double kPqM1 = 2610.0 / 16384.0;
constexpr double kPqM2 = 2523.0 / 4096.0 * 128.0;
constexpr double kPqC1 = 3424.0 / 4096.0;
constexpr double kPqC2 = 2413.0 / 4096.0 * 32.0;
constexpr double kPqC3 = 2392.0 / 4096.0 * 32.0;
constexpr double kPqPeak = 10000.0;

constexpr double kHlgA = 0.17883277;
constexpr double kHlgB = 1.0 - 4.0 * kHlgA;
const double kHlgC = 0.5 - kHlgA * std::log(4.0 * kHlgA);

/// The weights as BT.2100 writes them, rounded to four digits.
const Rgb& hlg_luminance() {
  static const Rgb weights = *luma_weights(Matrix::kBt2020Ncl);
  return weights;
}

double luminance(const Rgb& rgb) {
  const Rgb& weights = hlg_luminance();
  return weights[0] * rgb[0] + weights[1] * rgb[1] + weights[2] * rgb[2];
}

}  // namespace

double pq_eotf(double signal) {
  const double power = std::pow(std::max(signal, 0.0), 1.0 / kPqM2);
  return kPqPeak * std::pow(std::max(power - kPqC1, 0.0) / (kPqC2 - kPqC3 * power), 1.0 / kPqM1);
}

double pq_inverse_eotf(double nits) {
  const double power = std::pow(std::max(nits, 0.0) / kPqPeak, kPqM1);
  return std::pow((kPqC1 + kPqC2 * power) / (1.0 + kPqC3 * power), kPqM2);
}

double hlg_oetf(double scene) {
  const double light = std::abs(scene);
  const double signal = light <= 1.0 / 12.0 ? std::sqrt(3.0 * light) : kHlgA * std::log(12.0 * light - kHlgB) + kHlgC;
  return std::copysign(signal, scene);
}

double hlg_inverse_oetf(double signal) {
  const double level = std::abs(signal);
  const double scene = level <= 0.5 ? level * level / 3.0 : (std::exp((level - kHlgC) / kHlgA) + kHlgB) / 12.0;
  return std::copysign(scene, signal);
}

double hlg_system_gamma(double peak_nits) {
  if (peak_nits >= 400.0 && peak_nits <= 2000.0) return 1.2 + 0.42 * std::log10(peak_nits / 1000.0);
  return 1.2 * std::pow(1.111, std::log2(peak_nits / 1000.0));
}

Rgb hlg_ootf(const Rgb& scene, double peak_nits) {
  return hlg_ootf(scene, peak_nits, hlg_system_gamma(peak_nits));
}

Rgb hlg_inverse_ootf(const Rgb& display_nits, double peak_nits) {
  return hlg_inverse_ootf(display_nits, peak_nits, hlg_system_gamma(peak_nits));
}

Rgb hlg_ootf(const Rgb& scene, double peak_nits, double gamma) {
  const double y = luminance(scene);
  const double gain = y > 0.0 ? peak_nits * std::pow(y, gamma - 1.0) : 0.0;
  return {gain * scene[0], gain * scene[1], gain * scene[2]};
}

Rgb hlg_inverse_ootf(const Rgb& display_nits, double peak_nits, double gamma) {
  const double y = luminance(display_nits) / peak_nits;
  const double gain = y > 0.0 ? std::pow(y, (1.0 - gamma) / gamma) / peak_nits : 0.0;
  return {gain * display_nits[0], gain * display_nits[1], gain * display_nits[2]};
}

double bt1886_eotf(double signal, double white_nits, double black_nits) {
  const double white_root = std::pow(white_nits, 1.0 / 2.4), black_root = std::pow(black_nits, 1.0 / 2.4);
  const double span = white_root - black_root;
  return std::pow(std::max(span * signal + black_root, 0.0), 2.4);
}

double bt1886_inverse_eotf(double nits, double white_nits, double black_nits) {
  const double white_root = std::pow(white_nits, 1.0 / 2.4), black_root = std::pow(black_nits, 1.0 / 2.4);
  return (std::pow(std::max(nits, 0.0), 1.0 / 2.4) - black_root) / (white_root - black_root);
}

double bt709_oetf(double scene) {
  return scene < 0.018 ? 4.5 * scene : 1.099 * std::pow(scene, 0.45) - 0.099;
}

double bt709_inverse_oetf(double signal) {
  return signal < 0.081 ? signal / 4.5 : std::pow((signal + 0.099) / 1.099, 1.0 / 0.45);
}

double srgb_eotf(double signal) {
  return signal <= 0.04045 ? signal / 12.92 : std::pow((signal + 0.055) / 1.055, 2.4);
}

double srgb_inverse_eotf(double light) {
  return light <= 0.0031308 ? light * 12.92 : 1.055 * std::pow(light, 1.0 / 2.4) - 0.055;
}

}  // namespace pier::colour
