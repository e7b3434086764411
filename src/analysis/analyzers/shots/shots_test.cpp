#include "analyzers/shots/shots.hpp"

#include <gtest/gtest.h>

#include "split_run.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

/// Share (0 ... 255) of the signal at a place of a scene: blocks of 24 samples that move `speed` samples a frame.
int scene(int seed, int x, int y, int frame, int speed) {
  const auto block = static_cast<uint32_t>((x + speed * frame + 4096) / 24);
  uint32_t h =
      static_cast<uint32_t>(seed) * 668265263U + block * 374761393U + static_cast<uint32_t>(y / 24) * 2246822519U;
  h = (h ^ (h >> 13U)) * 1274126177U;
  return static_cast<int>(30 + ((h >> 16U) & 127U));
}

/// A clip whose luma is `level`, between 0 and 100 cd/m2 (SDR) or as much signal in HLG and PQ.
AnalysisResult clip_of(const ClipSpec& spec, const std::function<int(int x, int y, int frame)>& level) {
  const int black = test::luma_code(spec, 0);
  const int span = test::luma_code(spec, 100) - black;
  return test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    for (int y = 0; y < picture.height; ++y) {
      for (int x = 0; x < picture.width; ++x) {
        test::set_sample(picture, 0, x, y, black + level(x, y, frame) * span / 255);
      }
    }
  });
}

const json::object& shots(const AnalysisResult& result) {
  return result.measures.at("shots").as_object();
}
/// "first-last:how" of each.
std::string text(const AnalysisResult& result) {
  std::string out;
  for (const json::value& value : shots(result).at("list").as_array()) {
    const json::array& shot = value.as_array();
    out += (out.empty() ? "" : " ") + std::to_string(shot[0].as_int64()) + "-" + std::to_string(shot[1].as_int64()) +
           ":" + std::string(shot[5].as_string());
  }
  return out;
}

