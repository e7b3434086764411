#include "kernels.hpp"

#include <vector>

#include "kernels_scalar.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pier::analysis::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
int reduce(const T* lanes, size_t count, bool largest) {
  int value = lanes[0];
  for (size_t i = 1; i < count; ++i) value = largest ? std::max<int>(value, lanes[i]) : std::min<int>(value, lanes[i]);
  return value;
}

template <typename T>
void extremes_row(const T* row, int width, int& smallest, int& largest) {
  const hn::ScalableTag<T> d;
  const int step = static_cast<int>(hn::Lanes(d));
  int x = 0;
  if (width >= step) {
    auto low = hn::LoadU(d, row);
    auto high = low;
    for (x = step; x + step <= width; x += step) {
      const auto v = hn::LoadU(d, row + x);
      low = hn::Min(low, v);
      high = hn::Max(high, v);
    }
    HWY_ALIGN T lanes[HWY_MAX_BYTES / sizeof(T)];
    hn::Store(low, d, lanes);
    smallest = std::min(smallest, reduce(lanes, hn::Lanes(d), false));
    hn::Store(high, d, lanes);
    largest = std::max(largest, reduce(lanes, hn::Lanes(d), true));
  }
  for (; x < width; ++x) {
    smallest = std::min<int>(smallest, row[x]);
    largest = std::max<int>(largest, row[x]);
  }
}

template <typename T>
RangeCounts count_range_of(const Plane& plane, const RangeLimits& limits) {
  RangeCounts counts;
  for (int y = 0; y < plane.height; ++y) {
    const T* row = plane.row<T>(y);
    int smallest = 65535;
    int largest = 0;
    extremes_row(row, plane.width, smallest, largest);
    // Most rows of most pictures have nothing outside; only the others are counted.
    if (smallest < limits.low || largest > limits.high || smallest <= limits.reserved_low ||
        largest >= limits.reserved_high) {
      scalar::count_row_from(0, row, plane.width, limits, counts);
    }
    counts.smallest = std::min(counts.smallest, smallest);
    counts.largest = std::max(counts.largest, largest);
  }
  return counts;
}

RangeCounts count_range_any(const Plane& plane, int bytes_per_sample, const RangeLimits& limits) {
  return bytes_per_sample == 1 ? count_range_of<uint8_t>(plane, limits) : count_range_of<uint16_t>(plane, limits);
}

template <typename T>
uint64_t count_at_most_of(const Plane& plane, int code) {
  const hn::ScalableTag<T> d;
  const int step = static_cast<int>(hn::Lanes(d));
  const auto limit = hn::Set(d, static_cast<T>(code));
  uint64_t count = 0;
  for (int y = 0; y < plane.height; ++y) {
    const T* row = plane.row<T>(y);
    int x = 0;
    for (; x + step <= plane.width; x += step) {
      // v <= limit without an unsigned comparison.
      const auto v = hn::LoadU(d, row + x);
      count += hn::CountTrue(d, hn::Eq(hn::Min(v, limit), v));
    }
    for (; x < plane.width; ++x) count += row[x] <= code ? 1U : 0U;
  }
  return count;
}

uint64_t count_at_most_any(const Plane& plane, int bytes_per_sample, int code) {
  return bytes_per_sample == 1 ? count_at_most_of<uint8_t>(plane, code) : count_at_most_of<uint16_t>(plane, code);
}

// Sums of `side` rows fit 16 bits up to this depth (4 rows, then 4 columns: 16 samples).
constexpr int kDeepestBox = 12;

void box_half_row(const Plane& in, int y, uint16_t* out, int width) {
  const hn::ScalableTag<uint16_t> d;
  const int step = static_cast<int>(hn::Lanes(d));
  const uint16_t* a = in.row<uint16_t>(2 * y);
  const uint16_t* b = in.row<uint16_t>(2 * y + 1);
  int x = 0;
  for (; x + step <= width; x += step) {
    hn::Vec<decltype(d)> a0, a1, b0, b1;
    hn::LoadInterleaved2(d, a + 2 * x, a0, a1);
    hn::LoadInterleaved2(d, b + 2 * x, b0, b1);
    const auto sum = hn::Add(hn::Add(a0, a1), hn::Add(b0, b1));
    hn::StoreU(hn::ShiftRight<2>(hn::Add(sum, hn::Set(d, 2))), d, out + x);
  }
  scalar::box_row_from(x, in, y, 2, out, width);
}

