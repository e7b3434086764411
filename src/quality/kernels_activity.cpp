// How active blocks of luma are, in space and in time.

#include <algorithm>
#include <cstdlib>

#include "kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels_activity.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

#include "lanes_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace pier::quality::impl::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// ---- of every sample

/// High-pass of 3x3: 12 in the middle, -2 beside, -1 at the corners. `rows`: above, middle, below.
template <typename T>
uint64_t sharp_row(const T* const rows[3], int from, int to) {
  uint64_t sum = 0;
  int x = from;
#if HWY_TARGET != HWY_SCALAR
  const Samples d;
  const hn::RebindToUnsigned<Samples> du;
  const Pairs pairs;
  const int step = static_cast<int>(hn::Lanes(d));
  auto sums = hn::Zero(pairs);
  for (; x + step <= to; x += step) {
    const auto at = [&](int row, int dx) HWY_ATTR { return hn::BitCast(du, load(d, rows[row] + x + dx)); };
    const auto column = [&](int dx) HWY_ATTR { return hn::Add(at(0, dx), at(2, dx)); };
    const auto middle = at(1, 0);
    const auto beside = hn::Add(hn::Add(at(1, -1), at(1, 1)), column(0));
    const auto ring = hn::Add(hn::Add(beside, beside), hn::Add(column(-1), column(1)));
    const auto twelve = hn::Add(hn::ShiftLeft<3>(middle), hn::ShiftLeft<2>(middle));
    const auto size = hn::BitCast(pairs, hn::Sub(hn::Max(twelve, ring), hn::Min(twelve, ring)));
    const auto odd = hn::BitCast(pairs, hn::ShiftRight<16>(hn::BitCast(hn::RebindToUnsigned<Pairs>(), size)));
    sums = hn::Add(sums, hn::Add(hn::And(size, hn::Set(pairs, 0xFFFF)), odd));
  }
  sum += total(sums);
#endif
  for (; x < to; ++x) {
    const auto at = [&](int row, int dx) { return int{rows[row][x + dx]}; };
    const int beside = at(1, -1) + at(1, 1) + at(0, 0) + at(2, 0);
    const int corners = at(0, -1) + at(0, 1) + at(2, -1) + at(2, 1);
    sum += static_cast<uint64_t>(std::abs(12 * at(1, 0) - 2 * beside - corners));
  }
  return sum;
}

template <typename T>
uint64_t moved_row(const T* now, const T* before, const T* before_that, int from, int to) {
  uint64_t sum = 0;
  int x = from;
#if HWY_TARGET != HWY_SCALAR
  const Samples d;
  const Pairs pairs;
  const int step = static_cast<int>(hn::Lanes(d));
  const auto one = hn::Set(d, int16_t{1});
  auto sums = hn::Zero(pairs);
  for (; x + step <= to; x += step) {
    const auto last = load(d, before + x);
    auto difference = hn::Sub(load(d, now + x), last);
    if (before_that != nullptr) difference = hn::Sub(difference, hn::Sub(last, load(d, before_that + x)));
    sums = hn::Add(sums, pair_products(hn::Abs(difference), one));
  }
  sum += total(sums);
#endif
  for (; x < to; ++x) {
    int difference = int{now[x]} - int{before[x]};
    if (before_that != nullptr) difference -= int{before[x]} - int{before_that[x]};
    sum += static_cast<uint64_t>(std::abs(difference));
  }
  return sum;
}

// ---- of quads

/// The high-pass of 6x6 around a quad is symmetric: a row has the weights of the one opposite.
constexpr int kOuter[6] = {0, -1, -1, -1, -1, 0}, kMiddle[6] = {-1, -2, -3, -3, -2, -1},
              kInner[6] = {-1, -3, 12, 12, -3, -1};

template <typename T>
int sharp_quad(const T* const rows[6], int x) {
  int sum = 0;
  for (int i = 0; i < 6; ++i) {
    const auto both = [&](int row) { return int{rows[row][x - 2 + i]} + int{rows[5 - row][x - 2 + i]}; };
    sum += kOuter[i] * both(0) + kMiddle[i] * both(1) + kInner[i] * both(2);
  }
  return std::abs(sum);
}

