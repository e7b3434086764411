#include "kernel.hpp"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pier::colour::impl {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int kBlock = 128;

/// Where the tetrahedron of each pixel lies (offsets of int16 entries), and how its corners weigh (15 bit). Corner 3 is
/// one step along every axis from corner 0.
struct Tetrahedra {
  alignas(64) uint32_t first[kBlock];
  alignas(64) uint32_t second[kBlock];
  alignas(64) uint32_t third[kBlock];
  alignas(64) uint32_t weight01[kBlock + 4];  // low half corner 0, high half corner 1
  alignas(64) uint32_t weight23[kBlock + 4];
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
    const auto weight0 = hn::Min(hn::Sub(one, high), fraction_mask);
    const hn::RebindToUnsigned<decltype(d32)> du;
    const auto store = [&](auto values, uint32_t* target)
                           HWY_ATTR { hn::Store(hn::BitCast(du, values), du, target + x); };
    store(cell, out.first);
    store(hn::Add(cell, first_step), out.second);
    store(hn::Add(cell, hn::Sub(step_all, last_step)), out.third);
    store(hn::Or(weight0, hn::ShiftLeft<16>(hn::Sub(high, middle))), out.weight01);
    store(hn::Or(hn::Sub(middle, low), hn::ShiftLeft<16>(low)), out.weight23);
  }
}

#if HWY_TARGET == HWY_SCALAR

void interpolate(const int16_t* entries, const Tetrahedra& at, int count, int16_t* quads) {
  for (int x = 0; x < count; ++x) {
    const int16_t* corners[4] = {entries + at.first[x], entries + at.second[x], entries + at.third[x],
                                 entries + at.first[x] + kStepAll};
    const uint32_t weights[4] = {at.weight01[x] & 0xffff, at.weight01[x] >> 16, at.weight23[x] & 0xffff,
                                 at.weight23[x] >> 16};
    for (int component = 0; component < 4; ++component) {
      int32_t sum = 0;
      for (int corner = 0; corner < 4; ++corner)
        sum += (corners[corner][component] * static_cast<int32_t>(weights[corner]) + (1 << 14)) >> 15;
      quads[x * 4 + component] = static_cast<int16_t>(sum);
    }
  }
}

#else

/// Two pixels at a time: eight lanes of 16 bits. The loop is bound by the number of instructions, most of them loads.
HWY_ATTR void interpolate(const int16_t* HWY_RESTRICT entries, const Tetrahedra& at, int count,
                          int16_t* HWY_RESTRICT quads) {
  const hn::FixedTag<int16_t, 8> d;
  const hn::FixedTag<int16_t, 4> d_half;
  const hn::FixedTag<uint8_t, 16> d_bytes;
  alignas(16) static constexpr uint8_t kLow[16] = {0, 1, 0, 1, 0, 1, 0, 1, 4, 5, 4, 5, 4, 5, 4, 5};
  alignas(16) static constexpr uint8_t kHigh[16] = {2, 3, 2, 3, 2, 3, 2, 3, 6, 7, 6, 7, 6, 7, 6, 7};
  const auto low = hn::Load(d_bytes, kLow), high = hn::Load(d_bytes, kHigh);
  const auto corners = [&](uint64_t offsets, size_t step) HWY_ATTR {
    const int16_t* const from = entries + step;
    return hn::Combine(d, hn::LoadU(d_half, from + (offsets >> 32)),
                       hn::LoadU(d_half, from + static_cast<uint32_t>(offsets)));
  };
  const auto load_pair = [](const uint32_t* from) HWY_ATTR {
    uint64_t pair;
    std::memcpy(&pair, from, sizeof pair);
    return pair;
  };
  for (int x = 0; x < count; x += 2) {
    const uint64_t first = load_pair(at.first + x);
    const auto weights01 = hn::BitCast(d_bytes, hn::LoadU(hn::FixedTag<uint32_t, 4>(), at.weight01 + x));
    const auto weights23 = hn::BitCast(d_bytes, hn::LoadU(hn::FixedTag<uint32_t, 4>(), at.weight23 + x));
    const auto weigh = [&](auto values, auto weights, auto which) HWY_ATTR {
      return hn::MulFixedPoint15(values, hn::BitCast(d, hn::TableLookupBytes(weights, which)));
    };
    const auto near =
        hn::Add(weigh(corners(first, 0), weights01, low), weigh(corners(load_pair(at.second + x), 0), weights01, high));
    const auto far = hn::Add(weigh(corners(load_pair(at.third + x), 0), weights23, low),
                             weigh(corners(first, kStepAll), weights23, high));
    hn::Store(hn::Add(near, far), d, quads + x * 4);
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

HWY_ATTR void StoreRow(const int16_t* in, int width, int bit_depth, int centre, const int16_t* dither, void* out) {
  const hn::ScalableTag<int16_t> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const int shift = 15 - bit_depth;
  alignas(64) int16_t offsets[64];
  for (int i = 0; i < 64; ++i)
    offsets[i] = static_cast<int16_t>(centre + (dither != nullptr ? dither[i % 8] : 1 << (shift - 1)));
  const hn::Rebind<uint8_t, decltype(d)> d8;
  for (int x = 0; x < width; x += lanes) {
    const auto offset = hn::LoadU(d, offsets + x % 8);
    const auto value = hn::Max(hn::SaturatedAdd(hn::LoadU(d, in + x), offset), hn::Zero(d));
    const auto code = hn::ShiftRightSame(value, shift);
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

void store_row(const int16_t* in, int width, int bit_depth, int centre, const int16_t* dither, void* out) {
  HWY_DYNAMIC_DISPATCH(StoreRow)(in, width, bit_depth, centre, dither, out);
}

}  // namespace pier::colour::impl
#endif  // HWY_ONCE
