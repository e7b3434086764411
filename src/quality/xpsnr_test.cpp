// XPSNR against a plain double-precision form of its definition, which shares no code with the kernels.

#include "xpsnr.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include <pier/quality/measurer.hpp>

#include "test_pictures.hpp"

namespace pier::quality {
namespace {

using testing::coded;
using testing::make_scene;
using testing::sample;
using testing::Scene;

/// Luma of the pictures of one moment: reference, test, the reference one and two before.
struct Moment {
  Picture reference, test, before, before_that;
  int at(int age, int x, int y) const {
    const Picture& picture = age == 0 ? reference : age == 1 ? before : before_that;
    return picture ? sample(picture.view(), 0, x, y) : 0;
  }
};

class Definition {
 public:
  Definition(const Moment& moment, double rate)
      : x_moment(moment), x_width(moment.reference.width()), x_height(moment.reference.height()), x_rate(rate) {
    const double share = static_cast<double>(x_width) * x_height / (3840.0 * 2160.0);
    x_block = 4 * static_cast<int>(std::lround(std::sqrt(share) * 32));
    x_halved = x_width * x_height > 2048 * 1152;
    x_picture_activity = std::sqrt(16 * std::pow(2.0, 2 * depth() - 9) / std::sqrt(share));
    x_weights = all_weights();
  }

  double luma() const {
    double sum = 0;
    for (size_t row = 0; row < x_weights.size(); ++row) {
      for (size_t column = 0; column < x_weights[row].size(); ++column)
        sum += x_weights[row][column] *
               error(0, static_cast<int>(column) * x_block, static_cast<int>(row) * x_block, x_block, x_block);
    }
    return decibels(sum, 0);
  }
  double chroma(size_t plane) const {
    double sum = 0;
    const Plane& samples = x_moment.reference.view().planes[plane];
    const int wide = x_block * samples.width / x_width, high = x_block * samples.height / x_height;
    for (size_t row = 0; row < x_weights.size(); ++row) {
      for (size_t column = 0; column < x_weights[row].size(); ++column)
        sum += x_weights[row][column] *
               error(plane, static_cast<int>(column) * wide, static_cast<int>(row) * high, wide, high);
    }
    return decibels(sum, plane);
  }

 private:
  int depth() const { return x_moment.reference.format().bit_depth; }

  double error(size_t plane, int left, int top, int wide, int high) const {
    const Plane& samples = x_moment.reference.view().planes[plane];
    double sum = 0;
    for (int y = top; y < std::min(samples.height, top + high); ++y) {
      for (int x = left; x < std::min(samples.width, left + wide); ++x) {
        const double difference =
            sample(x_moment.reference.view(), plane, x, y) - sample(x_moment.test.view(), plane, x, y);
        sum += difference * difference;
      }
    }
    return sum;
  }

  /// |h * s| around one sample, or around the four that begin there.
  double texture(int x, int y) const {
    static constexpr int kSmall[3][3] = {{-1, -2, -1}, {-2, 12, -2}, {-1, -2, -1}};
    static constexpr int kLarge[6][6] = {{0, -1, -1, -1, -1, 0},   {-1, -2, -3, -3, -2, -1}, {-1, -3, 12, 12, -3, -1},
                                         {-1, -3, 12, 12, -3, -1}, {-1, -2, -3, -3, -2, -1}, {0, -1, -1, -1, -1, 0}};
    double sum = 0;
    for (int i = 0; i < (x_halved ? 6 : 3); ++i) {
      for (int j = 0; j < (x_halved ? 6 : 3); ++j)
        sum += x_halved ? kLarge[i][j] * x_moment.at(0, x - 2 + j, y - 2 + i)
                        : kSmall[i][j] * x_moment.at(0, x - 1 + j, y - 1 + i);
    }
    return std::abs(sum);
  }
  double motion(int x, int y) const {
    double sum = 0;
    for (int dy = 0; dy < (x_halved ? 2 : 1); ++dy) {
      for (int dx = 0; dx < (x_halved ? 2 : 1); ++dx) {
        const double now = x_moment.at(0, x + dx, y + dy), last = x_moment.at(1, x + dx, y + dy);
        sum += x_rate < 32 ? now - last : now - 2 * last + x_moment.at(2, x + dx, y + dy);
      }
    }
    return std::abs(sum);
  }

