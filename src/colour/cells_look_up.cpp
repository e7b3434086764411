#include <algorithm>
#include <cmath>

#include "cells.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cells_look_up.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pier::colour::impl {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<int32_t>;
using V = hn::Vec<D>;

/// Halves of records: value and slope along Y', slopes along Cb and Cr.
struct Halves {
  V value_y, cb_cr;
};

HWY_ATTR HWY_INLINE Halves halves(const CellRecord* records) {
  const D d;
  const auto* const words = reinterpret_cast<const int32_t*>(records);
#if HWY_TARGET == HWY_SCALAR
  return {hn::Load(d, words), hn::Load(d, words + 1)};
#else
  const V low = hn::Load(d, words), high = hn::Load(d, words + hn::Lanes(d));
  return {hn::ConcatEven(d, high, low), hn::ConcatOdd(d, high, low)};
#endif
}

/// Both halves of every lane multiplied as int16, and summed.
HWY_ATTR HWY_INLINE V multiply_halves(V a, V b) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
  const hn::Repartition<int16_t, D> d16;
  V unused = hn::Zero(D());
  return hn::ReorderWidenMulAccumulate(D(), hn::BitCast(d16, a), hn::BitCast(d16, b), hn::Zero(D()), unused);
#else
  const auto low = [](V v) HWY_ATTR { return hn::ShiftRight<16>(hn::ShiftLeft<16>(v)); };
  return hn::Add(hn::Mul(low(a), low(b)), hn::Mul(hn::ShiftRight<16>(a), hn::ShiftRight<16>(b)));
#endif
}

/// Samples of a row as numbers of cells, and as places inside them.
class Place {
 public:
  HWY_ATTR explicit Place(const Cells& cells)
      : x_luma_shift(cells.luma_shift),
        x_chroma_shift(cells.chroma_shift),
        x_luma_half(hn::Set(D(), 1 << (cells.luma_shift - 1))),
        x_chroma_half(hn::Set(D(), 1 << (cells.chroma_shift - 1))),
        x_luma_mask(hn::Set(D(), (1 << cells.luma_shift) - 1)),
        x_chroma_mask(hn::Set(D(), (1 << cells.chroma_shift) - 1)),
        x_value(hn::Set(D(), 1 << (Cells::kFraction - (cells.fine_bits - 1)))) {}

  HWY_ATTR HWY_INLINE V index(const uint16_t* const (&in)[3], int x) const {
    const V half_y = hn::ShiftRightSame(load(in[0] + x), x_luma_shift - 1);
    const V half_cb = hn::ShiftRightSame(hn::Add(load(in[1] + x), x_chroma_half), x_chroma_shift - 1);
    const V half_cr = hn::ShiftRightSame(hn::Add(load(in[2] + x), x_chroma_half), x_chroma_shift - 1);
    const auto outside = hn::Gt(hn::Or(half_y, hn::Or(half_cb, half_cr)), hn::Set(D(), 2 * Cells::kSide - 1));
    return hn::IfThenZeroElse(
        outside, hn::Or(together<Cells::kBits>(hn::ShiftRight<1>(half_y), hn::ShiftRight<1>(half_cb),
                                               hn::ShiftRight<1>(half_cr)),
                        hn::ShiftLeft<Cells::kPart>(together<1>(odd(half_y), odd(half_cb), odd(half_cr)))));
  }
  /// Factors of the halves of a record.
  HWY_ATTR HWY_INLINE Halves factors(const uint16_t* const (&in)[3], int x) const {
    const V cb = hn::Add(load(in[1] + x), x_chroma_half), cr = hn::Add(load(in[2] + x), x_chroma_half);
    const V in_y = hn::Sub(hn::And(load(in[0] + x), x_luma_mask), x_luma_half);
    const V in_cb = hn::Sub(hn::And(cb, x_chroma_mask), x_chroma_half);
    const V in_cr = hn::Sub(hn::And(cr, x_chroma_mask), x_chroma_half);
    return {hn::Or(hn::ShiftLeft<16>(in_y), x_value),
            hn::Or(hn::ShiftLeft<16>(in_cr), hn::And(in_cb, hn::Set(D(), 0xffff)))};
  }

 private:
  static HWY_ATTR V load(const uint16_t* from) {
    return hn::PromoteTo(D(), hn::LoadU(hn::Rebind<uint16_t, D>(), from));
  }
  static HWY_ATTR V odd(V value) { return hn::And(value, hn::Set(D(), 1)); }
  template <int Bits>
  static HWY_ATTR V together(V y, V cb, V cr) {
    return hn::Or(y, hn::Or(hn::ShiftLeft<Bits>(cb), hn::ShiftLeft<2 * Bits>(cr)));
  }
  int x_luma_shift, x_chroma_shift;
  V x_luma_half, x_chroma_half, x_luma_mask, x_chroma_mask, x_value;
};

