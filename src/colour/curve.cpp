#include "curve.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace pier::colour::impl {
namespace {

using Cubic = std::array<double, 4>;

/// Through four points, by divided differences, written out in powers of x.
Cubic through(const std::array<double, 4>& x, std::array<double, 4> y) {
  for (size_t order = 1; order < 4; ++order)
    for (size_t i = 3; i >= order; --i) y[i] = (y[i] - y[i - 1]) / (x[i] - x[i - order]);
  Cubic out{y[3], 0, 0, 0};
  for (size_t i = 3; i-- > 0;) {
    for (size_t power = 3; power > 0; --power) out[power] = out[power - 1] - x[i] * out[power];
    out[0] = y[i] - x[i] * out[0];
  }
  return out;
}

/// Points that keep the error even over the piece; with `closed` its ends are among them.
std::array<double, 4> nodes(double from, double to, bool closed) {
  std::array<double, 4> x{};
  for (size_t i = 0; i < 4; ++i) {
    const double angle = M_PI * (2.0 * static_cast<double>(3 - i) + 1.0) / 8.0;
    const double unit = closed ? std::cos(angle) / std::cos(M_PI / 8.0) : std::cos(angle);
    x[i] = 0.5 * (from + to) + 0.5 * (to - from) * unit;
  }
  return x;
}

float start_of(uint32_t piece, int shift) {
  return std::bit_cast<float>(piece << shift);
}

}  // namespace

Curve make_curve(const std::function<double(double)>& function, double highest, int cuts) {
  Curve curve;
  curve.shift = 23 - cuts;
  curve.highest = static_cast<float>(highest);
  const uint32_t last = std::bit_cast<uint32_t>(curve.highest) >> curve.shift;
  const uint32_t first = last - (Curve::kPieces - 1);
  curve.lowest = start_of(first, curve.shift);
  for (uint32_t piece = first; piece <= last; ++piece) {
    const bool bottom = piece == first;
    const double from = bottom ? 0.0 : double{start_of(piece, curve.shift)};
    const double to = std::min(double{start_of(piece + 1, curve.shift)}, std::max(highest, from * 1.01));
    const std::array<double, 4> x = nodes(from, to, bottom || piece == last);
    std::array<double, 4> y{};
    for (size_t i = 0; i < 4; ++i) y[i] = function(x[i]);
    const Cubic cubic = through(x, y);
    for (size_t power = 0; power < 4; ++power)
      curve.coefficients[power][piece % Curve::kPieces] = static_cast<float>(cubic[power]);
  }
  return curve;
}

}  // namespace pier::colour::impl
