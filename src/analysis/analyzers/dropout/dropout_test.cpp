#include "analyzers/dropout/dropout.hpp"

#include <array>
#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "kernels.hpp"
#include "pass.hpp"
#include "split_run.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

class Dropout : public testing::TestWithParam<Kind> {
 protected:
  int code(double nits) const { return test::luma_code({.kind = GetParam()}, nits); }
};
INSTANTIATE_TEST_SUITE_P(Transfers, Dropout, testing::Values(Kind::kSdr, Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

std::vector<Finding> dropouts(const ClipSpec& spec, const test::Plant& plant) {
  return test::run_clip(DropoutAnalyzer::make, spec, plant).findings;
}

/// Another scene of three grounds every twelve frames, so that every scan sees its own.
struct Scenes {
  std::array<int, 3> grounds;
  void draw(MutablePictureView& picture, int frame) const {
    const int scene = frame / 12;
    test::fill(picture, grounds[static_cast<size_t>(scene % 3)]);
    for (int i = 0; i < 6; ++i) {  // what stands in it
      const int code = grounds[static_cast<size_t>((scene + 1 + i % 2) % 3)];
      test::fill(picture, (scene * 37 + i * 21) % 104, (scene * 23 + i * 13) % 64, 24, 16, code);
    }
  }
};
ClipSpec scene_clip(Kind kind) {
  return {.kind = kind, .width = 128, .height = 80, .frames = 150};
}

TEST_P(Dropout, AStuckPixelIsFoundAtItsPlace) {
  const Scenes scenes{{code(1), code(10), code(30)}};
  const int bright = code(600);
  const auto found = dropouts(scene_clip(GetParam()), [&](MutablePictureView& picture, int frame) {
    scenes.draw(picture, frame);
    test::set_sample(picture, 0, 57, 33, bright);
    for (const auto& [x, y] : {std::pair{81, 21}, {82, 21}, {81, 22}, {82, 22}})
      test::set_sample(picture, 0, x, y, bright);
  });
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].kind, "dropout.pixel");
  EXPECT_EQ(*found[0].region, (Region{81, 21, 1, 1}));
  EXPECT_EQ(*found[1].region, (Region{57, 33, 1, 1}));
  EXPECT_EQ(found[1].first_frame, 0);
  EXPECT_EQ(found[1].last_frame, 144);
}

TEST_P(Dropout, ADeadPixelIsFound) {
  const Scenes scenes{{code(10), code(30), code(90)}};
  const int dark = code(0);
  const auto found = dropouts(scene_clip(GetParam()), [&](MutablePictureView& picture, int frame) {
    scenes.draw(picture, frame);
    test::set_sample(picture, 0, 40, 50, dark);
  });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(*found[0].region, (Region{40, 50, 1, 1}));
}

TEST_P(Dropout, StarsGrainAndLogosAreQuiet) {
  const ClipSpec spec = scene_clip(GetParam());
  const Scenes scenes{{code(1), code(10), code(30)}};
  const int bright = code(600), dim = code(0.5);
  const auto stars = dropouts(spec, [&](MutablePictureView& picture, int) {
    test::fill(picture, dim);
    for (int i = 0; i < 20; ++i) test::set_sample(picture, 0, 5 + i * 6, 5 + i * 37 % 70, bright);
  });
  EXPECT_TRUE(stars.empty());
  const auto grain = dropouts(spec, [&](MutablePictureView& picture, int frame) {
    scenes.draw(picture, frame);
    std::mt19937 random(static_cast<unsigned>(frame));
    for (int i = 0; i < 100; ++i) {
      test::set_sample(picture, 0, static_cast<int>(random() % 128), static_cast<int>(random() % 80), bright);
    }
  });
  EXPECT_TRUE(grain.empty());
  const auto logo = dropouts(spec, [&](MutablePictureView& picture, int frame) {
    scenes.draw(picture, frame);
    test::fill(picture, 90, 10, 2, 20, bright);  // strokes
    test::fill(picture, 90, 30, 20, 1, bright);
    test::fill(picture, 100, 14, 5, 5, bright);
  });
  EXPECT_TRUE(logo.empty());
  EXPECT_TRUE(dropouts(spec, [&](MutablePictureView& picture, int frame) { scenes.draw(picture, frame); }).empty());
}

