#include "light_tables.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include <pier/colour/transfer.hpp>

#include "kernels.hpp"

namespace pier::quality::impl {
namespace {

constexpr double kUnitNits = 10'000;
constexpr double kSdrNits = 100;  // white of the BT.1886 display

bool shown_by_bt1886(Transfer transfer) {
  return transfer == Transfer::kBt709 || transfer == Transfer::kSmpte170m || transfer == Transfer::kBt2020_10 ||
         transfer == Transfer::kBt2020_12;
}

/// Light of one channel at a signal, in the units of LightTables::light; negative when not known.
double channel_light(Transfer transfer, double signal) {
  if (transfer == Transfer::kPq) return colour::pq_eotf(signal) / kUnitNits;
  if (transfer == Transfer::kHlg) return colour::hlg_inverse_oetf(signal);
  if (transfer == Transfer::kSrgb) return kSdrNits * colour::srgb_eotf(signal) / kUnitNits;
  if (transfer == Transfer::kGamma22) return kSdrNits * std::pow(signal, 2.2) / kUnitNits;
  if (shown_by_bt1886(transfer)) return colour::bt1886_eotf(signal, kSdrNits) / kUnitNits;
  return -1;
}

void set_matrix(LightTables& tables, int bit_depth, const ColourInfo& colour, const colour::Rgb& weights) {
  const auto scale = [](double zero, double one) { return static_cast<float>(1 / (one - zero)); };
  const double black = colour::luma_code(0, bit_depth, colour.range);
  const double centre = colour::chroma_code(0, bit_depth, colour.range);
  tables.luma_scale = scale(black, colour::luma_code(1, bit_depth, colour.range));
  tables.luma_offset = static_cast<float>(black);
  tables.chroma_scale = scale(centre, colour::chroma_code(1, bit_depth, colour.range));
  tables.chroma_offset = static_cast<float>(centre);
  const colour::Rgb from_cb = colour::from_ycbcr({0, 1, 0}, weights), from_cr = colour::from_ycbcr({0, 0, 1}, weights);
  tables.r_from_cr = static_cast<float>(from_cr[0]);
  tables.g_from_cb = static_cast<float>(from_cb[1]);
  tables.g_from_cr = static_cast<float>(from_cr[1]);
  tables.b_from_cb = static_cast<float>(from_cb[2]);
}

void set_primaries(LightTables& tables, const colour::PrimariesXy& primaries) {
  // BT.2100 table 7.
  constexpr double kLms[3][3] = {{1688, 2146, 262}, {683, 2951, 462}, {99, 309, 3688}};
  const colour::Rgb luminance = colour::luminance_weights(primaries);
  const colour::Matrix3 wide = colour::rgb_to_rgb(primaries, *colour::primaries_xy(Primaries::kBt2020));
  for (size_t i = 0; i < 3; ++i) {
    tables.luminance[i] = static_cast<float>(luminance[i]);
    for (size_t j = 0; j < 3; ++j) {
      double sum = 0;
      for (size_t k = 0; k < 3; ++k) sum += kLms[i][k] / 4096 * wide[k][j];
      tables.lms[i][j] = static_cast<float>(sum);
    }
  }
}

}  // namespace

template <typename F>
LogCurve LogCurve::make(int least_exponent, float most, F&& function) {
  LogCurve curve;
  curve.least = std::ldexp(1.0F, least_exponent);
  curve.most = most;
  curve.first_bits = std::bit_cast<int32_t>(curve.least);
  const int32_t last = std::bit_cast<int32_t>(most);
  for (int32_t bits = curve.first_bits; bits <= last + (2 << kShift); bits += 1 << kShift)
    curve.values.push_back(static_cast<float>(function(static_cast<double>(std::bit_cast<float>(bits)))));
  return curve;
}

double pu21(double nits) {
  // Mantiuk, Azimi: PU21, Picture Coding Symposium 2021; `banding_glare` of the authors' parameters.
  constexpr double kP[7] = {0.353487901,   0.3734658629, 8.277049286e-05, 0.9062562627,
                            0.09150303166, 0.9099517204, 596.3148142};
  const double power = std::pow(std::clamp(nits, 0.005, 10'000.0), kP[3]);
  const double inside = (kP[0] + kP[1] * power) / (1 + kP[2] * power);
  return std::max(0.0, kP[6] * (std::pow(inside, kP[4]) - kP[5]));
}

ColourInfo resolved(const ColourInfo& colour) {
  ColourInfo out = colour;
  const bool wide = out.is_hdr() || out.primaries == Primaries::kBt2020;
  if (out.primaries == Primaries::kUnspecified) out.primaries = wide ? Primaries::kBt2020 : Primaries::kBt709;
  if (out.transfer == Transfer::kUnspecified) out.transfer = Transfer::kBt709;
  if (out.matrix == Matrix::kUnspecified)
    out.matrix = out.primaries == Primaries::kBt2020 || out.is_hdr() ? Matrix::kBt2020Ncl : Matrix::kBt709;
  if (out.range == Range::kUnspecified) out.range = Range::kNarrow;
  return out;
}

Result<LightTables> LightTables::make(int bit_depth, const ColourInfo& colour, double peak_nits) {
  const auto weights = colour::luma_weights(colour.matrix);
  const auto primaries = colour::primaries_xy(colour.primaries);
  if (!weights || !primaries || channel_light(colour.transfer, 1) < 0) {
    return fail(ErrorCode::kInputUnsupported, "the light of such pictures is not known (primaries " +
                                                  to_string(colour.primaries) + ", transfer " +
                                                  to_string(colour.transfer) + ", matrix " + to_string(colour.matrix) +
                                                  "): pu21_ssim and de_itp cannot be measured");
  }
  LightTables tables;
  set_matrix(tables, bit_depth, colour, *weights);
  set_primaries(tables, *primaries);
  for (int i = 0; i <= kSteps + 1; ++i)
    tables.light.push_back(static_cast<float>(channel_light(colour.transfer, std::min(1.0, double{1} * i / kSteps))));
  tables.scene = colour.transfer == Transfer::kHlg;
  const double gamma = tables.scene ? colour::hlg_system_gamma(peak_nits) : 1;
  const double peak = tables.scene ? peak_nits : kUnitNits;
  if (tables.scene) {
    tables.display_gain =
        LogCurve::make(-30, 1.0F, [&](double scene) { return peak / kUnitNits * std::pow(scene, gamma - 1); });
  }
  tables.pq = LogCurve::make(-37, 1.0F, [](double light) { return colour::pq_inverse_eotf(light * kUnitNits); });
  tables.pu21 = LogCurve::make(-30, 1.0F, [&](double luminance) {
    return impl::pu21(peak * std::pow(luminance, gamma)) / 256 - static_cast<double>(kPuBias);
  });
  return tables;
}

}  // namespace pier::quality::impl
