#include <gtest/gtest.h>

#include <pier/packaging/codec_string.hpp>

#include "test_tracks.hpp"

namespace pier::packaging {
namespace {

using test::bytes_of;

TrackDescription with(TrackDescription track, Bytes configuration) {
  track.configuration = std::move(configuration);
  return track;
}

std::string string_of(const TrackDescription& track) {
  const auto text = codec_string(track);
  return text ? *text : "error: " + text.error().message;
}

TEST(CodecString, Hevc) {
  const TrackDescription track = test::hevc_track(1, 3840, 2160, 50, 100);
  EXPECT_EQ(string_of(track), "hvc1.2.4.L153.B0");
  // Main profile, no constraint; compatibility with profiles 1 and 2 reads 6 in reversed order.
  EXPECT_EQ(string_of(with(track, bytes_of({1, 0x01, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 93}))), "hvc1.1.6.L93");
  // High tier, a profile space, zero bytes between constraint bytes stay.
  EXPECT_EQ(string_of(with(track, bytes_of({1, 0x64, 0x08, 0, 0, 0, 0x9D, 0, 0x08, 0, 0, 0, 183}))),
            "hvc1.A4.10.H183.9D.0.8");
}

TEST(CodecString, Avc) {
  EXPECT_EQ(string_of(test::avc_track(1, 1920, 1080, 50, 100)), "avc1.640028");
  EXPECT_EQ(string_of(with(test::avc_track(1, 1, 1, 50, 1), bytes_of({1, 0x42, 0xC0, 0x1E}))), "avc1.42C01E");
}

TEST(CodecString, Av1IsAlwaysLong) {
  TrackDescription track = test::av1_track(1, 3840, 2160, 50, 100);
  EXPECT_EQ(string_of(track), "av01.0.13M.10.0.110.01.01.01.0");
  track.video.colour = {Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow, ChromaSite::kTopLeft};
  EXPECT_EQ(string_of(track), "av01.0.13M.10.0.110.09.18.09.0");
  track.video.colour = {Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kFull, ChromaSite::kTopLeft};
  // Professional, 4:4:4 12 bit, high tier, level 6.0.
  EXPECT_EQ(string_of(with(track, bytes_of({0x81, 0x50, 0xE2, 0}))), "av01.2.16H.12.0.000.09.16.09.1");
  // 4:2:0 with the chroma in the top left place.
  EXPECT_EQ(string_of(with(track, bytes_of({0x81, 0x08, 0x0E, 0}))), "av01.0.08M.08.0.112.09.16.09.1");
  // Monochrome.
  EXPECT_EQ(string_of(with(track, bytes_of({0x81, 0x08, 0x1C, 0}))), "av01.0.08M.08.1.110.09.16.09.1");
}

TEST(CodecString, Sound) {
  EXPECT_EQ(string_of(test::aac_track(1, 48000)), "mp4a.40.2");
  EXPECT_EQ(string_of(with(test::aac_track(1, 48000), bytes_of({0x2B, 0x09}))), "mp4a.40.5");
  EXPECT_EQ(string_of(with(test::aac_track(1, 48000), bytes_of({0xF9, 0x46}))), "mp4a.40.42");
  EXPECT_EQ(string_of(test::eac3_track(1, 48000)), "ec-3");
}

TEST(CodecString, DamagedConfigurations) {
  for (const TrackDescription& track : {test::hevc_track(1, 2, 2, 50, 1), test::avc_track(1, 2, 2, 50, 1),
                                        test::av1_track(1, 2, 2, 50, 1), test::aac_track(1, 1)}) {
    const auto empty = codec_string(with(track, {}));
    ASSERT_FALSE(empty);
    EXPECT_EQ(empty.error().code, ErrorCode::kInputDamaged);
    if (track.kind == TrackKind::kAudio) continue;
    EXPECT_FALSE(codec_string(with(track, bytes_of({1, 2})))) << string_of(track);
    EXPECT_FALSE(codec_string(with(track, Bytes(40)))) << string_of(track);
  }
}

TEST(CodecString, DolbyVisionOverABase) {
  const auto extra = [](TrackDescription track, Bytes record) {
    track.video.dolby_vision = std::move(record);
    const auto found = supplemental_codec(track);
    return found && *found ? (*found)->hls() : std::string("none");
  };
  const TrackDescription hevc = test::hevc_track(1, 3840, 2160, 50, 100);
  const TrackDescription av1 = test::av1_track(1, 3840, 2160, 50, 100);
  EXPECT_EQ(extra(hevc, test::dolby_vision_record(8, 6, 1)), "dvh1.08.06/db1p");
  EXPECT_EQ(extra(hevc, test::dolby_vision_record(8, 7, 4)), "dvh1.08.07/db4h");
  EXPECT_EQ(extra(hevc, test::dolby_vision_record(8, 7, 2)), "dvh1.08.07/db2g");
  EXPECT_EQ(extra(av1, test::dolby_vision_record(10, 9, 4)), "dav1.10.09/db4h");
  EXPECT_EQ(extra(av1, test::dolby_vision_record(10, 9, 0)), "none");
  EXPECT_EQ(extra(hevc, test::dolby_vision_record(5, 6, 0)), "none");
  EXPECT_EQ(extra(av1, test::dolby_vision_record(8, 9, 1)), "none");
  EXPECT_EQ(extra(hevc, {}), "none");

  TrackDescription alone = hevc;
  alone.video.dolby_vision = test::dolby_vision_record(5, 6, 0);
  EXPECT_EQ(string_of(alone), "dvh1.05.06");
}

}  // namespace
}  // namespace pier::packaging
