// Samples as 16-bit lanes. Included once a target by the kernels, after highway.h.
#if defined(PIER_QUALITY_LANES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef PIER_QUALITY_LANES_INL
#undef PIER_QUALITY_LANES_INL
#else
#define PIER_QUALITY_LANES_INL
#endif

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pier::quality::impl::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR  // which has no lanes of two widths: loops over single samples do all the work there

using Samples = hn::ScalableTag<int16_t>;
using Pairs = hn::Repartition<int32_t, Samples>;

HWY_INLINE hn::Vec<Samples> load(Samples d, const uint16_t* samples) {
  return hn::BitCast(d, hn::LoadU(hn::RebindToUnsigned<Samples>(), samples));
}
HWY_INLINE hn::Vec<Samples> load(Samples d, const uint8_t* samples) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<uint8_t, Samples>(), samples));
}

/// a[2i] b[2i] + a[2i+1] b[2i+1].
HWY_INLINE hn::Vec<Pairs> pair_products(hn::Vec<Samples> a, hn::Vec<Samples> b) {
  const Pairs d;
  auto odd = hn::Zero(d);
  const auto even = hn::ReorderWidenMulAccumulate(d, a, b, hn::Zero(d), odd);
  return hn::RearrangeToOddPlusEven(even, odd);
}

/// Of lanes that hold unsigned numbers.
HWY_INLINE uint64_t total(hn::Vec<Pairs> lanes) {
  const hn::Repartition<uint64_t, Samples> d;
  const auto both = hn::BitCast(d, lanes);
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::And(both, hn::Set(d, 0xFFFFFFFFU)), hn::ShiftRight<32>(both))));
}

#endif  // HWY_TARGET != HWY_SCALAR

}  // namespace
}  // namespace pier::quality::impl::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // PIER_QUALITY_LANES_INL
