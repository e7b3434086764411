#include <algorithm>
#include <array>
#include <cmath>

#include <pier/colour/cube.hpp>

namespace pier::colour {
namespace {

/// Node before a place on an axis, and the part of the way to the next.
struct Between {
  size_t node;
  double part;
};

Between between(const Cube::Table& table, size_t channel, double signal) {
  const double low = table.low[channel], high = table.high[channel];
  const double place = std::clamp((signal - low) / (high - low), 0.0, 1.0) * (table.size - 1);
  const double node = std::min(std::floor(place), table.size - 2.0);
  return {static_cast<size_t>(node), place - node};
}

Rgb apply_curves(const Cube::Table& table, const Rgb& signal) {
  Rgb out{};
  for (size_t c = 0; c < 3; ++c) {
    const auto [node, part] = between(table, c, signal[c]);
    const double from = table.values[c][node], to = table.values[c][node + 1];
    out[c] = from + (to - from) * part;
  }
  return out;
}

/// From the corner nearest to black along the axes in the order of their parts, the largest first.
Rgb apply_lattice(const Cube::Table& table, const Rgb& signal) {
  const auto side = static_cast<size_t>(table.size);
  const std::array<size_t, 3> strides{1, side, side * side};
  std::array<double, 3> parts{};
  std::array<size_t, 3> order{0, 1, 2};
  size_t node = 0;
  for (size_t c = 0; c < 3; ++c) {
    const Between place = between(table, c, signal[c]);
    node += place.node * strides[c];
    parts[c] = place.part;
  }
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return parts[a] > parts[b]; });
  Rgb out{};
  for (size_t c = 0; c < 3; ++c) {
    size_t at = node;
    double before = table.values[c][at], sum = before;
    for (const size_t axis : order) {
      at += strides[axis];
      const double here = table.values[c][at];
      sum += (here - before) * parts[axis];
      before = here;
    }
    out[c] = sum;
  }
  return out;
}

}  // namespace

Rgb look_up(const Cube& cube, const Rgb& signal) {
  const Rgb curved = cube.curves.size != 0 ? apply_curves(cube.curves, signal) : signal;
  return cube.lattice.size != 0 ? apply_lattice(cube.lattice, curved) : curved;
}

}  // namespace pier::colour
