#include "gamut.hpp"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "picture_scan.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

const json::object& measures(const AnalysisResult& result) {
  return result.measures.at("gamut").as_object();
}

class Gamut : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Transfers, Gamut, testing::Values(Kind::kSdr, Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

/// Of full height, so that only the right rim changes behind the filter.
void left_columns(MutablePictureView& picture, int columns, int code) {
  test::fill(picture, 0, 0, columns, picture.height, code);
}

// A step from 1015 down to 502: the filter brings the columns before the edge inside, a known number of them.
TEST_P(Gamut, MoreThanOnePercentBehindTheFilterIsFound) {
  // 1000 columns, each 0.1 % of the picture.
  const auto weigh = [](int beyond) {  // of the bright side, `beyond` columns before the edge
    constexpr int kAcross[] = {1, 2, 3, 4, 3, 2, 1};
    int weight = 0;
    for (int dx = -3; dx <= 3; ++dx) weight += dx < beyond ? kAcross[dx + 3] : 0;
    return weight;
  };
  for (const auto& [out, expected] : {std::pair{10, 0U}, std::pair{11, 1U}}) {
    int inside = 0;
    while (502 + (1015 - 502) * weigh(inside + 1) / 16.0 <= 984) ++inside;
    const int columns = out + inside;
    const ClipSpec spec{.kind = GetParam(), .width = 1000, .height = 20, .frames = 10};
    const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
      test::fill(picture, 502);
      if (frame >= 3 && frame < 7) left_columns(picture, columns, 1015);
    });
    const auto found = test::of_kind(result, "gamut");
    ASSERT_EQ(found.size(), expected) << out;
    EXPECT_NEAR(measures(result).at("worst_share").as_double(), out / 1000.0, 1e-9);
    EXPECT_NEAR(measures(result).at("worst_share_unfiltered").as_double(), columns / 1000.0, 1e-9);
    EXPECT_EQ(measures(result).at("worst_share_frame").as_int64(), 3);
    if (found.empty()) continue;
    EXPECT_EQ(found[0].first_frame, 3);
    EXPECT_EQ(found[0].last_frame, 6);
    EXPECT_EQ(found[0].region, (Region{0, 0, out, 20}));
    EXPECT_NEAR(found[0].measures.at("worst_share").as_double(), out / 1000.0, 1e-9);
    EXPECT_NEAR(found[0].measures.at("luma_share_of_worst_frame").as_double(), out / 1000.0, 1e-9);
  }
}

/// A block of bright rows in the upper left corner, and `extra` pixels of one row more.
struct Shape {
  int width = 0, height = 0, extra = 0;
  bool lit(int x, int y) const { return y < height ? x < width : y == height && x < extra; }
};

/// Pixels above 984 behind the filter where the shape is 1019 and all else 502, in double precision.
int outside(const Shape& shape) {
  constexpr double kAcross[] = {1, 2, 3, 4, 3, 2, 1};
  int count = 0;
  for (int y = 0; y < shape.height + 3; ++y) {
    for (int x = 0; x < shape.width + 5; ++x) {
      double sum = 0;
      for (int dy = -1; dy <= 1; ++dy) {
        for (int dx = -3; dx <= 3; ++dx) {
          const bool lit = shape.lit(std::max(0, x + dx), std::max(0, y + dy));
          sum += kAcross[dx + 3] / 16 * (dy == 0 ? 0.5 : 0.25) * (lit ? 1019 : 502);
        }
      }
      count += sum > 984 ? 1 : 0;
    }
  }
  return count;
}

/// The first shape of which the filter leaves so many outside.
Shape shape_with(int count) {
  for (int width = 10; width < 30; ++width) {
    for (int height = 8; height < 20; ++height) {
      for (int extra = 0; extra < width; ++extra) {
        const Shape shape{width, height, extra};
        if (outside(shape) == count) return shape;
      }
    }
  }
  return {};
}

TEST_P(Gamut, NinetyNineHundredthsPassAndOneHundredAndOneFail) {
  for (const int count : {198, 202}) {  // of 20 000 pixels
    const Shape shape = shape_with(count);
    ASSERT_GT(shape.width, 0) << count;
    const ClipSpec spec{.kind = GetParam(), .width = 200, .height = 100, .frames = 3, .chroma = Chroma::k444};
    const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int) {
      test::fill(picture, 502);
      test::fill(picture, 0, 0, shape.width, shape.height, 1019);
      test::fill(picture, 0, shape.height, shape.extra, 1, 1019);
    });
    EXPECT_EQ(test::of_kind(result, "gamut").size(), count == 198 ? 0U : 1U);
    EXPECT_NEAR(measures(result).at("worst_share").as_double(), count / 20000.0, 1e-9);
  }
}

TEST_P(Gamut, OutsideInRgbAlone) {
  // Y' at 60 % with Cr at its end: R' far above 105 %, Y' inside.
  const ClipSpec spec{.kind = GetParam(), .frames = 8};
  const auto result = test::analyse_clip(spec, [](MutablePictureView& picture, int frame) {
    test::fill(picture, 400);
    if (frame < 4) return;
    for (int y = 20; y < 60; ++y) {
      for (int x = 40; x < 100; ++x) test::set_sample(picture, 2, x, y, 940);
    }
    test::fill(picture, 80, 40, 120, 80, 600);
    for (int y = 20; y < 60; ++y) {
      for (int x = 40; x < 100; ++x) test::set_sample(picture, 2, x, y, 940);
    }
  });
  const auto found = test::of_kind(result, "gamut");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first_frame, 4);
  EXPECT_EQ(found[0].measures.at("worst_component").as_string(), "R");
  EXPECT_EQ(found[0].measures.at("luma_share_of_worst_frame").as_double(), 0.0);
  EXPECT_EQ(measures(result).at("worst_share_by_component").at("Y").as_double(), 0.0);
  ASSERT_TRUE(found[0].region);
  EXPECT_NEAR(found[0].region->x, 80, 4);
  EXPECT_NEAR(found[0].region->y + found[0].region->height, 120, 4);
}

