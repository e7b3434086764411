#include "analyzers/blockiness/steps.hpp"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "analyzers/blockiness/steps.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pier::analysis::impl::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Steps of as many samples as `d` has lanes, 0 where they are hard.
template <class Tag, typename T>
HWY_INLINE hn::Vec<Tag> soft_steps(Tag d, const T* a, const T* b, hn::Vec<Tag> hard) {
  const hn::Rebind<T, Tag> samples;
  const auto step = hn::Abs(hn::Sub(hn::PromoteTo(d, hn::LoadU(samples, a)), hn::PromoteTo(d, hn::LoadU(samples, b))));
  return hn::IfThenZeroElse(hn::Gt(step, hard), step);
}

template <typename T>
void add_steps_of(const T* a, const T* b, int count, int hard, uint32_t* sums) {
  const hn::ScalableTag<int32_t> d;
  const hn::RebindToUnsigned<decltype(d)> unsigned32;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto limit = hn::Set(d, hard);
  int x = 0;
  for (; x + lanes <= count; x += lanes) {
    const auto step = hn::BitCast(unsigned32, soft_steps(d, a + x, b + x, limit));
    hn::StoreU(hn::Add(hn::LoadU(unsigned32, sums + x), step), unsigned32, sums + x);
  }
  scalar::add_steps_from(x, a, b, count, hard, sums);
}

template <typename T>
uint32_t sum_steps_of(const T* a, const T* b, int count, StepGroups groups, int hard) {
  const hn::ScalableTag<int32_t> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  if (groups.size % lanes != 0) return scalar::sum_steps(a, b, count, groups, hard);
  const auto limit = hn::Set(d, hard);
  auto sums = hn::Zero(d);
  uint32_t rest = 0;
  for (int group = 0; group < count; group += groups.every) {
    const int end = std::min(count, group + groups.size);
    int x = group;
    for (; x + lanes <= end; x += lanes) sums = hn::Add(sums, soft_steps(d, a + x, b + x, limit));
    for (; x < end; ++x) rest += scalar::step(a[x], b[x], hard);
  }
  return rest + static_cast<uint32_t>(hn::GetLane(hn::SumOfLanes(d, sums)));
}

void add_steps_8(const uint8_t* a, const uint8_t* b, int count, int hard, uint32_t* sums) {
  add_steps_of(a, b, count, hard, sums);
}
void add_steps_16(const uint16_t* a, const uint16_t* b, int count, int hard, uint32_t* sums) {
  add_steps_of(a, b, count, hard, sums);
}
uint32_t sum_steps_8(const uint8_t* a, const uint8_t* b, int count, StepGroups groups, int hard) {
  return sum_steps_of(a, b, count, groups, hard);
}
uint32_t sum_steps_16(const uint16_t* a, const uint16_t* b, int count, StepGroups groups, int hard) {
  return sum_steps_of(a, b, count, groups, hard);
}

}  // namespace pier::analysis::impl::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::analysis::impl {

HWY_EXPORT(add_steps_8);
HWY_EXPORT(add_steps_16);
HWY_EXPORT(sum_steps_8);
HWY_EXPORT(sum_steps_16);

void add_steps(const uint8_t* a, const uint8_t* b, int count, int hard, uint32_t* sums) {
  HWY_DYNAMIC_DISPATCH(add_steps_8)(a, b, count, hard, sums);
}
void add_steps(const uint16_t* a, const uint16_t* b, int count, int hard, uint32_t* sums) {
  HWY_DYNAMIC_DISPATCH(add_steps_16)(a, b, count, hard, sums);
}
uint32_t sum_steps(const uint8_t* a, const uint8_t* b, int count, StepGroups groups, int hard) {
  return HWY_DYNAMIC_DISPATCH(sum_steps_8)(a, b, count, groups, hard);
}
uint32_t sum_steps(const uint16_t* a, const uint16_t* b, int count, StepGroups groups, int hard) {
  return HWY_DYNAMIC_DISPATCH(sum_steps_16)(a, b, count, groups, hard);
}

}  // namespace pier::analysis::impl
#endif  // HWY_ONCE
