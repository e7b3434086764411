#include "xpsnr.hpp"

#include <algorithm>
#include <cmath>

#include <pier/quality/metric.hpp>

namespace pier::quality::impl {
namespace {

constexpr int kHdSamples = 2048 * 1152, kSdSamples = 640 * 480;
constexpr int kUhdBlock = 32;  // in units of 4 samples
constexpr int kTemporalGain = 2;
constexpr int kFastRate = 32;
constexpr int kShortRow = 12;  // the authors' filter takes the texture of narrower halved blocks as 0

/// What part of a block, from its start, has all neighbours the high-pass wants.
struct Inside {
  int from = 0, to = 0;
};

Inside inside(int start, int length, int all, int margin) {
  return {start > 0 ? 0 : margin, start + length < all ? length : length - margin};
}

double block_weight(const XpsnrGeometry& geometry, int x, int y, uint64_t spatial, uint64_t temporal) {
  const int width = std::min(geometry.block, geometry.width - x),
            height = std::min(geometry.block, geometry.height - y);
  const int margin = geometry.halved ? 2 : 1;
  const Inside wide = inside(x, width, geometry.width, margin), high = inside(y, height, geometry.height, margin);
  if (wide.to <= wide.from || high.to <= high.from) return 1;
  const bool narrow = geometry.halved && wide.to <= kShortRow;
  const double texture = narrow ? 0 : static_cast<double>(spatial);
  const double activity = texture / (static_cast<double>(wide.to - wide.from) * (high.to - high.from)) +
                          static_cast<double>(kTemporalGain * temporal) / (static_cast<double>(width) * height);
  return 1 / std::max(activity, static_cast<double>(1 << (geometry.bit_depth - 6)));
}

/// In the authors' order: a block is lowered to the heaviest of the one left of it (lowered already), right of it and
/// above it (lowered already) when the one right of it is done.
void smooth(std::vector<double>& weights, size_t columns) {
  for (size_t i = 0; i < weights.size(); ++i) {
    const size_t column = i % columns;
    double most = column == 0 ? 0 : weights[i];
    if (column == 0 ? i > 1 : column > 1) most = std::max(most, weights[i - 2]);
    if (i > columns) most = std::max(most, weights[i - 1 - columns]);
    if (i > 0) weights[i - 1] = std::min(weights[i - 1], most);
    if (i + 1 == weights.size() && i > columns)
      weights[i] = std::min(weights[i], std::max(weights[i - 1], weights[i - columns]));
  }
}

double decibels(double weighted_error, const Plane& plane, int bit_depth) {
  const double peak = static_cast<double>((1 << bit_depth) - 1);
  const double most = static_cast<double>(plane.width) * plane.height * peak * peak;
  return weighted_error < 1 ? kMostDb : std::min(kMostDb, 10 * std::log10(most / weighted_error));
}

}  // namespace

XpsnrGeometry XpsnrGeometry::of(int width, int height, int bit_depth, Rational frame_rate) {
  const double samples = static_cast<double>(width) * height, share = samples / (3840.0 * 2160.0);
  XpsnrGeometry geometry{width, height, bit_depth};
  geometry.block = 4 * static_cast<int>(std::lround(kUhdBlock * std::sqrt(share)));
  geometry.halved = samples > kHdSamples;
  geometry.smoothed = samples <= kSdSamples;
  geometry.two_back = frame_rate >= Rational(kFastRate);
  geometry.picture_activity =
      std::sqrt(16.0 * std::ldexp(1.0, 2 * bit_depth - 9) / std::sqrt(std::max(0.00001, share)));
  return geometry;
}

std::vector<double> xpsnr_weights(const XpsnrGeometry& geometry, const BlockGrid& grid,
                                  const std::vector<uint64_t>& spatial, const std::vector<uint64_t>& temporal) {
  std::vector<double> weights(grid.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    const int column = static_cast<int>(i) % grid.columns, row = static_cast<int>(i) / grid.columns;
    weights[i] = block_weight(geometry, column * grid.block_width, row * grid.block_height, spatial[i], temporal[i]);
  }
  if (geometry.smoothed) smooth(weights, static_cast<size_t>(grid.columns));
  return weights;
}

std::array<double, 3> xpsnr(const XpsnrGeometry& geometry, const BlockErrors& errors, const PictureView& reference,
                            const PictureView& before, const PictureView& before_that) {
  std::array<double, 3> planes{};
  const int bytes = reference.format.bytes_per_sample();
  std::vector<double> weights;
  if (geometry.block >= 4) {
    const BlockGrid& grid = errors.planes[0].grid;
    std::vector<uint64_t> spatial(grid.size()), temporal(grid.size());
    activities({reference.planes[0], before.planes[0], before_that.planes[0], grid, geometry.halved, geometry.two_back},
               bytes, spatial.data(), temporal.data());
    weights = xpsnr_weights(geometry, grid, spatial, temporal);
  }
  for (size_t p = 0; p < static_cast<size_t>(reference.format.plane_count()); ++p) {
    const PlaneErrors& plane = errors.planes[p];
    double sum = 0;
    for (size_t i = 0; i < plane.sums.size(); ++i) {
      // Where sides of chroma are rounded, its last blocks may lie beyond luma's.
      const int columns = errors.planes[0].grid.columns, rows = errors.planes[0].grid.rows;
      const int column = std::min(columns - 1, static_cast<int>(i) % plane.grid.columns);
      const int row = std::min(rows - 1, static_cast<int>(i) / plane.grid.columns);
      const double weight = weights.empty() ? 1 : weights[static_cast<size_t>(row * columns + column)];
      sum += static_cast<double>(plane.sums[i]) * weight;
    }
    const double whole = weights.empty() ? sum : std::floor(sum * geometry.picture_activity + 0.5);
    planes[p] = decibels(whole, reference.planes[p], geometry.bit_depth);
  }
  return planes;
}

double weighted_xpsnr(const std::array<double, 3>& planes) {
  const auto error = [](double decibels) { return std::pow(10, -decibels / 10); };
  return std::min(kMostDb, -10 * std::log10((4 * error(planes[0]) + error(planes[1]) + error(planes[2])) / 6));
}

}  // namespace pier::quality::impl
