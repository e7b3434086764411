#pragma once
// The arithmetic of one sample and one row, in plain C++: tails of the vector loops, formats that are rare, and the
// oracle of the tests.

#include <algorithm>

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

inline int max_rgb(int y, int cb, int cr, const RgbFactors& f) {
  const int luma = f.y_whole * y + product_q15(y, f.y_part);
  const int red = cr + product_q15(cr, f.r_from_cr);
  const int blue = cb + product_q15(cb, f.b_from_cb);
  const int green = product_q15(cb, f.g_from_cb) + product_q15(cr, f.g_from_cr);
  return std::clamp(luma + std::max({red, green, blue}), 0, RgbFactors::kLimit);
}

/// Pairs from `first` on.
inline int max_rgb_pairs_from(int first, const LumaRow& luma, int pairs, const ChromaRows& chroma,
                              const RgbFactors& factors, const PairRow& out) {
  int largest = 0;
  const int odd_bits = chroma.centred ? 2 : 1;
  const int even_bits = chroma.centred ? 2 : 0;
  for (int i = first; i < pairs; ++i) {
    const int even_y = (luma.codes[2 * i] - luma.black) * (1 << luma.shift);
    const int odd_y = (luma.codes[2 * i + 1] - luma.black) * (1 << luma.shift);
    const int even = max_rgb(even_y, nudge(chroma.cb[i], chroma.cb[i - 1], even_bits),
                             nudge(chroma.cr[i], chroma.cr[i - 1], even_bits), factors);
    const int odd = max_rgb(odd_y, nudge(chroma.cb[i], chroma.cb[i + 1], odd_bits),
                            nudge(chroma.cr[i], chroma.cr[i + 1], odd_bits), factors);
    out.even[i] = static_cast<uint16_t>(even);
    out.odd[i] = static_cast<uint16_t>(odd);
    largest = std::max({largest, even, odd});
  }
  return largest;
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
