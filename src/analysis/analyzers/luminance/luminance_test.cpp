#include <cmath>

#include <gtest/gtest.h>

#include <pier/colour/transfer.hpp>

#include "picture_scan.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

const json::object& luminance(const AnalysisResult& result) {
  return result.measures.at("luminance").as_object();
}

class Luminance : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Transfers, Luminance, testing::Values(Kind::kSdr, Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

TEST_P(Luminance, PatchOfKnownLight) {
  // A quarter of frame 3 at a known light, all else at 10 cd/m2.
  const ClipSpec spec{.kind = GetParam(), .frames = 6};
  const double patch = spec.kind == Kind::kSdr ? 90 : 800;
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    test::fill(picture, test::luma_code(spec, 10));
    if (frame == 3) test::fill(picture, 0, 0, picture.width / 2, picture.height / 2, test::luma_code(spec, patch));
  });
  const json::object& light = luminance(result);
  const double tolerance = patch * 0.006;  // half a 10-bit code
  EXPECT_NEAR(light.at("max_cll_nits").as_double(), patch, tolerance);
  EXPECT_EQ(light.at("max_cll_frame").as_int64(), 3);
  EXPECT_NEAR(light.at("max_fall_nits").as_double(), 0.25 * patch + 0.75 * 10, tolerance);
  EXPECT_EQ(light.at("max_fall_frame").as_int64(), 3);
  EXPECT_NEAR(static_cast<double>(light.at("max_cll_99_99").as_int64()), patch, tolerance + 0.5);
}

TEST_P(Luminance, OneBrightPixelCountsStrictlyOnly) {
  const ClipSpec spec{.kind = GetParam(), .frames = 4};
  const double spot = spec.kind == Kind::kSdr ? 100 : 900;
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int) {
    test::fill(picture, test::luma_code(spec, 50));
    test::set_sample(picture, 0, 100, 100, test::luma_code(spec, spot));  // of 57 600 pixels
  });
  const json::object& light = luminance(result);
  EXPECT_NEAR(light.at("max_cll_nits").as_double(), spot, spot * 0.01);
  EXPECT_NEAR(static_cast<double>(light.at("max_cll_99_99").as_int64()), 50, 1);
}

TEST(LuminanceColour, PrimariesAreTakenByTheirLargestComponent) {
  // Pure BT.2020 red of 1000 cd/m2 in R alone: Y' is low, max(R, G, B) is not.
  const double e = colour::pq_inverse_eotf(1000);
  const ClipSpec spec{.kind = Kind::kPq, .frames = 2};
  const double y = 0.2627 * e;
  const double cb = -y / 1.8814;
  const double cr = (e - y) / 1.4746;
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int) {
    test::fill(picture, static_cast<int>(std::lround(64 + 876 * y)));
    for (int p = 1; p < 3; ++p) {
      const int code = static_cast<int>(std::lround(512 + 896 * (p == 1 ? cb : cr)));
      const auto& plane = picture.planes[static_cast<size_t>(p)];
      for (int row = 0; row < plane.height; ++row) {
        for (int x = 0; x < plane.width; ++x) test::set_sample(picture, p, x, row, code);
      }
    }
  });
  EXPECT_NEAR(luminance(result).at("max_cll_nits").as_double(), 1000, 12);
  EXPECT_NEAR(luminance(result).at("max_fall_nits").as_double(), 1000, 12);
}

