#include <cmath>

#include <gtest/gtest.h>

#include <pier/quality/measurer.hpp>

#include "test_pictures.hpp"

namespace pier::quality {
namespace {

using testing::blurred;
using testing::coded;
using testing::make_scene;
using testing::sample;
using testing::Scene;

Measurer measurer_of(const Scene& scene, std::vector<Metric> metrics) {
  return Measurer::make({std::move(metrics), scene.format, scene.width, scene.height, scene.colour, Rational(25)})
      .value();
}

double plain_psnr(const Picture& a, const Picture& b, size_t plane) {
  const Plane& samples = a.view().planes[plane];
  double sum = 0;
  for (int y = 0; y < samples.height; ++y) {
    for (int x = 0; x < samples.width; ++x)
      sum += std::pow(sample(a.view(), plane, x, y) - sample(b.view(), plane, x, y), 2);
  }
  const double peak = (1 << a.format().bit_depth) - 1;
  return 10 * std::log10(peak * peak * samples.width * samples.height / sum);
}

/// Means of one window: of a, b, a^2, b^2, a b with the given weights.
struct Moments {
  double a = 0, b = 0, aa = 0, bb = 0, ab = 0;
  void add(double weight, double va, double vb) {
    a += weight * va;
    b += weight * vb;
    aa += weight * va * va;
    bb += weight * vb * vb;
    ab += weight * va * vb;
  }
  double light(double c1) const { return (2 * a * b + c1) / (a * a + b * b + c1); }
  double contrast(double c2, double unbiased = 1) const {
    const double variance = unbiased * (aa - a * a + bb - b * b), covariance = unbiased * (ab - a * b);
    return (2 * covariance + c2) / (variance + c2);
  }
};

double plain_block_ssim(const Picture& a, const Picture& b, size_t plane) {
  const Plane& samples = a.view().planes[plane];
  const double peak = (1 << a.format().bit_depth) - 1, c1 = std::pow(0.01 * peak, 2), c2 = std::pow(0.03 * peak, 2);
  double sum = 0;
  int count = 0;
  for (int top = 0; top + 8 <= samples.height; top += 4) {
    for (int left = 0; left + 8 <= samples.width; left += 4, ++count) {
      Moments moments;
      for (int y = top; y < top + 8; ++y) {
        for (int x = left; x < left + 8; ++x)
          moments.add(1.0 / 64, sample(a.view(), plane, x, y), sample(b.view(), plane, x, y));
      }
      sum += moments.light(c1) * moments.contrast(c2, 64.0 / 63);
    }
  }
  return sum / count;
}

using Grid = std::vector<std::vector<double>>;

Grid luma_of(const Picture& picture) {
  const double peak = (1 << picture.format().bit_depth) - 1;
  Grid grid(static_cast<size_t>(picture.height()), std::vector<double>(static_cast<size_t>(picture.width())));
  for (int y = 0; y < picture.height(); ++y) {
    for (int x = 0; x < picture.width(); ++x)
      grid[static_cast<size_t>(y)][static_cast<size_t>(x)] = sample(picture.view(), 0, x, y) / peak;
  }
  return grid;
}

Grid half_of(const Grid& grid) {
  Grid half(grid.size() / 2, std::vector<double>(grid.front().size() / 2));
  for (size_t y = 0; y < half.size(); ++y) {
    for (size_t x = 0; x < half[y].size(); ++x)
      half[y][x] =
          (grid[2 * y][2 * x] + grid[2 * y][2 * x + 1] + grid[2 * y + 1][2 * x] + grid[2 * y + 1][2 * x + 1]) / 4;
  }
  return half;
}

/// Means of contrast and of SSIM in Gaussian windows.
std::pair<double, double> plain_gaussian(const Grid& a, const Grid& b) {
  double weights[11], total = 0, contrast = 0, ssim = 0;
  for (int i = 0; i < 11; ++i) total += weights[i] = std::exp(-(i - 5) * (i - 5) / 4.5);
  int count = 0;
  for (size_t top = 0; top + 11 <= a.size(); ++top) {
    for (size_t left = 0; left + 11 <= a.front().size(); ++left, ++count) {
      Moments moments;
      for (size_t y = 0; y < 11; ++y) {
        for (size_t x = 0; x < 11; ++x)
          moments.add(weights[y] * weights[x] / (total * total), a[top + y][left + x], b[top + y][left + x]);
      }
      contrast += moments.contrast(0.0009);
      ssim += moments.contrast(0.0009) * moments.light(0.0001);
    }
  }
  return {contrast / count, ssim / count};
}

double plain_ms_ssim(const Picture& one, const Picture& other) {
  Grid a = luma_of(one), b = luma_of(other);
  double product = 1;
  for (const double exponent : {0.0448, 0.2856, 0.3001, 0.2363, 0.1333}) {
    const auto [contrast, ssim] = plain_gaussian(a, b);
    product *= std::pow(exponent == 0.1333 ? ssim : contrast, exponent);
    a = half_of(a);
    b = half_of(b);
  }
  return product;
}

TEST(Measurer, PsnrIsAsDefined) {
  const Scene scenes[] = {{{8, Chroma::k420}, 99, 67},
                          {{10, Chroma::k422}, 100, 64},
                          {{12, Chroma::k444}, 64, 50},
                          {{10, Chroma::k400}, 64, 64}};
  for (const Scene& scene : scenes) {
    const Picture picture = make_scene(scene), test = coded(picture, 20, 7);
    const auto got = measurer_of(scene, {Metric::kPsnr}).measure(picture, test).value();
    ASSERT_EQ(got.size(), scene.format.plane_count() == 1 ? 2U : 4U);
    for (size_t i = 1; i < got.size(); ++i) EXPECT_NEAR(got[i], plain_psnr(picture, test, i - 1), 1e-6);
    EXPECT_NEAR(got[0], got.size() == 2 ? got[1] : (6 * got[1] + got[2] + got[3]) / 8, 1e-9);
  }
}

TEST(Measurer, BlockSsimIsAsDefined) {
  const Scene scenes[] = {{{8, Chroma::k420}, 99, 67},
                          {{10, Chroma::k422}, 100, 64},
                          {{12, Chroma::k444}, 64, 50},
                          {{10, Chroma::k400}, 64, 64}};
  for (const Scene& scene : scenes) {
    const Picture picture = make_scene(scene), test = coded(picture, 40, 7);
    const auto got = measurer_of(scene, {Metric::kSsimBlock}).measure(picture, test).value();
    for (size_t i = 1; i < got.size(); ++i) {
      EXPECT_NEAR(got[i], plain_block_ssim(picture, test, i - 1), 1e-5) << scene.format.to_string() << i;
      EXPECT_LT(got[i], 0.995);
    }
  }
}

TEST(Measurer, MsSsimIsAsDefined) {
  for (const int depth : {8, 10, 12}) {
    const Scene scene{{static_cast<uint8_t>(depth), Chroma::k400}, 193, 178};
    const Picture picture = make_scene(scene), test = coded(picture, 60, 7);
    const auto got = measurer_of(scene, {Metric::kMsSsim}).measure(picture, test).value();
    const double expected = plain_ms_ssim(picture, test);
    EXPECT_NEAR(got[0], expected, 1e-5);
    EXPECT_LT(expected, 0.99);
  }
}

TEST(Measurer, EqualPicturesHaveTheBestOfAll) {
  const Scene scene{{10, Chroma::k420}, 192, 180, testing::kPq};
  const Picture picture = make_scene(scene);
  const Measurer measurer = measurer_of(scene, all_metrics());
  const auto got = measurer.measure(picture, picture).value();
  for (size_t i = 0; i < got.size(); ++i) {
    const Series& series = measurer.series()[i];
    const double best = series.unit == "dB" ? kMostDb : series.higher_is_better ? 1 : 0;
    EXPECT_NEAR(got[i], best, 1e-6) << series.name;
  }
}

/// Planted faults: a picture that is one too late, a blurred patch. Controls: light noise hurts less than either.
TEST(Measurer, FaultsAreSeenByEveryMetric) {
  Scene scene{{10, Chroma::k420}, 192, 180, testing::kPq};
  const Picture picture = make_scene(scene);
  scene.frame = 1;
  const Picture late = make_scene(scene);
  const Measurer measurer = measurer_of(scene, all_metrics());
  const auto best = measurer.measure(picture, picture, picture).value();
  const auto noise = measurer.measure(picture, coded(picture, 1, 9), picture).value();
  const auto shifted = measurer.measure(picture, late, picture).value();
  const auto soft = measurer.measure(picture, blurred(picture, 60, 50, 64), picture).value();
  for (size_t i = 0; i < best.size(); ++i) {
    const Series& series = measurer.series()[i];
    const double sign = series.higher_is_better ? 1 : -1;
    EXPECT_LT(sign * shifted[i], sign * noise[i]) << series.name;
    const bool chroma_only = series.name.ends_with("_cb") || series.name.ends_with("_cr");
    EXPECT_EQ(soft[i] == best[i], chroma_only) << series.name;
  }
  // The patch is a ninth of the picture, and no noise.
  const auto at = [&](const std::string& name) {
    for (size_t i = 0; i < best.size(); ++i) {
      if (measurer.series()[i].name == name) return i;
    }
    return best.size();
  };
  for (const char* name : {"ssim_block_y", "ms_ssim", "pu21_ssim"}) EXPECT_LT(soft[at(name)], noise[at(name)]) << name;
}

TEST(Measurer, WhatCannotBeMeasuredIsRefused) {
  const MeasureSpec right{{Metric::kPsnr}, {10, Chroma::k420}, 64, 64, testing::kSdr, Rational(25)};
  EXPECT_TRUE(Measurer::make(right));
  MeasureSpec wrong = right;
  wrong.format = {10, Chroma::k444, true};
  EXPECT_EQ(Measurer::make(wrong).error().code, ErrorCode::kInputUnsupported);
  wrong = right;
  wrong.format.bit_depth = 16;
  EXPECT_EQ(Measurer::make(wrong).error().code, ErrorCode::kInputUnsupported);
  wrong = right;
  wrong.metrics = {Metric::kMsSsim};
  EXPECT_NE(Measurer::make(wrong).error().message.find("ms_ssim wants sides of at least 176"), std::string::npos);
  wrong = right;
  wrong.metrics = {Metric::kPu21Ssim};
  EXPECT_NE(Measurer::make(wrong).error().message.find("SDR"), std::string::npos);
  wrong = right;
  wrong.metrics = {Metric::kDeltaEItp};
  wrong.colour.matrix = Matrix::kIctcp;
  EXPECT_EQ(Measurer::make(wrong).error().code, ErrorCode::kInputUnsupported);
  const Measurer measurer = Measurer::make(right).value();
  const Picture other = make_scene({{8, Chroma::k420}, 64, 64}), good = make_scene({{10, Chroma::k420}, 64, 64});
  EXPECT_EQ(measurer.measure(good, other).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(measurer.measure(good, good, other).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace pier::quality
