#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <limits>
#include <optional>
#include <utility>

#include <pier/core/rational.hpp>

namespace pier {
namespace {

__extension__ using int128 = __int128;
__extension__ using uint128 = unsigned __int128;

constexpr uint128 kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());

uint128 magnitude(int128 value) {
  return value < 0 ? uint128{0} - static_cast<uint128>(value) : static_cast<uint128>(value);
}

uint128 gcd(uint128 a, uint128 b) {
  while (b != 0) a = std::exchange(b, a % b);
  return a;
}

int64_t with_sign(uint128 value, bool negative) {
  const auto clamped = static_cast<int64_t>(std::min(value, kMax));
  return negative ? -clamped : clamped;
}

struct Division {
  uint128 quotient;
  uint128 remainder;
};

// a * b / d with a product of up to 190 bits, d below 2^127; the quotient saturates.
Division multiply_divide(uint64_t a, uint128 b, uint128 d) {
  if (b >> 64U == 0) {
    const uint128 product = b * a;
    return {product / d, product % d};
  }
  const uint128 low = (b & ~uint64_t{0}) * a;
  const uint128 high = (b >> 64U) * a + (low >> 64U);
  const std::array<uint64_t, 3> limbs{static_cast<uint64_t>(high >> 64U), static_cast<uint64_t>(high),
                                      static_cast<uint64_t>(low)};
  Division result{0, 0};
  bool overflow = false;
  for (const uint64_t limb : limbs) {
    for (int bit = 63; bit >= 0; --bit) {
      result.remainder = result.remainder << 1U | (limb >> bit & 1U);
      overflow = overflow || result.quotient >> 127U != 0;
      result.quotient <<= 1U;
      if (result.remainder >= d) {
        result.remainder -= d;
        result.quotient |= 1U;
      }
    }
  }
  if (overflow) result.quotient = ~uint128{0};
  return result;
}

// Lowest terms; a fraction that 64 bits cannot hold loses its low bits.
Rational reduced(int128 num, int128 den) {
  Rational result;
  if (num == 0 || den == 0) return result;
  const bool negative = (num < 0) != (den < 0);
  uint128 n = magnitude(num);
  uint128 d = magnitude(den);
  const uint128 divisor = gcd(n, d);
  n /= divisor;
  d /= divisor;
  if (n > kMax || d > kMax) {
    unsigned shift = 0;
    while (n >> shift > kMax || d >> shift > kMax) ++shift;
    const auto coarse = std::max<uint64_t>(static_cast<uint64_t>(d >> shift), 1);
    n = std::min(multiply_divide(coarse, n, d).quotient, kMax);
    if (n == 0) return result;
    const uint128 again = gcd(n, coarse);
    n /= again;
    d = coarse / again;
  }
  result.num = with_sign(n, negative);
  result.den = static_cast<int64_t>(d);
  return result;
}

std::optional<int64_t> digits(std::string_view text) {
  int64_t value = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "59.94" is 60000/1001 written to two places; anything else is the decimal it says.
Rational decimal(int64_t value, int64_t scale) {
  if (scale >= 100) {
    for (const int64_t nominal : {24, 30, 48, 60, 120}) {
      const Rational exact(nominal * 1000, 1001);
      const Rational tick(1, scale);
      if (rescale(1, exact, tick) == value || rescale(1, exact, tick, Rounding::kDown) == value) return exact;
    }
  }
  return {value, scale};
}

// Frame numbers left out at the start of each minute but the tenth ones.
int64_t dropped_per_minute(const Timecode& code) {
  return code.drop && code.fps % 30 == 0 ? code.fps / 15 : 0;
}

}  // namespace

Rational::Rational(int64_t n, int64_t d) {
  *this = reduced(n, d);
}

std::string Rational::to_string() const {
  return den == 1 ? std::to_string(num) : std::to_string(num) + "/" + std::to_string(den);
}

Rational operator+(Rational a, Rational b) {
  return reduced(int128{a.num} * b.den + int128{b.num} * a.den, int128{a.den} * b.den);
}
Rational operator-(Rational a, Rational b) {
  return reduced(int128{a.num} * b.den - int128{b.num} * a.den, int128{a.den} * b.den);
}
Rational operator*(Rational a, Rational b) {
  return reduced(int128{a.num} * b.num, int128{a.den} * b.den);
}
Rational operator/(Rational a, Rational b) {
  return reduced(int128{a.num} * b.den, int128{a.den} * b.num);
}
std::strong_ordering operator<=>(Rational a, Rational b) {
  const int128 left = int128{a.num} * b.den;
  const int128 right = int128{b.num} * a.den;
  return left < right   ? std::strong_ordering::less
         : left > right ? std::strong_ordering::greater
                        : std::strong_ordering::equal;
}

int64_t rescale(int64_t ticks, Rational from, Rational to, Rounding rounding) {
  int128 num = int128{from.num} * to.den;
  int128 den = int128{from.den} * to.num;
  if (ticks == 0 || num == 0 || den == 0) return 0;
  const bool negative = (ticks < 0) != ((num < 0) != (den < 0));
  uint128 n = magnitude(num);
  uint128 d = magnitude(den);
  const uint128 divisor = gcd(n, d);
  n /= divisor;
  d /= divisor;
  Division result = multiply_divide(static_cast<uint64_t>(magnitude(ticks)), n, d);
  const bool away = rounding == Rounding::kNearest ? result.remainder >= d - result.remainder
                                                   : result.remainder != 0 && negative == (rounding == Rounding::kDown);
  if (away && result.quotient <= kMax) ++result.quotient;
  return with_sign(result.quotient, negative);
}

Result<Rational> parse_rational(std::string_view text) {
  const auto bad = [text] {
    return fail(ErrorCode::kInvalidArgument,
                "\"" + std::string(text.substr(0, 40)) + "\" is not a number like 50, 60000/1001 or 59.94");
  };
  const bool negative = text.starts_with('-');
  const std::string_view body = text.substr(negative ? 1 : 0);
  Rational result;
  if (const size_t slash = body.find('/'); slash != std::string_view::npos) {
    const auto num = digits(body.substr(0, slash));
    const auto den = digits(body.substr(slash + 1));
    if (!num || !den || *den == 0) return bad();
    result = {*num, *den};
  } else if (const size_t point = body.find('.'); point != std::string_view::npos) {
    const std::string_view fraction = body.substr(point + 1);
    const auto whole = digits(body.substr(0, point));
    const auto part = digits(fraction);
    if (!whole || !part || fraction.size() > 9 || *whole > 1'000'000'000) return bad();
    int64_t scale = 1;
    for (size_t i = 0; i < fraction.size(); ++i) scale *= 10;
    result = decimal(*whole * scale + *part, scale);
  } else {
    const auto whole = digits(body);
    if (!whole) return bad();
    result = *whole;
  }
  if (negative) result.num = -result.num;
  return result;
}

std::string Timecode::to_string() const {
  const int64_t nominal = std::max(fps, 1);
  const int64_t dropped = dropped_per_minute(*this);
  const int64_t per_minute = nominal * 60 - dropped;
  const int64_t per_ten = nominal * 600 - dropped * 9;
  const int64_t per_day = per_ten * 144;
  int64_t number = (frame % per_day + per_day) % per_day;
  if (dropped > 0) {
    // Put the left-out numbers back: 9 minutes of each ten, and the begun ones after the first.
    const int64_t tens = number / per_ten;
    const int64_t within = number % per_ten;
    number += dropped * 9 * tens;
    if (within >= nominal * 60) number += dropped * ((within - nominal * 60) / per_minute + 1);
  }
  const int64_t seconds = number / nominal;
  char text[64];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d%c%02d", static_cast<int>(seconds / 3600),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60), drop ? ';' : ':',
                static_cast<int>(number % nominal));
  return text;
}

Result<Timecode> parse_timecode(std::string_view text, Rational frame_rate) {
  const auto bad = [text](const std::string& why) {
    return fail(ErrorCode::kInvalidArgument, "time code \"" + std::string(text.substr(0, 20)) + "\" " + why);
  };
  if (frame_rate < Rational(1) || frame_rate > Rational(1000)) return bad("needs a frame rate of 1 to 1000 per second");
  if (text.size() < 11 || text.size() > 12 || text[2] != ':' || text[5] != ':' || (text[8] != ':' && text[8] != ';')) {
    return bad("is not written hh:mm:ss:ff or hh:mm:ss;ff");
  }
  const auto hours = digits(text.substr(0, 2));
  const auto minutes = digits(text.substr(3, 2));
  const auto seconds = digits(text.substr(6, 2));
  const auto frames = digits(text.substr(9));
  if (!hours || !minutes || !seconds || !frames) return bad("is not written in digits");
  Timecode code;
  code.fps = static_cast<int>(rescale(1, frame_rate, 1));
  code.drop = text[8] == ';';
  if (code.drop && frame_rate != Rational(30000, 1001) && frame_rate != Rational(60000, 1001)) {
    return bad("counts with drop frame, which exists only at 30000/1001 and 60000/1001, not at " +
               frame_rate.to_string());
  }
  if (*hours > 23 || *minutes > 59 || *seconds > 59 || *frames >= code.fps) {
    return bad("is out of range at " + frame_rate.to_string() + " frames per second");
  }
  const int64_t dropped = dropped_per_minute(code);
  if (*seconds == 0 && *minutes % 10 != 0 && *frames < dropped)
    return bad("names a frame number that drop frame leaves out");
  const int64_t total_minutes = *hours * 60 + *minutes;
  code.frame = (total_minutes * 60 + *seconds) * code.fps + *frames - dropped * (total_minutes - total_minutes / 10);
  return code;
}

}  // namespace pier
