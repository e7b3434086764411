#include "programme.hpp"

#include <gtest/gtest.h>

#include "test_clip.hpp"

namespace pier::analysis {
namespace {

/// 1000 frames at 50 Hz.
AnalysisResult result_of(const std::vector<std::tuple<const char*, int64_t, int64_t>>& findings,
                         int64_t first_picture) {
  AnalysisResult result;
  result.video_stream = 0;
  result.frames.time_base = Rational(1, 50);
  for (int64_t i = 0; i < 1000; ++i) result.frames.frames.push_back({.pts = i + 100, .duration = 1});
  for (const auto& [kind, first, last] : findings) {
    Finding finding;
    finding.kind = kind;
    finding.stream_index = 0;
    finding.first_frame = first;
    finding.last_frame = last;
    finding.time = {Rational(first + 100, 50), Rational(last + 101, 50)};
    set_id(finding);
    result.findings.push_back(finding);
  }
  sort_findings(result.findings);
  result.measures["bars"] = {{"first_programme_frame", first_picture < 0 ? json::value() : json::value(first_picture)}};
  return result;
}

TEST(Programme, BarsSlateAndBlackSurroundIt) {
  const auto result = result_of({{"bars", 0, 149}, {"slate", 150, 299}, {"black", 300, 349}, {"black", 900, 999}}, 350);
  const auto proposal = propose_programme(result, false);
  ASSERT_TRUE(proposal.at("proposed").as_bool());
  EXPECT_EQ(proposal.at("in_frame").as_int64(), 350);
  EXPECT_EQ(proposal.at("out_frame").as_int64(), 900);
  EXPECT_EQ(proposal.at("in_pts").as_int64(), 450);
  EXPECT_EQ(proposal.at("out_pts").as_int64(), 1000);
  EXPECT_EQ(proposal.at("in_seconds").as_double(), 9.0);
  ASSERT_EQ(proposal.at("reasons").as_array().size(), 4U);
  EXPECT_EQ(proposal.at("reasons").as_array()[0].at("finding").as_string(), result.findings[0].id);
  EXPECT_EQ(proposal.at("reasons").as_array()[3].at("edge").as_string(), "tail");
}

TEST(Programme, AFadeStaysWhole) {
  EXPECT_FALSE(
      propose_programme(result_of({{"black", 0, 24}, {"black", 980, 999}}, 25), false).at("proposed").as_bool());
  const auto longer = propose_programme(result_of({{"black", 0, 24}, {"black", 880, 999}}, 25), false);
  EXPECT_EQ(longer.at("in_frame").as_int64(), 0);
  EXPECT_EQ(longer.at("out_frame").as_int64(), 880);
}

TEST(Programme, WhatLiesInsideChangesNothing) {
  const auto middle = result_of({{"black", 400, 600}, {"bars", 650, 700}, {"black", 800, 998}}, 0);
  EXPECT_FALSE(propose_programme(middle, false).at("proposed").as_bool());
}

TEST(Programme, TailOfSeveralPartsIsFollowedBack) {
  const auto proposal = propose_programme(result_of({{"black", 700, 799}, {"bars", 800, 999}}, 0), false);
  EXPECT_EQ(proposal.at("out_frame").as_int64(), 700);
}

TEST(Programme, NothingIsProposedWhereThereIsNoReason) {
  for (const auto& proposal :
       {propose_programme(result_of({}, 0), false), propose_programme(result_of({{"bars", 0, 999}}, -1), false),
        propose_programme(result_of({{"bars", 0, 499}}, 500), true), propose_programme(AnalysisResult(), false)}) {
    EXPECT_FALSE(proposal.at("proposed").as_bool());
    EXPECT_FALSE(proposal.at("why").as_string().empty());
  }
}

TEST(Programme, ThePassProposesIt) {
  const test::ClipSpec spec{.width = 200, .height = 120, .frames = 60, .fps = 10};
  const int dark = test::luma_code(spec, 0);
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    if (frame < 25) test::fill(picture, dark);
  });
  const auto& proposal = result.measures.at("programme").as_object();
  ASSERT_TRUE(proposal.at("proposed").as_bool());
  EXPECT_EQ(proposal.at("in_frame").as_int64(), 25);
  EXPECT_EQ(proposal.at("out_frame").as_int64(), 60);
}

}  // namespace
}  // namespace pier::analysis
