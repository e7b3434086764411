#include "first_rendition.hpp"

#include <gtest/gtest.h>

#include <pier/transcode/plan.hpp>

#include "publish_parts.hpp"

namespace pier::workflows::impl {
namespace {

using media::Codec;
using transcode::RungKind;

std::vector<RungCost> uhd(double scale) {
  return {{"hevc-2160", RungKind::kVideo, Codec::kHevc, 2160, 5000 * scale},
          {"av1-1080", RungKind::kVideo, Codec::kAv1, 1080, 2000 * scale},
          {"avc-1080-sdr", RungKind::kVideo, Codec::kAvc, 1080, 300 * scale},
          {"avc-720-sdr", RungKind::kVideo, Codec::kAvc, 720, 200 * scale},
          {"avc-360-sdr", RungKind::kVideo, Codec::kAvc, 360, 50 * scale},
          {"thumbnails", RungKind::kImage, Codec::kUnknown, 180, 0}};
}

std::string chosen(const std::string& wish, const std::vector<RungCost>& rungs) {
  const auto first = choose_first(wish, rungs);
  if (!first) return std::string(to_string(first.error().code));
  return *first ? rungs[**first].name : "none";
}

TEST(FirstRendition, IsTheLargestSmallH264OfALongPublication) {
  EXPECT_EQ(chosen("auto", uhd(1)), "avc-720-sdr");
  std::vector<RungCost> rungs = uhd(1);
  rungs.erase(rungs.begin() + 3, rungs.begin() + 5);
  EXPECT_EQ(chosen("auto", rungs), "avc-1080-sdr");
  rungs.erase(rungs.begin() + 2);
  EXPECT_EQ(chosen("auto", rungs), "none") << "the cheapest would cost more than a quarter";
  rungs[1].cost = 1000;
  rungs[0].cost = 9000;
  EXPECT_EQ(chosen("auto", rungs), "av1-1080");
}

TEST(FirstRendition, OnlyWhereItIsWorthReadingTheMasterTwice) {
  EXPECT_EQ(chosen("auto", uhd(0.9)), "none") << "under two hours of a core";
  std::vector<RungCost> rungs = uhd(2);
  rungs[3].cost = 6000;
  EXPECT_EQ(chosen("auto", rungs), "none") << "more than a quarter";
  EXPECT_EQ(chosen("auto", {uhd(10)[3], uhd(10)[5]}), "none") << "a single video rung";
}

TEST(FirstRendition, AsAsked) {
  EXPECT_EQ(chosen("no", uhd(10)), "none");
  EXPECT_EQ(chosen("hevc-2160", uhd(0.001)), "hevc-2160");
  EXPECT_EQ(chosen("avc-720-sdr", {uhd(1)[3], uhd(1)[5]}), "none") << "all that would come later is the pictures";
  EXPECT_EQ(chosen("thumbnails", uhd(1)), "invalid_argument");
  const auto refused = choose_first("vp9-4320", uhd(1));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("hevc-2160, av1-1080"), std::string::npos) << refused.error().message;
}

media::Facts facts_of_a_master() {
  media::Facts facts;
  media::VideoFacts video;
  video.codec = Codec::kHevc;
  video.width = 640;
  video.height = 360;
  video.format = {10, Chroma::k420, false};
  video.colour = {Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow, ChromaSite::kLeft};
  video.frame_rate = 25;
  facts.video.push_back(video);
  facts.main_video = 0;
  return facts;
}

json::object described(const std::string& first) {
  analysis::AnalysisResult analysed;
  analysed.video_stream = 0;
  analysed.frames.time_base = {1, 25};
  for (int64_t i = 0; i < 250; i++) analysed.frames.frames.push_back({i, 0, i % 25 == 0, false, 7});
  transcode::PlanRequest request;
  request.ladder = *transcode::load_ladder(PIER_SOURCE_DIR "/ladders", "tiny");
  const media::Facts facts = facts_of_a_master();
  const auto plan = transcode::plan_publication(facts, analysed, request);
  EXPECT_TRUE(plan) << plan.error().message;
  const auto planned = describe_tasks(*plan, analysed, facts.video.front(), "ast_x", "00", first);
  EXPECT_TRUE(planned) << planned.error().message;
  return *planned;
}

std::vector<std::string> names_in(const json::value& part) {
  std::vector<std::string> names;
  for (const json::value& rung : part.at("chunk").at("rungs").as_array())
    names.emplace_back(rung.at("rung").at("name").as_string());
  return names;
}

using Names = std::vector<std::string>;

TEST(FirstRendition, HasEncodesAndVerificationsOfItsOwn) {
  const json::object planned = described("avc-360-sdr");
  EXPECT_EQ(planned.at("first"), 1);
  // Tracks stay in the order of the ladder: hevc-360 from group 1, avc-360-sdr from group 0, thumbnails from group 1.
  EXPECT_EQ(planned.at("groups"), json::value(json::array{{1, 0}, {0, 0}, {1, 1}}));
  ASSERT_GE(planned.at("chunks").as_array().size(), 2U);
  for (const json::value& chunk : planned.at("chunks").as_array()) {
    const json::array& encodes = chunk.at("encodes").as_array();
    ASSERT_EQ(encodes.size(), 2U);
    EXPECT_EQ(names_in(encodes[0]), Names{"avc-360-sdr"});
    EXPECT_EQ(names_in(encodes[1]), (Names{"hevc-360", "thumbnails"}));
    const json::array& verifications = chunk.at("verifications").as_array();
    ASSERT_EQ(verifications.size(), 2U);
    EXPECT_EQ(names_in(verifications[0]), Names{"avc-360-sdr"});
    EXPECT_EQ(verifications[0].at("tracks"), json::value(json::array{1}));
    EXPECT_EQ(names_in(verifications[1]), (Names{"hevc-360", "thumbnails"}));
    EXPECT_EQ(verifications[1].at("tracks"), json::value(json::array{0, 2}));
  }
}

TEST(FirstRendition, WithoutOneEverythingComesFromOneDecode) {
  for (const char* wish : {"no", "auto"}) {
    const json::object planned = described(wish);
    EXPECT_TRUE(planned.at("first").is_null());
    EXPECT_EQ(planned.at("groups"), json::value(json::array{{0, 0}, {0, 1}, {0, 2}}));
    for (const json::value& chunk : planned.at("chunks").as_array()) {
      EXPECT_EQ(chunk.at("encodes").as_array().size(), 1U);
      ASSERT_EQ(chunk.at("verifications").as_array().size(), 1U);
      EXPECT_EQ(names_in(chunk.at("verifications").at(0)), (Names{"hevc-360", "avc-360-sdr", "thumbnails"}));
    }
  }
}

}  // namespace
}  // namespace pier::workflows::impl
