// Squared errors and SSIM of blocks.

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels_blocks.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

#include "lanes_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace pier::quality::impl::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// ---- squared errors

/// Samples after which 32-bit lanes are emptied: 12-bit differences squared still fit.
constexpr int kSquaresFit = 512;

template <typename T>
uint64_t squared_row(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, int width) {
  uint64_t sum = 0;
  int x = 0;
#if HWY_TARGET != HWY_SCALAR
  const Samples d;
  const Pairs pairs;
  const int step = static_cast<int>(hn::Lanes(d));
  while (x + step <= width) {
    const int end = std::min(width, x + kSquaresFit);
    auto even = hn::Zero(pairs), odd = hn::Zero(pairs);
    for (; x + step <= end; x += step) {
      const auto difference = hn::Sub(load(d, a + x), load(d, b + x));
      even = hn::ReorderWidenMulAccumulate(pairs, difference, difference, even, odd);
    }
    sum += total(hn::Add(even, odd));
  }
#endif
  for (; x < width; ++x) {
    const int difference = int{a[x]} - int{b[x]};
    sum += static_cast<uint64_t>(difference * difference);
  }
  return sum;
}

template <typename T>
void squared_errors_of(const Plane& a, const Plane& b, const BlockGrid& grid, uint64_t* sums) {
  for (int y = 0; y < a.height; ++y) {
    uint64_t* const row = sums + static_cast<ptrdiff_t>(y / grid.block_height) * grid.columns;
    const T *left = a.row<T>(y), *right = b.row<T>(y);
    for (int column = 0; column < grid.columns; ++column) {
      const int x = column * grid.block_width;
      row[column] += squared_row(left + x, right + x, std::min(grid.block_width, a.width - x));
    }
  }
}

void SquaredErrors(const Plane& a, const Plane& b, int bytes_per_sample, const BlockGrid& grid, uint64_t* sums) {
  bytes_per_sample == 1 ? squared_errors_of<uint8_t>(a, b, grid, sums) : squared_errors_of<uint16_t>(a, b, grid, sums);
}

// ---- SSIM

/// Sums over blocks of 4x4 samples, one row of blocks.
struct BlockSums {
  explicit BlockSums(size_t count) : a(count), b(count), squares(count), products(count) {}
  std::vector<int32_t> a, b, squares, products;
};

template <typename T>
void sum_block(const T* const a[4], const T* const b[4], int block, BlockSums& out) {
  int32_t sum_a = 0, sum_b = 0, squares = 0, products = 0;
  for (int y = 0; y < 4; ++y) {
    for (int x = 4 * block; x < 4 * block + 4; ++x) {
      const int left = a[y][x], right = b[y][x];
      sum_a += left;
      sum_b += right;
      squares += left * left + right * right;
      products += left * right;
    }
  }
  const auto at = static_cast<size_t>(block);
  out.a[at] = sum_a;
  out.b[at] = sum_b;
  out.squares[at] = squares;
  out.products[at] = products;
}

#if HWY_TARGET != HWY_SCALAR
/// Sums of four samples each, over four rows, of one vector of samples: pairs of pairs.
struct PairSums {
  hn::Vec<Pairs> a, b, squares, products;
};

template <typename T>
HWY_INLINE PairSums sum_pairs(const T* const a[4], const T* const b[4], int x) {
  const Samples d;
  const Pairs pairs;
  auto sum_a = hn::Zero(d), sum_b = hn::Zero(d);
  auto squares = hn::Zero(pairs), squares_odd = squares, products = squares, products_odd = squares;
  for (int y = 0; y < 4; ++y) {
    const auto left = load(d, a[y] + x), right = load(d, b[y] + x);
    sum_a = hn::Add(sum_a, left);
    sum_b = hn::Add(sum_b, right);
    squares = hn::ReorderWidenMulAccumulate(pairs, left, left, squares, squares_odd);
    squares = hn::ReorderWidenMulAccumulate(pairs, right, right, squares, squares_odd);
    products = hn::ReorderWidenMulAccumulate(pairs, left, right, products, products_odd);
  }
  const auto one = hn::Set(d, int16_t{1});
  return {pair_products(sum_a, one), pair_products(sum_b, one), hn::RearrangeToOddPlusEven(squares, squares_odd),
          hn::RearrangeToOddPlusEven(products, products_odd)};
}

HWY_INLINE void store_joined(hn::Vec<Pairs> low, hn::Vec<Pairs> high, int32_t* out) {
  const Pairs d;
  hn::StoreU(hn::Add(hn::ConcatEven(d, high, low), hn::ConcatOdd(d, high, low)), d, out);
}
#endif