/// `rows`: two above the quads, their own two, two below. `from` and `to` are even.
template <typename T>
uint64_t sharp_quads(const T* const rows[6], int from, int to) {
  uint64_t sum = 0;
  int x = from;
#if HWY_TARGET != HWY_SCALAR
  const Samples d;
  const Pairs pairs;
  const int step = static_cast<int>(hn::Lanes(d));
  const auto weights = [&](const int* of, int part) HWY_ATTR {
    const auto low = static_cast<uint32_t>(of[2 * part]) & 0xFFFFU, high = static_cast<uint32_t>(of[2 * part + 1]);
    return hn::BitCast(d, hn::Set(hn::RebindToUnsigned<Pairs>(), low | high << 16U));
  };
  const auto outer0 = weights(kOuter, 0), outer1 = weights(kOuter, 1), outer2 = weights(kOuter, 2);
  const auto middle0 = weights(kMiddle, 0), middle1 = weights(kMiddle, 1), middle2 = weights(kMiddle, 2);
  const auto inner0 = weights(kInner, 0), inner1 = weights(kInner, 1), inner2 = weights(kInner, 2);
  auto sums = hn::Zero(pairs);
  for (; x + step <= to; x += step) {
    const auto both = [&](int row, int dx)
                          HWY_ATTR { return hn::Add(load(d, rows[row] + x + dx), load(d, rows[5 - row] + x + dx)); };
    auto even = hn::Zero(pairs), odd = even;
    even = hn::ReorderWidenMulAccumulate(pairs, both(0, -2), outer0, even, odd);
    even = hn::ReorderWidenMulAccumulate(pairs, both(0, 0), outer1, even, odd);
    even = hn::ReorderWidenMulAccumulate(pairs, both(0, 2), outer2, even, odd);
    even = hn::ReorderWidenMulAccumulate(pairs, both(1, -2), middle0, even, odd);
    even = hn::ReorderWidenMulAccumulate(pairs, both(1, 0), middle1, even, odd);
    even = hn::ReorderWidenMulAccumulate(pairs, both(1, 2), middle2, even, odd);
    even = hn::ReorderWidenMulAccumulate(pairs, both(2, -2), inner0, even, odd);
    even = hn::ReorderWidenMulAccumulate(pairs, both(2, 0), inner1, even, odd);
    even = hn::ReorderWidenMulAccumulate(pairs, both(2, 2), inner2, even, odd);
    sums = hn::Add(sums, hn::Abs(hn::RearrangeToOddPlusEven(even, odd)));
  }
  sum += total(sums);
#endif
  for (; x < to; x += 2) sum += static_cast<uint64_t>(sharp_quad(rows, x));
  return sum;
}

/// Two rows of a picture.
template <typename T>
struct TwoRows {
  const T *upper = nullptr, *lower = nullptr;
  int quad(int x) const { return upper[x] + upper[x + 1] + lower[x] + lower[x + 1]; }
};

template <typename T>
uint64_t moved_quads(const TwoRows<T>& now, const TwoRows<T>& before, const TwoRows<T>& before_that, int from, int to) {
  uint64_t sum = 0;
  int x = from;
#if HWY_TARGET != HWY_SCALAR
  const Samples d;
  const Pairs pairs;
  const int step = static_cast<int>(hn::Lanes(d));
  const auto one = hn::Set(d, int16_t{1});
  auto sums = hn::Zero(pairs);
  for (; x + step <= to; x += step) {
    const auto both = [&](const TwoRows<T>& rows)
                          HWY_ATTR { return hn::Add(load(d, rows.upper + x), load(d, rows.lower + x)); };
    const auto last = both(before);
    auto difference = hn::Sub(both(now), last);
    if (before_that.upper != nullptr) difference = hn::Sub(difference, hn::Sub(last, both(before_that)));
    sums = hn::Add(sums, hn::Abs(pair_products(difference, one)));
  }
  sum += total(sums);
#endif
  for (; x < to; x += 2) {
    int difference = now.quad(x) - before.quad(x);
    if (before_that.upper != nullptr) difference -= before.quad(x) - before_that.quad(x);
    sum += static_cast<uint64_t>(std::abs(difference));
  }
  return sum;
}

