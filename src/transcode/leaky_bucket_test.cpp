#include <random>

#include <gtest/gtest.h>

#include <pier/transcode/leaky_bucket.hpp>

namespace pier::transcode {
namespace {

constexpr BucketSpec kSpec{1000, 500, 200};  // bit/s, bits, bits

TEST(LeakyBucket, CountsAsByHand) {
  // 10 ticks a second: 100 bits come in a tick.
  const std::vector<UnitSize> units{{0, 150}, {1, 50}, {2, 100}, {3, 20}};
  const BucketFigures figures = simulate(kSpec, 10, units, 4);
  // 200 -150 = 50; +100 -50 = 100; +100 -100 = 100; +100 -20 = 180; +100 = 280.
  EXPECT_EQ(figures.units, 4);
  EXPECT_EQ(figures.bits, 320);
  EXPECT_EQ(figures.least, 50);
  EXPECT_EQ(figures.end, 280);
  EXPECT_EQ(figures.underflows, 0);
  EXPECT_FALSE(figures.first_underflow);
  EXPECT_EQ(figures.peak_rate, 320);
  EXPECT_TRUE(figures.fits(kSpec));
}

TEST(LeakyBucket, NeverHoldsMoreThanItsSize) {
  const std::vector<UnitSize> units{{0, 10}, {100, 500}, {101, 100}};
  const BucketFigures figures = simulate(kSpec, 10, units, 102);
  EXPECT_EQ(figures.underflows, 0);  // 500 of 500, then just what came
  EXPECT_EQ(figures.least, 0);
  EXPECT_EQ(figures.end, 100);
  EXPECT_FALSE(figures.fits(kSpec));  // less than the 200 of the start
}

TEST(LeakyBucket, SaysWhenTheFirstBitIsMissing) {
  const std::vector<UnitSize> units{{0, 200}, {1, 101}, {2, 50}, {3, 200}};
  const BucketFigures figures = simulate(kSpec, 10, units, 10);
  EXPECT_EQ(figures.underflows, 2);
  EXPECT_EQ(figures.first_underflow, 1);
  EXPECT_EQ(figures.least, -51);
  EXPECT_FALSE(figures.fits(kSpec));
}

TEST(LeakyBucket, FractionsOfABitAreNotLost) {
  // A third of a bit comes in a tick.
  const BucketSpec slow{1, 10, 1};
  const std::vector<UnitSize> units{{0, 1}, {1, 0}, {2, 0}, {3, 1}};
  EXPECT_TRUE(simulate(slow, 3, units, 6).fits(slow));
  const std::vector<UnitSize> early{{0, 1}, {2, 1}};
  const BucketFigures late = simulate(slow, 3, early, 6);
  EXPECT_EQ(late.underflows, 1);
  EXPECT_EQ(late.least, -1);
}

TEST(LeakyBucket, WithoutRateEverythingFits) {
  const std::vector<UnitSize> units{{0, 1'000'000}};
  const BucketFigures figures = simulate({}, 10, units, 1);
  EXPECT_TRUE(figures.fits({}));
  EXPECT_EQ(figures.bits, 1'000'000);
}

TEST(LeakyBucket, LargestNumbersDoNotOverflow) {
  const BucketSpec large{INT64_MAX / 2, INT64_MAX / 2, INT64_MAX / 2};
  const std::vector<UnitSize> units{{0, INT64_MAX / 4}, {UINT32_MAX, INT64_MAX / 4}};
  const BucketFigures figures = simulate(large, UINT32_MAX, units, INT64_MAX / 4);
  EXPECT_EQ(figures.underflows, 0);
  EXPECT_EQ(figures.end, large.size);
}

// What chunks are encoded by: runs that each start at f and end at f or above can be joined in any order.
TEST(LeakyBucket, RunsThatFitFitInAnyOrder) {
  std::mt19937 random(11);
  std::vector<std::vector<int64_t>> fitting;
  while (fitting.size() < 40) {
    std::vector<int64_t> sizes(8);
    std::vector<UnitSize> units;
    for (size_t i = 0; i < sizes.size(); i++) {
      sizes[i] = static_cast<int64_t>(random() % (i == 0 ? 250 : 150));
      units.push_back({static_cast<int64_t>(i), sizes[i]});
    }
    if (simulate(kSpec, 10, units, 8).fits(kSpec)) fitting.push_back(sizes);
  }
  for (int order = 0; order < 50; order++) {
    std::shuffle(fitting.begin(), fitting.end(), random);
    LeakyBucket bucket(kSpec, 10);
    int64_t time = 0;
    for (const auto& sizes : fitting) {
      for (const int64_t bits : sizes) bucket.add({time++, bits});
    }
    const BucketFigures figures = bucket.finish(time);
    EXPECT_EQ(figures.underflows, 0);
    EXPECT_GE(figures.end, kSpec.start);
  }
}

TEST(LeakyBucket, PicturesAreDecodedAtTheOrderedTimesOfTheirGroup) {
  const auto sample = [](int64_t pts, bool key, size_t bytes) {
    media::Sample made;
    made.pts = pts;
    made.key = key;
    made.data.resize(bytes);
    return made;
  };
  const std::vector<media::Sample> samples{sample(0, true, 100), sample(30, false, 20), sample(10, false, 5),
                                           sample(20, false, 6), sample(40, true, 90),  sample(50, false, 7)};
  const std::vector<UnitSize> units = unit_sizes(samples, 800);
  ASSERT_EQ(units.size(), 6U);
  const std::vector<int64_t> bits{1600, 160, 40, 48, 1520, 56};
  for (size_t i = 0; i < units.size(); i++) {
    EXPECT_EQ(units[i].time, static_cast<int64_t>(i) * 10);
    EXPECT_EQ(units[i].bits, bits[i]);
  }
}

TEST(LeakyBucket, ThePeakIsThatOfTheBusiestSecond) {
  const std::vector<UnitSize> units{{0, 10}, {5, 20}, {10, 400}, {14, 100}, {20, 50}, {100, 1}};
  EXPECT_EQ(simulate(kSpec, 10, units, 101).peak_rate, 520);
}

}  // namespace
}  // namespace pier::transcode
