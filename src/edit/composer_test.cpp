#include "composer.hpp"

#include <gtest/gtest.h>

#include <pier/transcode/source_parts.hpp>

namespace pier::edit::impl {
namespace {

SourcePlan source(Rational rate) {
  SourcePlan plan;
  plan.plan.frame_rate = rate;
  plan.pictures = 1000;
  return plan;
}

PicturePiece piece(Rational speed) {
  PicturePiece one;
  one.kind = PicturePiece::Kind::kPictures;
  one.span.end = one.span.clip_length = 10;
  one.source_start = 4;
  one.speed = speed;
  return one;
}

std::vector<int64_t> numbers(Rational source_rate, Rational rate, Rational speed) {
  std::vector<int64_t> all;
  for (int64_t n = 0; n < 6; ++n)
    all.push_back(
        shares_at(piece(speed), source(source_rate), Rational(n) / rate, rate, Retime::kNearest).at(0).number);
  return all;
}

TEST(Composer, ShowsThePictureThatIsOnTheScreen) {
  EXPECT_EQ(numbers(25, 25, 1), (std::vector<int64_t>{100, 101, 102, 103, 104, 105}));
  EXPECT_EQ(numbers(25, 50, 1), (std::vector<int64_t>{100, 100, 101, 101, 102, 102}));
  EXPECT_EQ(numbers(50, 25, 1), (std::vector<int64_t>{200, 202, 204, 206, 208, 210}));
  EXPECT_EQ(numbers(60, 50, 1), (std::vector<int64_t>{240, 241, 242, 243, 244, 246}));
  EXPECT_EQ(numbers(25, 25, 2), (std::vector<int64_t>{100, 102, 104, 106, 108, 110}));
  EXPECT_EQ(numbers(25, 25, -1), (std::vector<int64_t>{100, 99, 98, 97, 96, 95}));
  EXPECT_EQ(numbers(25, 25, 0), (std::vector<int64_t>{100, 100, 100, 100, 100, 100}));
}

TEST(Composer, BlendsByWhatIsOnTheScreen) {
  const auto down = shares_at(piece(1), source(50), Rational(1, 25), 25, Retime::kBlend);
  ASSERT_EQ(down.size(), 2U);
  EXPECT_EQ(down[0].number, 202);
  EXPECT_NEAR(down[0].weight, 0.5, 1e-12);
  const auto up = shares_at(piece(1), source(25), Rational(1, 50), 50, Retime::kBlend);
  ASSERT_EQ(up.size(), 2U);
  EXPECT_EQ(up[1].number, 101);
  EXPECT_NEAR(up[1].weight, 0.5, 1e-12);
  double sum = 0;
  for (const Share& share : shares_at(piece(1), source(60), Rational(1, 50), 50, Retime::kBlend)) sum += share.weight;
  EXPECT_NEAR(sum, 1, 1e-12);
}

TEST(Composer, UpperTracksHideLowerOnesAndGapsDoNot) {
  EditPlan plan;
  plan.file.frame_rate = 25;
  PicturePiece low = piece(1), high = piece(1), gap;
  high.span.end = 2;
  high.span.ramp_out = 1;
  gap.span.begin = 1;
  gap.span.end = 10;
  gap.span.ramp_in = 1;
  plan.pictures = {{low}, {high, gap}};
  ASSERT_EQ(stages_at(plan, 0).size(), 1U);
  ASSERT_EQ(stages_at(plan, 0)[0].seen.size(), 1U);
  EXPECT_EQ(stages_at(plan, 0)[0].seen[0].piece, plan.pictures[1].data());
  const auto both = stages_at(plan, Rational(37, 25));  // the middle of the fade is the middle of this picture
  ASSERT_EQ(both.size(), 1U);
  ASSERT_EQ(both[0].seen.size(), 2U);
  EXPECT_NEAR(both[0].seen[0].weight, 0.5, 1e-9);
  EXPECT_NEAR(both[0].seen[1].weight, 0.5, 1e-9);
  EXPECT_EQ(stages_at(plan, 5).at(0).seen.at(0).piece, plan.pictures[0].data());
  EXPECT_TRUE(stages_at(plan, 11).empty());
}

TEST(Composer, GraphicsStandOverWhatIsBelowThemAndUnderWhatIsAbove) {
  EditPlan plan;
  plan.file.frame_rate = 25;
  PicturePiece low = piece(1), title = piece(1), high = piece(1);
  title.kind = PicturePiece::Kind::kText;
  high.span.begin = 2;
  high.span.clip_begin = 2;
  plan.pictures = {{low}, {title}, {high}};
  const auto drawn = stages_at(plan, 1);
  ASSERT_EQ(drawn.size(), 2U);
  EXPECT_FALSE(drawn[0].graphics);
  EXPECT_EQ(drawn[0].seen.at(0).piece, plan.pictures[0].data());
  EXPECT_TRUE(drawn[1].graphics);
  const auto hidden = stages_at(plan, 3);
  ASSERT_EQ(hidden.size(), 1U);
  EXPECT_EQ(hidden[0].seen.at(0).piece, plan.pictures[2].data());
}

TEST(Composer, GraphicsFadeStraight) {
  PicturePiece title = piece(1);
  title.place.opacity = 0.5;
  title.place.fade_in = 2;
  title.place.fade_out = 4;
  EXPECT_NEAR(opacity_at(title, 0), 0, 1e-12);
  EXPECT_NEAR(opacity_at(title, 1), 0.25, 1e-12);
  EXPECT_NEAR(opacity_at(title, 5), 0.5, 1e-12);
  EXPECT_NEAR(opacity_at(title, 9), 0.125, 1e-12);
}

Picture flat(uint16_t value) {
  Picture picture = Picture::allocate({10, Chroma::k420, false}, 16, 16, {});
  const MutablePictureView view = picture.writable();
  for (int plane = 0; plane < 3; ++plane)
    for (int y = 0; y < view.planes[plane].height; ++y)
      std::fill_n(view.planes[plane].row<uint16_t>(y), view.planes[plane].width, value);
  return picture;
}

TEST(Composer, MixesCodedValues) {
  const auto half = mixed({{flat(100), 0.5}, {flat(901), 0.5}});
  ASSERT_TRUE(half);
  EXPECT_EQ(half->view().planes[0].row<uint16_t>(3)[5], 501);
  const auto three = mixed({{flat(1023), 1.0 / 3}, {flat(1023), 1.0 / 3}, {flat(1023), 1.0 / 3}});
  EXPECT_EQ(three->view().planes[1].row<uint16_t>(1)[1], 1023);
  const Picture black = transcode::black_picture({10, Chroma::k420, false}, 16, 16, {});
  EXPECT_EQ(black.view().planes[0].row<uint16_t>(0)[0], 64);
  EXPECT_EQ(black.view().planes[2].row<uint16_t>(0)[0], 512);
}

}  // namespace
}  // namespace pier::edit::impl
