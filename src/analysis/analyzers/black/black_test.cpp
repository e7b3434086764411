#include <gtest/gtest.h>

#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

class Black : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Transfers, Black, testing::Values(Kind::kSdr, Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

TEST_P(Black, FindsPlantedBlackToTheFrame) {
  const ClipSpec spec{.kind = GetParam()};
  const int dark = test::luma_code(spec, 0.02);
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    if (frame >= 20 && frame < 33) test::fill(picture, dark);
  });
  const auto found = test::of_kind(result, "black");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first_frame, 20);
  EXPECT_EQ(found[0].last_frame, 32);
  EXPECT_EQ(found[0].time, (TimeRange{Rational(20, 50), Rational(33, 50)}));
}

TEST_P(Black, FindsOneSingleFrameAndToleratesALogo) {
  const ClipSpec spec{.kind = GetParam()};
  const int dark = test::luma_code(spec, 0.0);
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    if (frame != 7) return;
    test::fill(picture, dark);
    test::fill(picture, 8, 8, 24, 24, test::luma_code(spec, 50));  // 1 % of the picture
  });
  const auto found = test::of_kind(result, "black");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first_frame, 7);
  EXPECT_EQ(found[0].last_frame, 7);
}

TEST_P(Black, DarkSceneIsNotBlack) {
  const ClipSpec spec{.kind = GetParam(), .frames = 10};
  const int dim = test::luma_code(spec, 0.2);
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int) { test::fill(picture, dim); });
  EXPECT_TRUE(test::of_kind(result, "black").empty());
}

TEST_P(Black, ControlHasNoFindingOfAnyKind) {
  const auto result = test::analyse_clip({.kind = GetParam()});
  EXPECT_TRUE(result.findings.empty()) << result.findings.front().kind;
}

}  // namespace
}  // namespace pier::analysis