  double weight(int left, int top) const {
    const int right = std::min(x_width, left + x_block), bottom = std::min(x_height, top + x_block);
    const int margin = x_halved ? 2 : 1, step = margin;
    const int from_x = std::max(left, margin), to_x = std::min(right, x_width - margin);
    const int from_y = std::max(top, margin), to_y = std::min(bottom, x_height - margin);
    if (to_x <= from_x || to_y <= from_y) return 1;
    double space = 0, time = 0;
    for (int y = from_y; y < to_y; y += step) {
      for (int x = from_x; x < to_x; x += step) space += texture(x, y);
    }
    for (int y = top; y < bottom; y += step) {
      for (int x = left; x < right; x += step) time += 2 * motion(x, y);
    }
    if (x_halved && to_x - left <= 12) space = 0;
    const double activity = space / (static_cast<double>(to_x - from_x) * (to_y - from_y)) +
                            time / (static_cast<double>(right - left) * (bottom - top));
    return 1 / std::max(activity, std::pow(2.0, depth() - 6));
  }

  std::vector<std::vector<double>> all_weights() const {
    std::vector<std::vector<double>> rows;
    for (int y = 0; y < x_height; y += x_block) {
      rows.emplace_back();
      for (int x = 0; x < x_width; x += x_block) rows.back().push_back(weight(x, y));
    }
    if (x_width * x_height > 640 * 480) return rows;
    // No block outweighs all of its neighbours; those to the left and above are done before it.
    for (size_t r = 0; r < rows.size(); ++r) {
      for (size_t c = 0; c < rows[r].size(); ++c) {
        const bool last_column = c + 1 == rows[r].size(), last = last_column && r + 1 == rows.size();
        double most = 0;
        if (c > 0) most = rows[r][c - 1];
        if (!last_column) most = std::max(most, rows[r][c + 1]);
        if (r > 0) most = std::max(most, rows[r - 1][c]);
        rows[r][c] = last && r == 0 ? rows[r][c] : std::min(rows[r][c], most);
      }
    }
    return rows;
  }

  double decibels(double sum, size_t plane) const {
    const Plane& samples = x_moment.reference.view().planes[plane];
    const double peak = std::pow(2.0, depth()) - 1;
    return 10 * std::log10(peak * peak * samples.width * samples.height / (sum * x_picture_activity));
  }

