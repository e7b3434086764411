#include "analyzers/loudness/loudness.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "analyzers/loudness/meter.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

constexpr int kRate = 48000;

double amplitude(double dbfs) {
  return std::pow(10.0, dbfs / 20.0);
}

/// `seconds` of a 1 kHz sine, its level per channel.
struct Part {
  std::vector<double> dbfs;
  double seconds;
};
Part stereo(double dbfs, double seconds) {
  return {{dbfs, dbfs}, seconds};
}

/// The parts one after another through one meter.
impl::LoudnessMeter meter_of(const std::vector<Part>& parts, uint64_t mask = 3) {
  const size_t channels = parts.front().dbfs.size();
  impl::LoudnessMeter meter(kRate, static_cast<int>(channels), mask, false);
  std::vector<std::vector<float>> samples(channels);
  int64_t at = 0;
  for (const Part& part : parts) {
    const auto count = static_cast<int64_t>(std::llround(part.seconds * kRate));
    const auto wave = test::tone_block({.amplitude = 1}, kRate, 1, at, count);
    std::vector<const float*> pointers;
    for (size_t c = 0; c < channels; ++c) {
      samples[c] = wave.channels[0];
      for (float& v : samples[c]) v *= static_cast<float>(amplitude(part.dbfs[c]));
      pointers.push_back(samples[c].data());
    }
    meter.add(at, pointers, static_cast<size_t>(count));
    at += count;
  }
  return meter;
}

double value(const std::vector<Part>& parts, const char* name, uint64_t mask = 3) {
  return meter_of(parts, mask).measures().at(name).as_double();
}
double integrated(const std::vector<Part>& parts, uint64_t mask = 3) {
  return value(parts, "integrated_lufs", mask);
}

// EBU Tech 3341, minimum requirements; cases 7 and 8 are recorded programmes and cannot be generated.
TEST(Loudness, Tech3341Cases1To6) {
  EXPECT_NEAR(integrated({stereo(-23, 20)}), -23.0, 0.1);
  EXPECT_NEAR(integrated({stereo(-33, 20)}), -33.0, 0.1);
  EXPECT_NEAR(integrated({stereo(-36, 10), stereo(-23, 60), stereo(-36, 10)}), -23.0, 0.1);
  EXPECT_NEAR(integrated({stereo(-72, 10), stereo(-36, 10), stereo(-23, 60), stereo(-36, 10), stereo(-72, 10)}), -23.0,
              0.1);
  EXPECT_NEAR(integrated({stereo(-26, 20), stereo(-20, 20.1), stereo(-26, 20)}), -23.0, 0.1);
  EXPECT_NEAR(integrated({{{-28, -28, -24, -30, -30}, 20}}, 0x37), -23.0, 0.1);  // 5.0
}

TEST(Loudness, Tech3341Case1HoldsForMomentaryAndShortTerm) {
  const auto measures = meter_of({stereo(-23, 20)}).measures();
  EXPECT_NEAR(measures.at("max_momentary_lufs").as_double(), -23.0, 0.1);
  EXPECT_NEAR(measures.at("max_short_term_lufs").as_double(), -23.0, 0.1);
}

TEST(Loudness, Tech3341Case9And12) {
  std::vector<Part> slow, fast;
  for (int i = 0; i < 5; ++i) slow.insert(slow.end(), {stereo(-20, 1.34), stereo(-30, 1.66)});
  for (int i = 0; i < 25; ++i) fast.insert(fast.end(), {stereo(-20, 0.18), stereo(-30, 0.22)});
  EXPECT_NEAR(value(slow, "max_short_term_lufs"), -23.0, 0.1);
  EXPECT_NEAR(value(fast, "max_momentary_lufs"), -23.0, 0.1);
}

// Cases 10 and 13: the largest value does not depend on where in time a tone of the window's length begins.
TEST(Loudness, Tech3341Case10And13) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_NEAR(value({stereo(-200, 0.15 * i), stereo(-23, 3), stereo(-200, 1)}, "max_short_term_lufs"), -23.0, 0.1)
        << i;
    EXPECT_NEAR(value({stereo(-200, 0.02 * i), stereo(-23, 0.4), stereo(-200, 1)}, "max_momentary_lufs"), -23.0, 0.1)
        << i;
  }
}

