#pragma once
// Exact time. A media time is a count of ticks of a rational time base; a wall clock never enters a media timeline.

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include <pier/core/result.hpp>

namespace pier {

/// A normalised fraction: den > 0, gcd(num, den) = 1; 0/1 is zero. Sums and products go through 128 bits;
/// a result that 64 bits cannot hold is the nearest-below fraction that they can, at last the largest number.
/// A denominator of 0, a division by 0 and the inverse of 0 give 0 and never trap: check hostile fields first.
struct Rational {
  int64_t num = 0;
  int64_t den = 1;

  constexpr Rational() = default;
  constexpr Rational(int64_t n) : num(n) {}  // NOLINT: whole numbers are rationals
  Rational(int64_t n, int64_t d);            // d != 0

  double value() const { return static_cast<double>(num) / static_cast<double>(den); }
  Rational inverse() const { return {den, num}; }  // num != 0
  std::string to_string() const;                   // "50", "60000/1001"

  friend Rational operator+(Rational a, Rational b);
  friend Rational operator-(Rational a, Rational b);
  friend Rational operator*(Rational a, Rational b);
  friend Rational operator/(Rational a, Rational b);  // b != 0
  friend bool operator==(Rational a, Rational b) = default;
  friend std::strong_ordering operator<=>(Rational a, Rational b);
};

enum class Rounding { kDown, kNearest, kUp };

/// ticks * from / to in whole ticks (halves away from zero when nearest), without overflow inside;
/// kDown and kUp go towards minus and plus infinity, a result beyond 64 bits becomes the largest number.
int64_t rescale(int64_t ticks, Rational from, Rational to, Rounding rounding = Rounding::kNearest);

/// "50", "60000/1001", "59.94" (decimals of the broadcast family become n*1000/1001).
Result<Rational> parse_rational(std::string_view text);

/// SMPTE ST 12-1 time code. Drop frame counting only at 30000/1001 and 60000/1001.
/// Text wraps at 24 hours; the parser takes hh:mm:ss:ff and hh:mm:ss;ff and refuses numbers that drop frame leaves out.
struct Timecode {
  int64_t frame = 0;  // frames since 00:00:00:00
  int fps = 25;       // nominal, 30 for 29.97
  bool drop = false;

  std::string to_string() const;  // "01:00:00:00", ";" before the frames when drop
};
Result<Timecode> parse_timecode(std::string_view text, Rational frame_rate);

}  // namespace pier