TEST_P(Gamut, FaultFreePicturesAndThinOvershootsAreLeftAlone) {
  const ClipSpec spec{.kind = GetParam(), .frames = 6};
  const auto result = test::analyse_clip(spec, [](MutablePictureView& picture, int) {
    // One column in sixteen overshoots: 6 % of the picture unfiltered, none behind the filter.
    for (int x = 8; x < picture.width; x += 16) test::fill(picture, x, 0, 1, picture.height, 1010);
  });
  EXPECT_TRUE(test::of_kind(result, "gamut").empty());
  EXPECT_GT(measures(result).at("worst_share_unfiltered").as_double(), 0.05);
  EXPECT_EQ(measures(result).at("worst_share").as_double(), 0.0);
}

TEST(GamutDepth, LimitsFollowTheDepth) {
  for (const auto& [depth, low, high] : {std::tuple{8, 5, 246}, std::tuple{10, 20, 984}, std::tuple{12, 80, 3936}}) {
    for (const auto& [code, out] :
         {std::pair{low, false}, std::pair{low - 1, true}, std::pair{high, false}, std::pair{high + 1, true}}) {
      const ClipSpec spec{.width = 64, .height = 32, .bit_depth = depth, .frames = 2};
      const auto result = test::analyse_clip(spec, [c = code](MutablePictureView& p, int) { test::fill(p, c); });
      EXPECT_EQ(test::of_kind(result, "gamut").size(), out ? 1U : 0U) << depth << ' ' << code;
    }
  }
}

TEST(GamutRgb, ComponentsAreReadAsTheyAre) {
  const PixelFormat format{.bit_depth = 10, .chroma = Chroma::k444, .rgb = true};
  for (const auto& [range, share] : {std::pair{Range::kNarrow, 1.0}, std::pair{Range::kFull, 0.0}}) {
    const ColourInfo colour{Primaries::kBt2020, Transfer::kPq, Matrix::kRgb, range};
    Picture picture = Picture::allocate(format, 40, 20, colour);
    auto view = picture.writable();
    for (int p = 0; p < 3; ++p) test::fill_plane(view, p, p == 2 ? 985 : 500);
    const auto counts = count_outside(picture.view(), *Signal::make(format, colour), false, kGamutLimits);
    EXPECT_EQ(static_cast<double>(counts.by_component[2]) / 800, share);
    EXPECT_EQ(counts.by_component[0] + counts.by_component[1] + counts.by_component[3], 0);
  }
}

TEST(GamutInterlaced, TheFilterStaysWithinAField) {
  // One field above 984, the other far below: mixed over fields they would be inside.
  const PixelFormat format{.bit_depth = 10, .chroma = Chroma::k422};
  const ColourInfo colour{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow};
  Picture picture = Picture::allocate(format, 64, 32, colour);
  auto view = picture.writable();
  for (int p = 0; p < 3; ++p) test::fill_plane(view, p, 512);
  for (int y = 0; y < 32; y += 2) test::fill(view, 0, y, 64, 1, 1000);
  const auto signal = Signal::make(format, colour);
  EXPECT_EQ(scan_picture(picture.view(), *signal, true).gamut.pixels, 64 * 16);
  // At the upper edge the row itself stands for the one above it.
  EXPECT_EQ(scan_picture(picture.view(), *signal, false).gamut.pixels, 0);
}

/// The published test signal of eight bits: bars of 300 pixels, scaled to 1918 and back by splines, limited; fewer
/// rows. The figures depend on where the bars begin; so placed, 1.04167 % are out of range unfiltered, as published.
TEST(GamutOracle, EightBitBarsOf300Pixels) {
  namespace fs = std::filesystem;
  constexpr int kRows = 36;
  const fs::path file = fs::temp_directory_path() / ("pier-gamut-" + std::to_string(getpid()) + ".yuv");
  const std::string command =
      "ffmpeg -nostdin -v error -y -f lavfi -i \"color=s=1920x36:r=25:d=0.04,format=yuv422p,"
      "geq=lum='if(mod(floor((X+240)/300),2),235,16)':cb=128:cr=128,scale=1918:36:flags=spline,"
      "scale=1920:36:flags=spline,format=yuv422p,limiter=min=10:max=245:planes=1\" -frames:v 1 -f rawvideo " +
      file.string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  const PixelFormat format{.bit_depth = 8, .chroma = Chroma::k422};
  const ColourInfo colour{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow};
  Picture picture = Picture::allocate(format, 1920, kRows, colour);
  auto view = picture.writable();
  std::ifstream in(file, std::ios::binary);
  for (const auto& plane : view.planes) {
    for (int y = 0; y < plane.height; ++y) in.read(reinterpret_cast<char*>(plane.row<uint8_t>(y)), plane.width);
  }
  ASSERT_TRUE(in);
  fs::remove(file);
  const auto signal = Signal::make(format, colour);
  // Counted against black to peak, 16-235.
  const auto counts = count_outside(picture.view(), *signal, false, {0, RgbFactors::kUnit});
  EXPECT_EQ(counts.unfiltered, 20 * kRows);  // 1.04167 %
  // The published count rounds what the filter gives to eight bits: half a code more on either side.
  EXPECT_EQ(count_outside(picture.view(), *signal, false, {-32, RgbFactors::kUnit + 32}).pixels, 0);
  EXPECT_EQ(count_outside(picture.view(), *signal, false, kGamutLimits).unfiltered, 0);
}

}  // namespace
}  // namespace pier::analysis
