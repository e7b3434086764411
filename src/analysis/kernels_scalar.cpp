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

Extremes column_extremes(const Plane& plane, int bytes_per_sample, const RowSpan& rows, uint16_t* smallest,
                         uint16_t* largest) {
  return bytes_per_sample == 1 ? column_extremes_from<uint8_t>(0, plane, rows, smallest, largest)
                               : column_extremes_from<uint16_t>(0, plane, rows, smallest, largest);
}

void pair_bounds(const PairCodes& codes, int pairs, const RgbFactors& factors, int16_t* least, int16_t* most) {
  pair_bounds_from(0, codes, pairs, factors, least, most);
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

void convert_every_fourth(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                          int phase, const RgbRow& out) {
  convert_every_fourth_from(0, luma, pairs, chroma, factors, phase, out);
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

void light_row(const RgbRow& row, int count, const LightTables& tables, const LightRow& out) {
  light_row_from(0, row, count, tables, out);
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

BrightnessRange brightest_row(const RgbRow& row, int count, const LightTables& tables, uint32_t* brightest) {
  BrightnessRange range;
  brightest_row_from(0, row, count, tables, brightest, range);
  return range;
}

PlaneChange plane_change(const Plane& a, const Plane& b, int bit_depth) {
  PlaneChange change;
  for (int top = 0; top < a.height; top += kChangeBlock) {
    for (int left = 0; left < a.width; left += kChangeBlock) {
      if (bit_depth <= 8) {
        add_block<uint8_t>(a, b, left, top, change);
      } else {
        add_block<uint16_t>(a, b, left, top, change);
      }
    }
  }
  return change;
}

}  // namespace pier::analysis::kernels::scalar
