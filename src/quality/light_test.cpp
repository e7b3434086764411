#include "light.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include <pier/colour/reference.hpp>
#include <pier/colour/transfer.hpp>
#include <pier/quality/measurer.hpp>

#include "test_pictures.hpp"

namespace pier::quality {
namespace {

using testing::coded;
using testing::make_scene;
using testing::sample;
using testing::Scene;

TEST(Pu21, IsAsPublished) {
  EXPECT_NEAR(impl::pu21(0.005), 0, 1e-6);
  EXPECT_NEAR(impl::pu21(10'000), 595.3939, 1e-4);
  EXPECT_NEAR(impl::pu21(100), 256, 1);  // what it is scaled to
  EXPECT_EQ(impl::pu21(20'000), impl::pu21(10'000));
}

/// Display light of a pixel in cd/m2, BT.2020, in double precision.
colour::Rgb nits_at(const Picture& picture, int x, int y) {
  const ColourInfo& colour = picture.colour();
  const int depth = picture.format().bit_depth;
  const colour::Rgb ycbcr{colour::luma_signal(sample(picture.view(), 0, x, y), depth, colour.range),
                          colour::chroma_signal(sample(picture.view(), 1, x, y), depth, colour.range),
                          colour::chroma_signal(sample(picture.view(), 2, x, y), depth, colour.range)};
  colour::Rgb rgb = colour::from_ycbcr(ycbcr, *colour::luma_weights(colour.matrix));
  for (double& c : rgb) c = std::clamp(c, 0.0, 1.0);
  colour::Rgb light{};
  for (size_t i = 0; i < 3; ++i) {
    light[i] = colour.transfer == Transfer::kPq    ? colour::pq_eotf(rgb[i])
               : colour.transfer == Transfer::kHlg ? colour::hlg_inverse_oetf(rgb[i])
                                                   : colour::bt1886_eotf(rgb[i], 100);
  }
  if (colour.transfer == Transfer::kHlg) light = colour::hlg_ootf(light, 1000);
  return colour::multiply(
      colour::rgb_to_rgb(*colour::primaries_xy(colour.primaries), *colour::primaries_xy(Primaries::kBt2020)), light);
}

void expect_delta_e_of(const ColourInfo& colour, int depth) {
  const Scene scene{{static_cast<uint8_t>(depth), Chroma::k444}, 64, 48, colour};
  const Picture picture = make_scene(scene), test = coded(picture, 24, 3);
  std::vector<double> all;
  double sum = 0;
  for (int y = 0; y < scene.height; ++y) {
    for (int x = 0; x < scene.width; ++x) {
      all.push_back(colour::delta_e_itp(nits_at(picture, x, y), nits_at(test, x, y)));
      sum += all.back();
    }
  }
  std::sort(all.begin(), all.end());
  const Measurer measurer =
      Measurer::make({{Metric::kDeltaEItp}, scene.format, scene.width, scene.height, colour, Rational(25)}).value();
  const auto got = measurer.measure(picture, test).value();
  const double mean = sum / static_cast<double>(all.size());
  EXPECT_GT(mean, 3) << to_string(colour.transfer);
  EXPECT_NEAR(got[0], mean, 0.01) << to_string(colour.transfer);
  EXPECT_NEAR(got[1], all[all.size() - 1 - all.size() / 1000], 0.05) << to_string(colour.transfer);
}

TEST(DeltaE, IsThatOfTheReference) {
  expect_delta_e_of(testing::kPq, 10);
  expect_delta_e_of(testing::kHlg, 12);
  expect_delta_e_of(testing::kSdr, 8);
}

/// SSIM of PU21 values in Gaussian windows, plainly.
double plain_pu_ssim(const Picture& one, const Picture& other) {
  const auto encoded = [](const Picture& picture, int x, int y) {
    const colour::Rgb nits = nits_at(picture, x, y), weights = *colour::luma_weights(Matrix::kBt2020Ncl);
    return impl::pu21(weights[0] * nits[0] + weights[1] * nits[1] + weights[2] * nits[2]) / 256;
  };
  double weights[11], total = 0, all = 0;
  for (int i = 0; i < 11; ++i) total += weights[i] = std::exp(-(i - 5) * (i - 5) / 4.5);
  int count = 0;
  for (int top = 0; top + 11 <= one.height(); ++top) {
    for (int left = 0; left + 11 <= one.width(); ++left, ++count) {
      double a = 0, b = 0, squares = 0, products = 0;
      for (int y = 0; y < 11; ++y) {
        for (int x = 0; x < 11; ++x) {
          const double w = weights[y] * weights[x] / (total * total);
          const double va = encoded(one, left + x, top + y), vb = encoded(other, left + x, top + y);
          a += w * va;
          b += w * vb;
          squares += w * (va * va + vb * vb);
          products += w * va * vb;
        }
      }
      all += (2 * a * b + 1e-4) / (a * a + b * b + 1e-4) * (2 * (products - a * b) + 9e-4) /
             (squares - a * a - b * b + 9e-4);
    }
  }
  return all / count;
}

TEST(Pu21, SsimIsAsDefined) {
  for (const ColourInfo& colour : {testing::kPq, testing::kHlg}) {
    const Scene scene{{10, Chroma::k444}, 34, 30, colour};
    const Picture picture = make_scene(scene), test = coded(picture, 30, 3);
    const Measurer measurer =
        Measurer::make({{Metric::kPu21Ssim}, scene.format, scene.width, scene.height, colour, Rational(25)}).value();
    const double expected = plain_pu_ssim(picture, test);
    EXPECT_LT(expected, 0.99);
    EXPECT_NEAR(measurer.measure(picture, test).value()[0], expected, 2e-4) << to_string(colour.transfer);
  }
}

}  // namespace
}  // namespace pier::quality
