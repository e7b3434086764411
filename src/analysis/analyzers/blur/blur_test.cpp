#include "blur.hpp"

#include <array>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

/// Bars of 48 samples whose edges are `width` samples wide (a sine from dark to bright), moving.
void draw_bars(MutablePictureView& picture, const ClipSpec& spec, int frame, double width) {
  const int low = test::luma_code(spec, 2);
  const int high = test::luma_code(spec, 70);
  std::vector<int> row(static_cast<size_t>(picture.width));
  for (size_t x = 0; x < row.size(); ++x) {
    const double at = std::fmod(static_cast<double>(x) + 2 * frame, 96.0) - 48;  // -48 ... 48, edges at 0 and +-48
    const double edge = std::abs(at) < 24 ? at : (at > 0 ? 48 - at : -48 - at);  // distance with sign, rising
    const double s = std::clamp(edge / (width / 2), -1.0, 1.0);
    const double level = 0.5 + 0.5 * std::sin(s * std::numbers::pi / 2);
    row[x] = low + static_cast<int>(std::lround((high - low) * level));
  }
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) test::set_sample(picture, 0, x, y, row[static_cast<size_t>(x)]);
  }
}

class Blur : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Transfers, Blur, testing::Values(Kind::kSdr, Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

TEST_P(Blur, FindsAShotWithoutSharpDetail) {
  const ClipSpec spec{.kind = GetParam(), .frames = 150};
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    draw_bars(picture, spec, frame, frame >= 30 && frame < 100 ? 48 : 2);
  });
  const auto found = test::of_kind(result, "blur");
  ASSERT_EQ(found.size(), 1U) << json::serialize(result.measures.at("blur"));
  EXPECT_EQ(found[0].first_frame, 30);
  EXPECT_EQ(found[0].last_frame, 96);
}

TEST_P(Blur, ShortSoftnessAndSoftButRecognisableEdgesAreNone) {
  const ClipSpec spec{.kind = GetParam(), .frames = 90};
  for (const auto& [width, until] : {std::pair{48.0, 40}, std::pair{12.0, 90}}) {
    const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
      draw_bars(picture, spec, frame, frame < until ? width : 2);
    });
    EXPECT_TRUE(test::of_kind(result, "blur").empty()) << width << json::serialize(result.measures.at("blur"));
  }
}

TEST_P(Blur, OneSharpCornerIsEnough) {
  const ClipSpec spec{.kind = GetParam(), .width = 640, .height = 360, .frames = 60};
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    draw_bars(picture, spec, frame, 48);
    for (int i = 0; i < 12; ++i) {
      test::fill(picture, 16 + 24 * i, 16, 12, 120, test::luma_code(spec, i % 2 == 0 ? 90 : 1));
    }
  });
  EXPECT_TRUE(test::of_kind(result, "blur").empty()) << json::serialize(result.measures.at("blur"));
}

TEST_P(Blur, ControlAndPicturesWithoutContrastHaveNone) {
  const auto control = test::analyse_clip({.kind = GetParam(), .frames = 80});
  EXPECT_TRUE(test::of_kind(control, "blur").empty());
  const ClipSpec spec{.kind = GetParam(), .frames = 80};
  const auto flat = test::analyse_clip(
      spec, [&](MutablePictureView& picture, int) { test::fill(picture, test::luma_code(spec, 10)); });
  EXPECT_TRUE(test::of_kind(flat, "blur").empty());
  EXPECT_EQ(flat.measures.at("blur").at("frames_with_contrast").as_int64(), 0);
}

}  // namespace
}  // namespace pier::analysis
