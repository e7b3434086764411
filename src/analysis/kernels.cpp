#include "kernels.hpp"

#include <limits>
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
Extremes column_extremes_of(const Plane& plane, const RowSpan& rows, uint16_t* smallest, uint16_t* largest) {
  const hn::ScalableTag<uint16_t> d;
  const hn::Rebind<T, decltype(d)> d_plane;
  const int step = static_cast<int>(hn::Lanes(d));
  const auto widened = [&](auto v) {
    if constexpr (sizeof(T) == 1) return hn::PromoteTo(d, v);
    if constexpr (sizeof(T) == 2) return v;
  };
  auto least = hn::Set(d, 65535);
  auto most = hn::Zero(d);
  int x = 0;
  for (; x + 2 * step <= plane.width; x += 2 * step) {
    auto low = hn::Set(d_plane, std::numeric_limits<T>::max());
    auto high = hn::Zero(d_plane);
    auto next_low = low;
    auto next_high = high;
    for (int y = rows.first; y < rows.first + rows.rows; ++y) {
      const T* row = plane.row<T>(y) + x;
      const auto v = hn::LoadU(d_plane, row);
      const auto next = hn::LoadU(d_plane, row + step);
      low = hn::Min(low, v);
      high = hn::Max(high, v);
      next_low = hn::Min(next_low, next);
      next_high = hn::Max(next_high, next);
    }
    hn::StoreU(widened(low), d, smallest + x);
    hn::StoreU(widened(high), d, largest + x);
    hn::StoreU(widened(next_low), d, smallest + x + step);
    hn::StoreU(widened(next_high), d, largest + x + step);
    least = hn::Min(least, widened(hn::Min(low, next_low)));
    most = hn::Max(most, widened(hn::Max(high, next_high)));
  }
  HWY_ALIGN uint16_t lanes[HWY_MAX_BYTES / sizeof(uint16_t)];
  Extremes all = scalar::column_extremes_from<T>(x, plane, rows, smallest, largest);
  hn::Store(least, d, lanes);
  all.smallest = std::min(all.smallest, reduce(lanes, hn::Lanes(d), false));
  hn::Store(most, d, lanes);
  all.largest = std::max(all.largest, reduce(lanes, hn::Lanes(d), true));
  return all;
}

Extremes column_extremes_any(const Plane& plane, int bytes_per_sample, const RowSpan& rows, uint16_t* smallest,
                             uint16_t* largest) {
  return bytes_per_sample == 1 ? column_extremes_of<uint8_t>(plane, rows, smallest, largest)
                               : column_extremes_of<uint16_t>(plane, rows, smallest, largest);
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

}  // namespace pier::analysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::analysis::kernels {

HWY_EXPORT(count_range_any);
HWY_EXPORT(count_at_most_any);
HWY_EXPORT(column_extremes_any);
HWY_EXPORT(box_any);

RangeCounts count_range(const Plane& plane, int bytes_per_sample, const RangeLimits& limits) {
  return HWY_DYNAMIC_DISPATCH(count_range_any)(plane, bytes_per_sample, limits);
}

uint64_t count_at_most(const Plane& plane, int bytes_per_sample, int code) {
  if (code < 0) return 0;
  return HWY_DYNAMIC_DISPATCH(count_at_most_any)(plane, bytes_per_sample, code);
}

Extremes column_extremes(const Plane& plane, int bytes_per_sample, const RowSpan& rows, uint16_t* smallest,
                         uint16_t* largest) {
  return HWY_DYNAMIC_DISPATCH(column_extremes_any)(plane, bytes_per_sample, rows, smallest, largest);
}

void box_half(const Plane& in, int bit_depth, const MutablePlane& out) {
  HWY_DYNAMIC_DISPATCH(box_any)(in, bit_depth, 2, out);
}
void box_quarter(const Plane& in, int bit_depth, const MutablePlane& out) {
  HWY_DYNAMIC_DISPATCH(box_any)(in, bit_depth, 4, out);
}

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