void box_quarter_row(const Plane& in, int y, uint16_t* sums, uint16_t* out, int width) {
  const hn::ScalableTag<uint16_t> d;
  const int step = static_cast<int>(hn::Lanes(d));
  const uint16_t* r0 = in.row<uint16_t>(4 * y);
  const uint16_t* r1 = in.row<uint16_t>(4 * y + 1);
  const uint16_t* r2 = in.row<uint16_t>(4 * y + 2);
  const uint16_t* r3 = in.row<uint16_t>(4 * y + 3);
  const int wide = 4 * width;
  int x = 0;
  for (; x + step <= wide; x += step) {
    const auto top = hn::Add(hn::LoadU(d, r0 + x), hn::LoadU(d, r1 + x));
    const auto bottom = hn::Add(hn::LoadU(d, r2 + x), hn::LoadU(d, r3 + x));
    hn::StoreU(hn::Add(top, bottom), d, sums + x);
  }
  for (; x < wide; ++x) sums[x] = static_cast<uint16_t>(r0[x] + r1[x] + r2[x] + r3[x]);
  x = 0;
  for (; x + step <= width; x += step) {
    hn::Vec<decltype(d)> c0, c1, c2, c3;
    hn::LoadInterleaved4(d, sums + 4 * x, c0, c1, c2, c3);
    const auto sum = hn::Add(hn::Add(c0, c1), hn::Add(c2, c3));
    hn::StoreU(hn::ShiftRight<4>(hn::Add(sum, hn::Set(d, 8))), d, out + x);
  }
  for (; x < width; ++x) {
    const uint32_t sum = 8U + sums[4 * x] + sums[4 * x + 1] + sums[4 * x + 2] + sums[4 * x + 3];
    out[x] = static_cast<uint16_t>(sum >> 4U);
  }
}

void box_any(const Plane& in, int bit_depth, int side, const MutablePlane& out) {
  if (bit_depth <= 8 || bit_depth > kDeepestBox) return scalar::box(in, bit_depth, side, out);
  std::vector<uint16_t> sums(static_cast<size_t>(out.width) * 4);
  for (int y = 0; y < out.height; ++y) {
    if (side == 2) {
      box_half_row(in, y, out.row<uint16_t>(y), out.width);
    } else {
      box_quarter_row(in, y, sums.data(), out.row<uint16_t>(y), out.width);
    }
  }
}

/// Factors as vectors.
template <class D>
struct VectorFactors {
  VectorFactors(D d, const RgbFactors& f)
      : y_whole(hn::Set(d, static_cast<int16_t>(-f.y_whole))),
        y_part(hn::Set(d, f.y_part)),
        r_from_cr(hn::Set(d, f.r_from_cr)),
        b_from_cb(hn::Set(d, f.b_from_cb)),
        g_from_cb(hn::Set(d, f.g_from_cb)),
        g_from_cr(hn::Set(d, f.g_from_cr)) {}
  hn::Vec<D> y_whole, y_part, r_from_cr, b_from_cb, g_from_cb, g_from_cr;
};

template <class D, class V = hn::Vec<D>>
V max_rgb_vector(D d, V y, V cb, V cr, const VectorFactors<D>& f) {
  const V luma = hn::Add(hn::And(y, f.y_whole), hn::MulFixedPoint15(y, f.y_part));
  const V red = hn::Add(cr, hn::MulFixedPoint15(cr, f.r_from_cr));
  const V blue = hn::Add(cb, hn::MulFixedPoint15(cb, f.b_from_cb));
  const V green = hn::Add(hn::MulFixedPoint15(cb, f.g_from_cb), hn::MulFixedPoint15(cr, f.g_from_cr));
  const V sum = hn::Add(luma, hn::Max(hn::Max(red, green), blue));
  return hn::Min(hn::Max(sum, hn::Zero(d)), hn::Set(d, RgbFactors::kLimit));
}

template <int kBits, class D, class V = hn::Vec<D>>
V nudge_vector(D d, V near, V other) {
  return hn::Add(near, hn::ShiftRight<kBits>(hn::Add(hn::Sub(other, near), hn::Set(d, kBits))));
}

