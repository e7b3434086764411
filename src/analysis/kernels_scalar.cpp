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

void block_extremes(const Plane& plane, int bytes_per_sample, const BlockRows& what, uint16_t* smallest,
                    uint16_t* largest) {
  for (int left = 0, b = 0; left < plane.width; left += what.block, ++b) {
    smallest[b] = 65535;
    largest[b] = 0;
    for (int y = what.first; y < what.first + what.rows; ++y) {
      for (int x = left; x < std::min(left + what.block, plane.width); ++x) {
        const uint16_t v = bytes_per_sample == 1 ? plane.row<uint8_t>(y)[x] : plane.row<uint16_t>(y)[x];
        smallest[b] = std::min(smallest[b], v);
        largest[b] = std::max(largest[b], v);
      }
    }
  }
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

RowExtremes scan_pairs(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                       const SignalLimits& limits, const PairScan& out) {
  RowExtremes extremes;
  std::fill_n(out.flags, (2 * pairs + kFlagPixels - 1) / kFlagPixels, uint8_t{0});
  scan_pairs_from(0, pairs, luma, chroma, factors, limits, out, extremes);
  return extremes;
}

RowExtremes scan_rgb(const RgbRow& row, int width, const SignalLimits& limits, uint16_t* largest, uint8_t* flags) {
  RowExtremes extremes;
  std::fill_n(flags, (width + kFlagPixels - 1) / kFlagPixels, uint8_t{0});
  scan_rgb_from(0, width, row, limits, largest, flags, extremes);
  return extremes;
}

void convert_pairs(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                   const RgbRow& out) {
  convert_pairs_from(0, luma, pairs, chroma, factors, out);
}

void convert_full(const RgbRow& row, int width, const RgbFactors& factors) {
  convert_full_from(0, row, width, factors);
}

void signal_row(const Plane& plane, const RowMix& mix, int middle, int shift, bool wide, int16_t* out) {
  if (wide) {
    signal_row_of(plane.row<uint16_t>(mix.near), plane.row<uint16_t>(mix.other), mix, middle, shift, out, plane.width);
  } else {
    signal_row_of(plane.row<uint8_t>(mix.near), plane.row<uint8_t>(mix.other), mix, middle, shift, out, plane.width);
  }
}

int filter_row(const FilterRows& rows, int count, const SignalLimits& limits, uint8_t bit, uint8_t* outside) {
  constexpr int kAcross[] = {1, 2, 3, 4, 3, 2, 1};
  int found = 0;
  for (int x = 0; x < count; ++x) {
    int sum = 0;
    for (int dx = -3; dx <= 3; ++dx) {
      sum += kAcross[dx + 3] * (rows.above[x + dx] + 2 * rows.here[x + dx] + rows.below[x + dx]);
    }
    if (sum >= 64 * limits.low && sum <= 64 * limits.high) continue;
    outside[x] = static_cast<uint8_t>(outside[x] | bit);
    ++found;
  }
  return found;
}

}  // namespace pier::analysis::kernels::scalar
