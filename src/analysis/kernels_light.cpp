// R'G'B' to light by tables.

#include <algorithm>

#include "kernels.hpp"
#include "kernels_scalar.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels_light.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pier::analysis::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::ScalableTag<uint32_t>;
using Vec = hn::Vec<Tag>;

HWY_INLINE Vec light_of(const uint32_t* table, const int16_t* signals) {
  const Tag d;
  const hn::RebindToSigned<Tag> di;
  const hn::Rebind<int16_t, Tag> d16;
  const auto clipped = hn::Min(hn::Max(hn::LoadU(d16, signals), hn::Zero(d16)), hn::Set(d16, RgbFactors::kLimit));
  return hn::GatherIndex(d, table, hn::ShiftRight<Signal::kBinShift>(hn::PromoteTo(di, clipped)));
}

struct Light {
  Vec red, green, blue;
};

HWY_INLINE Light light_at(const RgbRow& row, int x, const uint32_t* table) {
  return {light_of(table, row.red + x), light_of(table, row.green + x), light_of(table, row.blue + x)};
}

/// Gain of the OOTF for this light of a scene.
HWY_INLINE Vec gain_of(const Light& light, const LightTables& tables) {
  const Tag d;
  const hn::RebindToSigned<Tag> di;
  const Vec sum =
      hn::Add(hn::Add(hn::Mul(hn::Set(d, tables.red), light.red), hn::Mul(hn::Set(d, tables.green), light.green)),
              hn::Mul(hn::Set(d, tables.blue), light.blue));
  return hn::GatherIndex(d, tables.ootf, hn::BitCast(di, hn::ShiftRight<15 + Signal::kOotfShift>(sum)));
}

void light_row_any(const RgbRow& row, int count, const LightTables& tables, const LightRow& out) {
  const Tag d;
  const int step = static_cast<int>(hn::Lanes(d));
  int x = 0;
  for (; x + step <= count; x += step) {
    Light light = light_at(row, x, tables.light);
    if (tables.ootf != nullptr) {
      const Vec gain = gain_of(light, tables);
      for (Vec* one : {&light.red, &light.green, &light.blue}) {
        *one = hn::ShiftRight<Signal::kGainBits>(hn::Mul(*one, gain));
      }
    }
    hn::StoreU(light.red, d, out.red + x);
    hn::StoreU(light.green, d, out.green + x);
    hn::StoreU(light.blue, d, out.blue + x);
  }
  scalar::light_row_from(x, row, count, tables, out);
}

void luminance_row_any(const LightRow& row, int count, const LightTables& tables, uint32_t* luminance) {
  const Tag d;
  const int step = static_cast<int>(hn::Lanes(d));
  const Vec low_bits = hn::Set(d, (1U << 15U) - 1);
  int x = 0;
  for (; x + step <= count; x += step) {
    // In two halves, so that no product leaves 32 bits; the weights are 2^15 together.
    Vec high = hn::Zero(d);
    Vec low = hn::Zero(d);
    const auto add = [&](const uint32_t* light, uint32_t weight) {
      const Vec v = hn::LoadU(d, light + x);
      high = hn::Add(high, hn::Mul(hn::ShiftRight<15>(v), hn::Set(d, weight)));
      low = hn::Add(low, hn::Mul(hn::And(v, low_bits), hn::Set(d, weight)));
    };
    add(row.red, tables.red);
    add(row.green, tables.green);
    add(row.blue, tables.blue);
    hn::StoreU(hn::Add(high, hn::ShiftRight<15>(low)), d, luminance + x);
  }
  scalar::luminance_row_from(x, row, count, tables, luminance);
}

BrightnessRange brightest_row_any(const RgbRow& row, int count, const LightTables& tables, uint32_t* brightest) {
  const Tag d;
  const int step = static_cast<int>(hn::Lanes(d));
  Vec smallest = hn::Set(d, UINT32_MAX);
  Vec largest = hn::Zero(d);
  int x = 0;
  for (; x + step <= count; x += step) {
    const Light light = light_at(row, x, tables.light);
    const Vec most = hn::Max(hn::Max(light.red, light.green), light.blue);
    const Vec shown = hn::ShiftRight<Signal::kGainBits>(hn::Mul(most, gain_of(light, tables)));
    smallest = hn::Min(smallest, shown);
    largest = hn::Max(largest, shown);
    hn::StoreU(shown, d, brightest + x);
  }
  BrightnessRange range;
  HWY_ALIGN uint32_t lanes[HWY_MAX_BYTES / sizeof(uint32_t)];
  hn::Store(smallest, d, lanes);
  for (int i = 0; i < step; ++i) range.smallest = std::min(range.smallest, lanes[i]);
  hn::Store(largest, d, lanes);
  for (int i = 0; i < step; ++i) range.largest = std::max(range.largest, lanes[i]);
  scalar::brightest_row_from(x, row, count, tables, brightest, range);
  return range;
}

}  // namespace pier::analysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::analysis::kernels {

HWY_EXPORT(light_row_any);
HWY_EXPORT(luminance_row_any);
HWY_EXPORT(brightest_row_any);

void light_row(const RgbRow& row, int count, const LightTables& tables, const LightRow& out) {
  HWY_DYNAMIC_DISPATCH(light_row_any)(row, count, tables, out);
}

void luminance_row(const LightRow& row, int count, const LightTables& tables, uint32_t* luminance) {
  HWY_DYNAMIC_DISPATCH(luminance_row_any)(row, count, tables, luminance);
}

BrightnessRange brightest_row(const RgbRow& row, int count, const LightTables& tables, uint32_t* brightest) {
  return HWY_DYNAMIC_DISPATCH(brightest_row_any)(row, count, tables, brightest);
}

}  // namespace pier::analysis::kernels
#endif  // HWY_ONCE
