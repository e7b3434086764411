#include "sound_programmes.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace pier::analysis::impl {
namespace {

AudioContext stream(int index, int channels, uint64_t mask = 0, int rate = 48000) {
  return {.stream_index = index, .sample_rate = rate, .channels = channels, .channel_mask = mask};
}

std::string text(const std::vector<AudioContext>& streams) {
  std::string out;
  for (const SoundProgramme& programme : sound_programmes(streams)) {
    out += place_text(programme.channels) + "/" + std::to_string(programme.mask) + "/" +
           std::string(to_string(programme.basis)) + " ";
  }
  return out;
}

TEST(SoundProgrammes, LayoutsByLabelsCountTracksAndPairs) {
  EXPECT_EQ(text({stream(1, 2, 3)}), "1:1+1:2/3/labels ");
  EXPECT_EQ(text({stream(1, 2)}), "1:1+1:2/3/count ");
  EXPECT_EQ(text({stream(1, 6)}), "1:1+1:2+1:3+1:4+1:5+1:6/63/count ");
  EXPECT_EQ(text({stream(1, 3)}), "1:1+1:2/3/pairs 1:3/4/pairs ");
  EXPECT_EQ(text({stream(1, 1, 4)}), "1:1/4/labels ");
  EXPECT_EQ(text({stream(1, 1, 4), stream(2, 1, 4)}), "1:1+2:1/3/mono_tracks ");
  EXPECT_EQ(text({stream(1, 1), stream(2, 1), stream(3, 1)}), "1:1+2:1/3/mono_tracks 3:1/4/mono_tracks ");
  EXPECT_EQ(text({stream(1, 1), stream(2, 1), stream(3, 1), stream(4, 1), stream(5, 1), stream(6, 1)}),
            "1:1+2:1+3:1+4:1+5:1+6:1/63/mono_tracks ");
  EXPECT_EQ(text({stream(1, 1), stream(2, 2, 3), stream(3, 1, 0, 44100)}), "1:1/4/count 2:1+2:2/3/labels 3:1/4/count ");
  EXPECT_EQ(text({stream(1, 0), stream(2, 2, 3, 0), stream(3, 1000)}), "");
}

/// What a joiner gave out, as text: time and samples of both channels.
struct Heard {
  int64_t first = INT64_MIN, next = 0, gaps = 0, samples = 0;
  std::vector<float> left, right;
  void add(const SoundPiece& piece) {
    if (first == INT64_MIN) first = piece.pts;
    gaps += first != piece.pts && piece.pts != next ? 1 : 0;
    next = piece.pts + static_cast<int64_t>(piece.samples);
    samples += static_cast<int64_t>(piece.samples);
    left.insert(left.end(), piece.channels[0], piece.channels[0] + piece.samples);
    right.insert(right.end(), piece.channels[1], piece.channels[1] + piece.samples);
  }
};

media::AudioBlock ramp(int64_t pts, int64_t samples, float sign) {
  media::AudioBlock block{.pts = pts, .sample_rate = 48000, .channel_mask = 0, .channels = {{}}};
  for (int64_t i = 0; i < samples; ++i) block.channels[0].push_back(sign * static_cast<float>(pts + i));
  return block;
}

struct Joined {
  ProgrammeJoiner joiner{sound_programmes({stream(1, 1), stream(2, 1)}).front()};
  Heard heard;
  void hear(int index, const media::AudioBlock& block) {
    joiner.hear(index, block, [this](const SoundPiece& piece) { heard.add(piece); });
  }
  void finish() {
    joiner.finish([this](const SoundPiece& piece) { heard.add(piece); });
  }
};

TEST(SoundProgrammes, TracksComeTogetherSampleBySample) {
  Joined j;
  for (int64_t at = 0; at < 96000; at += 1000) j.hear(1, ramp(at, 1000, 1));
  EXPECT_TRUE(j.heard.left.empty());
  for (int64_t at = 0; at < 96000; at += 1600) j.hear(2, ramp(at, 1600, -1));
  j.finish();
  ASSERT_EQ(j.heard.samples, 96000);
  EXPECT_EQ(j.heard.gaps, 0);
  for (size_t i = 0; i < 96000; i += 777) {
    EXPECT_EQ(j.heard.left[i], static_cast<float>(i));
    EXPECT_EQ(j.heard.right[i], -static_cast<float>(i));
  }
}

TEST(SoundProgrammes, ATrackThatEndsOrLagsIsSilent) {
  Joined j;
  j.hear(2, ramp(0, 48000, -1));
  for (int64_t at = 0; at < 20; ++at) j.hear(1, ramp(at * 48000, 48000, 1));
  EXPECT_EQ(j.heard.samples, 15 * 48000);  // five seconds are waited for
  j.finish();
  ASSERT_EQ(j.heard.samples, 20 * 48000);
  EXPECT_EQ(j.heard.right[47999], -47999.0F);
  EXPECT_EQ(j.heard.right[48000], 0.0F);
  EXPECT_EQ(j.heard.left[900000], 900000.0F);
}

TEST(SoundProgrammes, LeapsAndStepsBackAreSurvived) {
  Joined j;
  for (const int64_t pts : {int64_t{0}, int64_t{1} << 60, int64_t{1} << 40, int64_t{500}, INT64_MAX, INT64_MIN}) {
    j.hear(1, ramp(pts, 100, 1));
    j.hear(2, ramp(pts, 100, -1));
  }
  j.finish();
  EXPECT_LE(j.heard.samples, 600);
  EXPECT_GE(j.heard.samples, 200);
}

TEST(SoundProgrammes, NotANumberBecomesSilence) {
  ProgrammeJoiner joiner(sound_programmes({stream(1, 2, 3)}).front());
  media::AudioBlock block{.pts = 0, .sample_rate = 48000, .channel_mask = 3, .channels = {{1, 2}, {3, 4}}};
  block.channels[1][0] = std::numeric_limits<float>::quiet_NaN();
  Heard heard;
  joiner.hear(1, block, [&](const SoundPiece& piece) { heard.add(piece); });
  EXPECT_EQ(heard.right, (std::vector<float>{0, 4}));
}

}  // namespace
}  // namespace pier::analysis::impl
