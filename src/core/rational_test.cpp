#include <limits>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include <pier/core/rational.hpp>

namespace pier {
namespace {

__extension__ using int128 = __int128;
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

class Random {
 public:
  int64_t upto(int64_t limit) { return std::uniform_int_distribution<int64_t>(-limit, limit)(x_engine); }
  int64_t positive(int64_t limit) { return std::uniform_int_distribution<int64_t>(1, limit)(x_engine); }

 private:
  std::mt19937_64 x_engine{20260111};
};

TEST(RationalTest, IsAlwaysInLowestTerms) {
  EXPECT_EQ(Rational(50, 2).to_string(), "25");
  EXPECT_EQ(Rational(120000, 2002).to_string(), "60000/1001");
  EXPECT_EQ(Rational(3, -6), Rational(-1, 2));
  EXPECT_EQ(Rational(-3, -6), Rational(1, 2));
  EXPECT_EQ(Rational(0, -7).den, 1);
  EXPECT_EQ(Rational(-2, 3).inverse(), Rational(-3, 2));
}

TEST(RationalTest, ZeroDenominatorsNeverTrap) {
  EXPECT_EQ(Rational(5, 0), Rational(0));
  EXPECT_EQ(Rational(5) / Rational(0), Rational(0));
  EXPECT_EQ(Rational(0).inverse(), Rational(0));
}

TEST(RationalTest, ArithmeticAgreesWithCrossProducts) {
  Random random;
  for (int i = 0; i < 20000; ++i) {
    const Rational a(random.upto(1 << 20), random.positive(1 << 10));
    const Rational b(random.upto(1 << 20), random.positive(1 << 10));
    for (const Rational& r : {a, b, a + b, a - b, a * b}) {
      ASSERT_GT(r.den, 0);
      ASSERT_EQ(std::gcd(r.num, r.den), r.num == 0 ? r.den : 1);
    }
    ASSERT_EQ((a + b).num * int128{a.den} * b.den, int128{(a + b).den} * (a.num * b.den + b.num * a.den));
    ASSERT_EQ(a + b - b, a);
    ASSERT_EQ((a * b).num * int128{a.den} * b.den, int128{(a * b).den} * a.num * b.num);
    if (b.num != 0) {
      ASSERT_EQ(a / b * b, a);
    }
    ASSERT_EQ(a < b, int128{a.num} * b.den < int128{b.num} * a.den);
    ASSERT_EQ(a == b, (a <=> b) == std::strong_ordering::equal);
  }
}

TEST(RationalTest, HugeResultsStayCloseAndSaturate) {
  EXPECT_EQ(Rational(kMax) * Rational(kMax), Rational(kMax));
  EXPECT_EQ(Rational(kMin, 1), Rational(-kMax));
  EXPECT_EQ(Rational(1, kMax) * Rational(1, kMax), Rational(0));
  Random random;
  for (int i = 0; i < 20000; ++i) {
    const Rational a(random.positive(kMax), random.positive(kMax));
    const Rational b(random.positive(kMax), random.positive(kMax));
    const double expected = a.value() * b.value();
    if (expected < 1e-9 || expected > 1e9) continue;
    ASSERT_NEAR((a * b).value() / expected, 1.0, 1e-8) << a.to_string() << " * " << b.to_string();
    ASSERT_NEAR((a + b).value() / (a.value() + b.value()), 1.0, 1e-8);
  }
}

TEST(RationalTest, OrderIsExactWhereDoublesAreNot) {
  EXPECT_LT(Rational(kMax - 1, kMax), Rational(1));
  EXPECT_LT(Rational(kMax - 2, kMax - 1), Rational(kMax - 1, kMax));
}

int64_t floor_divide(int128 a, int128 b) {
  const int128 quotient = a / b;
  return static_cast<int64_t>(a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient);
}

TEST(RescaleTest, AgreesWithWideIntegers) {
  Random random;
  for (int i = 0; i < 50000; ++i) {
    const int64_t ticks = random.upto(int64_t{1} << (i % 40));
    const Rational from(random.positive(100000), random.positive(100000));
    const Rational to(random.positive(100000), random.positive(100000));
    const int128 num = int128{ticks} * from.num * to.den;
    const int128 den = int128{from.den} * to.num;
    const int64_t down = floor_divide(num, den);
    ASSERT_EQ(rescale(ticks, from, to, Rounding::kDown), down);
    ASSERT_EQ(rescale(ticks, from, to, Rounding::kUp), -floor_divide(-num, den));
    const int64_t nearest = num < 0 ? -floor_divide(-2 * num + den, 2 * den) : floor_divide(2 * num + den, 2 * den);
    ASSERT_EQ(rescale(ticks, from, to), nearest) << ticks << ' ' << from.to_string() << ' ' << to.to_string();
  }
}

TEST(RescaleTest, RoundsHalvesAwayFromZero) {
  EXPECT_EQ(rescale(1, Rational(1, 2), 1), 1);
  EXPECT_EQ(rescale(-1, Rational(1, 2), 1), -1);
  EXPECT_EQ(rescale(1, Rational(1, 3), 1), 0);
  EXPECT_EQ(rescale(-1, Rational(1, 2), 1, Rounding::kUp), 0);
  EXPECT_EQ(rescale(-1, Rational(1, 2), 1, Rounding::kDown), -1);
}

TEST(RescaleTest, WideProductsAreExactAndTheResultSaturates) {
  // Coprime 62-bit bases: the product needs about 186 bits.
  const int64_t a = (int64_t{1} << 61) - 1;
  const int64_t b = (int64_t{1} << 62) - 57;
  for (const int64_t ticks : {int64_t{1}, int64_t{1000003}, kMax, -kMax}) {
    EXPECT_EQ(rescale(ticks, Rational(a, b), Rational(a, b)), ticks);
    EXPECT_EQ(rescale(ticks, Rational(a, kMax), Rational(a, kMax), Rounding::kDown), ticks);
  }
  EXPECT_EQ(rescale(b, Rational(a, b), Rational(1)), a);
  EXPECT_EQ(rescale(b, Rational(a, b), Rational(b, a), Rounding::kDown), floor_divide(int128{a} * a, b));
  EXPECT_EQ(rescale(kMax, Rational(kMax), Rational(1, kMax)), kMax);
  EXPECT_EQ(rescale(-kMax, Rational(2), Rational(1)), -kMax);
  EXPECT_EQ(rescale(kMin, Rational(1), Rational(1)), -kMax);
  const int64_t power = int64_t{1} << 62;
  EXPECT_EQ(rescale(power, Rational(power), Rational(1, power)), kMax) << "2^186 leaves no low bits";
  EXPECT_EQ(rescale(5, Rational(1), Rational(0)), 0);
}

TEST(RationalTextTest, ReadsWhatTheFieldWrites) {
  const std::pair<std::string_view, Rational> cases[] = {
      {"50", 50},
      {"60000/1001", {60000, 1001}},
      {"59.94", {60000, 1001}},
      {"29.97", {30000, 1001}},
      {"23.976", {24000, 1001}},
      {"23.98", {24000, 1001}},
      {"23.97", {24000, 1001}},
      {"119.88", {120000, 1001}},
      {"47.952", {48000, 1001}},
      {"25.000", 25},
      {"12.5", {25, 2}},
      {"29.9", {299, 10}},
      {"-1/2", {-1, 2}},
      {"0", 0},
      {"1.777777777", {1777777777, 1000000000}},
  };
  for (const auto& [text, value] : cases) {
    const auto parsed = parse_rational(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, value) << text << " gave " << parsed->to_string();
  }
}

TEST(RationalTextTest, RefusesTheRest) {
  for (const std::string_view text : {"",
                                      "-",
                                      "/",
                                      "1/",
                                      "/2",
                                      "1/0",
                                      "1//2",
                                      "1.",
                                      ".5",
                                      "1.2.3",
                                      "1.-5",
                                      "--1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "nan",
                                      "1e3",
                                      "99999999999999999999",
                                      "1/99999999999999999999",
                                      "1.0123456789"}) {
    const auto parsed = parse_rational(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(RationalTextTest, RoundTrips) {
  Random random;
  for (int i = 0; i < 2000; ++i) {
    const Rational r(random.upto(kMax), random.positive(kMax));
    ASSERT_EQ(parse_rational(r.to_string()).value(), r);
  }
}

const Rational kNtsc30(30000, 1001);
const Rational kNtsc60(60000, 1001);

TEST(TimecodeTest, DropFrameVectors) {
  const std::pair<int64_t, std::string_view> cases[] = {
      {0, "00:00:00;00"},     {1799, "00:00:59;29"},   {1800, "00:01:00;02"},    {3597, "00:01:59;29"},
      {3598, "00:02:00;02"},  {17981, "00:09:59;29"},  {17982, "00:10:00;00"},   {19781, "00:10:59;29"},
      {19782, "00:11:00;02"}, {107892, "01:00:00;00"}, {2589407, "23:59:59;29"},
  };
  for (const auto& [frame, text] : cases) {
    EXPECT_EQ((Timecode{frame, 30, true}.to_string()), text);
    const auto parsed = parse_timecode(text, kNtsc30);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->frame, frame) << text;
    EXPECT_TRUE(parsed->drop);
  }
  EXPECT_EQ((Timecode{3600, 60, true}.to_string()), "00:01:00;04");
  EXPECT_EQ(parse_timecode("00:01:00;04", kNtsc60)->frame, 3600);
}

// The oracle counts through a whole day and leaves out the numbers that ST 12-1 leaves out.
TEST(TimecodeTest, CountsAWholeDay) {
  struct Case {
    Rational rate;
    int fps;
    bool drop;
  };
  for (const Case& c :
       {Case{kNtsc30, 30, true}, Case{kNtsc60, 60, true}, Case{25, 25, false}, Case{{24000, 1001}, 24, false}}) {
    int64_t frame = 0;
    char text[16];
    for (int minute = 0; minute < 24 * 60; ++minute) {
      for (int number = 0; number < c.fps * 60; ++number) {
        if (c.drop && minute % 10 != 0 && number < c.fps / 15) continue;
        const bool edge = number < 8 || number > c.fps * 60 - 3 || number % 977 == 0;
        if (edge) {
          std::snprintf(text, sizeof text, "%02d:%02d:%02d%c%02d", minute / 60 % 24, minute % 60, number / c.fps % 60,
                        c.drop ? ';' : ':', number % c.fps % 100);
          ASSERT_EQ((Timecode{frame, c.fps, c.drop}.to_string()), text);
          const auto parsed = parse_timecode(text, c.rate);
          ASSERT_TRUE(parsed) << text;
          ASSERT_EQ(parsed->frame, frame) << text;
        }
        ++frame;
      }
    }
    EXPECT_EQ((Timecode{frame, c.fps, c.drop}.to_string()), (Timecode{0, c.fps, c.drop}.to_string()));
    EXPECT_EQ((Timecode{-1, c.fps, c.drop}.to_string()), (Timecode{frame - 1, c.fps, c.drop}.to_string()));
  }
}

TEST(TimecodeTest, RefusesWhatDoesNotExist) {
  for (const std::string_view text :
       {"00:01:00;00", "00:01:00;01", "00:59:00;01", "24:00:00;00", "00:60:00;00", "00:00:60;00", "00:00:00;30",
        "00:00:00", "", "0:00:00:00", "00:00:00.00", "-1:00:00:00", "aa:00:00:00", "00:00:00:0", "00:00:00:0000"}) {
    const auto parsed = parse_timecode(text, kNtsc30);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(parse_timecode("00:10:00;00", kNtsc30));
  EXPECT_TRUE(parse_timecode("00:01:00:00", kNtsc30)) << "without drop frame the number exists";
  EXPECT_FALSE(parse_timecode("00:00:00;00", 25)) << "drop frame exists only in the 1001 family";
  EXPECT_FALSE(parse_timecode("00:00:00;00", 30));
  EXPECT_FALSE(parse_timecode("00:00:00:00", 0));
  EXPECT_TRUE(parse_timecode("00:00:00:100", 120));
}

}  // namespace
}  // namespace pier
