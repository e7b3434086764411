#include "analyzers/audio_gap/audio_gap.hpp"

#include <gtest/gtest.h>

#include <pier/analysis/analyse.hpp>

#include "pass.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

constexpr int kRate = 48000;
const AudioContext kStereo{.stream_index = 2, .sample_rate = kRate, .channels = 2, .channel_mask = 3};

/// Blocks of 1000 samples; the times of the listed ones and all after them are moved.
Outcome listen(int blocks, const std::vector<std::pair<int, int64_t>>& moves) {
  AudioGapAnalyzer analyzer({.video = std::nullopt, .audio = {kStereo}});
  int64_t moved = 0;
  for (int i = 0; i < blocks; ++i) {
    for (const auto& [at, by] : moves) moved += at == i ? by : 0;
    analyzer.hear(2, test::tone_block({}, kRate, 2, i * 1000 + moved, 1000));
  }
  return analyzer.finish();
}

TEST(AudioGap, FindsAHoleToTheSample) {
  const auto outcome = listen(100, {{48, 4800}});
  ASSERT_EQ(outcome.findings.size(), 1U);
  EXPECT_EQ(outcome.findings[0].kind, "audio_gap");
  EXPECT_EQ(outcome.findings[0].time, (TimeRange{Rational(1), Rational(11, 10)}));
  EXPECT_EQ(outcome.findings[0].measures.at("samples").as_int64(), 4800);
  EXPECT_EQ(outcome.measures.at("streams").as_array().at(0).at("missing_samples").as_int64(), 4800);
}

TEST(AudioGap, TimesThatStepBackAreAnOverlap) {
  const auto outcome = listen(100, {{50, -3000}});
  ASSERT_EQ(outcome.findings.size(), 1U);
  EXPECT_EQ(outcome.findings[0].kind, "audio_gap.overlap");
  EXPECT_EQ(outcome.totals.at("audio_gap.overlap").count, 1);
}

TEST(AudioGap, WholeSoundIsQuietAndThousandsAreCapped) {
  EXPECT_TRUE(listen(100, {}).findings.empty());
  std::vector<std::pair<int, int64_t>> moves;
  for (int i = 1; i < 2000; ++i) moves.emplace_back(i, 2000);
  const auto outcome = listen(2000, moves);
  EXPECT_EQ(outcome.findings.size(), kMaxFindings);
  EXPECT_EQ(outcome.totals.at("audio_gap").count, 1999);
}

TEST(AudioGap, ThePassTakesSmallStepsForRounding) {
  PassOptions options;
  options.context.audio = {kStereo};
  Pass pass(options);
  pass.add_audio(2, test::tone_block({}, kRate, 2, 0, 48000));
  pass.add_audio(2, test::tone_block({}, kRate, 2, 48000 + 480, 48000));
  pass.add_audio(2, test::tone_block({}, kRate, 2, 96000 + 2000, 48000));
  const auto result = pass.finish();
  ASSERT_TRUE(result);
  const auto gaps = test::of_kind(*result, "audio_gap");
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].time.start, Rational(2));
  EXPECT_EQ(gaps[0].measures.at("samples").as_int64(), 2000);
}

}  // namespace
}  // namespace pier::analysis