/// A picture that stands still, so that what drops out stands against something.
class Still {
 public:
  explicit Still(const ClipSpec& spec) : x_picture(test::picture_of(spec, 3)) {}
  void draw(MutablePictureView& picture) const {
    for (size_t p = 0; p < 3; ++p) {
      const Plane& from = x_picture.view().planes[p];
      for (int y = 0; y < from.height; ++y) {
        std::memcpy(picture.planes[p].row<uint16_t>(y), from.row<uint16_t>(y), static_cast<size_t>(from.width) * 2);
      }
    }
  }

 private:
  Picture x_picture;
};

void line(MutablePictureView& picture, int row, int code) {
  for (int x = 0; x < picture.width; ++x) test::set_sample(picture, 0, x, row, code);
}

TEST_P(Dropout, LostLinesAreFoundToTheFrame) {
  const ClipSpec spec{.kind = GetParam(), .frames = 40};
  const Still still(spec);
  const int black = code(0), white = code(900);
  const auto found = dropouts(spec, [&](MutablePictureView& picture, int frame) {
    still.draw(picture);
    if (frame == 17) line(picture, 70, black);
    if (frame == 30 || frame == 31) line(picture, 120, white);
  });
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].kind, "dropout.line");
  EXPECT_EQ(found[0].severity, Severity::kWarn);
  EXPECT_EQ(found[0].first_frame, 17);
  EXPECT_EQ(found[0].last_frame, 17);
  EXPECT_EQ(found[0].time, (TimeRange{Rational(17, 50), Rational(18, 50)}));
  EXPECT_EQ(*found[0].region, (Region{0, 70, 320, 1}));
  EXPECT_EQ(found[1].first_frame, 30);
  EXPECT_EQ(found[1].last_frame, 31);
}

TEST_P(Dropout, ALostLineInAMovingPictureIsFound) {
  const ClipSpec spec{.kind = GetParam(), .frames = 20};
  const int white = code(900), dim = code(10), less_dim = code(20);
  const auto found = dropouts(spec, [&](MutablePictureView& picture, int frame) {
    test::fill(picture, dim);
    for (int x = frame; x + 20 < picture.width; x += 40) test::fill(picture, x, 0, 20, picture.height, less_dim);
    if (frame == 9) line(picture, 100, white);
  });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first_frame, 9);
}

TEST_P(Dropout, LinesThatStayOrMoveOrComeWithACutAreQuiet) {
  const ClipSpec spec{.kind = GetParam(), .frames = 40};
  const Still still(spec);
  const int white = code(900);
  const auto stays = dropouts(spec, [&](MutablePictureView& picture, int frame) {
    still.draw(picture);
    if (frame >= 10 && frame < 30) line(picture, 90, white);  // a graphic
  });
  EXPECT_TRUE(stays.empty());
  const auto moves = dropouts(spec, [&](MutablePictureView& picture, int frame) {
    still.draw(picture);
    line(picture, 20 + 3 * frame, white);
  });
  EXPECT_TRUE(moves.empty());
  const auto cuts = dropouts(spec, [&](MutablePictureView& picture, int frame) {
    if (frame % 5 != 0) still.draw(picture);
  });
  EXPECT_TRUE(cuts.empty());
  EXPECT_TRUE(dropouts(spec, {}).empty());
}

