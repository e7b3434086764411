// SSIM in Gaussian windows, and the scales of MS-SSIM.

#include <algorithm>
#include <cmath>
#include <memory>

#include "kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels_windows.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pier::quality::impl::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;

template <typename T>
void to_float_row(const T* row, int width, float scale, float bias, float* out) {
  for (int x = 0; x < width; ++x) out[x] = static_cast<float>(row[x]) * scale - bias;
}

void ToFloat(const Plane& plane, int bytes_per_sample, float scale, float bias, FloatPlane& out) {
  for (int y = 0; y < plane.height; ++y) {
    if (bytes_per_sample == 1) {
      to_float_row(plane.row<uint8_t>(y), plane.width, scale, bias, out.row(y));
    } else {
      to_float_row(plane.row<uint16_t>(y), plane.width, scale, bias, out.row(y));
    }
  }
}

void Halve(const FloatPlane& plane, FloatPlane& out) {
  for (int y = 0; y < out.height; ++y) {
    const float *upper = plane.row(2 * y), *lower = plane.row(2 * y + 1);
    float* row = out.row(y);
    for (int x = 0; x < out.width; ++x)
      row[x] = ((upper[2 * x] + upper[2 * x + 1]) + (lower[2 * x] + lower[2 * x + 1])) * 0.25F;
  }
}

// ---- windows

/// Columns of windows worked on at a time: their filtered rows stay in the first cache.
constexpr int kTile = 192;
constexpr int kTileRoom = kTile + kRowPadding;
constexpr int kMaps = 4;  // a, b, a^2 + b^2, a b

/// The last rows of a tile, filtered along the row.
struct Tile {
  alignas(64) float rows[kWindow][kMaps][kTileRoom];
  alignas(64) float squares[kTileRoom + kWindow], products[kTileRoom + kWindow];
  alignas(64) float ssim[kTileRoom], contrast[kTileRoom];
};

/// Half of a symmetric window, the middle last.
using Weights = const float*;

/// sum of w[i] v[i], of pairs that have one weight; `at(i)` gives v[i].
template <typename F>
HWY_INLINE hn::Vec<Floats> filtered(Weights weights, F&& at) {
  const Floats d;
  auto sum = hn::Mul(hn::Set(d, weights[kWindow / 2]), at(kWindow / 2));
  for (int i = 0; i < kWindow / 2; ++i)
    sum = hn::Add(sum, hn::Mul(hn::Set(d, weights[i]), hn::Add(at(i), at(kWindow - 1 - i))));
  return sum;
}

void filter_row(const float* a, const float* b, int count, Weights weights, Tile& tile, float (*out)[kTileRoom]) {
  const Floats d;
  const int step = static_cast<int>(hn::Lanes(d));
  for (int x = 0; x < count + kWindow - 1; x += step) {
    const auto va = hn::LoadU(d, a + x), vb = hn::LoadU(d, b + x);
    hn::StoreU(hn::Add(hn::Mul(va, va), hn::Mul(vb, vb)), d, tile.squares + x);
    hn::StoreU(hn::Mul(va, vb), d, tile.products + x);
  }
  const float* const in[kMaps] = {a, b, tile.squares, tile.products};
  for (int map = 0; map < kMaps; ++map) {
    for (int x = 0; x < count; x += step) {
      const float* const from = in[map] + x;
      const auto sum = filtered(weights, [&](int i) HWY_ATTR { return hn::LoadU(d, from + i); });
      hn::Store(sum, d, out[map] + x);
    }
  }
}