TEST(LuminanceColour, HlgFollowsTheOotfOfColouredLight) {
  // Scene light R = 0.5, G = B = 0.1: Fd = 1000 Ys^0.2 E (BT.2100 table 5).
  const double r = colour::hlg_oetf(0.5);
  const double g = colour::hlg_oetf(0.1);
  const double y = 0.2627 * r + (1 - 0.2627) * g;
  const ClipSpec spec{.kind = Kind::kHlg, .frames = 1};
  media::Frame frame = test::frame_of(spec, 0, [&](MutablePictureView& picture, int) {
    test::fill(picture, static_cast<int>(std::lround(64 + 876 * y)));
    for (int p = 1; p < 3; ++p) {
      const double chroma = p == 1 ? (g - y) / 1.8814 : (r - y) / 1.4746;
      const auto& plane = picture.planes[static_cast<size_t>(p)];
      for (int row = 0; row < plane.height; ++row) {
        for (int x = 0; x < plane.width; ++x) {
          test::set_sample(picture, p, x, row, static_cast<int>(std::lround(512 + 896 * chroma)));
        }
      }
    }
  });
  const auto signal = Signal::make(frame.picture.format(), frame.picture.colour());
  const auto light = scan_picture(frame.picture.view(), *signal, false).light;
  const double ys = 0.2627 * 0.5 + (1 - 0.2627) * 0.1;
  const double expected = 1000 * std::pow(ys, 0.2) * 0.5;
  EXPECT_NEAR(static_cast<double>(light.largest) / 1e6, expected, expected * 0.01);
  EXPECT_NEAR(static_cast<double>(light.average) / 1e6, expected, expected * 0.01);
}

TEST(LuminanceRange, FullRangeRgb12IsReadWhole) {
  // An interchange master: RGB 4:4:4, 12 bit, full range, PQ; one half at 4000 cd/m2, one at 100.
  const PixelFormat format{.bit_depth = 12, .chroma = Chroma::k444, .rgb = true};
  const ColourInfo colour{Primaries::kP3D65, Transfer::kPq, Matrix::kRgb, Range::kFull, ChromaSite::kUnspecified};
  Picture picture = Picture::allocate(format, 64, 32, colour);
  auto view = picture.writable();
  for (int p = 0; p < 3; ++p) {
    for (int y = 0; y < 32; ++y) {
      for (int x = 0; x < 64; ++x) {
        const double nits = x < 32 ? (p == 1 ? 4000 : 5) : 100;
        test::set_sample(view, p, x, y, static_cast<int>(std::lround(4095 * colour::pq_inverse_eotf(nits))));
      }
    }
  }
  const auto signal = Signal::make(format, colour);
  const auto light = scan_picture(picture.view(), *signal, false).light;
  EXPECT_NEAR(static_cast<double>(light.largest) / 1e6, 4000, 12);
  EXPECT_NEAR(static_cast<double>(light.average) / 1e6, 2050, 8);
}

TEST(LuminanceLarge, TheBrightestOfAllPixelsIsFoundAlsoInHlg) {
  // Larger than what is counted whole: a saturated red and a white pixel between the rows that are counted.
  for (const Kind kind : {Kind::kHlg, Kind::kPq}) {
    const ClipSpec spec{.kind = kind, .width = 2304, .height = 1120, .chroma = Chroma::k444};
    auto frame = test::frame_of(spec, 0, [&](MutablePictureView& picture, int) {
      test::fill(picture, test::luma_code(spec, 20));
      test::set_sample(picture, 0, 1201, 602, test::luma_code(spec, 700));
      test::set_sample(picture, 0, 301, 82, 400);
      test::set_sample(picture, 2, 301, 82, 640);
    });
    const auto signal = Signal::make(frame.picture.format(), frame.picture.colour());
    const auto& view = frame.picture.view();
    const auto light = scan_picture(view, *signal, false).light;
    EXPECT_NEAR(static_cast<double>(light.largest) / 1e6, 700, 7);
    EXPECT_NEAR(static_cast<double>(light.average) / 1e6, 20, 0.3);
    EXPECT_NEAR(static_cast<double>(light.smallest) / 1e6, 20, 0.3);
  }
}

TEST(LuminanceTimeline, StaysBoundedAndKeepsTheFrames) {
  const ClipSpec spec{.width = 32, .height = 16, .frames = 1500};
  const auto result = test::analyse_clip(spec);
  const auto& timeline = luminance(result).at("timeline").as_array();
  EXPECT_LE(timeline.size(), 1024U);
  EXPECT_GE(timeline.size(), 512U);
  EXPECT_EQ(luminance(result).at("frames").as_int64(), 1500);
}

}  // namespace
}  // namespace pier::analysis