// EBU Tech 3342, cases 1 to 4; 5 and 6 are recorded programmes.
TEST(Loudness, Tech3342Range) {
  const auto range = [](std::initializer_list<double> levels) {
    std::vector<Part> parts;
    for (const double level : levels) parts.push_back(stereo(level, 20));
    return value(parts, "range_lu");
  };
  EXPECT_NEAR(range({-20, -30}), 10, 1);
  EXPECT_NEAR(range({-20, -15}), 5, 1);
  EXPECT_NEAR(range({-40, -20}), 20, 1);
  EXPECT_NEAR(range({-50, -35, -20, -35, -50}), 15, 1);
}

TEST(Loudness, SurroundsWeighMoreAndLfeNothing) {
  // Six equal channels: three fronts at 1, two surrounds at 1.41, no LFE.
  const double expected = -30 + 10 * std::log10((3 + 2 * 1.41) / 2);
  const Part all{std::vector<double>(6, -30.0), 5};
  EXPECT_NEAR(integrated({all}, 0x3F), expected, 0.1);
  EXPECT_NEAR(integrated({all}, 0x60F), expected, 0.1);
  // 7.1: the side pair weighs more, the back pair does not.
  EXPECT_NEAR(integrated({{std::vector<double>(8, -30.0), 5}}, 0x63F), -30 + 10 * std::log10((5 + 2 * 1.41) / 2), 0.1);
  EXPECT_NEAR(integrated({{{-40, -40, -200, -10, -200, -200}, 5}}, 0x3F), -40, 0.1);
  // Unknown channels weigh 1 each.
  EXPECT_NEAR(integrated({all}, 0), -30 + 10 * std::log10(3.0), 0.1);
}

json::object peaks_of(const test::Tone& tone) {
  const AudioContext stereo_stream{.stream_index = 1, .sample_rate = kRate, .channels = 2, .channel_mask = 3};
  LoudnessAnalyzer analyzer({.video = std::nullopt, .audio = {stereo_stream}});
  auto block = test::tone_block(tone, kRate, 2, 0, kRate / 2);
  for (auto& channel : block.channels) {  // a tone that begins at once overshoots in any band-limited system
    for (size_t i = 0; i < 4800; ++i) channel[i] *= static_cast<float>(i) / 4800.0F;
  }
  analyzer.hear(1, block);
  return analyzer.finish().measures.at("streams").as_array().at(0).as_object();
}

// Tech 3341 cases 15 to 19: tones whose peaks lie between the samples.
TEST(Loudness, TruePeakBetweenSamples) {
  struct Case {
    double divisor, degrees, amplitude, dbtp;
  };
  for (const Case& c : {Case{4, 0, 0.5, -6}, Case{4, 45, 0.5, -6}, Case{6, 60, 0.5, -6}, Case{8, 67.5, 0.5, -6},
                        Case{4, 45, 1.41, 3}}) {
    const auto measured =
        peaks_of({.hertz = kRate / c.divisor, .amplitude = c.amplitude, .phase = c.degrees / 180 * std::numbers::pi});
    const double peak = measured.at("true_peak_dbtp").as_double();
    EXPECT_LE(peak, c.dbtp + 0.2) << c.divisor;
    EXPECT_GE(peak, c.dbtp - 0.4) << c.divisor;
  }
}

TEST(Loudness, SilenceHasNoValueInsteadOfAWrongOne) {
  EXPECT_TRUE(meter_of({stereo(-200, 5)}).measures().at("integrated_lufs").is_null());
  LoudnessAnalyzer analyzer(
      {.video = std::nullopt, .audio = {{.stream_index = 1, .sample_rate = kRate, .channels = 2}}});
  analyzer.hear(1, test::tone_block({.amplitude = 0}, kRate, 2, 0, kRate));
  const auto measures = analyzer.finish().measures;
  EXPECT_TRUE(measures.at("streams").as_array().at(0).at("integrated_lufs").is_null());
  EXPECT_TRUE(measures.at("programmes").as_array().empty());
  EXPECT_EQ(measures.at("silent_programmes").as_int64(), 1);
}

TEST(Loudness, TimelineIsBoundedAndInTime) {
  const auto meter = meter_of({stereo(-200, 4), stereo(-20, 4), stereo(-200, 4)});
  const auto rows = meter.timeline();
  ASSERT_EQ(rows.size(), 120U);
  EXPECT_TRUE(rows[20].as_array()[1].is_null() || rows[20].as_array()[1].as_double() < -100);
  EXPECT_EQ(rows[75].as_array()[0].as_double(), 7.5);
  EXPECT_NEAR(rows[75].as_array()[1].as_double(), -20, 0.1);
  // Hours of gaps: coarser, never longer.
  impl::LoudnessMeter sparse(100, 1, 4, false);
  const std::vector<float> tenth(10, 0.1F);
  for (int64_t i = 0; i < 5000; ++i) sparse.add(i * i * 100, {tenth.data()}, 10);
  sparse.add(int64_t{1} << 60, {tenth.data()}, 10);
  EXPECT_LE(sparse.timeline().size(), impl::LoudnessMeter::kTimelinePoints);
  EXPECT_GE(sparse.timeline().size(), 1U);
}