TEST_P(Dropout, RepeatedLinesAreFound) {
  const ClipSpec spec{.kind = GetParam(), .width = 192, .height = 512, .frames = 24};
  const Still still(spec);
  const int step = code(10) / 10;
  const auto found = dropouts(spec, [&](MutablePictureView& picture, int frame) {
    still.draw(picture);
    const auto draw_row = [&](int y, int like) {  // texture that changes from row to row
      for (int x = 0; x < picture.width; ++x)
        test::set_sample(picture, 0, x, y, step * (4 + (x * 37 + like * 101 + x * like / 7 * 13) % 5));
    };
    for (int y = 0; y < picture.height; ++y) draw_row(y, frame == 20 && y > 200 && y < 207 ? 200 : y);
  });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, "dropout.line");
  EXPECT_EQ(found[0].first_frame, 20);
  EXPECT_NEAR(found[0].region->y, 201, 1);
  EXPECT_NEAR(found[0].region->height, 6, 1);
}

void block(MutablePictureView& picture, const Region& at, int luma, int cb, int cr) {
  test::fill(picture, at.x, at.y, at.width, at.height, luma);
  for (int y = at.y / 2; y < (at.y + at.height) / 2; ++y) {
    for (int x = at.x / 2; x < (at.x + at.width) / 2; ++x) {
      test::set_sample(picture, 1, x, y, cb);
      test::set_sample(picture, 2, x, y, cr);
    }
  }
}

TEST_P(Dropout, BlocksOfOneColourAreFound) {
  const ClipSpec spec{.kind = GetParam(), .width = 640, .height = 360, .frames = 18};
  const Region green{200, 104, 32, 32}, grey{320, 160, 64, 48};
  const int middle = code(20), white = code(600);
  const auto found = dropouts(spec, [&](MutablePictureView& picture, int frame) {
    if (frame == 6) block(picture, green, middle, 200, 200);
    if (frame == 12 || frame == 13) block(picture, grey, white, 512, 512);
  });
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].kind, "dropout.block");
  EXPECT_EQ(found[0].first_frame, 6);
  EXPECT_EQ(found[0].last_frame, 6);
  EXPECT_EQ(*found[0].region, green);
  EXPECT_EQ(found[1].first_frame, 12);
  EXPECT_EQ(found[1].last_frame, 13);
  EXPECT_EQ(*found[1].region, grey);
}

TEST_P(Dropout, ThingsThatStayMoveOrFlashAreNoBlocks) {
  const ClipSpec spec{.kind = GetParam(), .width = 640, .height = 360, .frames = 18};
  const int middle = code(20), white = code(600);
  const auto stays = dropouts(spec, [&](MutablePictureView& picture, int frame) {
    if (frame >= 12) block(picture, {200, 104, 32, 32}, middle, 200, 800);
  });
  EXPECT_TRUE(stays.empty());
  const auto moves = dropouts(spec, [&](MutablePictureView& picture, int frame) {
    block(picture, {16 + 16 * frame, 104, 32, 32}, white, 200, 800);
  });
  EXPECT_TRUE(moves.empty());
  const auto flashes = dropouts(spec, [&](MutablePictureView& picture, int frame) {
    if (frame == 12) test::fill(picture, white);
  });
  EXPECT_TRUE(flashes.empty());
}

TEST_P(Dropout, ASplitRunIsTheWhole) {
  const ClipSpec spec = scene_clip(GetParam());
  const Scenes scenes{{code(1), code(10), code(30)}};
  const int bright = code(900);
  const test::Plant plant = [&](MutablePictureView& picture, int frame) {
    scenes.draw(picture, frame / 48 * 48 + frame % 48 / 12 * 12);
    test::set_sample(picture, 0, 20, 33, bright);
    if (frame % 33 == 4 || frame == 100) line(picture, 60, bright);
  };
  const std::string whole = test::text_of(test::run_clip(DropoutAnalyzer::make, spec, plant));
  EXPECT_NE(whole.find("dropout.pixel"), std::string::npos);
  EXPECT_NE(whole.find("dropout.line"), std::string::npos);
  // Cuts between a fault and its end, and parts shorter than a fault may be.
  for (const std::vector<int>& cuts : {std::vector<int>{0, 38, 150}, {0, 100, 101, 102, 150}, {0, 37, 60, 140, 150}}) {
    EXPECT_EQ(test::text_of(test::run_cut(DropoutAnalyzer::make, spec, plant, cuts)), whole) << cuts[1];
  }
}

