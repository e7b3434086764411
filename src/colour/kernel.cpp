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

/// Where the tetrahedron of each pixel lies, in entries of the cube, and how its corners weigh (15 bit). Corner 3 is
/// one step along every axis from corner 0.
struct Tetrahedra {
  alignas(64) uint32_t first[kBlock];
  alignas(64) uint16_t to_second[kBlock];  // from the first
  alignas(64) uint16_t to_third[kBlock];
  alignas(64) int16_t weight[4][kBlock];
  alignas(64) uint16_t plane[kBlock];   // node number along R'
  alignas(64) uint16_t inside[kBlock];  // entry within that plane
};

constexpr int kStepR = kCubeNodes * kCubeNodes;
constexpr int kStepG = kCubeNodes;
constexpr int kStepB = 1;
constexpr int kStepAll = kStepR + kStepG + kStepB;
constexpr int kWeightShift = 15 - kFractionBits;

HWY_ATTR void locate(const CodesToCube& codes, const uint16_t* HWY_RESTRICT y_row, const uint16_t* HWY_RESTRICT cb_row,
                     const uint16_t* HWY_RESTRICT cr_row, int count, Tetrahedra& out) {
  const hn::ScalableTag<int16_t> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto zero = hn::Zero(d);
  const auto fraction_mask = hn::Set(d, (1 << kFractionBits) - 1);
  const auto step_r = hn::Set(d, kStepR), step_g = hn::Set(d, kStepG), step_b = hn::Set(d, kStepB);
  const auto step_all = hn::Set(d, kStepAll), full_weight = hn::Set(d, 32767);
  const auto load = [&](const uint16_t* from, int component) HWY_ATTR {
    const auto code = hn::Sub(hn::BitCast(d, hn::LoadU(du, from)), hn::Set(d, codes.offset[component]));
    return hn::ShiftLeftSame(code, component == 0 ? codes.luma_shift : codes.chroma_shift);
  };
  const auto end = hn::Set(d, (kCubeNodes - 1) << kFractionBits);
  const auto term = [&](int channel, int component, auto value)
                        HWY_ATTR { return hn::MulFixedPoint15(value, hn::Set(d, codes.factor[channel][component])); };
  const auto inside_cube = [&](auto position) HWY_ATTR { return hn::Min(hn::Max(position, zero), end); };
  for (int x = 0; x < count; x += lanes) {
    const auto y = load(y_row + x, 0), cb = load(cb_row + x, 1), cr = load(cr_row + x, 2);
    // Matrix coefficients are 0 for Cb in R' and for Cr in B'.
    const auto r = inside_cube(hn::SaturatedAdd(term(0, 0, y), term(0, 2, cr)));
    const auto g = inside_cube(hn::SaturatedAdd(term(1, 0, y), hn::SaturatedAdd(term(1, 1, cb), term(1, 2, cr))));
    const auto b = inside_cube(hn::SaturatedAdd(term(2, 0, y), term(2, 1, cb)));
    const auto fr = hn::And(r, fraction_mask), fg = hn::And(g, fraction_mask), fb = hn::And(b, fraction_mask);
    const auto high = hn::Max(hn::Max(fr, fg), fb);
    const auto low = hn::Min(hn::Min(fr, fg), fb);
    const auto middle = hn::Sub(hn::Add(fr, hn::Add(fg, fb)), hn::Add(high, low));
    // Where two fractions are equal the corner between them has weight 0: any order is right.
    const auto first_step = hn::IfThenElse(hn::Eq(fr, high), step_r, hn::IfThenElse(hn::Eq(fg, high), step_g, step_b));
    const auto last_step = hn::IfThenElse(hn::Eq(fb, low), step_b, hn::IfThenElse(hn::Eq(fg, low), step_g, step_r));
    hn::Store(hn::BitCast(du, first_step), du, out.to_second + x);
    hn::Store(hn::BitCast(du, hn::Sub(step_all, last_step)), du, out.to_third + x);
    hn::Store(hn::Sub(full_weight, hn::ShiftLeft<kWeightShift>(high)), d, out.weight[0] + x);
    hn::Store(hn::ShiftLeft<kWeightShift>(hn::Sub(high, middle)), d, out.weight[1] + x);
    hn::Store(hn::ShiftLeft<kWeightShift>(hn::Sub(middle, low)), d, out.weight[2] + x);
    hn::Store(hn::ShiftLeft<kWeightShift>(low), d, out.weight[3] + x);
    const auto plane = hn::ShiftRight<kFractionBits>(r);
    const auto inside = hn::Add(hn::Mul(hn::ShiftRight<kFractionBits>(g), step_g), hn::ShiftRight<kFractionBits>(b));
    hn::Store(hn::BitCast(du, plane), du, out.plane + x);
    hn::Store(hn::BitCast(du, inside), du, out.inside + x);
  }
  const hn::ScalableTag<int32_t> d32;
  const hn::Rebind<uint16_t, decltype(d32)> d_half;
  const int wide_lanes = static_cast<int>(hn::Lanes(d32));
  for (int x = 0; x < count; x += wide_lanes) {
    const auto plane = hn::PromoteTo(d32, hn::Load(d_half, out.plane + x));
    const auto inside = hn::PromoteTo(d32, hn::Load(d_half, out.inside + x));
    const auto first = hn::Add(hn::Mul(plane, hn::Set(d32, kStepR)), inside);
    hn::Store(hn::BitCast(hn::RebindToUnsigned<decltype(d32)>(), first), hn::RebindToUnsigned<decltype(d32)>(),
              out.first + x);
  }
}

