#include "analyzers/phase/phase.hpp"

#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "test_clip.hpp"

namespace pier::analysis {
namespace {

constexpr int kRate = 8000;

/// Independent noise per channel, and one they share.
struct Source {
  std::mt19937 random{11};
  std::normal_distribution<float> normal{0, 0.1F};
  float noise() { return normal(random); }
};

using Mix = std::function<std::vector<float>(Source& source, double second)>;

std::vector<AudioContext> one_stream(int channels, uint64_t mask) {
  return {{.stream_index = 1, .sample_rate = kRate, .channels = channels, .channel_mask = mask}};
}

/// Twelve seconds; several streams take one channel each, in blocks of different lengths.
Outcome listen(const std::vector<AudioContext>& streams, const Mix& mix) {
  PhaseAnalyzer analyzer({.video = std::nullopt, .audio = streams});
  Source source;
  std::vector<std::vector<float>> all;
  for (int64_t i = 0; i < 12 * kRate; ++i) {
    const auto sample = mix(source, static_cast<double>(i) / kRate);
    all.resize(sample.size());
    for (size_t c = 0; c < sample.size(); ++c) all[c].push_back(sample[c]);
  }
  const auto say = [&](int stream, size_t channel, size_t count, int64_t block_size) {
    return [&, stream, channel, count, block_size](int64_t block) {
      media::AudioBlock out{.pts = block * block_size, .sample_rate = kRate, .channel_mask = 0, .channels = {}};
      const auto from = std::min<int64_t>(12 * kRate, out.pts), to = std::min<int64_t>(12 * kRate, from + block_size);
      for (size_t c = channel; c < channel + count; ++c)
        out.channels.emplace_back(all[c].begin() + from, all[c].begin() + to);
      if (to > from) analyzer.hear(stream, out);
    };
  };
  if (streams.size() == 1) {
    for (int64_t block = 0; block < 100; ++block) say(1, 0, all.size(), 997)(block);
  } else {
    for (int64_t second = 0; second < 12; ++second) {
      for (size_t s = 0; s < streams.size(); ++s) {
        const int64_t size = s % 2 == 0 ? kRate : kRate / 4;
        for (int64_t b = second * kRate / size; b < (second + 1) * kRate / size; ++b)
          say(streams[s].stream_index, s, 1, size)(b);
      }
    }
  }
  return analyzer.finish();
}

std::string kinds(const Outcome& outcome) {
  std::string text;
  for (const Finding& finding : outcome.findings) {
    text += finding.kind + "@" + std::string(finding.measures.at("channels").as_string()) + " ";
  }
  return text;
}

TEST(Phase, InvertedPassageIsFoundInItsTime) {
  const auto outcome = listen(one_stream(2, 3), [](Source& s, double t) {
    const float middle = s.noise(), side = 0.1F * s.noise();
    const bool bad = t >= 3 && t < 7;
    return std::vector{middle + side, (bad ? -middle : middle) - side};
  });
  ASSERT_EQ(kinds(outcome), "phase.inverted@1:1+1:2 ");
  EXPECT_NEAR(outcome.findings[0].time.start.value(), 3, 0.11);
  EXPECT_NEAR(outcome.findings[0].time.end.value(), 7, 0.11);
  EXPECT_NEAR(outcome.measures.at("pairs").as_array()[0].at("inverted_share").as_double(), 4.0 / 12, 0.02);
}

TEST(Phase, IdenticalChannelsAreDualMono) {
  const auto outcome = listen(one_stream(2, 3), [](Source& s, double t) {
    const float x = s.noise();
    return std::vector{x, t < 6 ? x : 0.9F * s.noise()};
  });
  ASSERT_EQ(kinds(outcome), "phase.dual_mono@1:1+1:2 ");
  EXPECT_NEAR(outcome.findings[0].time.end.value(), 6, 0.11);
  EXPECT_EQ(outcome.findings[0].severity, Severity::kInfo);
}

TEST(Phase, ADeadChannelIsMono) {
  const auto outcome = listen(one_stream(2, 3), [](Source& s, double t) {
    return std::vector{s.noise(), t >= 2 && t < 8 ? 0.0005F * s.noise() : s.noise()};
  });
  ASSERT_EQ(kinds(outcome), "phase.mono@1:1+1:2 ");
  EXPECT_NEAR(outcome.findings[0].time.start.value(), 2, 0.11);
}

TEST(Phase, StereoAmbienceAndSilenceAreQuiet) {
  EXPECT_EQ(kinds(listen(one_stream(2, 3), [](Source& s, double) { return std::vector{s.noise(), s.noise()}; })), "");
  EXPECT_EQ(kinds(listen(one_stream(2, 3), [](Source&, double) { return std::vector{0.0F, 0.0F}; })), "");
  EXPECT_EQ(kinds(listen(one_stream(2, 3),
                         [](Source& s, double) {  // wide, but no inversion: correlation about -0.5
                           const float middle = s.noise(), side = 1.7F * s.noise();
                           return std::vector{middle + side, middle - side};
                         })),
            "");
}

TEST(Phase, ShortPausesDoNotEndARunLongOnesDo) {
  const auto inverted = [](double pause) {
    return kinds(listen(one_stream(2, 3), [pause](Source& s, double t) {
      const float x = t >= 5 && t < 5 + pause ? 0.0F : s.noise();
      return std::vector{x, -x};
    }));
  };
  EXPECT_EQ(inverted(0.8), "phase.inverted@1:1+1:2 ");
  EXPECT_EQ(inverted(2.0), "phase.inverted@1:1+1:2 phase.inverted@1:1+1:2 ");
}

TEST(Phase, SurroundPairsOfFiveOneAreLookedAtToo) {
  const auto outcome = listen(one_stream(6, 0x60F), [](Source& s, double) {
    const float x = s.noise();
    return std::vector{s.noise(), s.noise(), s.noise(), 0.0F, x, -x};
  });
  EXPECT_EQ(kinds(outcome), "phase.inverted@1:5+1:6 ");
}

TEST(Phase, TracksOfOneChannelArePairedInOrder) {
  std::vector<AudioContext> tracks;
  for (int i = 0; i < 4; ++i)
    tracks.push_back({.stream_index = 10 + i, .sample_rate = kRate, .channels = 1, .channel_mask = 4});
  const auto outcome = listen(tracks, [](Source& s, double) {
    const float x = s.noise();
    return std::vector{s.noise(), s.noise(), x, -x};
  });
  EXPECT_EQ(kinds(outcome), "phase.inverted@12:1+13:1 ");
  EXPECT_EQ(outcome.findings[0].stream_index, 12);
  EXPECT_EQ(outcome.measures.at("pairs").as_array()[0].at("layout").as_string(), "mono_tracks");
  EXPECT_NEAR(outcome.measures.at("pairs").as_array()[1].at("correlation").as_double(), -1, 1e-6);
}

TEST(Phase, SixteenUnlabelledChannelsAreEightPairs) {
  const auto outcome = listen(one_stream(16, 0), [](Source& s, double) {
    std::vector<float> samples;
    for (int c = 0; c < 16; ++c) samples.push_back(s.noise());
    samples[15] = -samples[14];
    return samples;
  });
  EXPECT_EQ(outcome.measures.at("pairs").as_array().size(), 8U);
  EXPECT_EQ(kinds(outcome), "phase.inverted@1:15+1:16 ");
}

}  // namespace
}  // namespace pier::analysis
