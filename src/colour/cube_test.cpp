#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <pier/colour/convert.hpp>
#include <pier/colour/cube.hpp>
#include <pier/colour/reference.hpp>

#include "test_colours.hpp"

namespace pier::colour {
namespace {

using impl::kHlg;
using impl::kPq;
using impl::kSdr;

Cube random_cube(int size, int curve, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> value(0.0f, 1.0f);
  Cube cube;
  cube.title = "random";
  cube.lattice.size = size;
  cube.curves.size = curve;
  for (auto& values : cube.lattice.values)
    for (int i = 0; i < size * size * size; ++i) values.push_back(value(random));
  for (auto& values : cube.curves.values)
    for (int i = 0; i < curve; ++i) values.push_back(static_cast<float>(i) / static_cast<float>(curve - 1));
  return cube;
}

/// Tetrahedral interpolation with its six cases written out.
double six_cases(const Cube::Table& table, size_t channel, const Rgb& signal) {
  const int n = table.size;
  int i[3];
  double f[3];
  for (size_t c = 0; c < 3; ++c) {
    const double place = std::clamp((signal[c] - table.low[c]) / (table.high[c] - table.low[c]), 0.0, 1.0) * (n - 1);
    i[c] = std::min(static_cast<int>(place), n - 2);
    f[c] = place - i[c];
  }
  const auto v = [&](int r, int g, int b) -> double {
    return table.values[channel][static_cast<size_t>((i[0] + r) + n * ((i[1] + g) + n * (i[2] + b)))];
  };
  const double r = f[0], g = f[1], b = f[2];
  const double black = v(0, 0, 0), white = v(1, 1, 1);
  if (r >= g && g >= b) return (1 - r) * black + (r - g) * v(1, 0, 0) + (g - b) * v(1, 1, 0) + b * white;
  if (r >= b && b >= g) return (1 - r) * black + (r - b) * v(1, 0, 0) + (b - g) * v(1, 0, 1) + g * white;
  if (b >= r && r >= g) return (1 - b) * black + (b - r) * v(0, 0, 1) + (r - g) * v(1, 0, 1) + g * white;
  if (g >= r && r >= b) return (1 - g) * black + (g - r) * v(0, 1, 0) + (r - b) * v(1, 1, 0) + b * white;
  if (g >= b && b >= r) return (1 - g) * black + (g - b) * v(0, 1, 0) + (b - r) * v(0, 1, 1) + r * white;
  return (1 - b) * black + (b - g) * v(0, 0, 1) + (g - r) * v(0, 1, 1) + r * white;
}

TEST(Cube, FollowsTheSixTetrahedra) {
  Cube cube = random_cube(5, 0, 1);
  cube.lattice.low = {-0.1, 0.0, 0.2};
  cube.lattice.high = {1.0, 0.9, 1.3};
  std::mt19937 random(2);
  std::uniform_real_distribution<double> signal(-0.3, 1.5);
  for (int i = 0; i < 20000; ++i) {
    const Rgb in{signal(random), signal(random), signal(random)};
    const Rgb out = look_up(cube, in);
    for (size_t c = 0; c < 3; ++c) ASSERT_NEAR(out[c], six_cases(cube.lattice, c, in), 1e-12);
  }
}

TEST(Cube, CurvesComeFirstAndAreLinearBetweenNodes) {
  Cube cube;
  cube.curves.size = 3;
  cube.curves.high = {2.0, 1.0, 1.0};
  for (auto& values : cube.curves.values) values = {0.0f, 0.25f, 1.0f};
  EXPECT_NEAR(look_up(cube, {1.5, 0.25, 7.0})[0], 0.625, 1e-12);
  EXPECT_NEAR(look_up(cube, {1.5, 0.25, 7.0})[1], 0.125, 1e-12);
  EXPECT_NEAR(look_up(cube, {1.5, 0.25, 7.0})[2], 1.0, 1e-12);
  cube.lattice.size = 2;
  for (auto& values : cube.lattice.values) values.assign(8, 0.5f);
  EXPECT_NEAR(look_up(cube, {1.5, 0.25, 7.0})[0], 0.5, 1e-12);
}

ConversionOptions with(const Cube& cube, const ColourInfo& input, const ColourInfo& output) {
  ConversionOptions options;
  options.lut = {std::make_shared<const Cube>(cube), input, output};
  options.dither = false;
  return options;
}

impl::Rows run(const ColourInfo& from, const ColourInfo& to, const ConversionOptions& options, const impl::Samples& in,
               int depth) {
  const auto route = impl::make_route(from, to, options).value();
  const auto pass = impl::make_pass(route, {from.matrix, from.range, depth}, {to.matrix, to.range, depth});
  return impl::evaluate(*pass, in);
}

TEST(Cube, RowsAreWithinACodeOfTheDefinition) {
  for (const int size : {2, 17, 65}) {
    // Smooth, as tables are: of a random one a code of the source can be many of the target.
    const Cube cube = make_cube(Reference::make(kHlg, kSdr).value(), size, "").value();
    for (const int curve : {0, 100}) {
      Cube whole = cube;
      whole.curves = random_cube(2, curve, 3).curves;
      const ConversionOptions options = with(whole, kHlg, kSdr);
      const Reference reference = Reference::make(kHlg, kSdr, options).value();
      const impl::Samples in = impl::colours(kHlg, 10, 1.0, 20000, 31);
      const impl::Rows out = run(kHlg, kSdr, options, in, 10);
      int most = 0;
      for (size_t i = 0; i < 20000; ++i) {
        const Rgb signal =
            from_ycbcr({luma_signal(in.rows[0][i], 10, kHlg.range), chroma_signal(in.rows[1][i], 10, kHlg.range),
                        chroma_signal(in.rows[2][i], 10, kHlg.range)},
                       *luma_weights(kHlg.matrix));
        const Rgb ycbcr = to_ycbcr(reference(signal), *luma_weights(kSdr.matrix));
        const Rgb wanted{luma_code(ycbcr[0], 10, kSdr.range), chroma_code(ycbcr[1], 10, kSdr.range),
                         chroma_code(ycbcr[2], 10, kSdr.range)};
        for (size_t c = 0; c < 3; ++c)
          most = std::max(most, static_cast<int>(std::abs(std::floor(wanted[c] + 0.5) - out.rows[c][i])));
      }
      std::printf("%d nodes, curves of %d: at most %d codes from the definition\n", size, curve, most);
      EXPECT_LE(most, 1);
    }
  }
}

TEST(Cube, EveryInstructionSetGivesTheSameBytes) {
  const ConversionOptions options = with(random_cube(33, 50, 4), kPq, kSdr);
  const impl::Samples in = impl::any_codes(2);
  const impl::Rows best = run(kPq, kSdr, options, in, 10);
  std::string names;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    names += std::string(" ") + hwy::TargetName(target);
    const impl::Rows out = run(kPq, kSdr, options, in, 10);
    for (size_t c = 0; c < 3; ++c) EXPECT_EQ(out.rows[c], best.rows[c]) << hwy::TargetName(target);
  }
  hwy::SetSupportedTargetsForTest(0);
  std::printf("compared:%s\n", names.c_str());
}

TEST(Cube, AConversionAsATableIsNearToIt) {
  const struct {
    const char* name;
    ColourInfo from, to;
    double mean, p999;  // dE-ITP with 65 nodes
  } cases[] = {{"HLG to SDR", kHlg, kSdr, 0.1, 1.2},
               {"PQ to SDR", kPq, kSdr, 0.15, 2.5},
               {"HLG to PQ", kHlg, kPq, 0.05, 0.4},
               {"SDR to HLG", kSdr, kHlg, 0.05, 0.6}};
  for (const auto& [name, from, to, mean, p999] : cases) {
    const Reference reference = Reference::make(from, to).value();
    const CubeAccuracy coarse = accuracy(make_cube(reference, 17, name).value(), reference);
    const CubeAccuracy fine = accuracy(make_cube(reference, 65, name).value(), reference);
    std::printf("%s: dE-ITP mean and 99.9 %% with 17 nodes %.3f %.2f, with 65 %.3f %.2f\n", name, coarse.mean,
                coarse.p999, fine.mean, fine.p999);
    EXPECT_LT(fine.mean, mean) << name;
    EXPECT_LT(fine.p999, p999) << name;
    EXPECT_LT(fine.mean, 0.3 * coarse.mean) << name;
  }
}

TEST(Cube, OnlySourceAndTargetItIsSaidToBeForAreTaken) {
  const Cube cube = random_cube(2, 0, 5);
  const PictureSpec hlg{{10, Chroma::k420}, 64, 64, kHlg}, sdr{{10, Chroma::k420}, 64, 64, kSdr};
  const auto made = Converter::make(hlg, sdr, with(cube, kHlg, kSdr));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->describe(), "64p HLG BT.2020 -> 64p BT.709: table \"random\"");
  const auto wrong = Converter::make(hlg, sdr, with(cube, kPq, kSdr));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(wrong.error().message.find("is said to take"), std::string::npos) << wrong.error().message;
  EXPECT_FALSE(Converter::make(hlg, sdr, with(cube, kHlg, kPq)));
  // A look: signals of one kind on both ends still go through the table.
  EXPECT_FALSE(Converter::make(sdr, sdr, with(cube, kSdr, kSdr)).value().identity());
}

TEST(Cube, SizesThatNoTableHasAreRefused) {
  const Reference reference = Reference::make(kHlg, kSdr).value();
  EXPECT_FALSE(make_cube(reference, 1, ""));
  EXPECT_FALSE(make_cube(reference, 130, ""));
}

}  // namespace
}  // namespace pier::colour
