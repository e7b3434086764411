#include "analyzers/silence/silence.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "test_clip.hpp"

namespace pier::analysis {
namespace {

constexpr int kRate = 48000;
const AudioContext kStereo{.stream_index = 2, .sample_rate = kRate, .channels = 2, .channel_mask = 3};

media::AudioBlock block_at(int64_t first, int64_t samples, double level) {
  return test::tone_block({.hertz = 997, .amplitude = level}, kRate, 2, first, samples);
}

/// Ten seconds of tone with `level` between two times, in blocks of an odd length.
Outcome listen(double from, double to, double level, int64_t gap_at = -1) {
  SilenceAnalyzer analyzer({.video = std::nullopt, .audio = {kStereo}});
  constexpr int64_t kBlock = 1021;
  for (int64_t at = 0; at < 10 * kRate; at += kBlock) {
    auto block = block_at(at, kBlock, 0.1);
    for (auto& channel : block.channels) {
      for (int64_t i = 0; i < kBlock; ++i) {
        const double second = static_cast<double>(at + i) / kRate;
        if (second >= from && second < to) channel[static_cast<size_t>(i)] = static_cast<float>(level);
      }
    }
    if (gap_at >= 0 && at >= gap_at) block.pts += kRate;
    analyzer.hear(2, block);
  }
  return analyzer.finish();
}

TEST(Silence, FoundWithinOneWindow) {
  const auto outcome = listen(3.0, 5.5, 0.0);
  ASSERT_EQ(outcome.findings.size(), 1U);
  EXPECT_NEAR(outcome.findings[0].time.start.value(), 3.0, 0.011);
  EXPECT_NEAR(outcome.findings[0].time.end.value(), 5.5, 0.011);
  EXPECT_EQ(outcome.findings[0].first_frame, -1);
  EXPECT_EQ(outcome.findings[0].stream_index, 2);
}

TEST(Silence, NoiseBelowThresholdIsSilenceAboveIsNot) {
  EXPECT_EQ(listen(3.0, 5.5, 0.0009).findings.size(), 1U);
  EXPECT_TRUE(listen(3.0, 5.5, 0.0011).findings.empty());
}

TEST(Silence, ShortPauseAndControlGiveNothing) {
  EXPECT_TRUE(listen(3.0, 3.9, 0.0).findings.empty());
  EXPECT_TRUE(listen(0, 0, 0).findings.empty());
}

TEST(Silence, AGapInTheStreamEndsASilence) {
  const auto outcome = listen(3.0, 6.0, 0.0, static_cast<int64_t>(4.5 * kRate));
  EXPECT_EQ(outcome.findings.size(), 2U);
}

TEST(Silence, DeadChannelIsCounted) {
  SilenceAnalyzer analyzer({.video = std::nullopt, .audio = {kStereo}});
  auto block = block_at(0, kRate, 0.1);
  std::fill(block.channels[1].begin(), block.channels[1].end(), 0.0F);
  analyzer.hear(2, block);
  const auto outcome = analyzer.finish();
  EXPECT_TRUE(outcome.findings.empty());
  EXPECT_EQ(outcome.measures.at("streams").as_array().at(0).at("silent_channels").as_int64(), 1);
  const auto& seconds = outcome.measures.at("streams").as_array().at(0).at("silent_seconds_by_channel").as_array();
  EXPECT_EQ(seconds.at(0).as_double(), 0);
  EXPECT_EQ(seconds.at(1).as_double(), 1);
}

}  // namespace
}  // namespace pier::analysis
