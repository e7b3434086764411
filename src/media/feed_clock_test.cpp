#include <gtest/gtest.h>

#include <pier/media/feed.hpp>

namespace pier::media {
namespace {

constexpr int64_t kWrap = int64_t{1} << 33U;
constexpr int64_t kFrame = 3600;

/// A stream of `count` frames from `raw` on; gives the times they are placed at.
int64_t run(FeedClock& clock, int stream, int64_t raw, int count) {
  int64_t last = 0;
  for (int i = 0; i < count; ++i) {
    const int64_t stamp = (raw + i * kFrame) & (kWrap - 1);
    const int64_t shown = (stamp + 2 * kFrame) & (kWrap - 1);
    const auto placed = clock.place(stream, {shown, stamp}, kFrame);
    EXPECT_EQ(placed.pts - placed.dts, 2 * kFrame);
    if (i > 0) {
      EXPECT_EQ(placed.dts, last + kFrame) << i;
    }
    last = placed.dts;
  }
  return last;
}

TEST(FeedClock, TimeGoesOnOverTheWrap) {
  FeedClock clock;
  const int64_t start = kWrap - 10 * kFrame;
  EXPECT_EQ(run(clock, 0, start, 100), start + 99 * kFrame);
  EXPECT_EQ(clock.segments(), 1);
  EXPECT_FALSE(clock.take_jump());
}

TEST(FeedClock, ManyWrapsOfAFeedThatGoesOnForWeeks) {
  FeedClock clock;
  const int64_t step = 5 * 90'000;
  int64_t raw = 12'345;
  for (int64_t i = 0; i < 100'000; ++i) {
    const auto placed = clock.place(0, {raw, raw}, step);
    ASSERT_EQ(placed.dts, 12'345 + i * step) << i;
    raw = (raw + step) & (kWrap - 1);
  }
  EXPECT_EQ(clock.segments(), 1);
}

TEST(FeedClock, AJumpBeginsASegmentAndTimeGoesOn) {
  for (const int64_t to : {int64_t{0}, int64_t{900'000'000}}) {
    FeedClock clock;
    const int64_t last = run(clock, 0, 500'000'000, 10);
    const auto placed = clock.place(0, {to, to}, kFrame);
    EXPECT_EQ(placed.dts, last + kFrame);
    const auto jump = clock.take_jump();
    ASSERT_TRUE(jump);
    EXPECT_EQ(jump->from, 500'000'000 + 9 * kFrame);
    EXPECT_EQ(jump->to, to);
    EXPECT_FALSE(clock.take_jump());
    EXPECT_EQ(clock.segments(), 2);
  }
}

TEST(FeedClock, StreamsChangeToTheNewSegmentOneByOne) {
  FeedClock clock;
  run(clock, 0, 100'000, 100);
  run(clock, 1, 100'000, 90);
  // A loop: the pictures begin anew, sound of the end still comes.
  const auto picture = clock.place(0, {100'000, 100'000}, kFrame);
  EXPECT_EQ(picture.dts, 100'000 + 100 * kFrame);
  const auto old_sound = clock.place(1, {100'000 + 90 * kFrame, 100'000 + 90 * kFrame}, kFrame);
  EXPECT_EQ(old_sound.dts, 100'000 + 90 * kFrame);
  run(clock, 1, 100'000 + 91 * kFrame, 9);
  const auto sound = clock.place(1, {100'000, 100'000}, kFrame);
  EXPECT_EQ(sound.dts, 100'000 + 100 * kFrame);
  EXPECT_EQ(clock.segments(), 2);
}

TEST(FeedClock, HostileStampsStayInBounds) {
  FeedClock clock;
  int64_t before = 0;
  for (const int64_t raw : {int64_t{5}, INT64_MAX, INT64_MIN + 1, int64_t{-1}, int64_t{0}, INT64_MAX / 2}) {
    const auto placed = clock.place(0, {raw, raw}, INT64_MAX);
    EXPECT_GE(placed.dts, before - FeedClock::kLongestStepBack);
    EXPECT_LT(placed.dts, int64_t{100'000'000});
    before = placed.dts;
  }
  EXPECT_EQ(clock.place(0, {}, 0).pts, INT64_MIN);
}

}  // namespace
}  // namespace pier::media
