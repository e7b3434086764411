// What differs between two pictures, and what small views are made ready for that.

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

template <typename T>
bool mark_changed_of(const T* a, const T* b, int count, int step, uint8_t* marks) {
  const hn::ScalableTag<uint16_t> d;
  const hn::Rebind<T, decltype(d)> d_row;
  const hn::Rebind<uint8_t, decltype(d)> d_marks;
  const hn::RebindToSigned<decltype(d)> signed16;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto load = [&](const T* from) {
    if constexpr (sizeof(T) == 1) return hn::PromoteTo(d, hn::LoadU(d_row, from));
    if constexpr (sizeof(T) == 2) return hn::LoadU(d, from);
  };
  const auto allowed = hn::Set(d, static_cast<uint16_t>(std::clamp(step, 0, 65535)));
  const auto one = hn::Set(d, 1);
  bool any = false;
  int x = 0;
  for (; x + lanes <= count; x += lanes) {
    const auto v = load(a + x);
    const auto other = load(b + x);
    const auto difference = hn::Or(hn::SaturatedSub(v, other), hn::SaturatedSub(other, v));
    const auto beyond = hn::SaturatedSub(difference, allowed);
    if (hn::AllTrue(d, hn::Eq(beyond, hn::Zero(d)))) continue;
    any = true;
    const auto found = hn::DemoteTo(d_marks, hn::BitCast(signed16, hn::Min(beyond, one)));
    hn::StoreU(hn::Or(hn::LoadU(d_marks, marks + x), found), d_marks, marks + x);
  }
  return scalar::mark_changed_from(x, a, b, count, step, marks) || any;
}
bool mark_changed_8(const uint8_t* a, const uint8_t* b, int count, int step, uint8_t* marks) {
  return mark_changed_of(a, b, count, step, marks);
}
bool mark_changed_16(const uint16_t* a, const uint16_t* b, int count, int step, uint8_t* marks) {
  return mark_changed_of(a, b, count, step, marks);
}

template <typename T>
void level_row_of(const T* codes, int count, const LevelScale& scale, uint8_t* levels) {
  const hn::ScalableTag<int32_t> d;
  const hn::Rebind<T, decltype(d)> d_codes;
  const hn::Rebind<uint8_t, decltype(d)> d_levels;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto zero = hn::Set(d, scale.zero);
  const auto factor = hn::Set(d, scale.factor);
  const auto offset = hn::Set(d, scale.offset);
  const auto half = hn::Set(d, 1 << 15);
  int x = 0;
  for (; x + lanes <= count; x += lanes) {
    const auto code = hn::PromoteTo(d, hn::LoadU(d_codes, codes + x));
    const auto level = hn::ShiftRight<16>(hn::Add(hn::Mul(hn::Sub(code, zero), factor), half));
    hn::StoreU(hn::DemoteTo(d_levels, hn::Add(level, offset)), d_levels, levels + x);
  }
  scalar::level_row_from(x, codes, count, scale, levels);
}
void level_row_8(const uint8_t* codes, int count, const LevelScale& scale, uint8_t* levels) {
  level_row_of(codes, count, scale, levels);
}
void level_row_16(const uint16_t* codes, int count, const LevelScale& scale, uint8_t* levels) {
  level_row_of(codes, count, scale, levels);
}

}  // namespace pier::analysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::analysis::kernels {

HWY_EXPORT(plane_change_any);
HWY_EXPORT(comb_row_any);
HWY_EXPORT(mark_changed_8);
HWY_EXPORT(mark_changed_16);
HWY_EXPORT(level_row_8);
HWY_EXPORT(level_row_16);

PlaneChange plane_change(const Plane& a, const Plane& b, int bit_depth) {
  return HWY_DYNAMIC_DISPATCH(plane_change_any)(a, b, bit_depth);
}

uint64_t comb_row(const CombRows& rows, int width, int tolerance) {
  return HWY_DYNAMIC_DISPATCH(comb_row_any)(rows, width, tolerance);
}

bool mark_changed(const uint8_t* a, const uint8_t* b, int count, int step, uint8_t* marks) {
  return HWY_DYNAMIC_DISPATCH(mark_changed_8)(a, b, count, step, marks);
}

bool mark_changed(const uint16_t* a, const uint16_t* b, int count, int step, uint8_t* marks) {
  return HWY_DYNAMIC_DISPATCH(mark_changed_16)(a, b, count, step, marks);
}

void level_row(const uint8_t* codes, int count, const LevelScale& scale, uint8_t* levels) {
  HWY_DYNAMIC_DISPATCH(level_row_8)(codes, count, scale, levels);
}

void level_row(const uint16_t* codes, int count, const LevelScale& scale, uint8_t* levels) {
  HWY_DYNAMIC_DISPATCH(level_row_16)(codes, count, scale, levels);
}

}  // namespace pier::analysis::kernels
#endif  // HWY_ONCE