#if HWY_TARGET == HWY_SCALAR

void interpolate(const int16_t* entries, const Tetrahedra& at, int count, int16_t* quads) {
  for (int x = 0; x < count; ++x) {
    const int16_t* const first = entries + size_t{at.first[x]} * 4;
    const int16_t* corners[4] = {first, first + at.to_second[x] * 4, first + at.to_third[x] * 4, first + kStepAll * 4};
    for (int component = 0; component < 4; ++component) {
      int32_t sum = 0;
      for (int corner = 0; corner < 4; ++corner)
        sum += (corners[corner][component] * at.weight[corner][x] + (1 << 14)) >> 15;
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
  const auto spread = [&](uint8_t first) HWY_ATTR {  // the weights of two pixels, each over four lanes
    const uint8_t a = first, b = static_cast<uint8_t>(first + 1), c = static_cast<uint8_t>(first + 2),
                  e = static_cast<uint8_t>(first + 3);
    alignas(16) const uint8_t bytes[16] = {a, b, a, b, a, b, a, b, c, e, c, e, c, e, c, e};
    return hn::Load(d_bytes, bytes);
  };
  const auto spread0 = spread(0), spread1 = spread(4), spread2 = spread(8), spread3 = spread(12);
  for (int x = 0; x < count; x += 8) {
    const auto weight0 = hn::BitCast(d_bytes, hn::Load(d, at.weight[0] + x));
    const auto weight1 = hn::BitCast(d_bytes, hn::Load(d, at.weight[1] + x));
    const auto weight2 = hn::BitCast(d_bytes, hn::Load(d, at.weight[2] + x));
    const auto weight3 = hn::BitCast(d_bytes, hn::Load(d, at.weight[3] + x));
    const auto two = [&](int at_pixel, auto which) HWY_ATTR {
      const int16_t* const a = entries + size_t{at.first[at_pixel]} * 4;
      const int16_t* const b = entries + size_t{at.first[at_pixel + 1]} * 4;
      const auto corner = [&](size_t step_a, size_t step_b, auto weights) HWY_ATTR {
        const auto values = hn::Combine(d, hn::LoadU(d_half, b + step_b * 4), hn::LoadU(d_half, a + step_a * 4));
        return hn::MulFixedPoint15(values, hn::BitCast(d, hn::TableLookupBytes(weights, which)));
      };
      const auto near =
          hn::Add(corner(0, 0, weight0), corner(at.to_second[at_pixel], at.to_second[at_pixel + 1], weight1));
      const auto far = hn::Add(corner(at.to_third[at_pixel], at.to_third[at_pixel + 1], weight2),
                               corner(kStepAll, kStepAll, weight3));
      hn::Store(hn::Add(near, far), d, quads + at_pixel * 4);
    };
    two(x, spread0);
    two(x + 2, spread1);
    two(x + 4, spread2);
    two(x + 6, spread3);
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
