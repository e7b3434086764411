// HLS and DASH of the same packages, compared with tests/golden/packaging/ (UPDATE_GOLDEN=1 rewrites them).

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include <pier/packaging/dash.hpp>
#include <pier/packaging/hls.hpp>

#include "presentation.hpp"
#include "test_tracks.hpp"

namespace pier::packaging {
namespace {

constexpr ColourInfo kHlg{Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow, ChromaSite::kTopLeft};
constexpr ColourInfo kPq{Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow, ChromaSite::kTopLeft};

struct TestPackage {
  std::vector<test::StoredTrack> stored;
  Package package;

  void add(std::string name, test::StoredTrack track, std::string label = {}) {
    stored.push_back(std::move(track));
    package.tracks.push_back(test::package_track(std::move(name), stored.back(), std::move(label)));
  }
};

std::string text_of(const Result<std::string>& text) {
  EXPECT_TRUE(text) << (text ? "" : text.error().message);
  return text ? *text : std::string();
}

// The ladder `uhd` of a 10 s HLG master at 50p, with stereo in two languages and 5.1.
TestPackage uhd(const ColourInfo& colour, Rational rate, int64_t frames) {
  TestPackage made;
  made.package.title = "UHD 测试 \"A & B\" <1>";
  const auto fragment = static_cast<int>(std::lround(rate.value()) * 24 / 25);
  TrackDescription hevc = test::hevc_track(1, 3840, 2160, rate, frames);
  TrackDescription av1 = test::av1_track(2, 1920, 1080, rate, frames);
  hevc.video.colour = av1.video.colour = colour;
  if (colour.transfer == Transfer::kPq) {
    hevc.video.dolby_vision = test::dolby_vision_record(8, 9, 1);
    hevc.video.content_light = ContentLight{1000, 400};
  }
  made.add("v2160-hevc", test::store_video(hevc, fragment, 4, 900));
  made.add("v1080-av1", test::store_video(av1, fragment, 4, 300));
  made.add("v1080-avc", test::store_video(test::avc_track(3, 1920, 1080, rate, frames), fragment, 4, 400));
  made.add("v720-avc", test::store_video(test::avc_track(4, 1280, 720, rate, frames), fragment, 4, 200));
  const int64_t samples = rescale(frames, rate.inverse(), Rational(1, 48000));
  TrackDescription chinese = test::aac_track(5, samples), english = test::aac_track(6, samples);
  chinese.language = "zh-Hans";
  english.language = "en";
  made.add("a-zh", test::store_audio(chinese, 180, 340), "普通话");
  made.add("a-en", test::store_audio(english, 180, 330));
  TrackDescription surround = test::eac3_track(7, samples);
  surround.language = "zh-Hans";
  made.add("a-zh-51", test::store_audio(surround, 120, 1500));
  made.add("thumbs",
           test::store_images(test::image_track(8, 1000, rescale(frames, rate.inverse(), Rational(1, 1000)))));
  return made;
}

TEST(Golden, UhdHlg) {
  const TestPackage made = uhd(kHlg, 50, 500);
  test::expect_golden("uhd-hlg.m3u8", text_of(hls_multivariant(made.package)));
  test::expect_golden("uhd-hlg.mpd", text_of(dash_manifest(made.package)));
  test::expect_golden("uhd-hlg-video.m3u8", text_of(hls_media_playlist(made.package.tracks[0])));
  test::expect_golden("uhd-hlg-iframes.m3u8", text_of(hls_iframe_playlist(made.package.tracks[0])));
  test::expect_golden("uhd-hlg-sound.m3u8", text_of(hls_media_playlist(made.package.tracks[4])));
  test::expect_golden("uhd-hlg-images.m3u8", text_of(hls_image_playlist(made.package.tracks[7])));
}

/// ETSI TS 103 420: the configuration says that sixteen objects are coded beside the channels.
TrackDescription with_objects(uint32_t id, int64_t samples) {
  TrackDescription track = test::eac3_track(id, samples);
  track.configuration.push_back(std::byte{1});
  track.configuration.push_back(std::byte{16});
  return track;
}

TEST(Sound, CodedObjectsAreSaidAndOnlyThese) {
  TestPackage made;
  made.add("plain", test::store_audio(test::eac3_track(1, 480'000), 120, 300));
  const std::string hls = text_of(hls_multivariant(made.package)), mpd = text_of(dash_manifest(made.package));
  EXPECT_EQ(hls.find("JOC"), std::string::npos);
  EXPECT_EQ(mpd.find("EC3_Extension"), std::string::npos);
  made.add("objects", test::store_audio(with_objects(2, 480'000), 120, 300));
  const std::string both = text_of(hls_multivariant(made.package)), sets = text_of(dash_manifest(made.package));
  EXPECT_NE(both.find("CHANNELS=\"6\""), std::string::npos) << both;
  EXPECT_NE(both.find("CHANNELS=\"16/JOC\""), std::string::npos) << both;
  EXPECT_NE(sets.find("EC3_ExtensionType:2018\" value=\"JOC\""), std::string::npos) << sets;
  EXPECT_NE(sets.find("EC3_ExtensionComplexityIndex:2018\" value=\"16\""), std::string::npos) << sets;
}

TEST(Golden, UhdPqFractional) {
  const TestPackage made = uhd(kPq, Rational(60000, 1001), 600);
  test::expect_golden("uhd-pq-5994.m3u8", text_of(hls_multivariant(made.package)));
  test::expect_golden("uhd-pq-5994.mpd", text_of(dash_manifest(made.package)));
  test::expect_golden("uhd-pq-5994-video.m3u8", text_of(hls_media_playlist(made.package.tracks[0])));
}

TEST(Golden, PicturesOnlyAndSoundOnly) {
  TestPackage mute;
  mute.add("v1", test::store_video(test::avc_track(1, 640, 360, 25, 2), 24, 4, 50));
  test::expect_golden("mute.m3u8", text_of(hls_multivariant(mute.package)));
  test::expect_golden("mute.mpd", text_of(dash_manifest(mute.package)));
  TestPackage radio;
  radio.add("a1", test::store_audio(test::aac_track(1, 480'000), 180, 300));
  test::expect_golden("radio.m3u8", text_of(hls_multivariant(radio.package)));
  test::expect_golden("radio.mpd", text_of(dash_manifest(radio.package)));
}

// Subtitles in two languages and of signs only, each as WebVTT and as IMSC.
TestPackage with_subtitles() {
  TestPackage made;
  made.add("v1", test::store_video(test::avc_track(1, 640, 360, 25, 200), 24, 4, 50));
  made.add("a1", test::store_audio(test::aac_track(2, 384'000), 180, 300));
  uint32_t id = 3;
  for (const auto& [language, name, forced] : {std::tuple("en", "", false),
                                               {"zh-Hans", "简体中文", false},
                                               {"zh-Hans", "听障", false},
                                               {"zh-Hans", "画面文字", true}}) {
    for (const media::Codec codec : {media::Codec::kWebVtt, media::Codec::kTtml}) {
      TrackDescription track = test::text_track(id++, codec, 8000);
      track.language = language;
      track.text = {name, forced, std::string_view(name) == "简体中文"};
      made.add("t" + std::to_string(track.track_id),
               codec == media::Codec::kWebVtt ? test::store_webvtt(track, 3840) : test::store_imsc(track, 3840), name);
    }
  }
  return made;
}

TEST(Golden, Subtitles) {
  const TestPackage made = with_subtitles();
  test::expect_golden("subtitles.m3u8", text_of(hls_multivariant(made.package)));
  test::expect_golden("subtitles.mpd", text_of(dash_manifest(made.package)));
  test::expect_golden("subtitles-webvtt.m3u8", text_of(hls_media_playlist(made.package.tracks[2])));
  test::expect_golden("subtitles-imsc.m3u8", text_of(hls_media_playlist(made.package.tracks[3])));
}

std::vector<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) found.push_back((*it)[1]);
  return found;
}

TEST(Hls, EveryVideoHasAnAacVariant) {
  const TestPackage made = uhd(kHlg, 50, 500);
  const std::string text = text_of(hls_multivariant(made.package));
  std::map<std::string, std::set<std::string>> groups;
  for (const std::string& block : matches(text, "(#EXT-X-STREAM-INF[^\n]*\n[^\n]*)")) {
    groups[block.substr(block.find('\n') + 1)].insert(matches(block, "AUDIO=\"([^\"]*)\"").at(0));
  }
  ASSERT_EQ(groups.size(), 4U);
  for (const auto& [uri, set] : groups) EXPECT_EQ(set, (std::set<std::string>{"aac", "ec3"})) << uri;
  EXPECT_EQ(matches(text, "VIDEO-RANGE=([A-Z]+),AUDIO"),
            (std::vector<std::string>{"SDR", "SDR", "HLG", "HLG", "SDR", "SDR", "HLG", "HLG"}));
  EXPECT_EQ(text.find("E-AC"), std::string::npos);
}

TEST(Hls, BandwidthIsThePeakOfPicturesAndSound) {
  const TestPackage made = uhd(kHlg, 50, 500);
  const std::string text = text_of(hls_multivariant(made.package));
  const uint64_t expected = peak_bitrate(made.stored[3].view, 4) +
                            std::max(peak_bitrate(made.stored[4].view, 4), peak_bitrate(made.stored[5].view, 4));
  const std::string first = text.substr(text.find("#EXT-X-STREAM-INF"));
  EXPECT_EQ(matches(first, ":BANDWIDTH=([0-9]+)").at(0), std::to_string(expected));
}

// What RFC 8216 asks of any media playlist.
void check_media_playlist(const std::string& text, const TrackIndexView& index) {
  const int64_t target = std::stoll(matches(text, "TARGETDURATION:([0-9]+)").at(0));
  Rational sum;
  for (const std::string& value : matches(text, "#EXTINF:([0-9.]+),")) {
    const Rational seconds = *parse_rational(value);
    EXPECT_LE(rescale(1, seconds, Rational(1)), target) << value;
    sum = sum + seconds;
  }
  const Rational exact(index.end_time() - index.segments().front().time, index.timescale());
  const Rational error = sum < exact ? exact - sum : sum - exact;
  EXPECT_LE(error, Rational(1, 1'000'000)) << "the durations drift";
  EXPECT_TRUE(text.ends_with("#EXT-X-ENDLIST\n"));
}

TEST(Hls, DurationsNeverDriftAndNeverExceedTheTarget) {
  const TestPackage made = uhd(kPq, Rational(60000, 1001), 6000);
  for (const PackageTrack& track : made.package.tracks) {
    if (track.description.kind == TrackKind::kImage) {
      check_media_playlist(text_of(hls_image_playlist(track)), track.index);
      continue;
    }
    check_media_playlist(text_of(hls_media_playlist(track)), track.index);
    if (track.description.kind == TrackKind::kVideo)
      check_media_playlist(text_of(hls_iframe_playlist(track)), track.index);
  }
  // Just below the half: the six decimals round it up, so must the target.
  EXPECT_EQ(impl::target_duration(34'999'999, 10'000'000), 4);
  EXPECT_EQ(impl::target_duration(34'999'980, 10'000'000), 3);
  EXPECT_EQ(impl::target_duration(1, 1000), 1);
}

TEST(Hls, IframeRangesLieInTheirSegmentAndHoldTheKeyPicture) {
  const TestPackage made = uhd(kHlg, 50, 500);
  const test::StoredTrack& stored = made.stored[0];
  const std::string text = text_of(hls_iframe_playlist(made.package.tracks[0]));
  const Bytes file = test::file_bytes(stored.fd.get());
  size_t count = 0;
  for (const std::string& block : matches(text, "#EXT-X-BYTERANGE:([^\n]*\n[0-9]+)\\.m4s")) {
    const auto at = block.find('@'), line = block.find('\n');
    const uint64_t length = std::stoull(block.substr(0, at)), offset = std::stoull(block.substr(at + 1, line));
    const SegmentRecord& segment = stored.view.segments()[std::stoull(block.substr(line + 1)) - 1];
    ASSERT_LE(offset + length, segment.length);
    EXPECT_EQ(as_text(ByteView(file).subspan(segment.offset + offset + 4, 4)), "moof");
    ++count;
  }
  EXPECT_EQ(count, stored.view.fragments().size());
}

TEST(Hls, WrongKindsOfPlaylistAreNotFound) {
  const TestPackage made = uhd(kHlg, 50, 100);
  EXPECT_FALSE(hls_iframe_playlist(made.package.tracks[4]));
  EXPECT_FALSE(hls_image_playlist(made.package.tracks[0]));
  EXPECT_FALSE(hls_media_playlist(made.package.tracks[7]));
}

TEST(Manifests, HostileTextsStayInsideTheirQuotes) {
  TestPackage made = uhd(kHlg, 50, 100);
  const std::string nasty = "a\"b,c\n#EXT-X-ENDLIST\r\t<&>'\x01 ]]> 中文 \xEF\xBF\xBF é";
  made.package.title = nasty;
  for (PackageTrack& track : made.package.tracks) track.label = nasty;
  const std::string hls = text_of(hls_multivariant(made.package));
  EXPECT_EQ(hls.find("\n#EXT-X-ENDLIST"), std::string::npos);
  EXPECT_NE(hls.find("中文"), std::string::npos);
  for (const std::string& value : matches(hls, "VALUE=(.*)\n"))
    EXPECT_EQ(std::count(value.begin(), value.end(), '"'), 2);
  // Two renditions of a group must have two names.
  const auto names = matches(hls, "GROUP-ID=\"aac\",[^\n]*NAME=\"([^\"]*)\"");
  ASSERT_EQ(names.size(), 2U);
  EXPECT_NE(names[0], names[1]);
  const std::string mpd = text_of(dash_manifest(made.package));
  EXPECT_NE(mpd.find("a&quot;b,c #EXT-X-ENDLIST  &lt;&amp;&gt;&apos;"), std::string::npos) << mpd.substr(0, 600);
  EXPECT_EQ(mpd.find("\xEF\xBF\xBF"), std::string::npos);
}

TEST(Manifests, UnusablePackagesAreRefused) {
  const TestPackage good = uhd(kHlg, 50, 100);
  ASSERT_TRUE(check(good.package));
  const std::function<void(Package&)> faults[] = {
      [](Package& p) { p.title = "\xFF"; },
      [](Package& p) { p.tracks[1].name = p.tracks[0].name; },
      [](Package& p) { p.tracks[1].name = "../x"; },
      [](Package& p) { p.tracks[1].label = "\xC3"; },
      [](Package& p) { p.tracks[1].index = {}; },
      [](Package& p) { p.tracks[0].description.kind = TrackKind::kAudio; },
      [](Package& p) { p.tracks.erase(p.tracks.begin(), p.tracks.begin() + 7); },
      [](Package& p) { p.tracks.clear(); },
  };
  for (size_t i = 0; i < std::size(faults); ++i) {
    Package bad = good.package;
    faults[i](bad);
    EXPECT_FALSE(hls_multivariant(bad)) << i;
    EXPECT_FALSE(dash_manifest(bad)) << i;
  }
}

TEST(Dash, NamesTheSameSegmentsAsHls) {
  const TestPackage made = uhd(kHlg, 50, 500);
  const std::string mpd = text_of(dash_manifest(made.package));
  for (const auto& [media, init] : {std::pair("$RepresentationID$/$Number$.m4s", "$RepresentationID$/init.mp4")}) {
    EXPECT_NE(mpd.find(media), std::string::npos);
    EXPECT_NE(mpd.find(init), std::string::npos);
  }
  // Timeline entries add up to the segments of the index.
  const auto first = mpd.substr(0, mpd.find("</SegmentTimeline>"));
  int64_t segments = 0;
  for (const std::string& s : matches(first, "<S ([^>]*)/>")) {
    const auto repeat = matches(s, "r=\"([0-9]+)\"");
    segments += 1 + (repeat.empty() ? 0 : std::stoll(repeat[0]));
  }
  EXPECT_EQ(segments, static_cast<int64_t>(made.stored[0].view.segments().size()));
}

TEST(Dash, ThumbnailsSayNoMoreSheetsThanThereAre) {
  TestPackage made;
  made.add("a", test::store_audio(test::aac_track(1, 48'000 * 31), 180, 100));  // sound goes on for a second
  made.add("v", test::store_video(test::avc_track(2, 64, 64, 25, 750), 24, 4, 10));
  made.add("t", test::store_images(test::image_track(3, 1000, 30'000)));
  const std::string mpd = text_of(dash_manifest(made.package));
  EXPECT_NE(mpd.find("mediaPresentationDuration=\"PT31S\""), std::string::npos);
  EXPECT_NE(mpd.find("<S t=\"0\" d=\"10000\" r=\"2\"/>"), std::string::npos) << mpd;
}

// PIER_DASH_SCHEMA names DASH-MPD.xsd (its XLink import is answered here).
TEST(Dash, ValidAgainstTheSchema) {
  const char* schema = std::getenv("PIER_DASH_SCHEMA");
  if (schema == nullptr || !std::filesystem::exists(schema)) {
    GTEST_SKIP() << "SKIPPED: PIER_DASH_SCHEMA does not name DASH-MPD.xsd, the manifests are not checked against it";
  }
  const std::string folder = ::testing::TempDir() + "pier-dash-schema-" + std::to_string(::getpid());
  ASSERT_TRUE(make_directories(folder));
  std::string xsd = *read_file(schema);
  xsd = std::regex_replace(xsd, std::regex("schemaLocation=\"[^\"]*xlink[^\"]*\""), "schemaLocation=\"xlink.xsd\"");
  ASSERT_TRUE(replace_file(folder + "/mpd.xsd", as_bytes(xsd)));
  constexpr std::string_view kXlink = R"(<?xml version="1.0"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/1999/xlink">
<xs:attribute name="href" type="xs:anyURI"/><xs:attribute name="type" type="xs:string"/>
<xs:attribute name="show" type="xs:string"/><xs:attribute name="actuate" type="xs:string"/></xs:schema>
)";
  ASSERT_TRUE(replace_file(folder + "/xlink.xsd", as_bytes(kXlink)));
  const auto valid = [&folder](const std::string& mpd) {
    EXPECT_TRUE(replace_file(folder + "/test.mpd", as_bytes(mpd)));
    const std::string command = "cd '" + folder + "' && xmllint --nonet --noout --schema mpd.xsd test.mpd 2>errors.txt";
    return std::system(command.c_str()) == 0;
  };
  TestPackage radio;
  radio.package.title = "<&\"'";
  radio.add("a1", test::store_audio(test::eac3_track(1, 480'000), 180, 300), "注 & <x>");
  const TestPackage packages[] = {uhd(kHlg, 50, 500), uhd(kPq, Rational(60000, 1001), 600), std::move(radio),
                                  with_subtitles()};
  for (const TestPackage& made : packages) {
    const std::string mpd = text_of(dash_manifest(made.package));
    EXPECT_TRUE(valid(mpd)) << *read_file(folder + "/errors.txt") << mpd;
    EXPECT_FALSE(valid(std::regex_replace(mpd, std::regex("<Period "), "<Periode "))) << "the check finds nothing";
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace pier::packaging