TEST(DropoutState, OfAnotherKindIsRefused) {
  DropoutAnalyzer analyzer(test::options_of({}).context);
  EXPECT_FALSE(analyzer.load(*parse_json("{}")));
  EXPECT_FALSE(analyzer.load(*parse_json(R"({"stuck":{"head":{"number":0,"scans":[[1]]}}})")));
}

TEST(DropoutOdd, EveryFormatIsSurvived) {
  for (const int depth : {8, 12, 16}) {
    for (const Chroma chroma : {Chroma::k400, Chroma::k420, Chroma::k422, Chroma::k444}) {
      for (const auto& [width, height] : {std::pair{1, 1}, std::pair{3, 200}, std::pair{129, 67}, std::pair{200, 2}}) {
        const ClipSpec spec{.width = width, .height = height, .bit_depth = depth, .frames = 13, .chroma = chroma};
        EXPECT_TRUE(dropouts(spec, {}).empty());
      }
    }
  }
}

TEST(Dots, EveryTargetGivesTheScalarAnswer) {
  std::mt19937 random(7);
  for (const int depth : {8, 10, 16}) {
    for (const int width : {1, 4, 5, 37, 200}) {
      Picture picture =
          Picture::allocate({.bit_depth = static_cast<uint8_t>(depth), .chroma = Chroma::k400}, width, 40, {});
      MutablePictureView view = picture.writable();
      const auto top = static_cast<unsigned>((1 << depth) - 1);
      for (int y = 0; y < 40; ++y) {
        for (int x = 0; x < width; ++x) {
          const unsigned calm = top / 2 + random() % (top / 20 + 1);
          test::set_sample(view, 0, x, y, static_cast<int>(random() % 40 == 0 ? random() % (top + 1) : calm));
        }
      }
      const int bytes = depth > 8 ? 2 : 1;
      for (const int threshold : {0, static_cast<int>(top / 10), static_cast<int>(top)}) {
        std::vector<impl::Dot> expected, actual;
        const bool few = impl::scalar::find_dots(picture.view().planes[0], bytes, threshold, 300, expected);
        for (const int64_t target : kernels::targets()) {
          kernels::use_target(target);
          EXPECT_EQ(impl::find_dots(picture.view().planes[0], bytes, threshold, 300, actual), few);
          EXPECT_EQ(actual, expected) << depth << " " << width << " " << threshold << " " << target;
          kernels::use_target(0);
        }
        if (width == 200 && threshold == static_cast<int>(top / 10)) {
          EXPECT_GT(expected.size(), 10U);
        }
      }
    }
  }
}

TEST(Dots, LinesAndEdgesAreNone) {
  Picture picture = Picture::allocate({.bit_depth = 10, .chroma = Chroma::k400}, 64, 64, {});
  MutablePictureView view = picture.writable();
  test::fill(view, 200);
  for (int i = 0; i < 60; ++i) {
    test::set_sample(view, 0, i, i, 900);   // diagonal
    test::set_sample(view, 0, 50, i, 900);  // upright
    test::set_sample(view, 0, i, 40, 900);  // level
  }
  std::vector<impl::Dot> dots;
  EXPECT_TRUE(impl::find_dots(picture.view().planes[0], 2, 100, 100, dots));
  EXPECT_TRUE(dots.empty());
  test::set_sample(view, 0, 30, 10, 900);
  EXPECT_TRUE(impl::find_dots(picture.view().planes[0], 2, 100, 100, dots));
  ASSERT_EQ(dots.size(), 1U);
  EXPECT_EQ(dots[0], (impl::Dot{.x = 30, .y = 10, .ring = 200, .bright = true}));
}

}  // namespace
}  // namespace pier::analysis
