#include "analyzers/loudness/loudness.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "test_clip.hpp"

namespace pier::analysis {
namespace {

constexpr int kRate = 48000;

double amplitude(double dbfs) {
  return std::pow(10.0, dbfs / 20.0);
}

struct Part {
  double dbfs;
  int seconds;
};

json::object measure(const std::vector<Part>& parts, AudioContext context, test::Tone tone = {}) {
  LoudnessAnalyzer analyzer({.video = std::nullopt, .audio = {context}});
  int64_t at = 0;
  for (const Part& part : parts) {
    tone.amplitude = amplitude(part.dbfs);
    for (int second = 0; second < part.seconds; ++second, at += kRate) {
      analyzer.hear(context.stream_index, test::tone_block(tone, kRate, context.channels, at, kRate));
    }
  }
  return analyzer.finish().measures.at("streams").as_array().at(0).as_object();
}

const AudioContext kStereo{.stream_index = 1, .sample_rate = kRate, .channels = 2, .channel_mask = 3};

// EBU Tech 3341 table 1, cases 1 to 5 (shortened where the gate makes no difference).
TEST(Loudness, Tech3341Cases) {
  EXPECT_NEAR(measure({{-23, 10}}, kStereo).at("integrated_lufs").as_double(), -23.0, 0.1);
  EXPECT_NEAR(measure({{-33, 10}}, kStereo).at("integrated_lufs").as_double(), -33.0, 0.1);
  EXPECT_NEAR(measure({{-36, 5}, {-23, 30}, {-36, 5}}, kStereo).at("integrated_lufs").as_double(), -23.0, 0.1);
  EXPECT_NEAR(measure({{-72, 5}, {-36, 5}, {-23, 30}, {-36, 5}, {-72, 5}}, kStereo).at("integrated_lufs").as_double(),
              -23.0, 0.1);
  EXPECT_NEAR(measure({{-26, 10}, {-20, 10}, {-26, 10}}, kStereo).at("integrated_lufs").as_double(), -23.0, 0.1);
}

TEST(Loudness, SurroundsWeighMoreAndLfeNothing) {
  // Case 6 of Tech 3341 in spirit: all six channels equal; 3 fronts at 1, 2 surrounds at 1.41, no LFE.
  const AudioContext surround{.stream_index = 1, .sample_rate = kRate, .channels = 6, .channel_mask = 0x3F};
  const double expected = -30 + 10 * std::log10((3 + 2 * 1.41) / 2);
  const auto back = measure({{-30, 10}}, surround);
  EXPECT_NEAR(back.at("integrated_lufs").as_double(), expected, 0.1);
  AudioContext side = surround;
  side.channel_mask = 0x60F;
  EXPECT_NEAR(measure({{-30, 10}}, side).at("integrated_lufs").as_double(), expected, 0.1);
  EXPECT_FALSE(back.at("layout_assumed").as_bool());
}

TEST(Loudness, TruePeakBetweenSamples) {
  // Quarter of the sampling rate at 45 degrees: samples reach only -3 dB of the peak (Tech 3341 case 16).
  const auto measured = measure({{-6, 5}}, kStereo, {.hertz = kRate / 4.0, .phase = std::numbers::pi / 4});
  const double peak = measured.at("true_peak_dbtp").as_double();
  EXPECT_LE(peak, -6 + 0.2);
  EXPECT_GE(peak, -6 - 0.4);
}

TEST(Loudness, SilenceHasNoValueInsteadOfAWrongOne) {
  const auto measured = measure({{-200, 5}}, kStereo);
  EXPECT_TRUE(measured.at("integrated_lufs").is_null());
}

TEST(Loudness, UnlabelledChannelsAreNamedAsSuch) {
  const AudioContext sixteen{.stream_index = 1, .sample_rate = kRate, .channels = 16, .channel_mask = 0};
  EXPECT_TRUE(measure({{-30, 2}}, sixteen).at("layout_unknown").as_bool());
}

}  // namespace
}  // namespace pier::analysis
