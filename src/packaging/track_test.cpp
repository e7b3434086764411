#include <gtest/gtest.h>

#include <pier/packaging/track.hpp>

#include "test_tracks.hpp"

namespace pier::packaging {
namespace {

TrackDescription full_video() {
  TrackDescription track = test::hevc_track(7, 3840, 2160, Rational(60000, 1001), 600);
  track.language = "zh-Hans";
  track.bitrate = 16'000'000;
  track.max_bitrate = 24'000'000;
  track.video.sample_aspect = Rational(4, 3);
  track.video.colour = {Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kFull, ChromaSite::kTopLeft};
  track.video.mastering_display =
      MasteringDisplay{{34000, 16000}, {13250, 34500}, {7500, 3000}, {15635, 16450}, 4'000'000'000U, 50};
  track.video.content_light = ContentLight{1000, 400};
  track.video.dolby_vision = test::dolby_vision_record(8, 9, 1);
  track.video.hdr_vivid = test::bytes_of({0, 1, 2, 3});
  return track;
}

TEST(TrackDescription, JsonRoundTripKeepsEverything) {
  TrackDescription sound = test::eac3_track(2, INT64_MAX / 4);
  sound.audio.channel_mask = UINT64_MAX;
  for (const TrackDescription& track : {full_video(), test::av1_track(1, 1, 1, 24, 2), test::aac_track(3, 48000), sound,
                                        test::image_track(4, 1000, 60'000)}) {
    const auto text = json::serialize(to_json(track));
    const auto back = track_description_from_json(parse_json(text)->as_object());
    ASSERT_TRUE(back) << back.error().message << text;
    EXPECT_EQ(*back, track) << text;
  }
}

TEST(TrackDescription, UnusableOnesAreNamed) {
  using Change = void (*)(TrackDescription&);
  const std::pair<Change, std::string_view> faults[] = {
      {[](auto& t) { t.track_id = 0; }, "track_id"},
      {[](auto& t) { t.timescale = 0; }, "timescale"},
      {[](auto& t) { t.duration = 0; }, "duration"},
      {[](auto& t) { t.configuration.clear(); }, "configuration"},
      {[](auto& t) { t.language = "zh Hans"; }, "BCP 47"},
      {[](auto& t) { t.codec = media::Codec::kVp9; }, "HEVC, AVC or AV1"},
      {[](auto& t) { t.video.width = 65536; }, "raster"},
      {[](auto& t) { t.video.sample_aspect = Rational(0); }, "aspect"},
      {[](auto& t) { t.video.colour.transfer = Transfer::kHlg; }, "HLG"},
      {[](auto& t) { t.video.dolby_vision.pop_back(); }, "24 bytes"},
      {[](auto& t) { t.kind = TrackKind::kText; }, "text"},
  };
  ASSERT_TRUE(check(full_video()));
  for (const auto& [change, word] : faults) {
    TrackDescription track = full_video();
    change(track);
    const auto checked = check(track);
    ASSERT_FALSE(checked) << word;
    EXPECT_NE(checked.error().message.find(word), std::string::npos) << checked.error().message;
  }
}

TEST(TrackDescription, JsonOutOfRangeIsRefused) {
  const auto read = [](std::string_view key, json::value value) {
    json::object object = to_json(full_video());
    object["video"].as_object()[key] = std::move(value);
    return track_description_from_json(object).has_value();
  };
  EXPECT_TRUE(read("width", 3840));
  EXPECT_FALSE(read("width", -1));
  EXPECT_FALSE(read("width", 1LL << 40));
  EXPECT_FALSE(read("sample_aspect", json::array{1, 0}));
  EXPECT_FALSE(read("mastering_display", json::array{1, 2, 3}));
  EXPECT_FALSE(read("mastering_display", json::array{65536, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_FALSE(read("content_light", json::object{{"max_cll", 70000}, {"max_fall", 0}}));
  EXPECT_FALSE(read("dolby_vision", "not base64!"));
}

TEST(LanguageTag, IsTheShortestFormOfWhatAContainerSays) {
  for (const auto& [code, tag] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{{"eng", "en"},
                                                                            {"chi", "zh"},
                                                                            {"zho", "zh"},
                                                                            {"fre", "fr"},
                                                                            {"fra", "fr"},
                                                                            {"ENG", "en"},
                                                                            {"yue", "yue"},
                                                                            {"cmn-Hans", "cmn-Hans"},
                                                                            {"zho-Hant", "zh-Hant"},
                                                                            {"en-GB", "en-GB"},
                                                                            {"en", "en"},
                                                                            {"und", ""},
                                                                            {"", ""},
                                                                            {"x", ""},
                                                                            {"englisch!", ""},
                                                                            {std::string_view("e\0g", 3), ""}}) {
    EXPECT_EQ(language_tag(code), tag) << code;
  }
}

}  // namespace
}  // namespace pier::packaging
