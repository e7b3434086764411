#include "blocks.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <pier/quality/metric.hpp>

namespace pier::quality::impl {

uint64_t PlaneErrors::total() const {
  return std::accumulate(sums.begin(), sums.end(), uint64_t{0});
}

BlockErrors block_errors(const PictureView& reference, const PictureView& test, int block) {
  BlockErrors errors;
  for (size_t p = 0; p < static_cast<size_t>(reference.format.plane_count()); ++p) {
    const Plane& plane = reference.planes[p];
    const int width = block == 0 ? plane.width : block * plane.width / reference.width;
    const int height = block == 0 ? plane.height : block * plane.height / reference.height;
    PlaneErrors& out = errors.planes[p];
    out.grid = BlockGrid::over(plane, width, height);
    out.sums.resize(out.grid.size());
    squared_errors(plane, test.planes[p], reference.format.bytes_per_sample(), out.grid, out.sums.data());
  }
  return errors;
}

std::array<double, 3> psnr(const BlockErrors& errors, const PictureView& reference) {
  std::array<double, 3> planes{};
  const double peak = static_cast<double>((1 << reference.format.bit_depth) - 1);
  for (size_t p = 0; p < static_cast<size_t>(reference.format.plane_count()); ++p) {
    const auto total = static_cast<double>(errors.planes[p].total());
    const double samples = static_cast<double>(reference.planes[p].width) * reference.planes[p].height;
    planes[p] = total == 0 ? kMostDb : std::min(kMostDb, 10 * std::log10(peak * peak * samples / total));
  }
  return planes;
}

double weighted_psnr(const std::array<double, 3>& planes) {
  return (6 * planes[0] + planes[1] + planes[2]) / 8;
}

}  // namespace pier::quality::impl
