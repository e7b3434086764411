// Codes to light: PU21 and dE-ITP of rows of pixels.

#include <algorithm>

#include "kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels_light.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pier::quality::impl::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Integers = hn::RebindToSigned<Floats>;
using V = hn::Vec<Floats>;

struct Rgb {
  V r, g, b;
};

HWY_INLINE V times(V v, float factor) {
  return hn::Mul(v, hn::Set(Floats(), factor));
}

HWY_INLINE V look_up(const LogCurve& curve, V argument) {
  const Floats d;
  const Integers di;
  const V inside = hn::Min(hn::Max(argument, hn::Set(d, curve.least)), hn::Set(d, curve.most));
  const auto offset = hn::Sub(hn::BitCast(di, inside), hn::Set(di, curve.first_bits));
  const auto index = hn::ShiftRight<LogCurve::kShift>(offset);
  const auto rest = hn::And(offset, hn::Set(di, (1 << LogCurve::kShift) - 1));
  const V low = hn::GatherIndex(d, curve.values.data(), index);
  const V high = hn::GatherIndex(d, curve.values.data() + 1, index);
  return hn::Add(low, hn::Mul(hn::Sub(high, low), times(hn::ConvertTo(d, rest), 1.0F / (1 << LogCurve::kShift))));
}

/// Light of one channel of a signal, which is clipped to 0 ... 1.
HWY_INLINE V light_of(const LightTables& tables, V signal) {
  const Floats d;
  const V position = times(hn::Min(hn::Max(signal, hn::Zero(d)), hn::Set(d, 1.0F)), float{LightTables::kSteps});
  const auto index = hn::ConvertTo(Integers(), position);
  const V low = hn::GatherIndex(d, tables.light.data(), index);
  const V high = hn::GatherIndex(d, tables.light.data() + 1, index);
  return hn::Add(low, hn::Mul(hn::Sub(high, low), hn::Sub(position, hn::ConvertTo(d, index))));
}

HWY_INLINE V code(const uint16_t* from, float offset, float scale) {
  const Floats d;
  const auto integers = hn::PromoteTo(Integers(), hn::LoadU(hn::Rebind<uint16_t, Floats>(), from));
  return hn::Mul(hn::Sub(hn::ConvertTo(d, integers), hn::Set(d, offset)), hn::Set(d, scale));
}

HWY_INLINE Rgb light_at(const LightTables& t, const YcbcrRow& row, int x) {
  const V y = code(row.y + x, t.luma_offset, t.luma_scale);
  const V cb = code(row.cb + x, t.chroma_offset, t.chroma_scale);
  const V cr = code(row.cr + x, t.chroma_offset, t.chroma_scale);
  const V green = hn::Add(y, hn::Add(times(cb, t.g_from_cb), times(cr, t.g_from_cr)));
  return {light_of(t, hn::Add(y, times(cr, t.r_from_cr))), light_of(t, green),
          light_of(t, hn::Add(y, times(cb, t.b_from_cb)))};
}

HWY_INLINE V weighted(const Rgb& light, const float weights[3]) {
  return hn::Add(times(light.r, weights[0]), hn::Add(times(light.g, weights[1]), times(light.b, weights[2])));
}

void PuRow(const LightTables& tables, const YcbcrRow& row, int width, float* out) {
  const Floats d;
  const int step = static_cast<int>(hn::Lanes(d));
  for (int x = 0; x < width; x += step)
    hn::StoreU(look_up(tables.pu21, weighted(light_at(tables, row, x), tables.luminance)), d, out + x);
}

struct Itp {
  V i, t, p;
};

HWY_INLINE Itp itp_at(const LightTables& tables, const YcbcrRow& row, int x) {
  Rgb light = light_at(tables, row, x);
  if (tables.scene) {
    const V gain = look_up(tables.display_gain, weighted(light, tables.luminance));
    light = {hn::Mul(light.r, gain), hn::Mul(light.g, gain), hn::Mul(light.b, gain)};
  }
  const V l = look_up(tables.pq, weighted(light, tables.lms[0]));
  const V m = look_up(tables.pq, weighted(light, tables.lms[1]));
  const V s = look_up(tables.pq, weighted(light, tables.lms[2]));
  // BT.2100 table 7; T is half of Ct (BT.2124).
  constexpr float kT[3] = {6610.0F / 8192, -13613.0F / 8192, 7003.0F / 8192};
  constexpr float kP[3] = {17933.0F / 4096, -17390.0F / 4096, -543.0F / 4096};
  const Rgb lms{l, m, s};
  return {times(hn::Add(l, m), 0.5F), weighted(lms, kT), weighted(lms, kP)};
}

void DeltaERow(const LightTables& tables, const YcbcrRow& a, const YcbcrRow& b, int width, float* out) {
  const Floats d;
  const int step = static_cast<int>(hn::Lanes(d));
  for (int x = 0; x < width; x += step) {
    const Itp one = itp_at(tables, a, x), other = itp_at(tables, b, x);
    const V i = hn::Sub(one.i, other.i), t = hn::Sub(one.t, other.t), p = hn::Sub(one.p, other.p);
    const V squares = hn::Add(hn::Mul(i, i), hn::Add(hn::Mul(t, t), hn::Mul(p, p)));
    hn::StoreU(times(hn::Sqrt(squares), 720.0F), d, out + x);
  }
}

}  // namespace pier::quality::impl::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::quality::impl {

HWY_EXPORT(PuRow);
HWY_EXPORT(DeltaERow);

void pu21_row(const LightTables& tables, const YcbcrRow& row, int width, float* out) {
  HWY_DYNAMIC_DISPATCH(PuRow)(tables, row, width, out);
}

void delta_e_row(const LightTables& tables, const YcbcrRow& a, const YcbcrRow& b, int width, float* out) {
  HWY_DYNAMIC_DISPATCH(DeltaERow)(tables, a, b, width, out);
}

}  // namespace pier::quality::impl
#endif  // HWY_ONCE
