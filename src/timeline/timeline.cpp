#include <algorithm>
#include <cmath>

#include <pier/timeline/timeline.hpp>

namespace pier::timeline {
namespace {

constexpr double kFamily = 0.005;  // 23.98 and 29.97 are written so
constexpr int64_t kMillion = 1'000'000;
constexpr int64_t kMostDenominator = 1001;
constexpr double kLargest = 1e12;

/// The first convergent of the continued fraction that is as near as a decimal of nine places can be.
std::optional<Rational> simple_fraction(double value) {
  int64_t num = 1, num_before = 0, den = 0, den_before = 1;
  double rest = value;
  for (int step = 0; step < 24; ++step) {
    const double whole = std::floor(rest);
    const auto part = static_cast<int64_t>(whole);
    const int64_t next_num = part * num + num_before, next_den = part * den + den_before;
    if (next_den > kMostDenominator) return std::nullopt;
    num_before = num;
    den_before = den;
    num = next_num;
    den = next_den;
    const double found = static_cast<double>(num) / static_cast<double>(den);
    if (std::abs(found - value) <= 1e-9 * std::max(1.0, std::abs(value))) return Rational(num, den);
    if (rest == whole) return std::nullopt;
    rest = 1 / (rest - whole);
  }
  return std::nullopt;
}

}  // namespace

Rational rational_of(double value) {
  if (!std::isfinite(value)) return 0;
  const double bound = std::clamp(value, -kLargest, kLargest);
  if (const auto simple = simple_fraction(bound)) return *simple;
  if (std::abs(bound) > 1e9) return Rational(std::llround(bound));
  return {std::llround(bound * static_cast<double>(kMillion)), kMillion};
}

Rational rate_of(double value) {
  for (const int64_t rate : {24, 30, 48, 60, 120}) {
    const Rational family(rate * 1000, 1001);
    if (std::abs(family.value() - value) < kFamily) return family;
  }
  return rational_of(value);
}

Rational Item::length() const {
  if (kind == ItemKind::kTransition) return 0;
  if (source_range) return source_range->duration.seconds();
  return media.available ? media.available->duration.seconds() : Rational(0);
}

Rational Track::length() const {
  Rational all;
  for (const Item& item : items) all = all + item.length();
  return all;
}

Rational Timeline::length() const {
  Rational longest;
  for (const Track& track : tracks) longest = std::max(longest, track.length());
  return longest;
}

}  // namespace pier::timeline
