#include "kernel.hpp"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#if HWY_ARCH_X86
#include <immintrin.h>
#endif

HWY_BEFORE_NAMESPACE();
namespace pier::colour::impl {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int kBlock = 128;

/// Where the tetrahedron of each pixel lies, and how its corners weigh. Corner 0 is at `first`, corner 3 one step along
/// every axis from it.
struct Tetrahedra {
  alignas(64) int32_t first[kBlock];
  alignas(64) int32_t second[kBlock];
  alignas(64) int32_t third[kBlock];
  alignas(64) int32_t weight01[kBlock];  // low half corner 0, high half corner 1
  alignas(64) int32_t weight23[kBlock];
};

constexpr int kStepR = kCubeNodes * kCubeNodes * 4;
constexpr int kStepG = kCubeNodes * 4;
constexpr int kStepB = 4;
constexpr int kStepAll = kStepR + kStepG + kStepB;

HWY_ATTR void locate(const CodesToCube& codes, const uint16_t* HWY_RESTRICT y_row, const uint16_t* HWY_RESTRICT cb_row,
                     const uint16_t* HWY_RESTRICT cr_row, int count, Tetrahedra& out) {
  const hn::ScalableTag<int32_t> d32;
  const hn::Rebind<uint16_t, decltype(d32)> d16;
  const int lanes = static_cast<int>(hn::Lanes(d32));
  const auto zero = hn::Zero(d32);
  const auto end = hn::Set(d32, (kCubeNodes - 1) << kFractionBits);
  const auto fraction_mask = hn::Set(d32, (1 << kFractionBits) - 1);
  const auto one = hn::Set(d32, 1 << kFractionBits);
  const auto rounding = hn::Set(d32, 1 << (codes.shift - 1));
  const auto step_r = hn::Set(d32, kStepR), step_g = hn::Set(d32, kStepG), step_b = hn::Set(d32, kStepB);
  const auto step_all = hn::Set(d32, kStepAll);
  const auto position = [&](const int32_t(&factor)[3], auto y, auto cb, auto cr) HWY_ATTR {
    auto sum = hn::Add(hn::Mul(y, hn::Set(d32, factor[0])), rounding);
    if (factor[1] != 0) sum = hn::Add(sum, hn::Mul(cb, hn::Set(d32, factor[1])));
    if (factor[2] != 0) sum = hn::Add(sum, hn::Mul(cr, hn::Set(d32, factor[2])));
    return hn::Min(hn::Max(hn::ShiftRightSame(sum, codes.shift), zero), end);
  };
  for (int x = 0; x < count; x += lanes) {
    const auto y = hn::Sub(hn::PromoteTo(d32, hn::LoadU(d16, y_row + x)), hn::Set(d32, codes.offset[0]));
    const auto cb = hn::Sub(hn::PromoteTo(d32, hn::LoadU(d16, cb_row + x)), hn::Set(d32, codes.offset[1]));
    const auto cr = hn::Sub(hn::PromoteTo(d32, hn::LoadU(d16, cr_row + x)), hn::Set(d32, codes.offset[2]));
    const auto r = position(codes.factor[0], y, cb, cr);
    const auto g = position(codes.factor[1], y, cb, cr);
    const auto b = position(codes.factor[2], y, cb, cr);
    const auto cell = hn::Add(
        hn::Add(hn::Mul(hn::ShiftRight<kFractionBits>(r), step_r), hn::Mul(hn::ShiftRight<kFractionBits>(g), step_g)),
        hn::ShiftLeft<2>(hn::ShiftRight<kFractionBits>(b)));
    const auto fr = hn::And(r, fraction_mask), fg = hn::And(g, fraction_mask), fb = hn::And(b, fraction_mask);
    const auto high = hn::Max(hn::Max(fr, fg), fb);
    const auto low = hn::Min(hn::Min(fr, fg), fb);
    const auto middle = hn::Sub(hn::Add(fr, hn::Add(fg, fb)), hn::Add(high, low));
    // Where two fractions are equal the corner between them has weight 0: any order is right.
    const auto first_step = hn::IfThenElse(hn::Eq(fr, high), step_r, hn::IfThenElse(hn::Eq(fg, high), step_g, step_b));
    const auto last_step = hn::IfThenElse(hn::Eq(fb, low), step_b, hn::IfThenElse(hn::Eq(fg, low), step_g, step_r));
    hn::Store(cell, d32, out.first + x);
    hn::Store(hn::Add(cell, first_step), d32, out.second + x);
    hn::Store(hn::Add(cell, hn::Sub(step_all, last_step)), d32, out.third + x);
    hn::Store(hn::Or(hn::Sub(one, high), hn::ShiftLeft<16>(hn::Sub(high, middle))), d32, out.weight01 + x);
    hn::Store(hn::Or(hn::Sub(middle, low), hn::ShiftLeft<16>(low)), d32, out.weight23 + x);
  }
}

#if HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128 && HWY_TARGET != HWY_SCALAR

HWY_ATTR HWY_INLINE __m128i interpolate_one(const int16_t* entries, const Tetrahedra& at, int x) {
  const auto corner = [&](int32_t offset) HWY_ATTR {
    return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(entries + offset));
  };
  const __m128i near = _mm_unpacklo_epi16(corner(at.first[x]), corner(at.second[x]));
  const __m128i far = _mm_unpacklo_epi16(corner(at.third[x]), corner(at.first[x] + kStepAll));
  const __m128i sum = _mm_add_epi32(_mm_madd_epi16(near, _mm_set1_epi32(at.weight01[x])),
                                    _mm_madd_epi16(far, _mm_set1_epi32(at.weight23[x])));
  return _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(1 << (kFractionBits - 1))), kFractionBits);
}

