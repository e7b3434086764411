#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include <pier/quality/pooling.hpp>

namespace pier::quality {
namespace {

TEST(Pooling, OfFiguresOfQuality) {
  const Series series = series_of(Metric::kPsnr, Chroma::k420)[1];
  std::vector<double> values(100);
  std::iota(values.rbegin(), values.rend(), 1.0);  // 100 ... 1
  const Pooled pooled = pool(values, series);
  EXPECT_DOUBLE_EQ(pooled.mean, 50.5);
  EXPECT_DOUBLE_EQ(pooled.worst, 1);
  EXPECT_DOUBLE_EQ(pooled.tail, 5);  // nearest rank
  EXPECT_NEAR(*pooled.harmonic, 100 / 5.187377517639621, 1e-9);
  const std::vector<double> two = {40, 50};
  EXPECT_NEAR(*pool(two, series).overall, -10 * std::log10((1e-4 + 1e-5) / 2), 1e-9);
  EXPECT_NEAR(*pool(two, series_of(Metric::kXpsnr, Chroma::k420)[1]).overall,
              -20 * std::log10((1e-2 + std::pow(10, -2.5)) / 2), 1e-9);
  EXPECT_FALSE(pool(two, series_of(Metric::kPsnr, Chroma::k420)[0]).overall);
}

TEST(Pooling, OfDifferencesTheWorstIsTheGreatest) {
  const Series series = series_of(Metric::kDeltaEItp, Chroma::k420)[0];
  const std::vector<double> values = {1, 4, 2, 3};
  const Pooled pooled = pool(values, series);
  EXPECT_DOUBLE_EQ(pooled.worst, 4);
  EXPECT_DOUBLE_EQ(pooled.tail, 4);
  EXPECT_FALSE(pooled.harmonic);
  EXPECT_EQ(json::serialize(to_json(pooled, series)), R"({"mean":2.5E0,"p95":4E0,"max":4E0})");
}

TEST(Pooling, AFigureOfNothingHasNoHarmonicMean) {
  const std::vector<double> values = {0.9, 0.0};
  EXPECT_DOUBLE_EQ(*pool(values, series_of(Metric::kSsimBlock, Chroma::k400)[0]).harmonic, 0);
}

TEST(Metrics, AreFoundByName) {
  for (const Metric metric : all_metrics()) EXPECT_EQ(metric_from(to_string(metric)).value(), metric);
  EXPECT_EQ(metric_from("ssim").value(), Metric::kSsimBlock);
  EXPECT_NE(metric_from("vmaf").error().message.find("xpsnr"), std::string::npos);
}

}  // namespace
}  // namespace pier::quality