int max_rgb_pairs_any(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                      const PairRow& out) {
  using Tag = hn::ScalableTag<int16_t>;
  const Tag d;
  const hn::Repartition<uint16_t, Tag> du;
  const int step = static_cast<int>(hn::Lanes(d));
  const VectorFactors<Tag> f(d, factors);
  const auto black = hn::Set(du, static_cast<uint16_t>(luma.black));
  auto largest = hn::Zero(d);
  int i = 0;
  for (; i + step <= pairs; i += step) {
    hn::Vec<decltype(du)> even_code, odd_code;
    hn::LoadInterleaved2(du, luma.codes + 2 * i, even_code, odd_code);
    const auto even_y = hn::BitCast(d, hn::ShiftLeftSame(hn::Sub(even_code, black), luma.shift));
    const auto odd_y = hn::BitCast(d, hn::ShiftLeftSame(hn::Sub(odd_code, black), luma.shift));
    const auto cb = hn::LoadU(d, chroma.cb + i);
    const auto cr = hn::LoadU(d, chroma.cr + i);
    const auto next_cb = hn::LoadU(d, chroma.cb + i + 1);
    const auto next_cr = hn::LoadU(d, chroma.cr + i + 1);
    auto even_cb = cb, even_cr = cr, odd_cb = cb, odd_cr = cr;
    if (chroma.centred) {
      even_cb = nudge_vector<2>(d, cb, hn::LoadU(d, chroma.cb + i - 1));
      even_cr = nudge_vector<2>(d, cr, hn::LoadU(d, chroma.cr + i - 1));
      odd_cb = nudge_vector<2>(d, cb, next_cb);
      odd_cr = nudge_vector<2>(d, cr, next_cr);
    } else {
      odd_cb = nudge_vector<1>(d, cb, next_cb);
      odd_cr = nudge_vector<1>(d, cr, next_cr);
    }
    const auto even = max_rgb_vector(d, even_y, even_cb, even_cr, f);
    const auto odd = max_rgb_vector(d, odd_y, odd_cb, odd_cr, f);
    hn::StoreU(hn::BitCast(du, even), du, out.even + i);
    hn::StoreU(hn::BitCast(du, odd), du, out.odd + i);
    largest = hn::Max(largest, hn::Max(even, odd));
  }
  HWY_ALIGN int16_t lanes[HWY_MAX_BYTES / sizeof(int16_t)];
  hn::Store(largest, d, lanes);
  return std::max(reduce(lanes, hn::Lanes(d), true), scalar::max_rgb_pairs_from(i, luma, pairs, chroma, factors, out));
}

/// Chroma codes of one or two rows to 14 bits around 0: `near` moved towards `other`.
template <typename T>
void chroma_row_of(const T* near, const T* other, int bits, int middle, int shift, int16_t* out, int width) {
  if (shift >= 0) {
    for (int i = 0; i < width; ++i) {
      const int a = (near[i] - middle) * (1 << shift);
      const int b = (other[i] - middle) * (1 << shift);
      out[i] = static_cast<int16_t>(a + ((b - a + bits) >> bits) * (bits != 0 ? 1 : 0));
    }
  } else {
    for (int i = 0; i < width; ++i) {
      const int a = (near[i] - middle) >> -shift;
      const int b = (other[i] - middle) >> -shift;
      out[i] = static_cast<int16_t>(scalar::nudge(a, b, bits));
    }
  }
}

void chroma_row_8(const uint8_t* near, const uint8_t* other, int bits, int middle, int shift, int16_t* out, int width) {
  chroma_row_of(near, other, bits, middle, shift, out, width);
}
void chroma_row_16(const uint16_t* near, const uint16_t* other, int bits, int middle, int shift, int16_t* out,
                   int width) {
  chroma_row_of(near, other, bits, middle, shift, out, width);
}

}  // namespace pier::analysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::analysis::kernels {

HWY_EXPORT(count_range_any);
HWY_EXPORT(count_at_most_any);
HWY_EXPORT(box_any);
HWY_EXPORT(max_rgb_pairs_any);
HWY_EXPORT(chroma_row_8);
HWY_EXPORT(chroma_row_16);

RangeCounts count_range(const Plane& plane, int bytes_per_sample, const RangeLimits& limits) {
  return HWY_DYNAMIC_DISPATCH(count_range_any)(plane, bytes_per_sample, limits);
}

uint64_t count_at_most(const Plane& plane, int bytes_per_sample, int code) {
  if (code < 0) return 0;
  return HWY_DYNAMIC_DISPATCH(count_at_most_any)(plane, bytes_per_sample, code);
}

void box_half(const Plane& in, int bit_depth, const MutablePlane& out) {
  HWY_DYNAMIC_DISPATCH(box_any)(in, bit_depth, 2, out);
}
void box_quarter(const Plane& in, int bit_depth, const MutablePlane& out) {
  HWY_DYNAMIC_DISPATCH(box_any)(in, bit_depth, 4, out);
}

int max_rgb_pairs(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                  const PairRow& out) {
  return HWY_DYNAMIC_DISPATCH(max_rgb_pairs_any)(luma, pairs, chroma, factors, out);
}

namespace impl {

void chroma_row(const Plane& plane, int near, int other, int bits, int middle, int shift, bool wide, int16_t* out) {
  if (wide) {
    HWY_DYNAMIC_DISPATCH(chroma_row_16)
    (plane.row<uint16_t>(near), plane.row<uint16_t>(other), bits, middle, shift, out, plane.width);
  } else {
    HWY_DYNAMIC_DISPATCH(chroma_row_8)
    (plane.row<uint8_t>(near), plane.row<uint8_t>(other), bits, middle, shift, out, plane.width);
  }
}

}  // namespace impl

std::vector<int64_t> targets() {
  std::vector<int64_t> list;
  for (int64_t left = hwy::SupportedTargets() & HWY_TARGETS; left != 0; left &= left - 1) list.push_back(left & -left);
  return list;
}

void use_target(int64_t target) {
  hwy::SetSupportedTargetsForTest(target);
}

}  // namespace pier::analysis::kernels
#endif  // HWY_ONCE
