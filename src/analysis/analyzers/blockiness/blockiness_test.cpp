#include "blockiness.hpp"

#include <gtest/gtest.h>

#include "pass.hpp"
#include "signal.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

uint32_t hash(int x, int y, int z) {
  uint32_t h = static_cast<uint32_t>(x) * 374761393U + static_cast<uint32_t>(y) * 668265263U +
               static_cast<uint32_t>(z) * 2246822519U;
  h = (h ^ (h >> 13U)) * 1274126177U;
  return h ^ (h >> 16U);
}

struct Plan {
  int side = 8;
  int left = 0, top = 0, width = 640, height = 360;
  int offset_x = 0, offset_y = 0;  // of the grid
  int strength = 1000;             // steps of up to black-to-peak / strength
};

/// A smooth slope with the noise of a good codec, and in a part of it blocks of their own level.
void draw(MutablePictureView& picture, const ClipSpec& spec, int frame, const Plan* plan) {
  const int low = test::luma_code(spec, 2);
  const int high = test::luma_code(spec, 60);
  const int span = 876 << (spec.bit_depth - 10);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      int code = low + (high - low) * (x + y + frame) / 1200 + static_cast<int>(hash(x, y, frame) % 3U);
      if (plan != nullptr && x >= plan->left && x < plan->left + plan->width && y >= plan->top &&
          y < plan->top + plan->height) {
        const uint32_t block = hash((x + plan->offset_x) / plan->side, (y + plan->offset_y) / plan->side, frame + 99);
        code += static_cast<int>(block % 1000U) * span * 2 / (plan->strength * 1000);
      }
      test::set_sample(picture, 0, x, y, code);
    }
  }
}

Outcome outcome_of(const ClipSpec& spec, const Plan* plan, int from = 0, int to = 1000) {
  const auto analyzer = BlockinessAnalyzer::make(test::options_of(spec).context);
  for (int i = 0; i < 5; ++i) {
    const int at = i * BlockinessAnalyzer::kEvery;
    media::Frame frame = test::frame_of(spec, 0, [&](MutablePictureView& picture, int) {
      draw(picture, spec, at, at >= from && at < to ? plan : nullptr);
    });
    const auto signal = Signal::make(frame.picture.format(), frame.picture.colour());
    const FrameTime time{.index = at, .pts = at, .duration = 1};
    const FrameViews views(std::move(frame), time, signal, nullptr);
    analyzer->observe(time, *analyzer->measure(views));
  }
  return analyzer->finish();
}

class Blockiness : public testing::TestWithParam<Kind> {
 protected:
  ClipSpec spec() const { return {.kind = GetParam(), .width = 640, .height = 360}; }
};
INSTANTIATE_TEST_SUITE_P(Transfers, Blockiness, testing::Values(Kind::kSdr, Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

TEST_P(Blockiness, FindsBlocksAndTheirSide) {
  for (const int side : {8, 16, 32}) {
    const int scale = side == 32 ? 2 : 1;  // each half of a grid must have six lines
    const Plan plan{.side = side, .width = 640 * scale, .height = 360 * scale, .strength = 80};
    const ClipSpec spec{.kind = GetParam(), .width = plan.width, .height = plan.height};
    const auto outcome = outcome_of(spec, &plan, BlockinessAnalyzer::kEvery, 3 * BlockinessAnalyzer::kEvery);
    ASSERT_EQ(outcome.findings.size(), 1U) << side << json::serialize(outcome.measures);
    EXPECT_EQ(outcome.findings[0].first_frame, BlockinessAnalyzer::kEvery);
    EXPECT_EQ(outcome.findings[0].last_frame, 2 * BlockinessAnalyzer::kEvery);
    EXPECT_EQ(outcome.measures.at("blocky_frames_by_side").at(std::to_string(side)).as_int64(), 2) << side;
  }
}

TEST_P(Blockiness, FindsThemInOnePartAndWithAGridThatWasMoved) {
  const Plan plan{
      .side = 8, .left = 320, .top = 240, .width = 320, .height = 240, .offset_x = 3, .offset_y = 5, .strength = 80};
  EXPECT_EQ(outcome_of({.kind = GetParam(), .width = 1280, .height = 720}, &plan).findings.size(), 1U);
}

TEST_P(Blockiness, SmoothAndDetailedPicturesHaveNone) {
  EXPECT_TRUE(outcome_of(spec(), nullptr).findings.empty());
  const Plan faint{.side = 8, .strength = 4000};  // below the noise
  EXPECT_TRUE(outcome_of(spec(), &faint).findings.empty());
  const auto result = test::analyse_clip({.kind = GetParam(), .width = 640, .height = 360, .frames = 7});
  EXPECT_TRUE(test::of_kind(result, "blockiness").empty());
}

TEST_P(Blockiness, HardEdgesOnTheGridAreNoBlocks) {
  const auto result = test::analyse_clip(
      {.kind = GetParam(), .width = 640, .height = 360, .frames = 7}, [&](MutablePictureView& picture, int) {
        for (int bar = 0; bar < 80; ++bar) {
          test::fill(picture, bar * 8, 0, 8, 360, test::luma_code({.kind = GetParam()}, bar % 2 == 0 ? 2 : 70));
        }
      });
  EXPECT_TRUE(test::of_kind(result, "blockiness").empty());
}

TEST(BlockinessSizes, TinyAndOddPicturesSayNothing) {
  for (const int width : {1, 63, 65, 131}) {
    const auto result = test::analyse_clip({.width = width, .height = 67, .bit_depth = 8, .frames = 7});
    EXPECT_TRUE(test::of_kind(result, "blockiness").empty());
  }
}

}  // namespace
}  // namespace pier::analysis
