#include "blockiness.hpp"

#include <random>

#include <gtest/gtest.h>

#include "analyzers/blockiness/steps.hpp"
#include "kernels.hpp"
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

class StepsOnEveryTarget : public testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { kernels::use_target(GetParam()); }
  void TearDown() override { kernels::use_target(0); }
};
INSTANTIATE_TEST_SUITE_P(Targets, StepsOnEveryTarget, testing::ValuesIn(kernels::targets()),
                         [](const auto& param) { return "t" + std::to_string(param.index); });

template <typename T>
void expect_scalar_steps(int count, uint32_t largest, int hard) {
  std::mt19937 random(static_cast<uint32_t>(count));
  std::vector<T> a, b;
  for (int i = 0; i < count; ++i) {
    a.push_back(static_cast<T>(random() % (largest + 1)));
    b.push_back(static_cast<T>(random() % (largest + 1)));
  }
  std::vector<uint32_t> sums(a.size(), 5), expected(sums);
  impl::add_steps(a.data(), b.data(), count, hard, sums.data());
  impl::scalar::add_steps_from(0, a.data(), b.data(), count, hard, expected.data());
  EXPECT_EQ(sums, expected) << count << ' ' << hard;
  for (const impl::StepGroups groups : {impl::StepGroups{}, impl::StepGroups{8, 24}, impl::StepGroups{5, 7}}) {
    EXPECT_EQ(impl::sum_steps(a.data(), b.data(), count, groups, hard),
              impl::scalar::sum_steps(a.data(), b.data(), count, groups, hard))
        << count << ' ' << hard << ' ' << groups.size << ' ' << groups.every;
  }
}

TEST_P(StepsOnEveryTarget, EqualScalar) {
  for (const int count : {1, 15, 16, 64, 79, 200, 961}) {
    for (const int hard : {1, 60, 70000}) {
      expect_scalar_steps<uint8_t>(count, 255, hard);
      expect_scalar_steps<uint16_t>(count, 1023, hard);
      expect_scalar_steps<uint16_t>(count, 65535, hard);
    }
  }
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
