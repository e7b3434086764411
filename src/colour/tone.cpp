#include <algorithm>
#include <cmath>

#include <pier/colour/tone.hpp>
#include <pier/colour/transfer.hpp>

namespace pier::colour {
namespace {

constexpr double kGamma = 2.4;
constexpr double kLowerKnee = 0.7399, kUpperKnee = 0.9909;
/// Method C: k1, k3, and where its line ends in % of SDR white.
constexpr double kK1 = 0.83802, kK3 = 0.74204, kInflection = 58.535;

const Rgb& weights() {
  static const Rgb bt2020 = *luma_weights(Matrix::kBt2020Ncl);
  return bt2020;
}

double luma(const Rgb& rgb) {
  return weights()[0] * rgb[0] + weights()[1] * rgb[1] + weights()[2] * rgb[2];
}

double rho(double nits) {
  return 1.0 + 32.0 * std::pow(nits / 10000.0, 1.0 / kGamma);
}

double quadratic(double y) {
  return -1.1510 * y * y + 2.7811 * y - 0.6302;
}

double knee(double y) {
  if (y <= kLowerKnee) return 1.0770 * y;
  return y < kUpperKnee ? quadratic(y) : 0.5 * y + 0.5;
}

double inverse_knee(double y) {
  if (y <= 1.0770 * kLowerKnee) return y / 1.0770;
  if (y <= quadratic(kLowerKnee)) return kLowerKnee;
  if (y >= 0.5 * kUpperKnee + 0.5) return 2.0 * y - 1.0;
  const double root = std::sqrt(std::max(2.7811 * 2.7811 - 4.0 * 1.1510 * (0.6302 + y), 0.0));
  return std::min((2.7811 - root) / (2.0 * 1.1510), kUpperKnee);
}

}  // namespace

double bt2446_a_lower_knee(double peak_nits) {
  const double rho_hdr = rho(peak_nits);
  return (std::pow(rho_hdr, kLowerKnee) - 1.0) / (rho_hdr - 1.0);
}

double bt2446_a_luma(double y, double peak_nits, double sdr_peak_nits) {
  const double rho_hdr = rho(peak_nits), rho_sdr = rho(sdr_peak_nits);
  const double perceptual = std::log(1.0 + (rho_hdr - 1.0) * y) / std::log(rho_hdr);
  return (std::pow(rho_sdr, knee(perceptual)) - 1.0) / (rho_sdr - 1.0);
}

double bt2446_a_inverse_luma(double y, double peak_nits, double sdr_peak_nits) {
  const double rho_hdr = rho(peak_nits), rho_sdr = rho(sdr_peak_nits);
  const double compressed = std::log(1.0 + (rho_sdr - 1.0) * y) / std::log(rho_sdr);
  return (std::pow(rho_hdr, inverse_knee(compressed)) - 1.0) / (rho_hdr - 1.0);
}

Rgb bt2446_a(const Rgb& rgb, double peak_nits, double sdr_peak_nits) {
  const double y = luma(rgb);
  if (y <= 0.0) return {0.0, 0.0, 0.0};
  const double y_sdr = bt2446_a_luma(y, peak_nits, sdr_peak_nits);
  const double scale = y_sdr / (1.1 * y);
  const double cb = scale * (rgb[2] - y) / 1.8814;
  const double cr = scale * (rgb[0] - y) / 1.4746;
  return from_ycbcr({y_sdr - std::max(0.1 * cr, 0.0), cb, cr}, weights());
}

Rgb bt2446_a_inverse(const Rgb& rgb, double peak_nits, double sdr_peak_nits) {
  const double lowered = luma(rgb);
  const double cb = (rgb[2] - lowered) / 1.8814, cr = (rgb[0] - lowered) / 1.4746;
  const double y_sdr = lowered + std::max(0.1 * cr, 0.0);
  if (y_sdr <= 0.0) return {0.0, 0.0, 0.0};
  const double y = bt2446_a_inverse_luma(y_sdr, peak_nits, sdr_peak_nits);
  const double scale = 1.1 * y / y_sdr;
  return from_ycbcr({y, cb * scale, cr * scale}, weights());
}

double bt2446_c_inflection() {
  return kInflection / kK1;
}

double bt2446_c_luminance(double nits) {
  // k2 and k4 follow from the others, so that value and slope have no step; the Report prints 15.09968 and 78.99439.
  constexpr double kK2 = kInflection * (1.0 - kK3);
  if (nits < bt2446_c_inflection()) return kK1 * nits / 100.0;
  const double k4 = kInflection - kK2 * std::log(1.0 - kK3);
  return (kK2 * std::log(nits / bt2446_c_inflection() - kK3) + k4) / 100.0;
}

Matrix3 bt2446_c_crosstalk(double alpha) {
  const double own = 1.0 - 2.0 * alpha;
  return {{{own, alpha, alpha}, {alpha, own, alpha}, {alpha, alpha, own}}};
}

double bt2390_knee(double peak_nits, double target_nits) {
  const double top = pq_inverse_eotf(peak_nits);
  return pq_eotf(top * std::min(1.5 * pq_inverse_eotf(target_nits) / top - 0.5, 1.0));
}

double bt2390_eetf(double nits, double peak_nits, double target_nits) {
  const double top = pq_inverse_eotf(peak_nits);
  const double max_lum = pq_inverse_eotf(target_nits) / top;
  if (max_lum >= 1.0) return nits;
  const double signal = std::min(pq_inverse_eotf(nits) / top, 1.0);
  const double knee_start = 1.5 * max_lum - 0.5;
  if (signal < knee_start) return nits;
  const double t = (signal - knee_start) / (1.0 - knee_start);
  const double t2 = t * t, t3 = t2 * t;
  const double mapped = (2.0 * t3 - 3.0 * t2 + 1.0) * knee_start + (t3 - 2.0 * t2 + t) * (1.0 - knee_start) +
                        (-2.0 * t3 + 3.0 * t2) * max_lum;
  return pq_eotf(mapped * top);
}

}  // namespace pier::colour
