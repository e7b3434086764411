#pragma once
// The arithmetic of one sample and one row, in plain C++: tails of the vector loops, formats that are rare, and the
// oracle of the tests.

#include <algorithm>
#include <cstdlib>

#include "kernels.hpp"

namespace pier::analysis::kernels::scalar {

/// Product of two Q15 numbers, rounded half up.
inline int product_q15(int a, int b) {
  return (a * b + 0x4000) >> 15;
}

/// `near` moved towards `other` by 1/2 (bits 1) or 1/4 (bits 2), not at all (bits 0).
inline int nudge(int near, int other, int bits) {
  return bits == 0 ? near : near + ((other - near + bits) >> bits);
}

struct Rgb {
  int red = 0, green = 0, blue = 0, luma = 0;
  int largest() const { return std::max({red, green, blue}); }
  int smallest() const { return std::min({red, green, blue}); }
};

/// `y`, `cb`, `cr` at 14 bits.
inline Rgb to_rgb(int y, int cb, int cr, const RgbFactors& f) {
  const int luma = f.y_whole * y + product_q15(y, f.y_part);
  return {luma + cr + product_q15(cr, f.r_from_cr), luma + product_q15(cb, f.g_from_cb) + product_q15(cr, f.g_from_cr),
          luma + cb + product_q15(cb, f.b_from_cb), luma};
}

/// Pixels 2 * i and 2 * i + 1.
struct RgbPair {
  Rgb even, odd;
};
inline RgbPair pair_at(int i, const LumaRow& luma, const ChromaRows& chroma, const RgbFactors& factors) {
  const int odd_bits = chroma.centred ? 2 : 1;
  const int even_bits = chroma.centred ? 2 : 0;
  const int even_y = (luma.codes[2 * i] - luma.black) * (1 << luma.shift);
  const int odd_y = (luma.codes[2 * i + 1] - luma.black) * (1 << luma.shift);
  return {to_rgb(even_y, nudge(chroma.cb[i], chroma.cb[i - 1], even_bits),
                 nudge(chroma.cr[i], chroma.cr[i - 1], even_bits), factors),
          to_rgb(odd_y, nudge(chroma.cb[i], chroma.cb[i + 1], odd_bits),
                 nudge(chroma.cr[i], chroma.cr[i + 1], odd_bits), factors)};
}

inline bool leaves(const Rgb& rgb, const SignalLimits& limits) {
  return rgb.smallest() < limits.low || rgb.largest() > limits.high;
}

inline uint16_t clipped(int value, RowExtremes& extremes) {
  const int in_range = std::clamp(value, 0, RgbFactors::kLimit);
  extremes.smallest = std::min(extremes.smallest, in_range);
  extremes.largest = std::max(extremes.largest, in_range);
  return static_cast<uint16_t>(in_range);
}

/// Pairs `first` to before `end`; sets flags, does not clear them.
inline void scan_pairs_from(int first, int end, const LumaRow& luma, const ChromaRows& chroma,
                            const RgbFactors& factors, const SignalLimits& limits, const PairScan& out,
                            RowExtremes& extremes) {
  for (int i = first; i < end; ++i) {
    const RgbPair pair = pair_at(i, luma, chroma, factors);
    out.even[i] = clipped(pair.even.largest(), extremes);
    out.odd[i] = clipped(pair.odd.largest(), extremes);
    if (leaves(pair.even, limits) || leaves(pair.odd, limits)) out.flags[2 * i / kFlagPixels] = 1;
  }
}

inline void scan_rgb_from(int first, int end, const RgbRow& row, const SignalLimits& limits, uint16_t* largest,
                          uint8_t* flags, RowExtremes& extremes) {
  for (int x = first; x < end; ++x) {
    const Rgb rgb{row.red[x], row.green[x], row.blue[x], 0};
    largest[x] = clipped(rgb.largest(), extremes);
    if (leaves(rgb, limits)) flags[x / kFlagPixels] = 1;
  }
}

inline void store(const Rgb& rgb, int x, const RgbRow& out) {
  out.red[x] = static_cast<int16_t>(rgb.red);
  out.green[x] = static_cast<int16_t>(rgb.green);
  out.blue[x] = static_cast<int16_t>(rgb.blue);
  out.luma[x] = static_cast<int16_t>(rgb.luma);
}

inline void convert_pairs_from(int first, const LumaRow& luma, int pairs, const ChromaRows& chroma,
                               const RgbFactors& factors, const RgbRow& out) {
  for (int i = first; i < pairs; ++i) {
    const RgbPair pair = pair_at(i, luma, chroma, factors);
    store(pair.even, 2 * i, out);
    store(pair.odd, 2 * i + 1, out);
  }
}

inline void convert_every_fourth_from(int first, const LumaRow& luma, int pairs, const ChromaRows& chroma,
                                      const RgbFactors& factors, int phase, const RgbRow& out) {
  for (int i = first; i < pairs / 2; ++i) {
    const RgbPair pair = pair_at(2 * i + phase / 2, luma, chroma, factors);
    const Rgb& rgb = phase % 2 == 0 ? pair.even : pair.odd;
    out.red[i] = static_cast<int16_t>(rgb.red);
    out.green[i] = static_cast<int16_t>(rgb.green);
    out.blue[i] = static_cast<int16_t>(rgb.blue);
  }
}

inline void convert_full_from(int first, const RgbRow& row, int width, const RgbFactors& factors) {
  for (int x = first; x < width; ++x) store(to_rgb(row.luma[x], row.blue[x], row.red[x], factors), x, row);
}

template <typename Sample>
void signal_row_of(const Sample* near, const Sample* other, const RowMix& mix, int middle, int shift, int16_t* out,
                   int width) {
  const int up = std::max(shift, 0);
  const int down = std::max(-shift, 0);
  for (int i = 0; i < width; ++i) {
    const int a = ((near[i] - middle) * (1 << up)) >> down;
    const int b = ((other[i] - middle) * (1 << up)) >> down;
    out[i] = static_cast<int16_t>(nudge(a, b, mix.bits));
  }
}

template <typename Sample>
bool mark_changed_from(int first, const Sample* a, const Sample* b, int count, int step, uint8_t* marks) {
  bool any = false;
  for (int x = first; x < count; ++x) {
    if (std::abs(static_cast<int>(a[x]) - static_cast<int>(b[x])) <= step) continue;
    marks[x] = 1;
    any = true;
  }
  return any;
}

template <typename Sample>
void level_row_from(int first, const Sample* codes, int count, const LevelScale& scale, uint8_t* levels) {
  for (int x = first; x < count; ++x) {
    const int level = ((codes[x] - scale.zero) * scale.factor + (1 << 15)) >> 16;
    levels[x] = static_cast<uint8_t>(std::clamp(level + scale.offset, 0, 255));
  }
}

template <typename Sample>
Extremes column_extremes_from(int first, const Plane& plane, const RowSpan& rows, uint16_t* smallest,
                              uint16_t* largest) {
  Extremes all;
  for (int x = first; x < plane.width; ++x) {
    Extremes column;
    for (int y = rows.first; y < rows.first + rows.rows; ++y) {
      const int v = plane.row<Sample>(y)[x];
      column.smallest = std::min(column.smallest, v);
      column.largest = std::max(column.largest, v);
    }
    smallest[x] = static_cast<uint16_t>(column.smallest);
    largest[x] = static_cast<uint16_t>(column.largest);
    all.smallest = std::min(all.smallest, column.smallest);
    all.largest = std::max(all.largest, column.largest);
  }
  return all;
}

inline int signal14(int code, int zero, int shift) {
  return shift >= 0 ? (code - zero) * (1 << shift) : (code - zero) >> -shift;
}

// Every step from codes to components rises or falls with each code alone, rounding included, and what is interpolated
// lies between what it is made of.
inline SignalLimits bounds_of_pair(int i, const PairCodes& codes, const RgbFactors& factors) {
  const auto least = [&](const uint16_t* row, int zero) {
    return signal14(std::min({row[i - 1], row[i], row[i + 1]}), zero, codes.shift);
  };
  const auto most = [&](const uint16_t* row, int zero) {
    return signal14(std::max({row[i - 1], row[i], row[i + 1]}), zero, codes.shift);
  };
  const int low_y = signal14(std::min(codes.luma.low[2 * i], codes.luma.low[2 * i + 1]), codes.black, codes.shift);
  const int high_y = signal14(std::max(codes.luma.high[2 * i], codes.luma.high[2 * i + 1]), codes.black, codes.shift);
  const int low_cb = least(codes.cb.low, codes.middle);
  const int high_cb = most(codes.cb.high, codes.middle);
  const int low_cr = least(codes.cr.low, codes.middle);
  const int high_cr = most(codes.cr.high, codes.middle);
  const Rgb low = to_rgb(low_y, low_cb, low_cr, factors);
  const Rgb high = to_rgb(high_y, high_cb, high_cr, factors);
  return {std::min({low.red, to_rgb(low_y, high_cb, high_cr, factors).green, low.blue}),
          std::max({high.red, to_rgb(high_y, low_cb, low_cr, factors).green, high.blue})};
}

inline void pair_bounds_from(int first, const PairCodes& codes, int pairs, const RgbFactors& factors, int16_t* least,
                             int16_t* most) {
  for (int i = first; i < pairs; ++i) {
    const int block = 2 * i / kFlagPixels;
    const SignalLimits bounds = bounds_of_pair(i, codes, factors);
    const bool begins = 2 * i % kFlagPixels == 0;
    least[block] = static_cast<int16_t>(begins ? bounds.low : std::min<int>(least[block], bounds.low));
    most[block] = static_cast<int16_t>(begins ? bounds.high : std::max<int>(most[block], bounds.high));
  }
}

inline uint32_t bin_of(int signal14) {
  return static_cast<uint32_t>(std::clamp(signal14, 0, RgbFactors::kLimit) >> Signal::kBinShift);
}

inline void light_row_from(int first, const RgbRow& row, int count, const LightTables& tables, const LightRow& out) {
  for (int x = first; x < count; ++x) {
    const uint32_t red = tables.light[bin_of(row.red[x])];
    const uint32_t green = tables.light[bin_of(row.green[x])];
    const uint32_t blue = tables.light[bin_of(row.blue[x])];
    if (tables.ootf == nullptr) {
      out.red[x] = red;
      out.green[x] = green;
      out.blue[x] = blue;
      continue;
    }
    const uint32_t luminance = (tables.red * red + tables.green * green + tables.blue * blue) >> 15U;
    const uint32_t gain = tables.ootf[luminance >> Signal::kOotfShift];
    out.red[x] = red * gain >> Signal::kGainBits;
    out.green[x] = green * gain >> Signal::kGainBits;
    out.blue[x] = blue * gain >> Signal::kGainBits;
  }
}

inline void luminance_row_from(int first, const LightRow& row, int count, const LightTables& tables,
                               uint32_t* luminance) {
  for (int x = first; x < count; ++x) {
    luminance[x] = static_cast<uint32_t>((uint64_t{tables.red} * row.red[x] + uint64_t{tables.green} * row.green[x] +
                                          uint64_t{tables.blue} * row.blue[x]) >>
                                         15U);
  }
}

inline void brightest_row_from(int first, const RgbRow& row, int count, const LightTables& tables, uint32_t* brightest,
                               BrightnessRange& range) {
  for (int x = first; x < count; ++x) {
    const uint32_t red = tables.light[bin_of(row.red[x])];
    const uint32_t green = tables.light[bin_of(row.green[x])];
    const uint32_t blue = tables.light[bin_of(row.blue[x])];
    const uint32_t luminance = (tables.red * red + tables.green * green + tables.blue * blue) >> 15U;
    const uint32_t gain = tables.ootf[luminance >> Signal::kOotfShift];
    brightest[x] = std::max({red, green, blue}) * gain >> Signal::kGainBits;
    range.smallest = std::min(range.smallest, brightest[x]);
    range.largest = std::max(range.largest, brightest[x]);
  }
}

template <typename Sample>
void add_block(const Plane& a, const Plane& b, int left, int top, PlaneChange& change) {
  const int right = std::min(left + kChangeBlock, a.width);
  const int bottom = std::min(top + kChangeBlock, a.height);
  uint64_t sum = 0;
  for (int y = top; y < bottom; ++y) {
    const Sample* one = a.row<Sample>(y);
    const Sample* other = b.row<Sample>(y);
    for (int x = left; x < right; ++x) sum += static_cast<uint64_t>(std::abs(int{one[x]} - int{other[x]}));
  }
  change.add(sum, static_cast<uint64_t>(right - left) * static_cast<uint64_t>(bottom - top));
}

template <typename Sample>
uint64_t comb_of(const Sample* above, const Sample* middle, const Sample* below, int first, int width, int tolerance) {
  uint64_t sum = 0;
  for (int x = first; x < width; ++x) {
    const int curvature = std::abs(2 * int{middle[x]} - int{above[x]} - int{below[x]});
    sum += static_cast<uint64_t>(std::max(0, curvature - tolerance));
  }
  return sum;
}
inline uint64_t comb_row_from(int first, const CombRows& rows, int width, int tolerance) {
  return comb_of(rows.above, rows.middle, rows.below, first, width, tolerance);
}

template <typename Sample>
void count_row_from(int first, const Sample* row, int width, const RangeLimits& limits, RangeCounts& counts) {
  for (int x = first; x < width; ++x) {
    const int v = row[x];
    counts.reserved += v <= limits.reserved_low || v >= limits.reserved_high ? 1U : 0U;
    counts.below += v < limits.low ? 1U : 0U;
    counts.above += v > limits.high ? 1U : 0U;
    counts.smallest = std::min(counts.smallest, v);
    counts.largest = std::max(counts.largest, v);
  }
}

template <typename Sample>
void box_row_from(int first, const Plane& in, int y, int side, Sample* out, int width) {
  const int bits = side == 2 ? 2 : 4;
  for (int x = first; x < width; ++x) {
    uint32_t sum = 1U << (bits - 1);
    for (int dy = 0; dy < side; ++dy) {
      const Sample* row = in.row<Sample>(y * side + dy) + static_cast<ptrdiff_t>(x) * side;
      for (int dx = 0; dx < side; ++dx) sum += row[dx];
    }
    out[x] = static_cast<Sample>(sum >> bits);
  }
}

}  // namespace pier::analysis::kernels::scalar