HWY_ATTR void interpolate(const int16_t* HWY_RESTRICT entries, const Tetrahedra& at, int count,
                          int16_t* HWY_RESTRICT quads) {
  for (int x = 0; x < count; x += 2) {
    const __m128i two = _mm_packs_epi32(interpolate_one(entries, at, x), interpolate_one(entries, at, x + 1));
    _mm_store_si128(reinterpret_cast<__m128i*>(quads + x * 4), two);
  }
}

#else

void interpolate(const int16_t* entries, const Tetrahedra& at, int count, int16_t* quads) {
  for (int x = 0; x < count; ++x) {
    const int16_t* corners[4] = {entries + at.first[x], entries + at.second[x], entries + at.third[x],
                                 entries + at.first[x] + kStepAll};
    const int32_t weights[4] = {at.weight01[x] & 0xffff, at.weight01[x] >> 16, at.weight23[x] & 0xffff,
                                at.weight23[x] >> 16};
    for (int component = 0; component < 4; ++component) {
      int32_t sum = 1 << (kFractionBits - 1);
      for (int corner = 0; corner < 4; ++corner) sum += corners[corner][component] * weights[corner];
      quads[x * 4 + component] = static_cast<int16_t>(sum >> kFractionBits);
    }
  }
}

#endif

HWY_ATTR void separate(const int16_t* HWY_RESTRICT quads, int count, int16_t* y, int16_t* cb, int16_t* cr) {
  const hn::ScalableTag<int16_t> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  for (int x = 0; x < count; x += lanes) {
    hn::Vec<decltype(d)> v0, v1, v2, v3;
    hn::LoadInterleaved4(d, quads + x * 4, v0, v1, v2, v3);
    hn::StoreU(v0, d, y + x);
    hn::StoreU(v1, d, cb + x);
    hn::StoreU(v2, d, cr + x);
  }
}

HWY_ATTR void EvaluateRow(const Cube& cube, const CodesToCube& codes, const uint16_t* y, const uint16_t* cb,
                          const uint16_t* cr, int width, int16_t* out_y, int16_t* out_cb, int16_t* out_cr) {
  Tetrahedra at;
  alignas(64) int16_t quads[kBlock * 4];
  for (int x = 0; x < width; x += kBlock) {
    const int count = (std::min(kBlock, width - x) + kRowPadding - 1) / kRowPadding * kRowPadding;
    locate(codes, y + x, cb + x, cr + x, count, at);
    interpolate(cube.entries.data(), at, count, quads);
    separate(quads, count, out_y + x, out_cb + x, out_cr + x);
  }
}

HWY_ATTR void BlendRow(const uint16_t* a, const uint16_t* b, int weight, int width, uint16_t* out) {
  const hn::ScalableTag<uint16_t> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto weight_a = hn::Set(d, static_cast<uint16_t>(4 - weight));
  const auto weight_b = hn::Set(d, static_cast<uint16_t>(weight));
  const auto two = hn::Set(d, uint16_t{2});
  for (int x = 0; x < width; x += lanes) {
    const auto sum = hn::Add(hn::Mul(hn::LoadU(d, a + x), weight_a), hn::Mul(hn::LoadU(d, b + x), weight_b));
    hn::StoreU(hn::ShiftRight<2>(hn::Add(sum, two)), d, out + x);
  }
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

HWY_ATTR void StoreRow(const int16_t* in, int width, int bit_depth, const int16_t* dither, void* out) {
  const hn::ScalableTag<int16_t> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const int shift = 15 - bit_depth;
  alignas(64) int16_t offsets[64];
  for (int i = 0; i < 64; ++i) offsets[i] = dither != nullptr ? dither[i % 8] : static_cast<int16_t>(1 << (shift - 1));
  const auto offset = hn::Load(d, offsets);
  const hn::Rebind<uint8_t, decltype(d)> d8;
  for (int x = 0; x < width; x += lanes) {
    const auto code = hn::ShiftRightSame(hn::SaturatedAdd(hn::LoadU(d, in + x), offset), shift);
    if (bit_depth > 8) {
      hn::StoreU(hn::BitCast(du, code), du, static_cast<uint16_t*>(out) + x);
    } else {
      hn::StoreU(hn::DemoteTo(d8, code), d8, static_cast<uint8_t*>(out) + x);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace pier::colour::impl
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::colour::impl {

HWY_EXPORT(EvaluateRow);
HWY_EXPORT(BlendRow);
HWY_EXPORT(UpsampleRow);
HWY_EXPORT(LumaAtChromaRow);
HWY_EXPORT(StoreRow);

void evaluate_row(const Cube& cube, const CodesToCube& codes, const uint16_t* y, const uint16_t* cb, const uint16_t* cr,
                  int width, int16_t* out_y, int16_t* out_cb, int16_t* out_cr) {
  HWY_DYNAMIC_DISPATCH(EvaluateRow)(cube, codes, y, cb, cr, width, out_y, out_cb, out_cr);
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

void store_row(const int16_t* in, int width, int bit_depth, const int16_t* dither, void* out) {
  HWY_DYNAMIC_DISPATCH(StoreRow)(in, width, bit_depth, dither, out);
}

}  // namespace pier::colour::impl
#endif  // HWY_ONCE
