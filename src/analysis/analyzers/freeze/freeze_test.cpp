#include <gtest/gtest.h>

#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

class Freeze : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Transfers, Freeze, testing::Values(Kind::kSdr, Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

void copy_luma(const Picture& from, MutablePictureView& to) {
  for (int y = 0; y < to.height; ++y) {
    const auto* row = from.view().planes[0].row<uint16_t>(y);
    std::copy(row, row + to.width, to.planes[0].row<uint16_t>(y));
  }
}

TEST_P(Freeze, FindsHeldPicture) {
  const ClipSpec spec{.kind = GetParam(), .frames = 80};
  const Picture held = test::picture_of(spec, 20);
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    if (frame > 20 && frame <= 55) copy_luma(held, picture);
  });
  const auto found = test::of_kind(result, "freeze");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first_frame, 21);  // the first repeat
  EXPECT_EQ(found[0].last_frame, 55);
}

TEST_P(Freeze, HeldPictureWithNoiseOfACodecIsStillHeld) {
  const ClipSpec spec{.kind = GetParam(), .frames = 50};
  const Picture held = test::picture_of(spec, 0);
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    copy_luma(held, picture);
    for (int y = 0; y < picture.height; ++y)
      picture.planes[0].row<uint16_t>(y)[(frame * 37 + y * 11) % picture.width] ^= 1U;
  });
  EXPECT_EQ(test::of_kind(result, "freeze").size(), 1U);
}

TEST_P(Freeze, OneSmallMovingThingIsNoFreeze) {
  const ClipSpec spec{.kind = GetParam(), .frames = 50};
  const Picture held = test::picture_of(spec, 0);
  const int bright = test::luma_code(spec, 60);
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    copy_luma(held, picture);
    test::fill(picture, 100 + 2 * frame, 60, 16, 16, bright);
  });
  EXPECT_TRUE(test::of_kind(result, "freeze").empty());
}

TEST_P(Freeze, ShortHoldIsNotReported) {
  const ClipSpec spec{.kind = GetParam(), .frames = 60};
  const Picture held = test::picture_of(spec, 20);
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    if (frame > 20 && frame <= 40) copy_luma(held, picture);  // 20 repeats are 0.4 s
  });
  EXPECT_TRUE(test::of_kind(result, "freeze").empty());
}

}  // namespace
}  // namespace pier::analysis
