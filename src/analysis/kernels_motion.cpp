// What differs between two pictures.

#include "kernels.hpp"
#include "kernels_scalar.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels_motion.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pier::analysis::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR
// Has no lanes of two widths.
PlaneChange plane_change_any(const Plane& a, const Plane& b, int bit_depth) {
  return scalar::plane_change(a, b, bit_depth);
}
uint64_t comb_row_any(const CombRows& rows, int width, int tolerance) {
  return scalar::comb_row_from(0, rows, width, tolerance);
}
#else

using Tag = hn::CappedTag<uint16_t, kChangeBlock>;
using Wide = hn::Repartition<uint32_t, Tag>;

/// Sum of the halves of each lane pair, as 32 bits.
HWY_INLINE hn::Vec<Wide> pair_sums(hn::Vec<Tag> v) {
  const Wide d;
  const auto pairs = hn::BitCast(d, v);
  return hn::Add(hn::And(pairs, hn::Set(d, 0xFFFF)), hn::ShiftRight<16>(pairs));
}

/// Of samples of at most kDeepestChange bits: the differences of the rows of a block fit 16 bits.
uint64_t whole_block(const Plane& a, const Plane& b, int left, int top) {
  const Tag d;
  const Wide wide;
  const int step = static_cast<int>(hn::Lanes(d));
  auto sum = hn::Zero(wide);
  for (int x = left; x < left + kChangeBlock; x += step) {
    auto column = hn::Zero(d);
    for (int y = top; y < top + kChangeBlock; ++y) {
      const auto one = hn::LoadU(d, a.row<uint16_t>(y) + x);
      const auto other = hn::LoadU(d, b.row<uint16_t>(y) + x);
      column = hn::Add(column, hn::Or(hn::SaturatedSub(one, other), hn::SaturatedSub(other, one)));
    }
    sum = hn::Add(sum, pair_sums(column));
  }
  return hn::GetLane(hn::SumOfLanes(wide, sum));
}

PlaneChange plane_change_any(const Plane& a, const Plane& b, int bit_depth) {
  if (bit_depth <= 8 || bit_depth > kDeepestChange) return scalar::plane_change(a, b, bit_depth);
  PlaneChange change;
  for (int top = 0; top < a.height; top += kChangeBlock) {
    for (int left = 0; left < a.width; left += kChangeBlock) {
      const bool whole = top + kChangeBlock <= a.height && left + kChangeBlock <= a.width;
      if (whole) {
        change.add(whole_block(a, b, left, top), kChangeBlock * kChangeBlock);
      } else {
        scalar::add_block<uint16_t>(a, b, left, top, change);
      }
    }
  }
  return change;
}

uint64_t comb_row_any(const CombRows& rows, int width, int tolerance) {
  const hn::ScalableTag<uint16_t> d;
  const hn::Repartition<int16_t, decltype(d)> di;
  const hn::Repartition<uint32_t, decltype(d)> wide;
  const int step = static_cast<int>(hn::Lanes(d));
  const auto allowed = hn::Set(d, static_cast<uint16_t>(tolerance));
  auto sum = hn::Zero(wide);
  int x = 0;
  for (; x + step <= width; x += step) {
    const auto beside = hn::Add(hn::LoadU(d, rows.above + x), hn::LoadU(d, rows.below + x));
    const auto middle = hn::ShiftLeft<1>(hn::LoadU(d, rows.middle + x));
    const auto curvature = hn::BitCast(d, hn::Abs(hn::BitCast(di, hn::Sub(middle, beside))));
    const auto pairs = hn::BitCast(wide, hn::SaturatedSub(curvature, allowed));
    sum = hn::Add(sum, hn::Add(hn::And(pairs, hn::Set(wide, 0xFFFF)), hn::ShiftRight<16>(pairs)));
  }
  return hn::GetLane(hn::SumOfLanes(wide, sum)) + scalar::comb_row_from(x, rows, width, tolerance);
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace pier::analysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::analysis::kernels {

HWY_EXPORT(plane_change_any);
HWY_EXPORT(comb_row_any);

PlaneChange plane_change(const Plane& a, const Plane& b, int bit_depth) {
  return HWY_DYNAMIC_DISPATCH(plane_change_any)(a, b, bit_depth);
}

uint64_t comb_row(const CombRows& rows, int width, int tolerance) {
  return HWY_DYNAMIC_DISPATCH(comb_row_any)(rows, width, tolerance);
}

}  // namespace pier::analysis::kernels
#endif  // HWY_ONCE