json::object of_tracks(const std::vector<AudioContext>& streams, const std::vector<double>& dbfs) {
  LoudnessAnalyzer analyzer({.video = std::nullopt, .audio = streams});
  for (int64_t second = 0; second < 4; ++second) {
    size_t level = 0;
    for (const AudioContext& stream : streams) {
      auto block = test::tone_block({.amplitude = 1}, kRate, stream.channels, second * kRate, kRate);
      for (auto& channel : block.channels) {
        for (float& v : channel) v *= static_cast<float>(amplitude(dbfs[level]));
        ++level;
      }
      analyzer.hear(stream.stream_index, block);
    }
  }
  return analyzer.finish().measures;
}

TEST(Loudness, TracksOfOneChannelAreJudgedAsTheirProgramme) {
  std::vector<AudioContext> tracks;
  for (int i = 0; i < 4; ++i)
    tracks.push_back({.stream_index = i + 1, .sample_rate = kRate, .channels = 1, .channel_mask = 4});
  const auto measures = of_tracks(tracks, {-23, -23, -200, -200});
  EXPECT_NEAR(measures.at("streams").as_array()[0].at("integrated_lufs").as_double(), -26.0, 0.1);
  ASSERT_EQ(measures.at("programmes").as_array().size(), 1U);
  const auto& programme = measures.at("programmes").as_array()[0];
  EXPECT_NEAR(programme.at("integrated_lufs").as_double(), -23.0, 0.1);
  EXPECT_NEAR(programme.at("true_peak_dbtp").as_double(), -23.0, 0.1);
  EXPECT_EQ(programme.at("channels").as_string(), "1:1+2:1");
  EXPECT_EQ(programme.at("layout").as_string(), "mono_tracks");
  EXPECT_EQ(measures.at("silent_programmes").as_int64(), 1);
  // Six tracks are 5.1: the fourth is the LFE and does not count.
  for (int i = 4; i < 6; ++i)
    tracks.push_back({.stream_index = i + 1, .sample_rate = kRate, .channels = 1, .channel_mask = 4});
  const auto surround = of_tracks(tracks, {-23, -23, -200, -3, -200, -200});
  ASSERT_EQ(surround.at("programmes").as_array().size(), 1U);
  EXPECT_NEAR(surround.at("programmes").as_array()[0].at("integrated_lufs").as_double(), -23.0, 0.1);
}

TEST(Loudness, UnlabelledChannelsAreNamedAsSuchAndTakenInPairs) {
  const AudioContext sixteen{.stream_index = 1, .sample_rate = kRate, .channels = 16, .channel_mask = 0};
  std::vector<double> levels(16, -200);
  levels[2] = levels[3] = -23;
  const auto measures = of_tracks({sixteen}, levels);
  EXPECT_TRUE(measures.at("streams").as_array()[0].at("layout_unknown").as_bool());
  ASSERT_EQ(measures.at("programmes").as_array().size(), 1U);
  EXPECT_NEAR(measures.at("programmes").as_array()[0].at("integrated_lufs").as_double(), -23.0, 0.1);
  EXPECT_EQ(measures.at("programmes").as_array()[0].at("channels").as_string(), "1:3+1:4");
}

TEST(Loudness, TheFirstBlockCorrectsTheHeader) {
  LoudnessAnalyzer analyzer(
      {.video = std::nullopt, .audio = {{.stream_index = 1, .sample_rate = 24000, .channels = 1}}});
  for (int64_t at = 0; at < 4; ++at) {
    analyzer.hear(1, test::tone_block({.amplitude = amplitude(-23)}, kRate, 2, at * kRate, kRate));
  }
  const auto measures = analyzer.finish().measures;
  EXPECT_NEAR(measures.at("programmes").as_array().at(0).at("integrated_lufs").as_double(), -23.0, 0.1);
  EXPECT_EQ(measures.at("streams").as_array()[0].at("sample_rate").as_int64(), kRate);
}

}  // namespace
}  // namespace pier::analysis
