#include "kernel.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pier::colour::impl {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

HWY_ATTR void WidenRow(const uint8_t* in, int width, uint16_t* out) {
  const hn::ScalableTag<uint16_t> d;
  const hn::Rebind<uint8_t, decltype(d)> d8;
  const int lanes = static_cast<int>(hn::Lanes(d));
  int x = 0;
  for (; x + lanes <= width; x += lanes) hn::StoreU(hn::PromoteTo(d, hn::LoadU(d8, in + x)), d, out + x);
  for (; x < width; ++x) out[x] = in[x];
}

HWY_ATTR void SumRow(const uint16_t* a, const uint16_t* b, int weight, int width, uint16_t* out) {
  const hn::ScalableTag<uint16_t> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto weight_a = hn::Set(d, static_cast<uint16_t>(4 - weight));
  const auto weight_b = hn::Set(d, static_cast<uint16_t>(weight));
  for (int x = 0; x < width; x += lanes)
    hn::StoreU(hn::Add(hn::Mul(hn::LoadU(d, a + x), weight_a), hn::Mul(hn::LoadU(d, b + x), weight_b)), d, out + x);
}

HWY_ATTR void BlendRow(const uint16_t* a, const uint16_t* b, int weight, int width, uint16_t* out) {
  const hn::ScalableTag<uint16_t> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto weight_a = hn::Set(d, static_cast<uint16_t>(4 - weight));
  const auto weight_b = hn::Set(d, static_cast<uint16_t>(weight));
  const auto two = hn::Set(d, uint16_t{2});
  int x = 0;
  for (; x + lanes <= width; x += lanes) {
    const auto sum = hn::Add(hn::Mul(hn::LoadU(d, a + x), weight_a), hn::Mul(hn::LoadU(d, b + x), weight_b));
    hn::StoreU(hn::ShiftRight<2>(hn::Add(sum, two)), d, out + x);
  }
  for (; x < width; ++x) out[x] = static_cast<uint16_t>((a[x] * (4 - weight) + b[x] * weight + 2) >> 2);
}

HWY_ATTR void UpsampleRow(const uint16_t* in, int width, bool centred, uint16_t* out) {
  const hn::ScalableTag<uint16_t> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto two = hn::Set(d, uint16_t{2});
  for (int x = 0; x < width; x += lanes) {
    const auto here = hn::LoadU(d, in + x);
    const auto next = hn::LoadU(d, in + x + 1);
    if (centred) {
      const auto three = hn::Add(hn::Add(here, here), hn::Add(here, two));
      const auto even = hn::ShiftRight<2>(hn::Add(three, hn::LoadU(d, in + x - 1)));
      hn::StoreInterleaved2(even, hn::ShiftRight<2>(hn::Add(three, next)), d, out + 2 * x);
    } else {
      hn::StoreInterleaved2(here, hn::AverageRound(here, next), d, out + 2 * x);
    }
  }
}

HWY_ATTR void LumaAtChromaRow(const uint16_t* in, int width, bool centred, uint16_t* out) {
  const hn::ScalableTag<uint16_t> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto two = hn::Set(d, uint16_t{2});
  for (int x = 0; x < width; x += lanes) {
    hn::Vec<decltype(d)> even, odd, before, unused;
    hn::LoadInterleaved2(d, in + 2 * x, even, odd);
    if (centred) {
      hn::StoreU(hn::AverageRound(even, odd), d, out + x);
    } else {
      hn::LoadInterleaved2(d, in + 2 * x - 1, before, unused);
      const auto sum = hn::Add(hn::Add(before, odd), hn::Add(hn::Add(even, even), two));
      hn::StoreU(hn::ShiftRight<2>(sum), d, out + x);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace pier::colour::impl
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::colour::impl {

HWY_EXPORT(WidenRow);
HWY_EXPORT(SumRow);
HWY_EXPORT(BlendRow);
HWY_EXPORT(UpsampleRow);
HWY_EXPORT(LumaAtChromaRow);

void widen_row(const uint8_t* in, int width, uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(WidenRow)(in, width, out);
}

void sum_row(const uint16_t* a, const uint16_t* b, int weight, int width, uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(SumRow)(a, b, weight, width, out);
}

void blend_row(const uint16_t* a, const uint16_t* b, int weight, int width, uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(BlendRow)(a, b, weight, width, out);
}

void upsample_row(const uint16_t* in, int width, bool centred, uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(UpsampleRow)(in, width, centred, out);
}

void luma_at_chroma_row(const uint16_t* in, int width, bool centred, uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(LumaAtChromaRow)(in, width, centred, out);
}

}  // namespace pier::colour::impl
#endif  // HWY_ONCE
