#pragma once
// A function of one variable as 32 cubic pieces, for vectors of floats. The pieces are cut along the exponent and the
// first bits of the mantissa, so that they get narrower toward 0 and are found by one shift.

#include <functional>

namespace pier::colour::impl {

struct Curve {
  static constexpr int kPieces = 32;
  /// Coefficients of x^0 ... x^3. The piece of x stands at the low five bits of its float >> shift.
  alignas(64) float coefficients[4][kPieces];
  float lowest = 0.0f;   // the first piece goes from 0 to the end of the one that begins here
  float highest = 1.0f;  // larger arguments count as this
  int shift = 23;
};

/// `function` on 0 ... `highest`. `cuts`: 0, 1 or 2 bits of mantissa, for 32, 16 or 8 octaves of pieces; below them one
/// piece goes to 0. Where the function has a corner, scale it so that the corner lies on a power of two.
Curve make_curve(const std::function<double(double)>& function, double highest, int cuts);

}  // namespace pier::colour::impl
