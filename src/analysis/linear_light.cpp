#include "linear_light.hpp"

#include <cmath>

#include <pier/colour/gamut.hpp>

namespace pier::analysis::impl {

namespace {

colour::PrimariesXy primaries_of(const Signal& signal) {
  if (const auto xy = colour::primaries_xy(signal.colour().primaries)) return *xy;
  return *colour::primaries_xy(signal.light() == Light::kSdr ? Primaries::kBt709 : Primaries::kBt2020);
}

/// Thousandths of cd/m2 of HLG's display light, rounded down: 1000 cd/m2 are Signal::kDisplayUnit, and
/// 10^6 / kDisplayUnit is 1 - 759 / 2^14.
uint32_t thousandths(uint32_t display) {
  static_assert(1'000'000 * int64_t{1 << 14} == Signal::kDisplayUnit * ((1 << 14) - 759));
  return display - ((display * 759 + (1U << 14U) - 1) >> 14U);
}

}  // namespace

LinearLight::LinearLight(const PictureView& view, const Signal& signal)
    : x_signal(signal), x_rows(view, signal), x_samples(4 * (static_cast<size_t>(view.width) + 1)) {
  const size_t row = x_samples.size() / 4;
  x_row = {x_samples.data(), x_samples.data() + row, x_samples.data() + 2 * row, x_samples.data() + 3 * row};
  const colour::Rgb weights = colour::luminance_weights(primaries_of(signal));
  x_red = static_cast<uint32_t>(std::lround(weights[0] * 32768));
  x_blue = static_cast<uint32_t>(std::lround(weights[2] * 32768));
  x_green = 32768 - x_red - x_blue;
  if (signal.light() == Light::kHlg) return;
  x_light.reserve(Signal::kBins);
  for (const uint64_t micronits : signal.micronits()) x_light.push_back(static_cast<uint32_t>(micronits / 1000));
}

void LinearLight::row(int y, LightRow& out) {
  const auto width = static_cast<size_t>(x_rows.width());
  for (auto* channel : {&out.red, &out.green, &out.blue, &out.luminance}) channel->resize(width);
  x_rows.convert(y, x_rows.whole(), x_row);
  const bool hlg = x_signal.light() == Light::kHlg;
  const kernels::LightTables tables{.light = hlg ? x_signal.scene().data() : x_light.data(),
                                    .ootf = hlg ? x_signal.ootf().data() : nullptr,
                                    .red = x_red,
                                    .green = x_green,
                                    .blue = x_blue};
  const kernels::LightRow light{out.red.data(), out.green.data(), out.blue.data()};
  kernels::light_row(x_row, x_rows.width(), tables, light);
  if (hlg) {
    for (auto* channel : {&out.red, &out.green, &out.blue}) {
      for (uint32_t& v : *channel) v = thousandths(v);
    }
  }
  kernels::luminance_row(light, x_rows.width(), tables, out.luminance.data());
}

}  // namespace pier::analysis::impl
