#include "analyzers/burnt_in/burnt_in.hpp"

#include <gtest/gtest.h>

#include "pass.hpp"
#include "split_run.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

class BurntIn : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Transfers, BurntIn, testing::Values(Kind::kSdr, Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

ClipSpec spec_of(Kind kind, int frames = 30) {
  return {.kind = kind, .width = 640, .height = 360, .frames = frames, .fps = 5};
}

/// White strokes on their dark outline, of one or two lines.
class Text {
 public:
  explicit Text(const ClipSpec& spec) : x_white(test::luma_code(spec, 95)), x_dark(test::luma_code(spec, 0.2)) {}
  void write(MutablePictureView& picture, int lines, int moved = 0, int top = 264) const {
    for (int line = 0; line < lines; ++line) {
      const int y = top + line * 40;
      test::fill(picture, 160, y - 4, 320, 32, x_dark);
      for (int stroke = 0; stroke < 19; ++stroke) {
        const int x = 168 + (stroke * 16 + 304 - moved) % 304;
        test::fill(picture, x, y, 6 + stroke % 3, 24, x_white);
      }
    }
  }

 private:
  int x_white, x_dark;
};

std::vector<Finding> captions(const ClipSpec& spec, const test::Plant& plant) {
  return test::run_clip(BurntInAnalyzer::make, spec, plant).findings;
}

TEST_P(BurntIn, CaptionsAreFoundToTheFrame) {
  const ClipSpec spec = spec_of(GetParam(), 35);
  const Text text(spec);
  const auto found = captions(spec, [&](MutablePictureView& picture, int frame) {
    if (frame >= 5 && frame < 17) text.write(picture, 2);
    if (frame >= 25 && frame < 31) text.write(picture, 1);
  });
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].first_frame, 5);
  EXPECT_EQ(found[0].last_frame, 16);
  EXPECT_EQ(found[0].time, (TimeRange{Rational(1), Rational(17, 5)}));
  EXPECT_EQ(found[0].severity, Severity::kInfo);
  const Region& box = *found[0].region;  // with what was bright beside the dark outline all the time
  EXPECT_NEAR(box.x, 168, 40);
  EXPECT_NEAR(box.x + box.width, 472, 40);
  EXPECT_NEAR(box.y, 264, 8);
  EXPECT_NEAR(box.height, 64, 8);
  EXPECT_EQ(found[1].first_frame, 25);
  EXPECT_EQ(found[1].last_frame, 30);
}

TEST_P(BurntIn, LogosTickersFlashesAndSceneryAreQuiet) {
  const ClipSpec spec = spec_of(GetParam(), 45);
  const Text text(spec);
  const int bright = test::luma_code(spec, 70);
  EXPECT_TRUE(captions(spec,
                       [&](MutablePictureView& picture, int frame) {  // stays
                         if (frame >= 3 && frame < 43) text.write(picture, 1);
                       })
                  .empty());
  EXPECT_TRUE(captions(spec,
                       [&](MutablePictureView& picture, int frame) {  // moves
                         if (frame >= 5 && frame < 25) text.write(picture, 1, frame * 6 % 304);
                       })
                  .empty());
  EXPECT_TRUE(captions(spec,
                       [&](MutablePictureView& picture, int frame) {  // too short
                         if (frame >= 5 && frame < 9) text.write(picture, 1);
                       })
                  .empty());
  EXPECT_TRUE(captions(spec,
                       [&](MutablePictureView& picture, int frame) {  // above
                         if (frame >= 5 && frame < 20) text.write(picture, 1, 0, 40);
                       })
                  .empty());
  EXPECT_TRUE(captions(spec,
                       [&](MutablePictureView& picture, int frame) {  // comes and goes with its shot
                         if (frame < 5 || frame >= 20) return;
                         test::fill(picture, bright);
                         text.write(picture, 1);
                       })
                  .empty());
}

TEST_P(BurntIn, ControlIsQuiet) {
  EXPECT_TRUE(captions(spec_of(GetParam()), {}).empty());
}

TEST_P(BurntIn, ASplitRunIsTheWhole) {
  const ClipSpec spec = spec_of(GetParam(), 45);
  const Text text(spec);
  const test::Plant plant = [&](MutablePictureView& picture, int frame) {
    if (frame >= 5 && frame < 15) text.write(picture, 2);
    if (frame >= 15 && frame < 22) text.write(picture, 1);
    if (frame >= 30 && frame < 40) text.write(picture, 1);
  };
  Outcome outcome = test::run_clip(BurntInAnalyzer::make, spec, plant);
  EXPECT_EQ(outcome.totals.at("burnt_in").count, 3);
  const std::string whole = test::text_of(std::move(outcome));
  for (const std::vector<int>& cuts :
       {std::vector<int>{0, 5, 15, 45}, {0, 7, 10, 12, 45}, {0, 21, 22, 23, 45}, {0, 14, 35, 40, 45}}) {
    EXPECT_EQ(test::text_of(test::run_cut(BurntInAnalyzer::make, spec, plant, cuts)), whole) << cuts[1];
  }
}

TEST(BurntInOdd, StatesAndFormatsAreSurvived) {
  BurntInAnalyzer other(test::options_of({}).context);
  EXPECT_FALSE(other.load(*parse_json("{}")));
  for (const int depth : {8, 16}) {
    for (const auto& [width, height] : {std::pair{1, 1}, std::pair{333, 5}, std::pair{643, 363}}) {
      const ClipSpec spec{.width = width, .height = height, .bit_depth = depth, .frames = 3, .chroma = Chroma::k400};
      EXPECT_TRUE(captions(spec, {}).empty());
    }
  }
}

}  // namespace
}  // namespace pier::analysis
