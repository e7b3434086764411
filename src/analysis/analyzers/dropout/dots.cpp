#include "analyzers/dropout/dots.hpp"

#include <algorithm>
#include <cstdlib>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "analyzers/dropout/dots.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pier::analysis::impl::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Columns in [2, end) from which all of left, right, above and below differ enough; gives where it stopped.
template <typename T>
int candidates(const T* above, const T* row, const T* below, int end, int threshold, std::vector<int>& columns) {
  const hn::ScalableTag<T> d;
  const int step = static_cast<int>(hn::Lanes(d));
  const auto limit = hn::Set(d, static_cast<T>(threshold));
  HWY_ALIGN T lanes[HWY_MAX_BYTES / sizeof(T)];
  int x = 2;
  for (; x + step <= end; x += step) {
    const auto c = hn::LoadU(d, row + x);
    const auto l = hn::LoadU(d, row + x - 2), r = hn::LoadU(d, row + x + 2);
    const auto u = hn::LoadU(d, above + x), b = hn::LoadU(d, below + x);
    const auto high = hn::Max(hn::Max(l, r), hn::Max(u, b));
    const auto low = hn::Min(hn::Min(l, r), hn::Min(u, b));
    const auto over = hn::SaturatedSub(c, hn::SaturatedAdd(high, limit));
    const auto under = hn::SaturatedSub(hn::SaturatedSub(low, limit), c);
    const auto any = hn::Or(over, under);
    if (hn::AllTrue(d, hn::Eq(any, hn::Zero(d)))) continue;
    hn::Store(any, d, lanes);
    for (int i = 0; i < step; ++i) {
      if (lanes[i] != 0) columns.push_back(x + i);
    }
  }
  return x;
}

int candidates_8(const uint8_t* above, const uint8_t* row, const uint8_t* below, int end, int threshold,
                 std::vector<int>& columns) {
  return candidates(above, row, below, end, threshold, columns);
}
int candidates_16(const uint16_t* above, const uint16_t* row, const uint16_t* below, int end, int threshold,
                  std::vector<int>& columns) {
  return candidates(above, row, below, end, threshold, columns);
}

}  // namespace pier::analysis::impl::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::analysis::impl {

HWY_EXPORT(candidates_8);
HWY_EXPORT(candidates_16);

namespace {

int choose(const uint8_t* above, const uint8_t* row, const uint8_t* below, int end, int threshold,
           std::vector<int>& columns) {
  return HWY_DYNAMIC_DISPATCH(candidates_8)(above, row, below, end, threshold, columns);
}
int choose(const uint16_t* above, const uint16_t* row, const uint16_t* below, int end, int threshold,
           std::vector<int>& columns) {
  return HWY_DYNAMIC_DISPATCH(candidates_16)(above, row, below, end, threshold, columns);
}

/// The whole test of one sample.
template <typename T>
void test(const Plane& plane, int x, int y, int threshold, std::vector<Dot>& dots) {
  const int code = plane.row<T>(y)[x];
  int low = 65535, high = 0, sum = 0;
  for (int dy = -2; dy <= 2; ++dy) {
    const T* row = plane.row<T>(y + dy) + x;
    for (int dx = -2; dx <= 2; ++dx) {
      if (std::max(std::abs(dx), std::abs(dy)) < 2) continue;
      low = std::min<int>(low, row[dx]);
      high = std::max<int>(high, row[dx]);
      sum += row[dx];
    }
  }
  const bool bright = code > high + threshold;
  if (!bright && code >= low - threshold) return;
  for (auto it = dots.rbegin(); it != dots.rend() && it->y >= y - 2; ++it) {
    if (std::abs(it->x - x) <= 2) return;
  }
  dots.push_back({.x = x, .y = y, .ring = (sum + 8) / 16, .bright = bright});
}

template <typename T>
bool find(const Plane& plane, int threshold, size_t limit, bool vectors, std::vector<Dot>& dots) {
  dots.clear();
  threshold = std::clamp<int>(threshold, 0, T(-1));
  std::vector<int> columns;
  for (int y = 2; y + 2 < plane.height; ++y) {
    columns.clear();
    int x = 2;
    const int end = plane.width - 2;
    if (vectors) x = choose(plane.row<T>(y - 2), plane.row<T>(y), plane.row<T>(y + 2), end, threshold, columns);
    for (; x < end; ++x) columns.push_back(x);
    for (const int column : columns) test<T>(plane, column, y, threshold, dots);
    if (dots.size() > limit) {
      dots.clear();
      return false;
    }
  }
  return true;
}

}  // namespace

bool find_dots(const Plane& plane, int bytes_per_sample, int threshold, size_t limit, std::vector<Dot>& dots) {
  return bytes_per_sample == 1 ? find<uint8_t>(plane, threshold, limit, true, dots)
                               : find<uint16_t>(plane, threshold, limit, true, dots);
}

namespace scalar {
bool find_dots(const Plane& plane, int bytes_per_sample, int threshold, size_t limit, std::vector<Dot>& dots) {
  return bytes_per_sample == 1 ? find<uint8_t>(plane, threshold, limit, false, dots)
                               : find<uint16_t>(plane, threshold, limit, false, dots);
}
}  // namespace scalar

}  // namespace pier::analysis::impl
#endif
