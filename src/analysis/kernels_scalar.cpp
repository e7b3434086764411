#include "kernels_scalar.hpp"

namespace pier::analysis::kernels::scalar {

RangeCounts count_range(const Plane& plane, int bytes_per_sample, const RangeLimits& limits) {
  RangeCounts counts;
  for (int y = 0; y < plane.height; ++y) {
    if (bytes_per_sample == 1) {
      count_row_from(0, plane.row<uint8_t>(y), plane.width, limits, counts);
    } else {
      count_row_from(0, plane.row<uint16_t>(y), plane.width, limits, counts);
    }
  }
  return counts;
}

uint64_t count_at_most(const Plane& plane, int bytes_per_sample, int code) {
  return count_range(plane, bytes_per_sample, {.low = code + 1}).below;
}

void box(const Plane& in, int bit_depth, int side, const MutablePlane& out) {
  for (int y = 0; y < out.height; ++y) {
    if (bit_depth <= 8) {
      box_row_from(0, in, y, side, out.row<uint8_t>(y), out.width);
    } else {
      box_row_from(0, in, y, side, out.row<uint16_t>(y), out.width);
    }
  }
}

int max_rgb_pairs(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                  const PairRow& out) {
  return max_rgb_pairs_from(0, luma, pairs, chroma, factors, out);
}

}  // namespace pier::analysis::kernels::scalar
