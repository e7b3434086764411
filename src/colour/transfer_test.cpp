#include <cmath>

#include <gtest/gtest.h>

#include <pier/colour/transfer.hpp>

namespace pier::colour {
namespace {

long code10(double signal) {
  return std::lround(luma_code(signal, 10, Range::kNarrow));
}

TEST(Transfer, PqCodePointsOfTheField) {
  EXPECT_EQ(code10(pq_inverse_eotf(100)), 509);
  EXPECT_EQ(code10(pq_inverse_eotf(203)), 573);
  EXPECT_EQ(code10(pq_inverse_eotf(1000)), 723);
  EXPECT_EQ(code10(pq_inverse_eotf(4000)), 855);
  EXPECT_EQ(code10(pq_inverse_eotf(10000)), 940);
  EXPECT_NEAR(pq_inverse_eotf(203), 0.5807, 5e-5);
  EXPECT_EQ(pq_eotf(0.0), 0.0);
  EXPECT_EQ(pq_eotf(-0.1), 0.0);
  EXPECT_NEAR(pq_eotf(1.0), 10000.0, 1e-6);
}

TEST(Transfer, HlgCodePointsOnA1000NitDisplay) {
  const auto grey_nits = [](double signal) {
    const double scene = hlg_inverse_oetf(signal);
    return hlg_ootf({scene, scene, scene}, 1000.0)[1];
  };
  EXPECT_EQ(code10(0.75), 721);
  EXPECT_NEAR(grey_nits(0.75), 203, 0.5);
  EXPECT_EQ(code10(0.38), 397);
  EXPECT_NEAR(grey_nits(0.38), 26, 0.5);
  EXPECT_EQ(code10(0.50), 502);
  EXPECT_NEAR(grey_nits(0.50), 51, 0.5);
  EXPECT_NEAR(grey_nits(1.0), 1000, 1e-3);
  EXPECT_NEAR(hlg_oetf(1.0 / 12.0), 0.5, 1e-12);
}

TEST(Transfer, SystemGammaFollowsThePeak) {
  EXPECT_DOUBLE_EQ(hlg_system_gamma(1000), 1.2);
  EXPECT_NEAR(hlg_system_gamma(2000), 1.2 + 0.42 * std::log10(2.0), 1e-12);
  EXPECT_NEAR(hlg_system_gamma(400), 1.2 + 0.42 * std::log10(0.4), 1e-12);
  EXPECT_NEAR(hlg_system_gamma(4000), 1.2 * 1.111 * 1.111, 1e-12);
  EXPECT_NEAR(hlg_system_gamma(2000.001), hlg_system_gamma(2000), 0.01);  // the two forms meet
}

TEST(Transfer, RoundTrips) {
  for (int step = 0; step <= 1000; ++step) {
    const double signal = step / 1000.0;
    EXPECT_NEAR(pq_inverse_eotf(pq_eotf(signal)), signal, 1e-6) << signal;
    EXPECT_NEAR(hlg_oetf(hlg_inverse_oetf(signal)), signal, 1e-7) << signal;
    EXPECT_NEAR(hlg_oetf(hlg_inverse_oetf(-signal)), -signal, 1e-7) << signal;
    EXPECT_NEAR(bt1886_inverse_eotf(bt1886_eotf(signal, 100, 0.05), 100, 0.05), signal, 1e-12) << signal;
    EXPECT_NEAR(bt709_oetf(bt709_inverse_oetf(signal)), signal, 3e-4) << signal;  // four-digit constants
    EXPECT_NEAR(srgb_inverse_eotf(srgb_eotf(signal)), signal, 1e-5) << signal;
  }
  const Rgb scene{0.3, 0.05, 0.8};
  const Rgb back = hlg_inverse_ootf(hlg_ootf(scene, 1500), 1500);
  for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(back[c], scene[c], 1e-12);
  EXPECT_NEAR(bt1886_eotf(0.0, 100, 0.05), 0.05, 1e-12);
  EXPECT_NEAR(bt1886_eotf(1.0, 100, 0.05), 100, 1e-9);
}

TEST(Gamut, WeightsAndMatricesComeOutOfTheChromaticities) {
  const Rgb w709 = luminance_weights(*primaries_xy(Primaries::kBt709));
  const Rgb w2020 = luminance_weights(*primaries_xy(Primaries::kBt2020));
  const Rgb k709 = *luma_weights(Matrix::kBt709), k2020 = *luma_weights(Matrix::kBt2020Ncl);
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(w709[c], k709[c], 1e-4);
    EXPECT_NEAR(w2020[c], k2020[c], 1e-4);
  }
  // BT.2407 clause 2, equation for BT.2020 to BT.709.
  const Matrix3 m = rgb_to_rgb(*primaries_xy(Primaries::kBt2020), *primaries_xy(Primaries::kBt709));
  const Matrix3 expected{{{1.6605, -0.5876, -0.0728}, {-0.1246, 1.1329, -0.0083}, {-0.0182, -0.1006, 1.1187}}};
  for (size_t row = 0; row < 3; ++row)
    for (size_t column = 0; column < 3; ++column) EXPECT_NEAR(m[row][column], expected[row][column], 6e-5);
}

TEST(Gamut, WhiteStaysWhite) {
  for (const auto primaries :
       {Primaries::kBt709, Primaries::kBt470bg, Primaries::kSmpte170m, Primaries::kP3Dci, Primaries::kP3D65}) {
    const Rgb white = multiply(rgb_to_rgb(*primaries_xy(primaries), *primaries_xy(Primaries::kBt2020)), Rgb{1, 1, 1});
    for (const double channel : white) EXPECT_NEAR(channel, 1.0, 1e-9) << to_string(primaries);
  }
  EXPECT_FALSE(primaries_xy(Primaries::kUnspecified));
  EXPECT_FALSE(primaries_xy(static_cast<Primaries>(77)));
  EXPECT_FALSE(luma_weights(Matrix::kIctcp));
  EXPECT_FALSE(luma_weights(Matrix::kRgb));
}

TEST(Gamut, YcbcrRoundTripAndEnds) {
  for (const auto matrix : {Matrix::kBt709, Matrix::kSmpte170m, Matrix::kBt2020Ncl}) {
    const Rgb weights = *luma_weights(matrix);
    const Rgb colour{0.9, 0.2, 0.4};
    const Rgb back = from_ycbcr(to_ycbcr(colour, weights), weights);
    for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(back[c], colour[c], 1e-12);
    EXPECT_NEAR(to_ycbcr({0, 0, 1}, weights)[1], 0.5, 1e-12);
    EXPECT_NEAR(to_ycbcr({1, 0, 0}, weights)[2], 0.5, 1e-12);
  }
}

TEST(Gamut, CodeValues) {
  EXPECT_DOUBLE_EQ(luma_code(0, 10, Range::kNarrow), 64);
  EXPECT_DOUBLE_EQ(luma_code(1, 10, Range::kNarrow), 940);
  EXPECT_DOUBLE_EQ(luma_code(0, 12, Range::kNarrow), 256);
  EXPECT_DOUBLE_EQ(luma_code(1, 12, Range::kNarrow), 3760);
  EXPECT_DOUBLE_EQ(chroma_code(0, 10, Range::kNarrow), 512);
  EXPECT_DOUBLE_EQ(chroma_code(0.5, 10, Range::kNarrow), 960);
  EXPECT_DOUBLE_EQ(chroma_code(-0.5, 8, Range::kNarrow), 16);
  EXPECT_DOUBLE_EQ(luma_code(1, 12, Range::kFull), 4095);
  EXPECT_DOUBLE_EQ(chroma_code(0, 8, Range::kFull), 128);
  for (const auto range : {Range::kNarrow, Range::kFull}) {
    for (const int depth : {8, 10, 12, 16}) {
      EXPECT_NEAR(luma_signal(luma_code(0.37, depth, range), depth, range), 0.37, 1e-12);
      EXPECT_NEAR(chroma_signal(chroma_code(-0.21, depth, range), depth, range), -0.21, 1e-12);
    }
  }
}

}  // namespace
}  // namespace pier::colour
