#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <pier/core/clock.hpp>

namespace pier {
namespace {

TEST(ClockTest, WritesRfc3339) {
  EXPECT_EQ(to_rfc3339(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_rfc3339(1'700'000'000'123'456), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(to_rfc3339(951'827'696'000'001), "2000-02-29T12:34:56.000001Z");
  EXPECT_EQ(to_rfc3339(-1), "1969-12-31T23:59:59.999999Z");
}

TEST(ClockTest, SystemClockMoves) {
  const int64_t steady = Clock::system().steady_us();
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_GE(Clock::system().steady_us(), steady + 2000);
  EXPECT_GT(Clock::system().now(), 1'700'000'000'000'000);
}

TEST(ClockTest, FakeMovesOnlyWhenTold) {
  FakeClock clock(1000);
  EXPECT_EQ(clock.now(), 1000);
  EXPECT_EQ(clock.now(), 1000);
  const int64_t steady = clock.steady_us();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&clock] {
        for (int i = 0; i < 1000; ++i) clock.advance_us(1);
      });
    }
  }
  EXPECT_EQ(clock.now(), 5000);
  EXPECT_EQ(clock.steady_us(), steady + 4000);
}

}  // namespace
}  // namespace pier