  const Moment& x_moment;
  int x_width, x_height, x_block = 0;
  double x_rate;
  bool x_halved = false;
  double x_picture_activity = 0;
  std::vector<std::vector<double>> x_weights;
};

Moment moment_of(Scene scene, int before, int error) {
  Moment moment;
  scene.frame = 5;
  moment.reference = make_scene(scene);
  moment.test = coded(moment.reference, error, 3);
  scene.frame = 4;
  if (before > 0) moment.before = make_scene(scene);
  scene.frame = 3;
  if (before > 1) moment.before_that = make_scene(scene);
  return moment;
}

void expect_as_defined(const Scene& scene, int rate, int before, int error = 12) {
  const Moment moment = moment_of(scene, before, error);
  const Measurer measurer =
      Measurer::make({{Metric::kXpsnr}, scene.format, scene.width, scene.height, {}, Rational(rate)}).value();
  const auto got = measurer.measure(moment.reference, moment.test, moment.before, moment.before_that).value();
  const Definition definition(moment, rate);
  const std::string what = std::to_string(scene.width) + "x" + std::to_string(scene.height) + " " +
                           scene.format.to_string() + " at " + std::to_string(rate);
  EXPECT_NEAR(got[1], definition.luma(), 0.001) << what;
  if (got.size() < 4) return;
  const double cb = definition.chroma(1), cr = definition.chroma(2);
  EXPECT_NEAR(got[2], cb, 0.001) << what;
  EXPECT_NEAR(got[3], cr, 0.001) << what;
  const auto part = [](double value) { return std::pow(10, -value / 10); };
  EXPECT_NEAR(got[0], -10 * std::log10((4 * part(definition.luma()) + part(cb) + part(cr)) / 6), 0.001) << what;
}

TEST(Xpsnr, IsAsDefinedUpToHd) {
  expect_as_defined({{8, Chroma::k420}, 320, 180}, 25, 2);
  expect_as_defined({{10, Chroma::k420}, 320, 180}, 50, 2);
  expect_as_defined({{10, Chroma::k422}, 322, 182}, 25, 1);
  expect_as_defined({{12, Chroma::k444}, 176, 144}, 50, 2);
  expect_as_defined({{10, Chroma::k400}, 352, 288}, 24, 1);
  expect_as_defined({{8, Chroma::k420}, 704, 576}, 50, 2);  // not smoothed
}

TEST(Xpsnr, IsAsDefinedBeyondHd) {
  expect_as_defined({{10, Chroma::k400}, 2048, 1160}, 50, 2);  // the last blocks of a row are narrow
  expect_as_defined({{8, Chroma::k400}, 2064, 1156}, 25, 1);
}

TEST(Xpsnr, BeforeTheFirstPictureThereIsBlack) {
  expect_as_defined({{10, Chroma::k420}, 320, 180}, 50, 0);
  expect_as_defined({{10, Chroma::k420}, 320, 180}, 50, 1);
  expect_as_defined({{8, Chroma::k420}, 320, 180}, 25, 0);
}

TEST(Xpsnr, TellsTheFilterFromItsFaults) {
  // The oracle itself notices a picture too much or too little.
  const Scene scene{{10, Chroma::k420}, 320, 180};
  const Moment moment = moment_of(scene, 2, 12);
  const double right = Definition(moment, 50).luma();
  Moment without = moment;
  without.before_that = {};
  EXPECT_GT(std::abs(Definition(without, 50).luma() - right), 0.05);
  EXPECT_GT(std::abs(Definition(moment, 25).luma() - right), 0.05);
}

TEST(Xpsnr, ErrorsInBusyPlacesCountLess) {
  const Scene scene{{10, Chroma::k400}, 640, 512};
  const Picture busy = make_scene(scene);
  Picture calm = Picture::allocate(scene.format, scene.width, scene.height, testing::kSdr);
  for (int y = 0; y < scene.height; ++y) {
    for (int x = 0; x < scene.width; ++x) testing::set_sample(calm.writable(), 0, x, y, 500);
  }
  const Measurer measurer =
      Measurer::make({{Metric::kPsnr, Metric::kXpsnr}, scene.format, scene.width, scene.height, {}, Rational(25)})
          .value();
  const auto in_busy = measurer.measure(busy, coded(busy, 8, 1), busy).value();
  const auto in_calm = measurer.measure(calm, coded(calm, 8, 1), calm).value();
  EXPECT_NEAR(in_busy[0], in_calm[0], 0.05);
  EXPECT_GT(in_busy[2], in_calm[2] + 1);
}

TEST(Xpsnr, OfTinyPicturesIsPsnr) {
  const Scene scene{{8, Chroma::k420}, 32, 32};
  const Picture picture = make_scene(scene);
  const Measurer measurer =
      Measurer::make({{Metric::kPsnr, Metric::kXpsnr}, scene.format, scene.width, scene.height, {}, Rational(25)})
          .value();
  const auto figures = measurer.measure(picture, coded(picture, 12, 1)).value();
  for (size_t p = 1; p < 4; ++p) EXPECT_NEAR(figures[p], figures[4 + p], 1e-9);
}

}  // namespace
}  // namespace pier::quality
