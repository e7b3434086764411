#include "banding.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "contours.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

class Banding : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Transfers, Banding, testing::Values(Kind::kSdr, Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

/// A slow slope of dim light over the upper rows: at ten bits, or at eight without and with dither. The rest has noise.
enum class Slope { kTenBit, kEightBit, kDithered };
void draw_slope(MutablePictureView& picture, const ClipSpec& spec, Slope slope, int rows) {
  const int low = test::luma_code(spec, 0.5) / 4 * 4;
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const int fine = low + x * 48 / picture.width;
      const int dither = slope == Slope::kDithered ? (x + 2 * y) % 4 : 0;
      test::set_sample(picture, 0, x, y, slope == Slope::kTenBit ? fine : (fine + dither) / 4 * 4);
    }
  }
}

TEST_P(Banding, FindsContoursOfEightBits) {
  const ClipSpec spec{.kind = GetParam(), .width = 640, .height = 360, .frames = 75};
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    if (frame >= 24 && frame < 60) draw_slope(picture, spec, Slope::kEightBit, 90);  // a quarter of the picture
  });
  const auto found = test::of_kind(result, "banding.contours");
  ASSERT_EQ(found.size(), 1U) << json::serialize(result.measures.at("banding"));
  EXPECT_EQ(found[0].first_frame, 24);
  EXPECT_EQ(found[0].last_frame, 48);
}

TEST_P(Banding, TenBitSlopesAndDitheredOnesHaveNone) {
  const ClipSpec spec{.kind = GetParam(), .width = 640, .height = 360, .frames = 37};
  for (const Slope slope : {Slope::kTenBit, Slope::kDithered}) {
    const auto result =
        test::analyse_clip(spec, [&](MutablePictureView& picture, int) { draw_slope(picture, spec, slope, 90); });
    EXPECT_TRUE(test::of_kind(result, "banding.contours").empty())
        << static_cast<int>(slope) << json::serialize(result.measures.at("banding"));
  }
}

TEST_P(Banding, FindsEightBitsInADeeperPicture) {
  for (const int depth : {10, 12}) {
    const ClipSpec spec{.kind = GetParam(), .bit_depth = depth, .frames = 49};
    const int step = 1 << (depth - 8);
    const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
      if (frame < 12 || frame >= 36) return;
      for (int y = 0; y < picture.height; ++y) {
        auto* row = picture.planes[0].row<uint16_t>(y);
        for (int x = 0; x < picture.width; ++x) row[x] = static_cast<uint16_t>(row[x] / step * step);
      }
    });
    const auto found = test::of_kind(result, "banding.low_depth");
    ASSERT_EQ(found.size(), 1U) << depth;
    EXPECT_EQ(found[0].first_frame, 12);
    EXPECT_EQ(found[0].last_frame, 24);
    EXPECT_EQ(found[0].measures.at("source_bits_at_most").as_int64(), 8);
  }
}

TEST_P(Banding, EightBitsScaledToFullRangeAreFoundToo) {
  const ClipSpec spec{.kind = GetParam(), .frames = 25};
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int) {
    for (int y = 0; y < picture.height; ++y) {
      auto* row = picture.planes[0].row<uint16_t>(y);
      for (int x = 0; x < picture.width; ++x) row[x] = static_cast<uint16_t>((row[x] / 4 * 1023 + 127) / 255);
    }
  });
  EXPECT_EQ(test::of_kind(result, "banding.low_depth").size(), 1U);
}

TEST_P(Banding, ControlAndFlatGraphicsHaveNone) {
  const auto control = test::analyse_clip({.kind = GetParam(), .frames = 25});
  EXPECT_TRUE(control.findings.empty());
  const ClipSpec spec{.kind = GetParam(), .frames = 25};
  const auto bars = test::analyse_clip(spec, [&](MutablePictureView& picture, int) {
    for (int bar = 0; bar < 10; ++bar)
      test::fill(picture, bar * 32, 0, 32, 180, test::luma_code(spec, 1) / 4 * 4 + 40 * bar);
  });
  EXPECT_TRUE(test::of_kind(bars, "banding.low_depth").empty());
  EXPECT_TRUE(test::of_kind(bars, "banding.contours").empty());
}

TEST(Contours, StairsNeedEqualPlateausSmallStepsAndOneDirection) {
  const auto signal = Signal::make({.bit_depth = 10, .chroma = Chroma::k420, .rgb = false}, test::colour_of(Kind::kPq));
  const impl::LightSteps light(*signal);
  EXPECT_NEAR(light.of(501) - light.of(500), 256, 2);  // one code of PQ is one step
  const auto samples = [&](const std::vector<int>& levels, int length) {
    std::vector<uint16_t> line;
    for (const int level : levels) line.insert(line.end(), static_cast<size_t>(length), static_cast<uint16_t>(level));
    return impl::staircase_samples(line.data(), static_cast<int>(line.size()), light);
  };
  EXPECT_EQ(samples({400, 404, 408, 412}, 8), 32);
  EXPECT_EQ(samples({412, 408, 404, 400}, 8), 32);
  EXPECT_EQ(samples({400, 404, 408, 412}, 3), 0);  // too short to be plateaus
  EXPECT_EQ(samples({400, 401, 402, 403}, 8), 0);  // ten bits
  EXPECT_EQ(samples({400, 440, 480, 520}, 8), 0);  // edges
  EXPECT_EQ(samples({400, 404, 400, 404, 400}, 8), 0);
}

}  // namespace
}  // namespace pier::analysis
