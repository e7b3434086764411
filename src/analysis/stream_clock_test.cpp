#include "stream_clock.hpp"

#include <gtest/gtest.h>

namespace pier::analysis::impl {
namespace {

media::Packet at(int64_t dts, int64_t duration = 1) {
  media::Packet packet;
  packet.dts = dts;
  packet.duration = duration;
  return packet;
}

TEST(DecodingClock, StartsAtTheFirstAndNeverStepsBack) {
  DecodingClock clock(Rational(1, 50), 50);
  EXPECT_EQ(clock.advance(at(-7)), 0);
  EXPECT_EQ(clock.advance(at(-6)), 20'000);
  EXPECT_EQ(clock.advance(at(-9)), 40'000);  // back: a jump
  EXPECT_EQ(clock.advance(at(-8)), 60'000);
  EXPECT_EQ(clock.jumps(), 1);
  EXPECT_EQ(clock.advance(at(INT64_MAX)), 80'000);
  EXPECT_EQ(clock.advance(at(INT64_MIN + 1)), 100'000);
  EXPECT_EQ(clock.jumps(), 3);
}

TEST(DecodingClock, NominalDurationWhereNoneIsGiven) {
  DecodingClock clock(Rational(1, 90000), Rational(120000, 1001));
  EXPECT_EQ(clock.advance(at(INT64_MIN, 0)), 0);
  EXPECT_EQ(clock.advance(at(INT64_MIN, 0)), 8342);
  EXPECT_EQ(clock.untimed(), 2);
  DecodingClock unknown(0, 0);
  unknown.advance(at(5));
  EXPECT_EQ(unknown.advance(at(6)), 40'000);
}

TEST(PresentationOrder, GivesWhatIsShownFirst) {
  PresentationOrder<int> order;
  std::vector<int64_t> shown;
  const auto each = [&](int64_t pts, int) { shown.push_back(pts); };
  // Every four pictures come as 4 2 1 3.
  for (int64_t group = 0; group < 40; ++group) {
    for (const int64_t offset : {4, 2, 1, 3}) order.push(4 * group + offset, 0, each);
  }
  order.flush(each);
  ASSERT_EQ(shown.size(), 160U);
  for (size_t i = 0; i < shown.size(); ++i) EXPECT_EQ(shown[i], static_cast<int64_t>(i) + 1);
}

TEST(PresentationOrder, WithoutTimesTheOrderIsThatOfTheFile) {
  PresentationOrder<int> order;
  std::vector<int> shown;
  const auto each = [&](int64_t, int value) { shown.push_back(value); };
  for (int i = 0; i < 100; ++i) order.push(INT64_MIN, i, each);
  order.flush(each);
  ASSERT_EQ(shown.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(shown[static_cast<size_t>(i)], i);
}

}  // namespace
}  // namespace pier::analysis::impl
