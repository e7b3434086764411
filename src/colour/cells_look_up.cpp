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

/// Record `index` * `Stride` + `Offset` of every lane.
template <int Stride, int Offset>
HWY_ATTR HWY_INLINE Halves fetch(const Cells::Record* table, V index) {
  const D d;
#if HWY_TARGET == HWY_SCALAR
  const auto* words = reinterpret_cast<const int32_t*>(table + Offset);
  const V at = hn::Mul(index, hn::Set(d, 2 * Stride));
  return {hn::GatherIndex(d, words, at), hn::GatherIndex(d, words, hn::Add(at, hn::Set(d, 1)))};
#else
  const hn::Repartition<int64_t, D> d64;
  const auto* records = reinterpret_cast<const int64_t*>(table + Offset);
  const V at = Stride == 2 ? hn::Add(index, index) : index;
  const auto low = hn::GatherIndex(d64, records, hn::PromoteTo(d64, hn::LowerHalf(at)));
  const auto high = hn::GatherIndex(d64, records, hn::PromoteTo(d64, hn::UpperHalf(hn::Half<D>(), at)));
  return {hn::ConcatEven(d, hn::BitCast(d, high), hn::BitCast(d, low)),
          hn::ConcatOdd(d, hn::BitCast(d, high), hn::BitCast(d, low))};
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

/// Where samples lie: the cell, and the place inside it as factors of the halves of a record.
struct Place {
  V index, value_y, cb_cr;
};

class Finder {
 public:
  HWY_ATTR explicit Finder(const Cells& cells)
      : x_luma_shift(cells.luma_shift),
        x_chroma_shift(cells.chroma_shift),
        x_luma_half(hn::Set(D(), 1 << (cells.luma_shift - 1))),
        x_chroma_half(hn::Set(D(), 1 << (cells.chroma_shift - 1))),
        x_luma_mask(hn::Set(D(), (1 << cells.luma_shift) - 1)),
        x_chroma_mask(hn::Set(D(), (1 << cells.chroma_shift) - 1)),
        x_value(hn::Set(D(), 1 << (Cells::kFraction - (cells.fine_bits - 1)))) {}

  HWY_ATTR HWY_INLINE Place operator()(const uint16_t* y_at, const uint16_t* cb_at, const uint16_t* cr_at) const {
    const V y = load(y_at), cb = hn::Add(load(cb_at), x_chroma_half), cr = hn::Add(load(cr_at), x_chroma_half);
    const V cell_y = hn::ShiftRightSame(y, x_luma_shift), cell_cb = hn::ShiftRightSame(cb, x_chroma_shift),
            cell_cr = hn::ShiftRightSame(cr, x_chroma_shift);
    const V index =
        hn::Or(cell_y, hn::Or(hn::ShiftLeft<Cells::kBits>(cell_cb), hn::ShiftLeft<2 * Cells::kBits>(cell_cr)));
    const auto outside = hn::Gt(hn::Or(cell_y, hn::Or(cell_cb, cell_cr)), hn::Set(D(), Cells::kSide - 1));
    const V in_y = hn::Sub(hn::And(y, x_luma_mask), x_luma_half);
    const V in_cb = hn::Sub(hn::And(cb, x_chroma_mask), x_chroma_half);
    const V in_cr = hn::Sub(hn::And(cr, x_chroma_mask), x_chroma_half);
    return {hn::IfThenZeroElse(outside, index), hn::Or(hn::ShiftLeft<16>(in_y), x_value),
            hn::Or(hn::ShiftLeft<16>(in_cr), hn::And(in_cb, hn::Set(D(), 0xffff)))};
  }

 private:
  static HWY_ATTR V load(const uint16_t* from) {
    return hn::PromoteTo(D(), hn::LoadU(hn::Rebind<uint16_t, D>(), from));
  }
  int x_luma_shift, x_chroma_shift;
  V x_luma_half, x_chroma_half, x_luma_mask, x_chroma_mask, x_value;
};

/// One component as codes.
class Writer {
 public:
  HWY_ATTR Writer(const Cells& cells, const Target& target)
      : x_top(hn::Set(D(), cells.top)), x_out(target.codes), x_bytes(cells.bytes) {
    for (size_t i = 0; i < 24; ++i)
      x_offsets[i] = static_cast<int32_t>(std::lround(target.offsets[i % 8] * (1 << Cells::kFraction)));
  }

  HWY_ATTR HWY_INLINE void operator()(const Halves& record, const Place& place, int x) const {
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
  alignas(64) int32_t x_offsets[24];
  V x_top;
  void* x_out;
  bool x_bytes;
};

/// Notes the columns of lanes without a record.
HWY_ATTR HWY_INLINE void note(const Halves& record, int x, Rough& rough) {
  const D d;
  const auto missing = hn::Eq(record.value_y, hn::Zero(d));
  if (HWY_LIKELY(hn::AllFalse(d, missing))) return;
  // Not CompressStore: with a mask in memory it takes Zen 4 a hundred cycles.
  hn::StoreU(hn::Compress(hn::Iota(d, x), missing), d, rough.columns + rough.count);
  rough.count += static_cast<int>(hn::CountTrue(d, missing));
}

/// Columns of padding do not count.
void trim(int first, int width, Rough& rough) {
  while (rough.count > first && rough.columns[rough.count - 1] >= width) --rough.count;
}

HWY_ATTR void LookUpLuma(const Cells& cells, const uint16_t* const (&in)[3], int width, const Target& luma,
                         Rough& rough) {
  const int lanes = static_cast<int>(hn::Lanes(D())), first = rough.count;
  const Finder find(cells);
  const Writer write(cells, luma);
  const Cells::Record* const table = cells.luma.get();
  for (int x = 0; x < width; x += lanes) {
    const Place place = find(in[0] + x, in[1] + x, in[2] + x);
    const Halves record = fetch<1, 0>(table, place.index);
    write(record, place, x);
    note(record, x, rough);
  }
  trim(first, width, rough);
}

HWY_ATTR void LookUpChroma(const Cells& cells, const uint16_t* const (&in)[3], int width, const Target& cb,
                           const Target& cr, Rough& rough) {
  const int lanes = static_cast<int>(hn::Lanes(D())), first = rough.count;
  const Finder find(cells);
  const Writer write_cb(cells, cb), write_cr(cells, cr);
  const Cells::Record* const table = cells.chroma.get();
  for (int x = 0; x < width; x += lanes) {
    const Place place = find(in[0] + x, in[1] + x, in[2] + x);
    const Halves in_cb = fetch<2, 0>(table, place.index);
    write_cb(in_cb, place, x);
    write_cr(fetch<2, 1>(table, place.index), place, x);
    note(in_cb, x, rough);
  }
  trim(first, width, rough);
}

}  // namespace HWY_NAMESPACE
}  // namespace pier::colour::impl
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::colour::impl {

HWY_EXPORT(LookUpLuma);
HWY_EXPORT(LookUpChroma);

void look_up_luma(const Cells& cells, const uint16_t* const (&in)[3], int width, const Target& luma, Rough& rough) {
  HWY_DYNAMIC_DISPATCH(LookUpLuma)(cells, in, width, luma, rough);
}

void look_up_chroma(const Cells& cells, const uint16_t* const (&in)[3], int width, const Target& cb, const Target& cr,
                    Rough& rough) {
  HWY_DYNAMIC_DISPATCH(LookUpChroma)(cells, in, width, cb, cr, rough);
}

}  // namespace pier::colour::impl
#endif  // HWY_ONCE
