#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include <pier/transcode/ladder.hpp>

namespace pier::transcode {
namespace {

media::VideoFacts uhd_hlg() {
  media::VideoFacts video;
  video.codec = media::Codec::kHevc;
  video.width = 3840;
  video.height = 2160;
  video.format = {10, Chroma::k420, false};
  video.colour = {Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow, ChromaSite::kTopLeft};
  video.frame_rate = 50;
  return video;
}

Ladder shipped(const std::string& name) {
  auto ladder = load_ladder(PIER_SOURCE_DIR "/ladders", name);
  EXPECT_TRUE(ladder) << ladder.error().message;
  return ladder.value_or(Ladder{});
}

std::vector<std::string> names(const FittedLadder& fitted) {
  std::vector<std::string> all;
  for (const PlannedRung& rung : fitted.rungs) all.push_back(rung.rung.name);
  return all;
}

TEST(Ladder, EveryShippedLadderReads) {
  const auto all = ladder_names(PIER_SOURCE_DIR "/ladders");
  ASSERT_TRUE(all);
  EXPECT_GE(all->size(), 5U);
  for (const std::string& name : *all) EXPECT_EQ(shipped(name).name, name);
}

TEST(Ladder, UhdSourceGetsNoUpscaledRung) {
  const auto fitted = fit_ladder(shipped("uhd"), uhd_hlg(), true, false, std::nullopt);
  ASSERT_TRUE(fitted) << fitted.error().message;
  EXPECT_EQ(names(*fitted), (std::vector<std::string>{"hevc-2160", "hevc-1080", "av1-1080", "avc-1080-sdr",
                                                      "avc-720-sdr", "aac-stereo", "thumbnails"}));
  ASSERT_EQ(fitted->left_out.size(), 2U);
  EXPECT_EQ(fitted->left_out[0].rung, "hevc-4320");
  EXPECT_EQ(fitted->left_out[1].rung, "eac3-5.1");
}

TEST(Ladder, AChannelGivesEverySourceTheSameTracks) {
  const Ladder ladder = shipped("uhd-channel");
  const auto first = fit_ladder(ladder, uhd_hlg(), true, true, std::nullopt);
  ASSERT_TRUE(first) << first.error().message;
  media::VideoFacts old = uhd_hlg();
  old.width = 720;
  old.height = 576;
  old.sample_aspect = {16, 15};
  old.colour = {Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow, ChromaSite::kLeft};
  old.mastering_display = MasteringDisplay{};
  const auto second = fit_ladder(ladder, old, true, false, std::nullopt);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(names(*first), names(*second));
  EXPECT_TRUE(second->left_out.empty());
  for (size_t i = 0; i < first->rungs.size(); i++) {
    const PlannedRung &a = first->rungs[i], &b = second->rungs[i];
    EXPECT_EQ(std::pair(a.picture.width, a.picture.height), std::pair(b.picture.width, b.picture.height));
    EXPECT_TRUE(a.picture.format == b.picture.format && a.picture.colour == b.picture.colour) << a.rung.name;
    EXPECT_EQ(a.bucket.rate, b.bucket.rate);
    EXPECT_FALSE(b.mastering_display);
    EXPECT_EQ(a.inside, Inside());
  }
  EXPECT_EQ(second->rungs[0].inside, (Inside{480, 0, 2880, 2160})) << "4:3 between pillars";
  EXPECT_EQ(second->rungs[0].picture.colour.transfer, Transfer::kHlg);
  media::VideoFacts wide = uhd_hlg();
  wide.width = 4096;
  wide.height = 1716;
  const auto third = fit_ladder(ladder, wide, true, false, std::nullopt);
  ASSERT_TRUE(third);
  EXPECT_EQ(third->rungs[0].inside, (Inside{0, 276, 3840, 1608}));
  wide.rotation = 90;
  const auto turned = fit_ladder(ladder, wide, true, false, std::nullopt);
  ASSERT_TRUE(turned);
  EXPECT_EQ(turned->rungs[1].inside, (Inside{734, 0, 452, 1080}));
}

TEST(Ladder, WhatAChannelCannotShowIsRefused) {
  const Ladder ladder = shipped("uhd-channel");
  media::VideoFacts film = uhd_hlg();
  film.frame_rate = 24;
  const auto slow = fit_ladder(ladder, film, true, false, std::nullopt);
  ASSERT_FALSE(slow);
  EXPECT_NE(slow.error().message.find("50 pictures a second, the master has 24"), std::string::npos)
      << slow.error().message;
  const auto silent = fit_ladder(ladder, uhd_hlg(), false, false, std::nullopt);
  ASSERT_FALSE(silent);
  EXPECT_NE(silent.error().message.find("the master has none"), std::string::npos);
  Ladder surround = ladder;
  surround.rungs.push_back(shipped("uhd").rungs.back());
  for (const Rung& rung : shipped("uhd").rungs)
    if (rung.channels == 6) surround.rungs.back() = rung;
  EXPECT_FALSE(fit_ladder(surround, uhd_hlg(), true, false, std::nullopt)) << "nothing is left out of a channel";
}

TEST(Ladder, HlgStaysHlgAndSdrRungsAreBt709) {
  const auto fitted = fit_ladder(shipped("uhd"), uhd_hlg(), false, false, ContentLight{900, 300});
  ASSERT_TRUE(fitted);
  for (const PlannedRung& rung : fitted->rungs) {
    const bool sdr = rung.rung.kind == RungKind::kImage || !rung.rung.keep_hdr;
    EXPECT_EQ(rung.picture.colour.transfer, sdr ? Transfer::kBt709 : Transfer::kHlg) << rung.rung.name;
    EXPECT_FALSE(rung.mastering_display) << rung.rung.name;
    EXPECT_FALSE(rung.content_light) << rung.rung.name;  // HLG carries none
  }
}

TEST(Ladder, PqGetsTheLargerOfDeclaredAndMeasuredLight) {
  media::VideoFacts video = uhd_hlg();
  video.colour.transfer = Transfer::kPq;
  video.content_light = ContentLight{0, 400};
  const auto fitted = fit_ladder(shipped("uhd"), video, false, false, ContentLight{900, 300});
  ASSERT_TRUE(fitted);
  EXPECT_EQ(fitted->rungs[0].content_light, (ContentLight{900, 400}));
  EXPECT_FALSE(fitted->rungs[0].mastering_display);  // never invented
  const auto unknown = fit_ladder(shipped("uhd"), video, false, false, std::nullopt);
  ASSERT_TRUE(unknown);
  EXPECT_FALSE(unknown->rungs[0].content_light);  // 0 means unknown and is not written
}

TEST(Ladder, HeightIsTheShortSideSoThatPortraitWorks) {
  media::VideoFacts video = uhd_hlg();
  video.width = 2160;
  video.height = 3840;
  const auto portrait = fit_ladder(shipped("uhd"), video, false, false, std::nullopt);
  ASSERT_TRUE(portrait);
  EXPECT_EQ(portrait->rungs[1].picture.width, 1080);
  EXPECT_EQ(portrait->rungs[1].picture.height, 1920);
  video = uhd_hlg();
  video.rotation = 90;
  const auto rotated = fit_ladder(shipped("uhd"), video, false, false, std::nullopt);
  ASSERT_TRUE(rotated);
  EXPECT_EQ(rotated->rungs[0].picture.width, 2160);
}

TEST(Ladder, EachRasterOnceAndASmallSourceKeepsItsOwn) {
  media::VideoFacts video = uhd_hlg();
  video.width = 1280;
  video.height = 720;
  const auto fitted = fit_ladder(shipped("hd"), video, true, true, std::nullopt);
  ASSERT_TRUE(fitted);
  EXPECT_EQ(names(*fitted), (std::vector<std::string>{"hevc-1080", "av1-1080", "avc-1080-sdr", "aac-stereo", "eac3-5.1",
                                                      "thumbnails"}));
  EXPECT_EQ(fitted->rungs[0].picture.height, 720);
  EXPECT_EQ(fitted->left_out[0].rung, "avc-720-sdr");
}

TEST(Ladder, OddSizesBecomeEven) {
  media::VideoFacts video = uhd_hlg();
  video.width = 1999;
  video.height = 1081;
  const auto fitted = fit_ladder(shipped("hd"), video, false, false, std::nullopt);
  ASSERT_TRUE(fitted);
  for (const PlannedRung& rung : fitted->rungs) {
    EXPECT_EQ(rung.picture.width % 2, 0);
    EXPECT_EQ(rung.picture.height % 2, 0);
  }
}

TEST(Ladder, AskedForRungsAreNeverLeftOutInSilence) {
  const auto unknown = fit_ladder(shipped("uhd"), uhd_hlg(), true, false, std::nullopt, {"hevc-2161"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(unknown.error().message.find("hevc-2160"), std::string::npos);
  const auto impossible = fit_ladder(shipped("uhd"), uhd_hlg(), true, false, std::nullopt, {"hevc-4320"});
  ASSERT_FALSE(impossible);
  EXPECT_NE(impossible.error().message.find("upscaled"), std::string::npos);
}

TEST(Ladder, DolbyVisionProfile5IsRefused) {
  media::VideoFacts video = uhd_hlg();
  video.dolby_vision = media::DolbyVision{5, 6, 0, false, true, true};
  const auto fitted = fit_ladder(shipped("uhd"), video, false, false, std::nullopt);
  ASSERT_FALSE(fitted);
  EXPECT_EQ(fitted.error().code, ErrorCode::kInputUnsupported);
}

TEST(Ladder, MistakesInAFileNameLineAndKey) {
  const auto directory = std::filesystem::temp_directory_path() / ("pier-ladders-" + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  const auto load = [&](const std::string& text) {
    std::ofstream(directory / "x.toml") << text;
    const auto ladder = load_ladder(directory.string(), "x");
    return ladder ? std::string("read") : ladder.error().message;
  };
  const std::string rung =
      "[[rung]]\nname='a'\ncodec='hevc'\nheight=360\npreset='fast'\ncrf=20.0\nbitrate=1.0\nmax_bitrate=2.0\n";
  EXPECT_EQ(load(rung), "read");
  EXPECT_NE(load(rung + "hieght=2\n").find("hieght"), std::string::npos);
  EXPECT_NE(load(rung + rung).find("two rungs named a"), std::string::npos);
  const std::string huge = "[[rung]]\nname='a'\ncodec='av1'\nheight=4320\ncrf=20.0\nbitrate=1.0\nmax_bitrate=2.0\n";
  EXPECT_EQ(load(huge + "preset='8'\n"), "read");
  EXPECT_NE(load(huge + "preset='7'\n").find("line 1: AV1 of 4320 lines"), std::string::npos);
  const std::string kept = "[[rung]]\nname='s'\nkind='audio'\ncodec='source'\n";
  EXPECT_EQ(load(rung + kept), "read");
  EXPECT_NE(load("[[rung]\n").find("line 1"), std::string::npos);
  EXPECT_NE(load("").find("no [[rung]]"), std::string::npos);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace pier::transcode
