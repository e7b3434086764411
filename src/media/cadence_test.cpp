#include "cadence.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace pier::media::impl {
namespace {

std::vector<int64_t> times(Rational rate, Rational base, int count) {
  std::vector<int64_t> result;
  for (int frame = 0; frame < count; ++frame) {
    result.push_back(std::llround(frame / rate.value() / base.value()));
  }
  return result;
}

TEST(Cadence, EveryBroadcastRateInEveryTimeBase) {
  for (const Rational rate :
       {Rational(24000, 1001), Rational(24), Rational(25), Rational(30000, 1001), Rational(30), Rational(50),
        Rational(60000, 1001), Rational(60), Rational(100), Rational(120000, 1001), Rational(120)}) {
    for (const Rational base : {Rational(1, 90000), Rational(1, 1000), Rational(1, 1000000), Rational(1, 15360)}) {
      const Cadence cadence = find_cadence({times(rate, base, 1500)}, base, {});
      EXPECT_EQ(cadence.rate, rate) << rate.to_string() << " in " << base.to_string();
      EXPECT_FALSE(cadence.variable) << rate.to_string() << " in " << base.to_string();
    }
  }
}

TEST(Cadence, ShortClipsTakeWhatIsDeclaredWhereItFits) {
  const Rational base(1, 1000);
  EXPECT_EQ(find_cadence({times(60, base, 5)}, base, {Rational(60000, 1001)}).rate, Rational(60000, 1001));
  EXPECT_EQ(find_cadence({times(60, Rational(1, 90000), 5)}, Rational(1, 90000), {Rational(25)}).rate, Rational(60));
}

TEST(Cadence, AbsurdDeclarationsAreLeftOut) {
  const Rational base(1, 90000);
  for (const Rational absurd : {Rational(0), Rational(90000), Rational(1, 1000)}) {
    EXPECT_EQ(find_cadence({times(50, base, 100)}, base, {absurd}).rate, Rational(50));
    EXPECT_EQ(find_cadence({}, base, {absurd}).rate, Rational(0));
  }
  EXPECT_EQ(find_cadence({}, base, {Rational(0), Rational(50)}).rate, Rational(50));
}

TEST(Cadence, OneLateFrameMakesItVariable) {
  const Rational base(1, 90000);
  auto late = times(50, base, 100);
  late[40] += 2;
  EXPECT_TRUE(find_cadence({late}, base, {}).variable);
  EXPECT_EQ(find_cadence({late}, base, {}).rate, Rational(50));
  late[40] -= 1;
  EXPECT_TRUE(find_cadence({late}, base, {}).variable) << "distances of 1801 and 1799 differ by two ticks";
}

TEST(Cadence, AGapBetweenRunsIsNoFault) {
  const Rational base(1, 90000);
  auto second = times(25, base, 50);
  for (int64_t& time : second) time += 90000000;
  const Cadence cadence = find_cadence({times(25, base, 50), second}, base, {});
  EXPECT_FALSE(cadence.variable);
  EXPECT_EQ(cadence.rate, Rational(25));
}

TEST(Cadence, OddRatesStayExact) {
  EXPECT_EQ(find_cadence({{0, 3001, 6002, 9003, 12004}}, Rational(1, 90000), {}).rate, Rational(90000, 3001));
}

}  // namespace
}  // namespace pier::media::impl
