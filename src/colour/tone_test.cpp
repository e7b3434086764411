#include <cmath>

#include <gtest/gtest.h>

#include <pier/colour/tone.hpp>
#include <pier/colour/transfer.hpp>

namespace pier::colour {
namespace {

double grey_a(double nits, double peak = 1000) {
  const double signal = std::pow(nits / peak, 1 / 2.4);
  return bt2446_a({signal, signal, signal}, peak, 100)[1];
}

// BT.2446-1 clause 4.1, table 2, worked by hand: rho(1000) = 13.2598, rho(100) = 5.6971.
TEST(MethodA, CurvePoints) {
  EXPECT_NEAR(grey_a(203), 0.6867, 5e-4);  // Y' = .203^(1/2.4)
  EXPECT_NEAR(grey_a(1000), 1.0, 1e-12);
  EXPECT_NEAR(grey_a(26), 0.3346, 2e-4);  // 18 % grey of BT.2408: Y'p .5040, Y'c .5428
  // Y'p of 0.5 lies on the line, of 0.8 on the parabola, of 0.995 on the last line.
  const auto at = [](double perceptual) {
    const double rho = 1 + 32 * std::pow(0.1, 1 / 2.4);
    const double y_sdr = bt2446_a_luma((std::pow(rho, perceptual) - 1) / (rho - 1), 1000, 100);
    const double rho_sdr = 1 + 32 * std::pow(0.01, 1 / 2.4);
    return std::log(1 + (rho_sdr - 1) * y_sdr) / std::log(rho_sdr);
  };
  EXPECT_NEAR(at(0.5), 0.5385, 1e-9);
  EXPECT_NEAR(at(0.8), -1.1510 * 0.64 + 2.7811 * 0.8 - 0.6302, 1e-9);
  EXPECT_NEAR(at(0.995), 0.9975, 1e-9);
  EXPECT_NEAR(bt2446_a_lower_knee(1000), (std::pow(13.25983, 0.7399) - 1) / 12.25983, 1e-5);
}

TEST(MethodA, InverseGivesBackEveryColour) {
  for (const double peak : {1000.0, 4000.0}) {
    for (double r = 0.02; r <= 1.0; r += 0.07)
      for (double g = 0.02; g <= 1.0; g += 0.07)
        for (double b = 0.02; b <= 1.0; b += 0.07) {
          const Rgb back = bt2446_a_inverse(bt2446_a({r, g, b}, peak, 100), peak, 100);
          EXPECT_NEAR(back[0], r, 1e-9);
          EXPECT_NEAR(back[1], g, 1e-9);
          EXPECT_NEAR(back[2], b, 1e-9);
        }
  }
}

TEST(MethodA, InverseOfSdrComesBackThroughTheCurve) {
  for (double y = 0.0; y <= 1.0; y += 0.001)
    EXPECT_NEAR(bt2446_a_luma(bt2446_a_inverse_luma(y, 1000, 100), 1000, 100), y, 6e-4) << y;  // the step at the knee
}

// BT.2446-1 clause 6.1.4 with the parameters printed there: k1 .83802, k2 15.09968, k3 .74204, k4 78.99439.
TEST(MethodC, CurvePoints) {
  const auto printed = [](double nits) {
    const double bend = 58.535 / 0.83802;
    return nits < bend ? 0.83802 * nits : 15.09968 * std::log(nits / bend - 0.74204) + 78.99439;
  };
  for (const double nits : {1.0, 20.0, 69.0, 70.0, 100.0, 203.0, 500.0, 1000.0})
    EXPECT_NEAR(bt2446_c_luminance(nits) * 100, printed(nits), 2e-3) << nits;
  // Reference white comes to 96 % of signal, the peak to 107 %: super-white, inside code 1019 of 10 bits.
  EXPECT_NEAR(std::pow(bt2446_c_luminance(203), 1 / 2.4), 0.96, 2e-3);
  EXPECT_NEAR(std::pow(bt2446_c_luminance(1000), 1 / 2.4), 1.073, 1e-3);
  EXPECT_LT(luma_code(std::pow(bt2446_c_luminance(1000), 1 / 2.4), 10, Range::kNarrow), 1019);
}

TEST(MethodC, CrosstalkKeepsGreyAndLuminanceOfGrey) {
  const Matrix3 m = bt2446_c_crosstalk(0.05);
  const Rgb grey = multiply(m, Rgb{0.4, 0.4, 0.4});
  for (const double channel : grey) EXPECT_NEAR(channel, 0.4, 1e-12);
  const Rgb back = multiply(multiply(inverse(m), m), Rgb{0.9, 0.1, 0.3});
  EXPECT_NEAR(back[0], 0.9, 1e-12);
  EXPECT_DOUBLE_EQ(multiply(m, Rgb{1, 0, 0})[1], 0.05);
}

// BT.2390 clause 5.4.1: nothing below the knee 1.5 maxLum - .5, the target's peak at the source's, in between a spline.
TEST(Eetf, KneeSplineAndPeak) {
  for (const auto& [peak, target] : {std::pair{1000.0, 100.0}, std::pair{4000.0, 1000.0}, std::pair{4000.0, 100.0}}) {
    const double knee = bt2390_knee(peak, target);
    const double top = pq_inverse_eotf(peak);
    EXPECT_NEAR(pq_inverse_eotf(knee) / top, 1.5 * pq_inverse_eotf(target) / top - 0.5, 1e-9);
    EXPECT_DOUBLE_EQ(bt2390_eetf(knee * 0.5, peak, target), knee * 0.5);
    EXPECT_NEAR(bt2390_eetf(knee * 1.0001, peak, target), knee * 1.0001, knee * 1e-6);
    EXPECT_NEAR(bt2390_eetf(peak, peak, target), target, target * 1e-6);
    double before = 0.0;
    for (double nits = 0.1; nits <= peak; nits *= 1.02) {
      const double mapped = bt2390_eetf(nits, peak, target);
      EXPECT_GT(mapped, before);
      EXPECT_LE(mapped, nits * (1 + 1e-9));
      before = mapped;
    }
  }
  EXPECT_DOUBLE_EQ(bt2390_eetf(500, 1000, 1000), 500);
}

}  // namespace
}  // namespace pier::colour