/// One component as codes.
class Writer {
 public:
  HWY_ATTR Writer(const Cells& cells, const Target& target)
      : x_top(hn::Set(D(), cells.top)), x_out(target.codes), x_bytes(cells.bytes) {
    const int bias = kRecordBias << (Cells::kFraction - (cells.fine_bits - 1));
    for (size_t i = 0; i < 8; ++i)
      x_offsets[i] = bias + static_cast<int32_t>(target.offsets[i] * (1 << Cells::kFraction));
    for (size_t i = 8; i < 16; ++i) x_offsets[i] = x_offsets[i - 8];
  }

  HWY_ATTR HWY_INLINE void operator()(const Halves& record, const Halves& place, int x) const {
    const V sum = hn::Add(multiply_halves(record.value_y, place.value_y), multiply_halves(record.cb_cr, place.cb_cr));
    const V code = hn::ShiftRight<Cells::kFraction>(hn::Add(sum, hn::LoadU(D(), x_offsets + x % 8)));
    const V bounded = hn::Min(hn::Max(code, hn::Zero(D())), x_top);
    if (x_bytes) {
      const hn::Rebind<uint8_t, D> d8;
      hn::StoreU(hn::DemoteTo(d8, bounded), d8, static_cast<uint8_t*>(x_out) + x);
    } else {
      const hn::Rebind<uint16_t, D> d16;
      hn::StoreU(hn::DemoteTo(d16, bounded), d16, static_cast<uint16_t*>(x_out) + x);
    }
  }

 private:
  alignas(64) int32_t x_offsets[16];
  V x_top;
  void* x_out;
  bool x_bytes;
};

HWY_ATTR void Locate(const Cells& cells, const uint16_t* const (&in)[3], int width, uint32_t* index) {
  const D d;
  const Place place(cells);
  for (int x = 0; x < width; x += static_cast<int>(hn::Lanes(d)))
    hn::Store(place.index(in, x), d, reinterpret_cast<int32_t*>(index) + x);
}

HWY_ATTR int FindUnresolved(const CellRecord* records, int width, int32_t* columns) {
  const D d;
  const V value = hn::Set(d, 0xffff);
  int count = 0;
  for (int x = 0; x < width; x += static_cast<int>(hn::Lanes(d))) {
    const auto unresolved = hn::Eq(hn::And(halves(records + x).value_y, value), hn::Zero(d));
    if (HWY_LIKELY(hn::AllFalse(d, unresolved))) continue;
    // Not CompressStore: with a mask in memory it takes Zen 4 a hundred cycles.
    hn::StoreU(hn::Compress(hn::Iota(d, x), unresolved), d, columns + count);
    count += static_cast<int>(hn::CountTrue(d, unresolved));
  }
  while (count > 0 && columns[count - 1] >= width) --count;
  return count;
}

HWY_ATTR void InterpolateLuma(const Cells& cells, const uint16_t* const (&in)[3], int width, const CellRecord* records,
                              const Target& target) {
  const Place place(cells);
  const Writer write(cells, target);
  for (int x = 0; x < width; x += static_cast<int>(hn::Lanes(D()))) write(halves(records + x), place.factors(in, x), x);
}

HWY_ATTR void InterpolateChroma(const Cells& cells, const uint16_t* const (&in)[3], int width,
                                const CellRecord* cb_records, const CellRecord* cr_records, const Target& cb,
                                const Target& cr) {
  const Place place(cells);
  const Writer write_cb(cells, cb), write_cr(cells, cr);
  for (int x = 0; x < width; x += static_cast<int>(hn::Lanes(D()))) {
    const Halves factors = place.factors(in, x);
    write_cb(halves(cb_records + x), factors, x);
    write_cr(halves(cr_records + x), factors, x);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace pier::colour::impl
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::colour::impl {

HWY_EXPORT(Locate);
HWY_EXPORT(FindUnresolved);
HWY_EXPORT(InterpolateLuma);
HWY_EXPORT(InterpolateChroma);

void locate(const Cells& cells, const uint16_t* const (&in)[3], int width, uint32_t* index) {
  HWY_DYNAMIC_DISPATCH(Locate)(cells, in, width, index);
}

int find_unresolved(const CellRecord* records, int width, int32_t* columns) {
  return HWY_DYNAMIC_DISPATCH(FindUnresolved)(records, width, columns);
}

void interpolate_luma(const Cells& cells, const uint16_t* const (&in)[3], int width, const CellRecord* records,
                      const Target& target) {
  HWY_DYNAMIC_DISPATCH(InterpolateLuma)(cells, in, width, records, target);
}

void interpolate_chroma(const Cells& cells, const uint16_t* const (&in)[3], int width, const CellRecord* cb_records,
                        const CellRecord* cr_records, const Target& cb, const Target& cr) {
  HWY_DYNAMIC_DISPATCH(InterpolateChroma)(cells, in, width, cb_records, cr_records, cb, cr);
}

}  // namespace pier::colour::impl
#endif  // HWY_ONCE