// ---- rows of blocks

/// Rows of the pictures of a task; of one that is not there, rows of 0.
template <typename T>
class Pictures {
 public:
  explicit Pictures(const ActivityTask& task)
      : x_task(task), x_nothing(static_cast<size_t>(task.now.width) + kRowPadding) {}
  const T* now(int y) const { return x_task.now.row<T>(y); }
  const T* before(int y) const { return row(x_task.before, y); }
  const T* before_that(int y) const { return x_task.two_back ? row(x_task.before_that, y) : nullptr; }

 private:
  const T* row(const Plane& plane, int y) const { return plane.data == nullptr ? x_nothing.data() : plane.row<T>(y); }
  const ActivityTask& x_task;
  std::vector<T> x_nothing;
};

template <typename T>
void every_sample(const ActivityTask& task, uint64_t* spatial, uint64_t* temporal) {
  const Pictures<T> pictures(task);
  const int width = task.now.width, height = task.now.height;
  for (int y = 0; y < height; ++y) {
    const ptrdiff_t first = static_cast<ptrdiff_t>(y / task.grid.block_height) * task.grid.columns;
    for (int column = 0; column < task.grid.columns; ++column) {
      const int left = column * task.grid.block_width, right = std::min(width, left + task.grid.block_width);
      temporal[first + column] += moved_row(pictures.now(y), pictures.before(y), pictures.before_that(y), left, right);
      if (y == 0 || y == height - 1) continue;
      const T* const rows[3] = {pictures.now(y - 1), pictures.now(y), pictures.now(y + 1)};
      spatial[first + column] += sharp_row(rows, std::max(1, left), std::min(width - 1, right));
    }
  }
}

template <typename T>
void every_quad(const ActivityTask& task, uint64_t* spatial, uint64_t* temporal) {
  const Pictures<T> pictures(task);
  const int width = task.now.width / 2 * 2, height = task.now.height / 2 * 2;
  for (int y = 0; y < height; y += 2) {
    const ptrdiff_t first = static_cast<ptrdiff_t>(y / task.grid.block_height) * task.grid.columns;
    const TwoRows<T> now{pictures.now(y), pictures.now(y + 1)}, before{pictures.before(y), pictures.before(y + 1)};
    const TwoRows<T> before_that{pictures.before_that(y), pictures.before_that(y + 1)};
    const bool whole = y >= 2 && y + 3 < task.now.height;
    const T* rows[6] = {};
    for (int i = 0; whole && i < 6; ++i) rows[i] = pictures.now(y - 2 + i);
    for (int column = 0; column < task.grid.columns; ++column) {
      const int left = column * task.grid.block_width, right = std::min(width, left + task.grid.block_width);
      temporal[first + column] += moved_quads(now, before, before_that, left, right);
      if (whole) spatial[first + column] += sharp_quads(rows, std::max(2, left), std::min(width - 2, right));
    }
  }
}

void Activities(const ActivityTask& task, int bytes_per_sample, uint64_t* spatial, uint64_t* temporal) {
  if (bytes_per_sample == 1) {
    task.halved ? every_quad<uint8_t>(task, spatial, temporal) : every_sample<uint8_t>(task, spatial, temporal);
  } else {
    task.halved ? every_quad<uint16_t>(task, spatial, temporal) : every_sample<uint16_t>(task, spatial, temporal);
  }
}

}  // namespace pier::quality::impl::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::quality::impl {

HWY_EXPORT(Activities);

void activities(const ActivityTask& task, int bytes_per_sample, uint64_t* spatial, uint64_t* temporal) {
  HWY_DYNAMIC_DISPATCH(Activities)(task, bytes_per_sample, spatial, temporal);
}

}  // namespace pier::quality::impl
#endif  // HWY_ONCE
