#include "linear_light.hpp"

#include <algorithm>
#include <cmath>

#include <pier/colour/gamut.hpp>

#include "kernels_scalar.hpp"

namespace pier::analysis::impl {

namespace {

colour::PrimariesXy primaries_of(const Signal& signal) {
  if (const auto xy = colour::primaries_xy(signal.colour().primaries)) return *xy;
  return *colour::primaries_xy(signal.light() == Light::kSdr ? Primaries::kBt709 : Primaries::kBt2020);
}

uint32_t bin(int signal14) {
  return static_cast<uint32_t>(std::clamp(signal14, 0, RgbFactors::kLimit) >> Signal::kBinShift);
}

}  // namespace

LinearLight::LinearLight(const PictureView& view, const Signal& signal)
    : x_view(view), x_signal(signal), x_colour(view.format.plane_count() == 3 && signal.rgb_known()) {
  const colour::Rgb weights = colour::luminance_weights(primaries_of(signal));
  x_red = static_cast<uint32_t>(std::lround(weights[0] * 32768));
  x_blue = static_cast<uint32_t>(std::lround(weights[2] * 32768));
  x_green = 32768 - x_red - x_blue;
  if (signal.light() == Light::kHlg) return;
  x_light.reserve(Signal::kBins);
  for (const uint64_t micronits : signal.micronits()) x_light.push_back(static_cast<uint32_t>(micronits / 1000));
}

/// R'G'B' of a row as bins.
template <typename Sample>
void LinearLight::indices(int y, LightRow& out) const {
  using kernels::scalar::product_q15;
  const RgbFactors f = x_signal.factors();
  const int up = std::max(x_signal.shift(), 0);
  const int down = std::max(-x_signal.shift(), 0);
  const auto level = [up, down](int code, int zero) { return ((code - zero) * (1 << up)) >> down; };
  const auto whole = [&f](int v) { return f.y_whole * v + product_q15(v, f.y_part); };
  const auto* first = x_view.planes[0].row<Sample>(y);
  const int black = x_signal.black();
  if (!x_colour) {
    for (int x = 0; x < x_view.width; ++x) out.red[static_cast<size_t>(x)] = bin(whole(level(first[x], black)));
    out.green = out.blue = out.red;
    return;
  }
  const auto* second = x_view.planes[1].row<Sample>(y);
  const auto* third = x_view.planes[2].row<Sample>(y);
  const int middle = 1 << (x_view.format.bit_depth - 1);
  for (int x = 0; x < x_view.width; ++x) {
    const auto i = static_cast<size_t>(x);
    if (x_view.format.rgb) {
      out.red[i] = bin(whole(level(first[x], black)));
      out.green[i] = bin(whole(level(second[x], black)));
      out.blue[i] = bin(whole(level(third[x], black)));
      continue;
    }
    const int luma = whole(level(first[x], black));
    const int cb = level(second[x], middle);
    const int cr = level(third[x], middle);
    out.red[i] = bin(luma + cr + product_q15(cr, f.r_from_cr));
    out.green[i] = bin(luma + product_q15(cb, f.g_from_cb) + product_q15(cr, f.g_from_cr));
    out.blue[i] = bin(luma + cb + product_q15(cb, f.b_from_cb));
  }
}

/// HLG: Fd = 1000 Ys^0.2 E (BT.2100 table 5).
void LinearLight::apply_ootf(LightRow& out) const {
  const auto& scene = x_signal.scene();
  const auto& ootf = x_signal.ootf();
  for (size_t i = 0; i < out.red.size(); ++i) {
    const uint32_t red = scene[out.red[i]];
    const uint32_t green = scene[out.green[i]];
    const uint32_t blue = scene[out.blue[i]];
    const uint32_t gain = ootf[std::min(65535U, luminance(red, green, blue)) >> 4U];
    // Q15 times Q16; 1 is 1000 cd/m2.
    const auto display = [gain](uint32_t e) {
      return static_cast<uint32_t>(((uint64_t{e} * gain >> 11U) * (1000 * kNit)) >> 20U);
    };
    out.red[i] = display(red);
    out.green[i] = display(green);
    out.blue[i] = display(blue);
  }
}

void LinearLight::row(int y, LightRow& out) const {
  for (auto* channel : {&out.red, &out.green, &out.blue}) channel->resize(static_cast<size_t>(x_view.width));
  if (x_view.format.bytes_per_sample() == 1) {
    indices<uint8_t>(y, out);
  } else {
    indices<uint16_t>(y, out);
  }
  if (x_signal.light() == Light::kHlg) return apply_ootf(out);
  for (auto* channel : {&out.red, &out.green, &out.blue}) {
    for (uint32_t& v : *channel) v = x_light[v];
  }
}

}  // namespace pier::analysis::impl
