#include "picture_scan.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "signal_rows.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

TEST(PictureScan, EveryPixelOfEveryFormatIsCountedOnce) {
  for (const Chroma chroma : {Chroma::k400, Chroma::k420, Chroma::k422, Chroma::k444}) {
    for (const int depth : {8, 10, 12, 16}) {
      for (const ChromaSite site :
           {ChromaSite::kLeft, ChromaSite::kTopLeft, ChromaSite::kCenter, ChromaSite::kBottomLeft}) {
        const PixelFormat format{.bit_depth = static_cast<uint8_t>(depth), .chroma = chroma, .rgb = false};
        const ColourInfo colour{Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow, site};
        Picture picture = Picture::allocate(format, 67, 35, colour);
        auto view = picture.writable();
        for (int p = 0; p < format.plane_count(); ++p) {
          test::fill_plane(view, p, (p == 0 ? 100 : 128) << (depth - 8));
        }
        const auto signal = Signal::make(format, colour);
        const auto result = std::make_unique<PictureScan>(scan_picture(picture.view(), *signal, false));
        const int expected = (100 - 16) * 64;  // at 14 bits
        const auto light = static_cast<int64_t>(signal->micronits_of(expected));
        EXPECT_EQ(result->light.largest, light);
        EXPECT_EQ(result->light.smallest, light);
        EXPECT_NEAR(static_cast<double>(result->light.average), static_cast<double>(light), 0.002 * light);
        EXPECT_EQ(result->light.counted, 67 * 35);
        EXPECT_EQ(result->gamut, OutsideCounts());
      }
    }
  }
}

TEST(PictureScan, LargePicturesCountAnEighthOfTheirRowsAndTheBrightestPixelOfAll) {
  const PixelFormat format{.bit_depth = 10, .chroma = Chroma::k420};
  const ColourInfo colour{Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow};
  Picture picture = Picture::allocate(format, 2000, 1400, colour);
  auto view = picture.writable();
  for (int p = 0; p < 3; ++p) test::fill_plane(view, p, p == 0 ? 400 : 512);
  test::set_sample(view, 0, 1001, 2, 800);  // row 2 is not among those that are counted
  const auto signal = Signal::make(format, colour);
  const auto scan = scan_picture(picture.view(), *signal, false);
  EXPECT_EQ(scan.light.counted, 2000 * 175);
  EXPECT_EQ(scan.light.largest, static_cast<int64_t>(signal->micronits_of((800 - 64) * 16)));
  EXPECT_EQ(scan.levels[0].largest, 800);
  EXPECT_EQ(scan.levels[1].smallest, 512);
}

/// Random pictures of colours near each other, in which the shortcuts must not lose a pixel.
TEST(PictureScan, ShortCutsKeepTheBrightestPixelTheLevelsAndTheQuarter) {
  std::mt19937 random(41);
  for (const Chroma chroma : {Chroma::k420, Chroma::k422, Chroma::k444}) {
    const PixelFormat format{.bit_depth = 10, .chroma = chroma, .rgb = false};
    const ColourInfo colour{Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow};
    Picture picture = Picture::allocate(format, 2301, 1109, colour);
    auto view = picture.writable();
    for (int p = 0; p < 3; ++p) {
      const auto& plane = view.planes[static_cast<size_t>(p)];
      for (int y = 0; y < plane.height; ++y) {
        for (int x = 0; x < plane.width; ++x) {
          const int shade = static_cast<int>(random() % 32U) + (x * 5 + y * 3) % 401;
          plane.row<uint16_t>(y)[x] = static_cast<uint16_t>(p == 0 ? 100 + 2 * shade : 400 + shade / 2);
        }
      }
    }
    const auto signal = Signal::make(format, colour);
    Picture quarter = Picture::allocate({.bit_depth = 10, .chroma = Chroma::k400}, 2301 / 4, 1109 / 4, colour);
    const MutablePictureView made = quarter.writable();
    const auto scan = scan_picture(picture.view(), *signal, false, {.quarter = &made});
    SignalRows rows(picture.view(), *signal);
    std::vector<uint8_t> flags(static_cast<size_t>(rows.flags()));
    kernels::RowExtremes all;
    for (int y = 0; y < 1109; ++y) {
      all.largest = std::max(all.largest, rows.scan(y, rows.whole(), kGamutLimits, flags.data()).extremes.largest);
    }
    EXPECT_EQ(scan.light.largest, static_cast<int64_t>(signal->micronits_of(all.largest)));
    for (size_t p = 0; p < 3; ++p) {
      const kernels::RangeLimits limits =
          p == 0 ? kernels::RangeLimits{3, 1020, 64, 940} : kernels::RangeLimits{3, 1020, 64, 960};
      EXPECT_EQ(scan.levels[p], kernels::scalar::count_range(picture.view().planes[p], 2, limits)) << p;
    }
    Picture expected = Picture::allocate({.bit_depth = 10, .chroma = Chroma::k400}, 2301 / 4, 1109 / 4, colour);
    kernels::scalar::box(picture.view().planes[0], 10, 4, expected.writable().planes[0]);
    for (int y = 0; y < 1109 / 4; ++y) {
      const auto* a = quarter.view().planes[0].row<uint16_t>(y);
      ASSERT_TRUE(std::equal(a, a + 2301 / 4, expected.view().planes[0].row<uint16_t>(y))) << y;
    }
  }
}

