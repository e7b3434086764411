// Look-up tables in vectors: linear in 1D, tetrahedral in 3D. Nothing is fused, as in direct.cpp.

#include "direct.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "direct_cube.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pier::colour::impl {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
using DI = hn::RebindToSigned<D>;
using VI = hn::Vec<DI>;

/// Node before the places on an axis, and the part of the way to the next.
struct Between {
  VI node;
  V part;
};

class Axis {
 public:
  HWY_ATTR Axis(const Cube::Table& table, size_t channel)
      : x_low(hn::Set(D(), static_cast<float>(table.low[channel]))),
        x_factor(hn::Set(D(), static_cast<float>((table.size - 1) / (table.high[channel] - table.low[channel])))),
        x_end(hn::Set(D(), static_cast<float>(table.size - 1))),
        x_last(hn::Set(D(), static_cast<float>(table.size - 2))) {}

  HWY_ATTR HWY_INLINE Between operator()(V signal) const {
    const V place = hn::Mul(hn::Sub(signal, x_low), x_factor);
    const V inside = hn::Min(hn::Max(place, hn::Zero(D())), x_end);
    const VI node = hn::ConvertTo(DI(), hn::Min(inside, x_last));
    return {node, hn::Sub(inside, hn::ConvertTo(D(), node))};
  }

 private:
  V x_low, x_factor, x_end, x_last;
};

HWY_ATTR void apply_curves(const Cube::Table& table, int count, float* const (&channels)[3]) {
  const D d;
  for (size_t c = 0; c < 3; ++c) {
    const Axis axis(table, c);
    const float* const values = table.values[c].data();
    for (int x = 0; x < count; x += static_cast<int>(hn::Lanes(d))) {
      const Between place = axis(hn::LoadU(d, channels[c] + x));
      const V from = hn::GatherIndex(d, values, place.node), to = hn::GatherIndex(d, values + 1, place.node);
      hn::StoreU(hn::Add(from, hn::Mul(hn::Sub(to, from), place.part)), d, channels[c] + x);
    }
  }
}

/// A path from node to node along one axis after the other, the one with the largest part first.
struct Path {
  VI first, second, third, fourth;
  V largest, middle, smallest;
};

HWY_ATTR HWY_INLINE Path path_of(const Between& r, const Between& g, const Between& b, int side) {
  const DI di;
  const VI step_r = hn::Set(di, 1), step_g = hn::Set(di, side), step_b = hn::Set(di, side * side);
  const VI node = hn::Add(r.node, hn::Add(hn::Mul(g.node, step_g), hn::Mul(b.node, step_b)));
  const auto r_over_g = hn::RebindMask(di, hn::Ge(r.part, g.part)),
             r_over_b = hn::RebindMask(di, hn::Ge(r.part, b.part)),
             g_over_b = hn::RebindMask(di, hn::Ge(g.part, b.part));
  const VI larger =
      hn::IfThenElse(r_over_g, hn::IfThenElse(r_over_b, step_r, step_b), hn::IfThenElse(g_over_b, step_g, step_b));
  const VI smaller =
      hn::IfThenElse(r_over_g, hn::IfThenElse(g_over_b, step_b, step_g), hn::IfThenElse(r_over_b, step_b, step_r));
  const VI last = hn::Add(node, hn::Add(step_r, hn::Add(step_g, step_b)));
  const V largest = hn::Max(r.part, hn::Max(g.part, b.part)), smallest = hn::Min(r.part, hn::Min(g.part, b.part));
  const V middle = hn::Max(hn::Min(r.part, g.part), hn::Min(hn::Max(r.part, g.part), b.part));
  return {node, hn::Add(node, larger), hn::Sub(last, smaller), last, largest, middle, smallest};
}

HWY_ATTR void apply_lattice(const Cube::Table& table, int count, float* const (&channels)[3]) {
  const D d;
  const Axis red(table, 0), green(table, 1), blue(table, 2);
  for (int x = 0; x < count; x += static_cast<int>(hn::Lanes(d))) {
    const Path path = path_of(red(hn::LoadU(d, channels[0] + x)), green(hn::LoadU(d, channels[1] + x)),
                              blue(hn::LoadU(d, channels[2] + x)), table.size);
    for (size_t c = 0; c < 3; ++c) {
      const float* const values = table.values[c].data();
      const V first = hn::GatherIndex(d, values, path.first), second = hn::GatherIndex(d, values, path.second),
              third = hn::GatherIndex(d, values, path.third), fourth = hn::GatherIndex(d, values, path.fourth);
      V sum = hn::Add(first, hn::Mul(hn::Sub(second, first), path.largest));
      sum = hn::Add(sum, hn::Mul(hn::Sub(third, second), path.middle));
      hn::StoreU(hn::Add(sum, hn::Mul(hn::Sub(fourth, third), path.smallest)), d, channels[c] + x);
    }
  }
}

HWY_ATTR void ApplyCube(const Cube& cube, int count, float* const (&channels)[3]) {
  if (cube.curves.size != 0) apply_curves(cube.curves, count, channels);
  if (cube.lattice.size != 0) apply_lattice(cube.lattice, count, channels);
}

}  // namespace HWY_NAMESPACE
}  // namespace pier::colour::impl
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::colour::impl {

HWY_EXPORT(ApplyCube);

void apply_cube(const Cube& cube, int count, float* const (&channels)[3]) {
  HWY_DYNAMIC_DISPATCH(ApplyCube)(cube, count, channels);
}

}  // namespace pier::colour::impl
#endif  // HWY_ONCE
