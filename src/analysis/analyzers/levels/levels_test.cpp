#include <gtest/gtest.h>

#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

class Levels : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Transfers, Levels, testing::Values(Kind::kSdr, Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

TEST_P(Levels, FindsOneReservedSample) {
  for (const int code : {0, 3, 1020, 1023}) {
    const ClipSpec spec{.kind = GetParam(), .frames = 12};
    const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
      if (frame == 5) test::set_sample(picture, 0, 77, 31, code);
    });
    const auto found = test::of_kind(result, "levels.reserved");
    ASSERT_EQ(found.size(), 1U) << code;
    EXPECT_EQ(found[0].first_frame, 5);
    EXPECT_EQ(found[0].measures.at("samples_in_worst_frame").as_int64(), 1);
  }
}

TEST_P(Levels, LastVideoCodesAreNotReserved) {
  const ClipSpec spec{.kind = GetParam(), .frames = 4};
  const auto result = test::analyse_clip(spec, [](MutablePictureView& picture, int) {
    test::set_sample(picture, 0, 1, 1, 4);
    test::set_sample(picture, 1, 2, 1, 1019);
  });
  EXPECT_TRUE(result.findings.empty());
  const auto& luma = result.measures.at("levels").at("planes").as_array().at(0);
  EXPECT_EQ(luma.at("smallest_code").as_int64(), 4);
}

TEST_P(Levels, RangeExcursionsAreJudgedByTheirShare) {
  // 2 % of the picture above peak is found, 0.5 % is measured only.
  for (const auto& [rows, expected] : {std::pair{4, 1U}, std::pair{1, 0U}}) {
    const ClipSpec spec{.kind = GetParam(), .frames = 8};
    const auto result = test::analyse_clip(spec, [rows = rows](MutablePictureView& picture, int frame) {
      if (frame >= 2 && frame < 5) test::fill(picture, 0, 0, picture.width, rows, 1000);
    });
    const auto found = test::of_kind(result, "levels.range");
    ASSERT_EQ(found.size(), expected);
    if (expected == 1) {
      EXPECT_EQ(found[0].first_frame, 2);
      EXPECT_EQ(found[0].last_frame, 4);
      EXPECT_NEAR(found[0].measures.at("share_of_worst_frame").as_double(), 4.0 / 180, 1e-5);
    }
    const auto& luma = result.measures.at("levels").at("planes").as_array().at(0);
    EXPECT_NEAR(luma.at("above_share").as_double(), rows / 180.0 * 3 / 8, 1e-9);
  }
}

TEST(LevelsDepth, ReservedCodesFollowTheDepth) {
  for (const auto& [depth, reserved, video] : {std::tuple{8, 255, 254}, std::tuple{12, 4080, 4079}}) {
    const ClipSpec spec{.bit_depth = depth, .frames = 3};
    const auto plant = [](int code) {
      return [code](MutablePictureView& picture, int) { test::set_sample(picture, 0, 9, 9, code); };
    };
    EXPECT_EQ(test::of_kind(test::analyse_clip(spec, plant(reserved)), "levels.reserved").size(), 1U) << depth;
    EXPECT_TRUE(test::of_kind(test::analyse_clip(spec, plant(video)), "levels.reserved").empty()) << depth;
  }
}

}  // namespace
}  // namespace pier::analysis
