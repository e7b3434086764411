#include "analyzers/clipping/clipping.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <random>

#include <gtest/gtest.h>

#include <pier/analysis/analyse.hpp>

#include "test_clip.hpp"

namespace pier::analysis {
namespace {

constexpr int kRate = 48000;
using Wave = std::function<double(double second, int channel)>;

double sine(double hertz, double second) {
  return std::sin(2 * std::numbers::pi * hertz * second);
}

/// Blocks of an odd length, samples rounded to 16 bits unless `exact`.
Outcome listen(const Wave& wave, int channels = 2, double seconds = 4, bool exact = false) {
  ClippingAnalyzer analyzer(
      {.video = std::nullopt, .audio = {{.stream_index = 1, .sample_rate = kRate, .channels = channels}}});
  constexpr int64_t kBlock = 1021;
  for (int64_t at = 0; at < static_cast<int64_t>(seconds * kRate); at += kBlock) {
    auto block = test::tone_block({.amplitude = 0}, kRate, channels, at, kBlock);
    for (int c = 0; c < channels; ++c) {
      for (int64_t i = 0; i < kBlock; ++i) {
        const double v = wave(static_cast<double>(at + i) / kRate, c);
        const double rounded = std::clamp(std::round(v * 32768), -32768.0, 32767.0) / 32768;
        block.channels[static_cast<size_t>(c)][static_cast<size_t>(i)] = static_cast<float>(exact ? v : rounded);
      }
    }
    analyzer.hear(1, block);
  }
  return analyzer.finish();
}

double between(double second, double from, double to) {
  return second >= from && second < to ? 1 : 0;
}

TEST(Clipping, FullScaleTopsAreFoundWithChannelTimeAndCount) {
  // 3 dB too hot from 1 s to 2 s in the right channel: 1000 periods, two tops each.
  const auto outcome =
      listen([](double t, int c) { return sine(1000, t) * (c == 1 ? 0.5 + 0.912 * between(t, 1, 2) : 0.5); });
  ASSERT_EQ(outcome.findings.size(), 1U);
  const Finding& finding = outcome.findings[0];
  EXPECT_NEAR(finding.time.start.value(), 1.0, 0.001);
  EXPECT_NEAR(finding.time.end.value(), 2.0, 0.001);
  EXPECT_EQ(finding.measures.at("clips").as_int64(), 2000);
  ASSERT_EQ(finding.measures.at("channels").as_array().size(), 1U);
  EXPECT_EQ(finding.measures.at("channels").as_array()[0].at("channel").as_int64(), 2);
  EXPECT_EQ(outcome.measures.at("streams").as_array()[0].at("clips_by_channel").as_array()[0].as_int64(), 0);
}

TEST(Clipping, OneTopIsEnoughAndTwoFarApartAreTwo) {
  const auto burst = [](double t, double at) { return between(t, at, at + 0.0005) * 1.5 * sine(1000, t - at); };
  EXPECT_EQ(listen([&](double t, int) { return burst(t, 1.0); }).findings.size(), 1U);
  EXPECT_EQ(listen([&](double t, int) { return burst(t, 1.0) + burst(t, 1.5); }).findings.size(), 1U);
  EXPECT_EQ(listen([&](double t, int) { return burst(t, 1.0) + burst(t, 3.0); }).findings.size(), 2U);
}

TEST(Clipping, FlatTopsBelowFullScaleAreFound) {
  const auto outcome =
      listen([](double t, int) { return std::clamp(0.7 * sine(440, t), -0.5, 0.5) * between(t, 1, 3); });
  ASSERT_EQ(outcome.findings.size(), 1U);
  EXPECT_EQ(outcome.findings[0].measures.at("clips_at_full_scale").as_int64(), 0);
  EXPECT_NEAR(outcome.findings[0].measures.at("level_dbfs").as_double(), -6.0, 0.05);
  EXPECT_EQ(outcome.findings[0].measures.at("channels").as_array().size(), 2U);
}

TEST(Clipping, ValuesBeyondFullScaleAreClips) {
  EXPECT_EQ(listen([](double t, int) { return 1.1 * sine(100, t); }, 2, 2, true).findings.size(), 1U);
}

TEST(Clipping, CleanTonesOfFullScaleAreQuiet) {
  for (const double hertz : {10.0, 20.0, 50.0, 100.0, 440.0, 1000.0, 997.0, 12000.0}) {
    EXPECT_TRUE(listen([&](double t, int) { return sine(hertz, t); }).findings.empty()) << hertz;
    EXPECT_TRUE(listen([&](double t, int) { return 0.5 * sine(hertz, t); }).findings.empty()) << hertz;
  }
}

TEST(Clipping, NoiseMusicSquaresAndEightBitAreQuiet) {
  std::mt19937 random(5);
  std::normal_distribution<double> normal(0, 0.2);
  EXPECT_TRUE(listen([&](double, int) { return std::clamp(normal(random), -0.97, 0.97); }).findings.empty());
  EXPECT_TRUE(listen([](double t, int) {
                return 0.4 * sine(220, t) + 0.3 * sine(661, t) + 0.2 * sine(1499, t);
              }).findings.empty());
  EXPECT_TRUE(listen([](double t, int) { return sine(300, t) > 0 ? 0.5 : -0.5; }).findings.empty());
  EXPECT_TRUE(listen([](double t, int) { return std::round(100 * sine(440, t)) / 128; }).findings.empty());
  EXPECT_TRUE(listen([](double, int) { return 0.0; }).findings.empty());
}

TEST(Clipping, SixteenChannelsAndNonsenseAreHandled) {
  const auto outcome = listen([](double t, int c) { return (c == 15 ? 1.5 : 0.5) * sine(1000, t); }, 16, 1);
  ASSERT_EQ(outcome.findings.size(), 1U);
  EXPECT_EQ(outcome.findings[0].measures.at("channels").as_array()[0].at("channel").as_int64(), 16);
  EXPECT_TRUE(listen([](double, int) { return std::nan(""); }, 2, 1, true).findings.empty());
}

TEST(Clipping, ThousandsAreCappedAndCounted) {
  ClippingAnalyzer analyzer({.video = std::nullopt, .audio = {{.stream_index = 1, .sample_rate = 100, .channels = 1}}});
  for (int64_t at = 0; at < 1000; ++at) {
    auto block = test::tone_block({.amplitude = 0}, 100, 1, at * 200, 200);
    std::fill_n(block.channels[0].begin() + 10, 5, 1.0F);
    analyzer.hear(1, block);
  }
  const auto outcome = analyzer.finish();
  EXPECT_EQ(outcome.findings.size(), kMaxFindings);
  EXPECT_EQ(outcome.totals.at("clipping").count, 1000);
}

}  // namespace
}  // namespace pier::analysis