template <typename T>
void sum_blocks(const T* const a[4], const T* const b[4], int count, BlockSums& out) {
  int block = 0;
#if HWY_TARGET != HWY_SCALAR
  const int lanes = static_cast<int>(hn::Lanes(Samples()));
  for (; block + lanes / 2 <= count; block += lanes / 2) {
    const PairSums low = sum_pairs(a, b, 4 * block), high = sum_pairs(a, b, 4 * block + lanes);
    store_joined(low.a, high.a, out.a.data() + block);
    store_joined(low.b, high.b, out.b.data() + block);
    store_joined(low.squares, high.squares, out.squares.data() + block);
    store_joined(low.products, high.products, out.products.data() + block);
  }
#endif
  for (; block < count; ++block) sum_block(a, b, block, out);
}

/// Added to and taken from a double of at most 1 it leaves a multiple of 2^-28.
constexpr double kGrain = 1.5 * (1 << 24);

/// SSIM of the windows that two rows of blocks make, summed. All integers here are below 2^53.
double window_row(const BlockSums& above, const BlockSums& below, int count, double c1, double c2) {
  using D = hn::ScalableTag<double>;
  const D d;
  const hn::Rebind<int32_t, D> integers;
  const int step = static_cast<int>(hn::Lanes(d));
  const auto grain = hn::Set(d, kGrain), two = hn::Set(d, 2.0), samples = hn::Set(d, 64.0);
  const auto first = hn::Set(d, c1), second = hn::Set(d, c2);
  const auto of = [&](int x) HWY_ATTR {
    const auto four = [&](const std::vector<int32_t>& up, const std::vector<int32_t>& low) HWY_ATTR {
      const int32_t *u = up.data() + x, *l = low.data() + x;
      const auto sum = hn::Add(hn::Add(hn::LoadU(integers, u), hn::LoadU(integers, u + 1)),
                               hn::Add(hn::LoadU(integers, l), hn::LoadU(integers, l + 1)));
      return hn::PromoteTo(d, sum);
    };
    const auto a = four(above.a, below.a), b = four(above.b, below.b);
    const auto squares = hn::Mul(samples, four(above.squares, below.squares));
    const auto products = hn::Mul(samples, four(above.products, below.products));
    const auto means = hn::Mul(a, b), mean_squares = hn::Add(hn::Mul(a, a), hn::Mul(b, b));
    const auto upper =
        hn::Mul(hn::Add(hn::Mul(two, means), first), hn::Add(hn::Mul(two, hn::Sub(products, means)), second));
    const auto lower = hn::Mul(hn::Add(mean_squares, first), hn::Add(hn::Sub(squares, mean_squares), second));
    return hn::Sub(hn::Add(hn::Div(upper, lower), grain), grain);
  };
  auto sum = hn::Zero(d);
  int x = 0;
  for (; x + step <= count; x += step) sum = hn::Add(sum, of(x));
  double all = hn::GetLane(hn::SumOfLanes(d, sum));
  for (; x < count; ++x) all += hn::GetLane(of(x));
  return all;
}

template <typename T>
double block_ssim_of(const Plane& a, const Plane& b, double c1, double c2) {
  const int columns = a.width / 4, rows = a.height / 4;
  const auto room = static_cast<size_t>(columns) + kRowPadding;  // whole vectors are read at the end
  BlockSums above(room), below(room);
  double sum = 0;
  for (int row = 0; row < rows; ++row) {
    const T* left[4];
    const T* right[4];
    for (int y = 0; y < 4; ++y) {
      left[y] = a.row<T>(4 * row + y);
      right[y] = b.row<T>(4 * row + y);
    }
    sum_blocks(left, right, columns, below);
    if (row > 0) sum += window_row(above, below, columns - 1, c1, c2);
    std::swap(above, below);
  }
  return sum;
}

double BlockSsimSum(const Plane& a, const Plane& b, int bytes_per_sample, double c1, double c2) {
  return bytes_per_sample == 1 ? block_ssim_of<uint8_t>(a, b, c1, c2) : block_ssim_of<uint16_t>(a, b, c1, c2);
}

}  // namespace pier::quality::impl::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::quality::impl {

HWY_EXPORT(SquaredErrors);
HWY_EXPORT(BlockSsimSum);

void squared_errors(const Plane& a, const Plane& b, int bytes_per_sample, const BlockGrid& grid, uint64_t* sums) {
  HWY_DYNAMIC_DISPATCH(SquaredErrors)(a, b, bytes_per_sample, grid, sums);
}

double block_ssim_sum(const Plane& a, const Plane& b, int bytes_per_sample, int peak) {
  // Whole numbers, as ffmpeg's filter has them.
  const double square = static_cast<double>(peak) * peak;
  const double c1 = std::floor(.01 * .01 * square * 64 + .5), c2 = std::floor(.03 * .03 * square * 64 * 63 + .5);
  return HWY_DYNAMIC_DISPATCH(BlockSsimSum)(a, b, bytes_per_sample, c1, c2);
}

}  // namespace pier::quality::impl
#endif  // HWY_ONCE