/// R 103 without any short cut: every pixel converted and filtered in double precision.
OutsideCounts reference_counts(const PictureView& picture, const Signal& signal, bool interlaced,
                               const kernels::SignalLimits& limits) {
  constexpr double kAcross[] = {1, 2, 3, 4, 3, 2, 1};
  const int width = picture.width;
  const int height = picture.height;
  SignalRows rows(picture, signal);
  const auto stride = static_cast<size_t>(width) + 32;
  std::vector<int16_t> samples(static_cast<size_t>(height) * 4 * stride);
  const auto component = [&](int y, size_t c) {
    return samples.data() + (static_cast<size_t>(y) * 4 + c) * stride + SignalRows::kMargin;
  };
  for (int y = 0; y < height; ++y)
    rows.convert(y, rows.whole(), {component(y, 0), component(y, 1), component(y, 2), component(y, 3)});
  OutsideCounts counts;
  const int step = interlaced ? 2 : 1;
  int left = width, top = height, right = -1, bottom = -1;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      bool raw = false;
      bool any = false;
      for (size_t c = 0; c < 4; ++c) {
        const int v = component(y, c)[x];
        raw |= v < limits.low || v > limits.high;
        double sum = 0;
        for (const int dy : {-1, 0, 1}) {
          int from = y + dy * step;
          if (from < 0 || from >= height) from = y;
          for (int dx = -3; dx <= 3; ++dx) {
            sum += kAcross[dx + 3] / 16 * (dy == 0 ? 0.5 : 0.25) * component(from, c)[std::clamp(x + dx, 0, width - 1)];
          }
        }
        const bool outside = sum < limits.low || sum > limits.high;
        counts.by_component[c] += outside ? 1 : 0;
        any |= outside;
      }
      counts.unfiltered += raw ? 1 : 0;
      if (!any) continue;
      ++counts.pixels;
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = std::max(bottom, y);
    }
  }
  if (right >= 0) counts.region = {left, top, right + 1 - left, bottom + 1 - top};
  return counts;
}

TEST(PictureScan, ShortCutOfTheGamutFilterLosesNothing) {
  std::mt19937 random(31);
  struct Case {
    PixelFormat format;
    Matrix matrix;
    Range range;
  };
  int found = 0;
  for (const Case& c : {Case{{10, Chroma::k420, false}, Matrix::kBt2020Ncl, Range::kNarrow},
                        Case{{8, Chroma::k422, false}, Matrix::kBt709, Range::kNarrow},
                        Case{{10, Chroma::k420, false}, Matrix::kBt709, Range::kFull},
                        Case{{12, Chroma::k444, false}, Matrix::kBt2020Ncl, Range::kNarrow},
                        Case{{10, Chroma::k444, true}, Matrix::kRgb, Range::kNarrow},
                        Case{{16, Chroma::k400, false}, Matrix::kBt709, Range::kNarrow}}) {
    for (const auto& [width, height] : {std::pair{401, 37}, std::pair{300, 3}, std::pair{5, 1}}) {
      const ColourInfo colour{Primaries::kBt2020, Transfer::kPq, c.matrix, c.range};
      Picture picture = Picture::allocate(c.format, width, height, colour);
      auto view = picture.writable();
      const int top = 1 << c.format.bit_depth;
      for (int p = 0; p < c.format.plane_count(); ++p) test::fill_plane(view, p, top / 2);
      // Spots of random codes in a quiet picture, some at its edges.
      for (int spot = 0; spot < 6; ++spot) {
        const int x0 = static_cast<int>(random() % static_cast<unsigned>(width));
        const int y0 = static_cast<int>(random() % static_cast<unsigned>(height));
        const int code = static_cast<int>(random() % static_cast<unsigned>(top));
        for (int p = 0; p < c.format.plane_count(); ++p) {
          const auto& plane = view.planes[static_cast<size_t>(p)];
          const int across = width / plane.width;
          for (int y = y0; y < std::min(y0 + 4, plane.height); ++y) {
            for (int x = x0 / across; x < std::min(x0 / across + 9, plane.width); ++x)
              test::set_sample(view, p, x, y, spot % 2 == 0 ? code : static_cast<int>(random()) & (top - 1));
          }
        }
      }
      const auto signal = Signal::make(c.format, colour);
      for (const bool interlaced : {false, true}) {
        const auto expected = reference_counts(picture.view(), *signal, interlaced, kGamutLimits);
        EXPECT_EQ(scan_picture(picture.view(), *signal, interlaced).gamut, expected)
            << c.format.to_string() << ' ' << width << ' ' << interlaced;
        const kernels::SignalLimits tight{0, RgbFactors::kUnit};
        EXPECT_EQ(count_outside(picture.view(), *signal, interlaced, tight),
                  reference_counts(picture.view(), *signal, interlaced, tight));
        found += expected.pixels > 0 ? 1 : 0;
      }
    }
  }
  EXPECT_GT(found, 12);
}

}  // namespace
}  // namespace pier::analysis