class Shots : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Transfers, Shots, testing::Values(Kind::kSdr, Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

TEST_P(Shots, CutsAreFoundToTheFrame) {
  const ClipSpec spec{.kind = GetParam(), .width = 256, .height = 144, .frames = 120};
  const auto result = clip_of(spec, [](int x, int y, int frame) {
    return scene(frame < 37 ? 1 : frame < 80 ? 2 : 3, x, y, frame, 2);
  });
  EXPECT_EQ(text(result), "0-36:start 37-79:cut 80-119:cut");
  EXPECT_EQ(shots(result).at("count").as_int64(), 3);
  EXPECT_EQ(shots(result).at("cuts").as_int64(), 2);
}

TEST_P(Shots, ADissolveIsOneBoundaryNearItsMiddle) {
  // Frames 60 to 84 mix.
  const ClipSpec spec{.kind = GetParam(), .width = 256, .height = 144, .frames = 150};
  const auto result = clip_of(spec, [](int x, int y, int frame) {
    const int part = std::clamp(frame - 60, 0, 24);
    return (scene(1, x, y, 0, 0) * (24 - part) + scene(2, x, y, 0, 0) * part) / 24;
  });
  EXPECT_EQ(shots(result).at("dissolves").as_int64(), 1);
  ASSERT_EQ(shots(result).at("count").as_int64(), 2);
  EXPECT_NEAR(static_cast<double>(shots(result).at("list").at(1).at(0).as_int64()), 72, 4);
}

TEST_P(Shots, FadesToAndFromBlackAreToldApart) {
  // Out over frames 50 to 70, black to 90, in over 90 to 110.
  const ClipSpec spec{.kind = GetParam(), .width = 256, .height = 144, .frames = 160};
  const auto result = clip_of(spec, [](int x, int y, int frame) {
    const int part = frame < 80 ? std::clamp(70 - frame, 0, 20) : std::clamp(frame - 90, 0, 20);
    return scene(frame < 80 ? 1 : 2, x, y, 0, 0) * part / 20;
  });
  EXPECT_EQ(shots(result).at("fades_to_black").as_int64(), 1) << text(result);
  EXPECT_EQ(shots(result).at("fades_from_black").as_int64(), 1) << text(result);
  ASSERT_EQ(shots(result).at("count").as_int64(), 3);
  EXPECT_NEAR(static_cast<double>(shots(result).at("list").at(1).at(0).as_int64()), 60, 4);
  EXPECT_NEAR(static_cast<double>(shots(result).at("list").at(2).at(0).as_int64()), 100, 4);
}

TEST_P(Shots, FlashesAreNoCuts) {
  // A photo flash of two frames, one of five, and a strobe.
  const ClipSpec spec{.kind = GetParam(), .width = 256, .height = 144, .frames = 150};
  const auto result = clip_of(spec, [](int x, int y, int frame) {
    const bool bright =
        frame == 30 || frame == 31 || (frame >= 50 && frame < 55) || (frame >= 80 && frame / 3 % 2 == 0);
    return bright ? 250 : scene(1, x, y, frame, 1);
  });
  EXPECT_EQ(text(result), "0-149:start");
}

TEST_P(Shots, FastMotionIsNoCut) {
  const ClipSpec spec{.kind = GetParam(), .width = 256, .height = 144, .frames = 100};
  const auto result = clip_of(spec, [](int x, int y, int frame) {
    return scene(1, x, y, frame < 50 ? 0 : frame - 50, 17);  // a whip pan begins at frame 50
  });
  EXPECT_EQ(text(result), "0-99:start");
}

TEST_P(Shots, LightThatChangesIsNoDissolve) {
  const ClipSpec spec{.kind = GetParam(), .width = 256, .height = 144, .frames = 120};
  const auto result = clip_of(
      spec, [](int x, int y, int frame) { return scene(1, x, y, 0, 0) * (40 + std::clamp(frame - 40, 0, 40)) / 80; });
  EXPECT_EQ(text(result), "0-119:start");
}

TEST_P(Shots, MovingControlIsOneShotWithoutFinding) {
  const auto result = test::analyse_clip({.kind = GetParam(), .width = 256, .height = 144, .frames = 120});
  EXPECT_EQ(text(result), "0-119:start");
  EXPECT_TRUE(result.findings.empty());
}

TEST(ShotKeyframe, IsTheSharpestOfTheMiddleHalf) {
  // Blurred but for frames 3 (at the edge) and 43.
  const ClipSpec spec{.kind = Kind::kSdr, .width = 256, .height = 144, .frames = 90};
  const auto result = clip_of(spec, [](int x, int y, int frame) {
    return frame == 43 || frame == 3 ? scene(1, x, y, 0, 0)
                                     : (scene(1, x, y, 0, 0) + 3 * scene(1, x / 24 * 24, y, 0, 0) + 400) / 9;
  });
  EXPECT_EQ(shots(result).at("list").at(0).at(4).as_int64(), 43);
}

TEST(ShotsState, AnySplitEqualsTheWhole) {
  std::mt19937 random(5);
  AnalyzerContext context;
  context.video = VideoContext{.stream_index = 0, .time_base = Rational(1, 25), .frame_rate = 25};
  const auto analyzer = ShotsAnalyzer::make(context);
  for (int round = 0; round < 2; ++round) {
    int seed = 1;
    int before = 1;
    int left = 30;
    int mix = 0;
    const auto clip = test::measure_clip(*analyzer, 800, [&](int frame) {
      if (left-- == 0) {
        before = seed++;
        left = 20 + static_cast<int>(random() % 120);
        mix = random() % 2 == 0 ? 0 : 20;
      }
      if (mix > 0) --mix;
      if (random() % 211 == 0) return Picture();
      Picture picture = Picture::allocate({8, Chroma::k420, false}, 64, 48, test::colour_of(Kind::kSdr));
      auto view = picture.writable();
      test::fill(view, 16);
      for (int y = 0; y < 48; ++y) {
        for (int x = 0; x < 64; ++x) {
          const int level =
              (scene(seed, 3 * x, 4 * y, frame / 4, 1) * (20 - mix) + scene(before, 3 * x, 4 * y, frame / 4, 1) * mix) /
              20;
          test::set_sample(view, 0, x, y, 16 + level * 219 / 255);
        }
      }
      return picture;
    });
    const std::string whole = test::run_whole(ShotsAnalyzer::make, context, clip);
    ASSERT_EQ(whole.find("\"cuts\":0"), std::string::npos) << whole;
    ASSERT_EQ(whole.find("\"dissolves\":0"), std::string::npos) << whole;
    for (int split = 0; split < 5; ++split) {
      ASSERT_EQ(test::run_split(ShotsAnalyzer::make, context, clip, random), whole) << round << ' ' << split;
    }
  }
}

TEST(ShotsState, TheListIsBoundedAndTheCountIsTrue) {
  impl::ShotList list;
  for (int64_t i = 0; i < 12'000; ++i) {
    impl::Decision decision;
    decision.time = {.index = i, .pts = i, .duration = 1};
    decision.start = i % 2 == 0 && i > 0 ? impl::ShotStart::kCut : impl::ShotStart::kStream;
    list.add(decision);
  }
  EXPECT_EQ(list.finish().size(), impl::ShotList::kListed);
  EXPECT_EQ(list.count(), 6000);
}

TEST(ShotsState, DamagedStateIsRefused) {
  const auto analyzer = ShotsAnalyzer::make({});
  for (const char* bad : {"1", "{}", R"({"head":[],"beyond":true,"core":{}})", R"({"head":[1],"beyond":false})"}) {
    EXPECT_FALSE(analyzer->load(*parse_json(bad))) << bad;
  }
}

}  // namespace
}  // namespace pier::analysis
