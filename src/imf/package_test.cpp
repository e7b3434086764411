#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pier/imf/mastering.hpp>
#include <pier/imf/package.hpp>

#include "track_file_fixture.hpp"

namespace pier::imf {
namespace {

using testing::HasSubstr;

Composition composition() {
  Composition made;
  made.uuid = test::kUuid;
  made.title = "A & B";
  made.edit_rate = Rational(24000, 1001);
  made.duration = 48;
  made.content_light = ContentLight{1000, 400};
  TrackAsset sound, picture;
  picture.track = {"0198c2a4-1111-7222-8333-000000000001",
                   true,
                   made.edit_rate,
                   48,
                   "0198c2a4-1111-7222-8333-00000000000a",
                   "<r0:CDCIDescriptor/>\n",
                   1};
  sound.track = {"0198c2a4-1111-7222-8333-000000000002",
                 false,
                 Rational(48000),
                 96096,
                 "0198c2a4-1111-7222-8333-00000000000b",
                 "<r0:WAVEPCMDescriptor/>\n",
                 1};
  picture.sha1 = sound.sha1 = Bytes(20);
  made.tracks = {sound, picture};
  return made;
}

const Issue kIssue{"Issuer <x>", "pier", 1'763'900'000'000'000};

TEST(Composition, SaysItsTracksPicturesFirst) {
  const std::string xml = composition_xml(composition(), kIssue);
  EXPECT_THAT(xml, HasSubstr("<ContentTitle>A &amp; B</ContentTitle>"));
  EXPECT_THAT(xml, HasSubstr("<Issuer>Issuer &lt;x&gt;</Issuer>"));
  EXPECT_THAT(xml, HasSubstr("<EditRate>24000 1001</EditRate>"));
  EXPECT_THAT(xml, HasSubstr("<TotalRunningTime>00:00:03</TotalRunningTime>"));
  EXPECT_THAT(xml, HasSubstr(">1000</app:MaxCLL>"));
  EXPECT_LT(xml.find("MainImageSequence"), xml.find("MainAudioSequence"));
  EXPECT_EQ(composition_xml(composition(), kIssue), xml);
}

TEST(Composition, EarlierTracksAreTakenOverAsTheyStand) {
  const std::string xml = composition_xml(composition(), kIssue);
  const auto earlier = read_earlier(xml, {"MainImageSequence"});
  ASSERT_TRUE(earlier) << earlier.error().message;
  EXPECT_EQ(earlier->edit_rate, Rational(24000, 1001));
  EXPECT_EQ(earlier->duration, 48);
  EXPECT_EQ(earlier->content_light, (ContentLight{1000, 400}));
  ASSERT_EQ(earlier->tracks.size(), 1U);
  EXPECT_THAT(earlier->tracks[0].track_files, testing::ElementsAre("urn:uuid:0198c2a4-1111-7222-8333-000000000001"));
  ASSERT_EQ(earlier->tracks[0].descriptors_xml.size(), 1U);
  EXPECT_THAT(earlier->tracks[0].descriptors_xml[0], HasSubstr("<r0:CDCIDescriptor"));
  EXPECT_THAT(earlier->tracks[0].descriptors_xml[0],
              HasSubstr("xmlns:r0=\"http://www.smpte-ra.org/reg/395/2014/13/1/aaf\""));
  EXPECT_THAT(earlier->tracks[0].sequence_xml, HasSubstr("xmlns:xsi="));
  // What was taken over can be taken over again.
  Composition next = composition();
  next.tracks.pop_back();
  next.borrowed = earlier->tracks;
  const auto again = read_earlier(composition_xml(next, kIssue), {"MainImageSequence", "MainAudioSequence"});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->tracks.size(), 2U);
  EXPECT_EQ(again->duration, 48);
}

TEST(Composition, DamagedEarlierOnesAreTold) {
  const std::string xml = composition_xml(composition(), kIssue);
  const auto code = [](const std::string& text, const std::vector<std::string>& kinds) {
    const auto earlier = read_earlier(text, kinds);
    return earlier ? "none" : std::string(to_string(earlier.error().code));
  };
  EXPECT_EQ(code(xml, {"MainImageSequence"}), "none");
  EXPECT_EQ(code(xml, {"SubtitlesSequence"}), "input_unsupported");
  EXPECT_EQ(code(xml.substr(0, xml.size() / 2), {"MainImageSequence"}), "input_damaged");
  EXPECT_EQ(code("<AssetMap/>", {"MainImageSequence"}), "input_damaged");
  std::string loose = xml;
  const std::string id = "<SourceEncoding>urn:uuid:0198c2a4-1111-7222-8333-00000000000a";
  loose.replace(loose.find(id), id.size(), "<SourceEncoding>urn:uuid:0198c2a4-1111-7222-8333-00000000000c");
  EXPECT_EQ(code(loose, {"MainImageSequence"}), "input_damaged");
  std::string two = xml;
  two.insert(two.find("  </SegmentList>"), "<Segment><SequenceList/></Segment>");
  EXPECT_EQ(code(two, {"MainImageSequence"}), "input_unsupported");
}

TEST(Papers, ListAndMapNameEveryAsset) {
  const std::vector<PackageAsset> assets{
      {"0198c2a4-1111-7222-8333-000000000001", "VIDEO.mxf", "application/mxf", 77, Bytes(20)}};
  const std::string list = packing_list_xml(test::kUuid, "title", assets, kIssue);
  EXPECT_THAT(list, HasSubstr("<Size>77</Size>"));
  EXPECT_THAT(list, HasSubstr("<Hash>AAAAAAAAAAAAAAAAAAAAAAAAAAA=</Hash>"));
  const std::string map = asset_map_xml(
      test::kUuid, {"0198c2a4-1111-7222-8333-000000000009", "PKL.xml", "text/xml", 5, {}}, assets, kIssue);
  EXPECT_THAT(map, HasSubstr("<PackingList>true</PackingList>"));
  EXPECT_THAT(map, HasSubstr("<Path>VIDEO.mxf</Path>"));
  EXPECT_THAT(map, HasSubstr("<Length>77</Length>"));
}

// ---- what is planned of a master

media::Facts facts() {
  media::Facts made;
  media::VideoFacts video;
  video.width = 1920;
  video.height = 1080;
  video.format = {8, Chroma::k420, false};
  video.colour = {Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow, ChromaSite::kLeft};
  video.frame_rate = Rational(24);
  video.frames = 240;
  made.video.push_back(video);
  made.main_video = 0;
  media::AudioFacts audio;
  audio.codec = media::Codec::kPcm;
  audio.sample_rate = 48000;
  audio.channels = 8;
  audio.channel_mask = 0x63F;
  audio.bit_depth = 24;
  audio.language = "zh";
  made.audio.push_back(audio);
  return made;
}

TEST(Plan, OfAnOrdinaryMaster) {
  const auto plan = plan_mastering(facts(), {});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->picture->track.format.to_string(), "yuv422p10");
  EXPECT_EQ(plan->picture->track.aspect, Rational(16, 9));
  EXPECT_THAT(plan->sound[0].order, testing::ElementsAre(0, 1, 2, 3, 6, 7, 4, 5));
  EXPECT_EQ(plan->sound[0].track.soundfield, Soundfield::k71);
  EXPECT_EQ(plan->sound[0].track.language, "zh");
}

TEST(Plan, P3GoesAsRgb) {
  media::Facts made = facts();
  made.video[0].colour.primaries = Primaries::kP3D65;
  made.video[0].colour.transfer = Transfer::kPq;
  made.video[0].colour.matrix = Matrix::kBt2020Ncl;
  made.video[0].format.bit_depth = 10;
  const auto plan = plan_mastering(made, {});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_TRUE(plan->picture->track.format.rgb);
  EXPECT_EQ(plan->picture->track.format.bit_depth, 12);
  EXPECT_EQ(plan->picture->track.colour.range, Range::kFull);
}

TEST(Plan, WhatHasNoPlaceIsRefusedByName) {
  const auto refused = [](auto change, const std::string& words) {
    media::Facts made = facts();
    change(made);
    const auto plan = plan_mastering(made, {});
    ASSERT_FALSE(plan) << words;
    EXPECT_THAT(plan.error().message, HasSubstr(words));
  };
  refused([](media::Facts& f) { f.video[0].interlaced = true; }, "interlaced");
  refused([](media::Facts& f) { f.video[0].frame_rate = Rational(48); }, "48.000");
  refused([](media::Facts& f) { f.video[0].variable_rate = true; }, "constant rate");
  refused([](media::Facts& f) { f.video[0].width = 7680; }, "7680");
  refused([](media::Facts& f) { f.video[0].colour.transfer = Transfer::kUnspecified; }, "--colour");
  refused([](media::Facts& f) { f.audio[0].channels = 3; }, "3 channels");
  refused([](media::Facts& f) { f.audio[0].sample_rate = 44100; }, "44100");
  refused([](media::Facts& f) { f.main_video = -1; }, "no pictures");
}

}  // namespace
}  // namespace pier::imf