/// `newest`: which of the tile's rows is the last of the windows.
void judge_row(Tile& tile, int newest, int count, Weights weights, float bias) {
  const Floats d;
  const int step = static_cast<int>(hn::Lanes(d));
  const auto c1 = hn::Set(d, 0.01F * 0.01F), c2 = hn::Set(d, 0.03F * 0.03F);
  const auto two = hn::Set(d, 2.0F), back = hn::Set(d, bias);
  const float(*rows[kWindow])[kTileRoom];
  for (int i = 0; i < kWindow; ++i) rows[i] = tile.rows[(newest + 1 + i) % kWindow];
  for (int x = 0; x < count; x += step) {
    const auto mean = [&](int map) HWY_ATTR {
      return filtered(weights, [&](int i) HWY_ATTR { return hn::Load(d, rows[i][map] + x); });
    };
    const auto a = mean(0), b = mean(1);
    const auto product = hn::Mul(a, b), squares = hn::Add(hn::Mul(a, a), hn::Mul(b, b));
    const auto covariance = hn::Sub(mean(3), product), variances = hn::Sub(mean(2), squares);
    const auto contrast = hn::Div(hn::Add(hn::Mul(two, covariance), c2), hn::Add(variances, c2));
    const auto light_a = hn::Add(a, back), light_b = hn::Add(b, back);
    const auto light = hn::Div(hn::Add(hn::Mul(two, hn::Mul(light_a, light_b)), c1),
                               hn::Add(hn::Add(hn::Mul(light_a, light_a), hn::Mul(light_b, light_b)), c1));
    hn::Store(contrast, d, tile.contrast + x);
    hn::Store(hn::Mul(contrast, light), d, tile.ssim + x);
  }
}

/// Added to and taken from a double of a few units it leaves a multiple of 2^-26: their sums are exact.
constexpr double kGrain = 1.5 * (1 << 26);

double exact_sum(const float* values, int count) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> floats;
  const int step = static_cast<int>(hn::Lanes(d));
  const auto grain = hn::Set(d, kGrain);
  auto sum = hn::Zero(d);
  int x = 0;
  for (; x + step <= count; x += step)
    sum = hn::Add(sum, hn::Sub(hn::Add(hn::PromoteTo(d, hn::LoadU(floats, values + x)), grain), grain));
  double all = hn::GetLane(hn::SumOfLanes(d, sum));
  for (; x < count; ++x) {
    const double raised = static_cast<double>(values[x]) + kGrain;
    all += raised - kGrain;
  }
  return all;
}

void GaussianSums(const FloatPlane& a, const FloatPlane& b, Weights weights, float bias, WindowMeans& sums) {
  const auto tile = std::make_unique<Tile>();
  const int columns = a.width - kWindow + 1;
  for (int left = 0; left < columns; left += kTile) {
    const int count = std::min(kTile, columns - left);
    for (int y = 0; y < a.height; ++y) {
      filter_row(a.row(y) + left, b.row(y) + left, count, weights, *tile, tile->rows[y % kWindow]);
      if (y < kWindow - 1) continue;
      judge_row(*tile, y % kWindow, count, weights, bias);
      sums.ssim += exact_sum(tile->ssim, count);
      sums.contrast += exact_sum(tile->contrast, count);
    }
  }
}

}  // namespace pier::quality::impl::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::quality::impl {

HWY_EXPORT(ToFloat);
HWY_EXPORT(Halve);
HWY_EXPORT(GaussianSums);

FloatPlane::FloatPlane(int w, int h)
    : width(w), height(h), samples(static_cast<size_t>(w + kPadding) * static_cast<size_t>(h)) {}

void to_float(const Plane& plane, int bytes_per_sample, float scale, float bias, FloatPlane& out) {
  HWY_DYNAMIC_DISPATCH(ToFloat)(plane, bytes_per_sample, scale, bias, out);
}

FloatPlane halved(const FloatPlane& plane) {
  FloatPlane out(plane.width / 2, plane.height / 2);
  HWY_DYNAMIC_DISPATCH(Halve)(plane, out);
  return out;
}

WindowMeans gaussian_ssim(const FloatPlane& a, const FloatPlane& b, float bias) {
  double raw[kWindow / 2 + 1], sum = 0;
  for (int i = 0; i <= kWindow / 2; ++i) {
    const int from_middle = kWindow / 2 - i;
    const double away = from_middle;
    raw[i] = std::exp(-away * away / (2 * 1.5 * 1.5));
    sum += i < kWindow / 2 ? 2 * raw[i] : raw[i];
  }
  float weights[kWindow / 2 + 1];
  for (int i = 0; i <= kWindow / 2; ++i) weights[i] = static_cast<float>(raw[i] / sum);
  WindowMeans means;
  HWY_DYNAMIC_DISPATCH(GaussianSums)(a, b, weights, bias, means);
  const double windows = static_cast<double>(a.width - kWindow + 1) * (a.height - kWindow + 1);
  means.ssim /= windows;
  means.contrast /= windows;
  return means;
}

}  // namespace pier::quality::impl
#endif  // HWY_ONCE
