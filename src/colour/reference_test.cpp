#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include <pier/colour/reference.hpp>
#include <pier/colour/transfer.hpp>

namespace pier::colour {
namespace {

constexpr ColourInfo kHlg{Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow};
constexpr ColourInfo kPq{Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow};
constexpr ColourInfo kPqP3{Primaries::kP3D65, Transfer::kPq, Matrix::kRgb, Range::kFull};
constexpr ColourInfo kSdr{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow};

Reference reference(const ColourInfo& from, const ColourInfo& to, const ConversionOptions& options = {}) {
  auto made = Reference::make(from, to, options);
  EXPECT_TRUE(made) << made.error().message;
  return made.value();
}

TEST(Reference, MethodAIsContinuousAtItsKnees) {
  double before = 0.0;
  for (int step = 1; step <= 20000; ++step) {
    const double signal = step / 20000.0;
    const double luma = bt2446_a({signal, signal, signal}, 1000, 100)[0];
    EXPECT_GT(luma, before);
    EXPECT_LT(luma - before, 1e-3) << signal;  // the published constants leave a step of 8e-4 at the lower knee
    before = luma;
  }
}

TEST(Reference, MethodALowersLumaOfReds) {
  const Rgb weights = *luma_weights(Matrix::kBt2020Ncl);
  const auto luma = [&](const Rgb& rgb) { return to_ycbcr(bt2446_a(rgb, 1000, 100), weights)[0]; };
  const double y = 0.5, cr = 0.1;
  const Rgb red = from_ycbcr({y, 0, cr}, weights), cyan = from_ycbcr({y, 0, -cr}, weights);
  EXPECT_LT(luma(red), luma({y, y, y}) - 0.005);
  EXPECT_NEAR(luma(cyan), luma({y, y, y}), 1e-9);
}

TEST(Reference, DeltaEItpOfAKnownPair) {
  const Matrix3 ictcp{{{0.5, 0.5, 0},
                       {6610.0 / 4096, -13613.0 / 4096, 7003.0 / 4096},
                       {17933.0 / 4096, -17390.0 / 4096, -543.0 / 4096}}};
  const Matrix3 lms{{{1688.0 / 4096, 2146.0 / 4096, 262.0 / 4096},
                     {683.0 / 4096, 2951.0 / 4096, 462.0 / 4096},
                     {99.0 / 4096, 309.0 / 4096, 3688.0 / 4096}}};
  const auto nits = [&](const Rgb& colour) {
    Rgb light = multiply(inverse(ictcp), colour);
    for (double& channel : light) channel = pq_eotf(channel);
    return multiply(inverse(lms), light);
  };
  const double distance = delta_e_itp(nits({0.4885468072, -0.04739350675, 0.07475401302}),
                                      nits({0.4899203231, -0.04567508203, 0.07361341775}));
  EXPECT_NEAR(distance, 1.42657228, 1e-6);
}

TEST(Reference, GamutCompressionKeepsHueAndInsideColours) {
  const Rgb weights = luminance_weights(*primaries_xy(Primaries::kBt709));
  const GamutLimits limits{2.3, 3.3};
  const Rgb modest{0.5, 0.4, 0.3};
  const Rgb kept = compress_gamut(modest, weights, limits);
  for (size_t c = 0; c < 3; ++c) EXPECT_DOUBLE_EQ(kept[c], modest[c]);
  for (const double level : {0.1, 0.5, 0.85, 1.0}) {
    const Rgb grey = compress_gamut({level, level, level}, weights, limits);
    for (const double channel : grey) EXPECT_NEAR(channel, level, 1e-12);
  }
  // More saturated stays more saturated, beyond the border too: nothing is clipped to one colour.
  double before = 1.0;
  for (int step = 1; step <= 40; ++step) {
    const double chroma = 0.05 * step;
    const Rgb out = compress_gamut({0.3 * (1 - chroma), 0.3, 0.3 * (1 - chroma)}, weights, limits);
    for (const double channel : out) {
      EXPECT_GE(channel, 0.0);
      EXPECT_LE(channel, 1.0);
    }
    EXPECT_DOUBLE_EQ(out[0], out[2]);
    if (out[0] > 0.0) {
      EXPECT_LT(out[0] / out[1], before);
    }
    before = out[0] / out[1];
  }
}

TEST(Reference, GreysStayGreyRiseAndReachBothEnds) {
  for (const ColourInfo& from : {kHlg, kPq, kPqP3}) {
    const Reference map = reference(from, kSdr);
    double before = -1.0;
    for (int step = 0; step <= 1000; ++step) {
      const double signal = map.source_top() * step / 1000.0;
      const Rgb out = map({signal, signal, signal});
      EXPECT_NEAR(out[0], out[1], 1e-9);
      EXPECT_NEAR(out[2], out[1], 1e-9);
      EXPECT_GT(out[1], before);
      before = out[1];
    }
    EXPECT_NEAR(map({0, 0, 0})[0], 0.0, 1e-9);
    EXPECT_NEAR(before, 1.0, 1e-6);
  }
}

TEST(Reference, HlgAndPqOfTheSameLightGiveTheSameSdr) {
  const Reference from_hlg = reference(kHlg, kSdr), from_pq = reference(kPq, kSdr);
  for (const Rgb& signal : {Rgb{0.75, 0.75, 0.75}, Rgb{0.6, 0.3, 0.2}, Rgb{0.1, 0.4, 0.7}, Rgb{0.02, 0.03, 0.01}}) {
    Rgb scene = signal;
    for (double& channel : scene) channel = hlg_inverse_oetf(channel);
    Rgb pq = hlg_ootf(scene, 1000);
    for (double& channel : pq) channel = pq_inverse_eotf(channel);
    const Rgb a = from_hlg(signal), b = from_pq(pq);
    for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(a[c], b[c], 2e-4);
  }
}

TEST(Reference, ColourBarsKeepTheirOrderOfChannels) {
  const Reference map = reference(kHlg, kSdr);
  for (int bar = 1; bar < 7; ++bar) {
    const Rgb signal{bar & 4 ? 0.75 : 0.0, bar & 2 ? 0.75 : 0.0, bar & 1 ? 0.75 : 0.0};
    const Rgb out = map(signal);
    for (size_t high = 0; high < 3; ++high)
      for (size_t low = 0; low < 3; ++low)
        if (signal[high] > signal[low]) {
          EXPECT_GT(out[high], out[low] + 0.1) << "bar " << bar;
        }
  }
}

TEST(Reference, NeverNanNeverOutside) {
  for (const ColourInfo& from : {kHlg, kPq, kPqP3}) {
    const Reference map = reference(from, kSdr);
    for (double r = -0.2; r < 1.3; r += 0.1)
      for (double g = -0.2; g < 1.3; g += 0.1)
        for (double b = -0.2; b < 1.3; b += 0.1)
          for (const double channel : map({r, g, b})) ASSERT_TRUE(channel >= 0.0 && channel <= 1.0) << r << g << b;
  }
}

TEST(Reference, P3InABt2020ContainerIsTheSameLight) {
  const Reference map = reference(kPqP3, kPq);
  const Matrix3 to_2020 = rgb_to_rgb(*primaries_xy(Primaries::kP3D65), *primaries_xy(Primaries::kBt2020));
  // P3 red lies a hair outside BT.2020 (B = -0.0012) and comes to its surface; all else is inside.
  for (const Rgb& signal : {Rgb{0.5, 0.5, 0.5}, Rgb{0.7, 0.1, 0.1}, Rgb{0.0, 0.6, 0.0}, Rgb{0.3, 0.2, 0.75}}) {
    Rgb nits = signal;
    for (double& channel : nits) channel = pq_eotf(channel);
    EXPECT_LT(delta_e_itp(map.target_nits(map(signal)), multiply(to_2020, nits)), signal[1] == 0.1 ? 2.0 : 0.01);
  }
}

TEST(Reference, SdrOfOtherPrimariesKeepsLight) {
  const ColourInfo ntsc{Primaries::kSmpte170m, Transfer::kSmpte170m, Matrix::kSmpte170m, Range::kNarrow};
  const Reference map = reference(ntsc, kSdr);
  EXPECT_FALSE(map.trivial());
  const Rgb out = map({0.5, 0.4, 0.45});
  const Matrix3 m = rgb_to_rgb(*primaries_xy(Primaries::kSmpte170m), *primaries_xy(Primaries::kBt709));
  const Rgb light = multiply(m, Rgb{std::pow(0.5, 2.4), std::pow(0.4, 2.4), std::pow(0.45, 2.4)});
  for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(std::pow(out[c], 2.4), light[c], 1e-9);
  EXPECT_TRUE(reference({}, kSdr).trivial());
}

double code10(double signal) {
  return luma_code(signal, 10, Range::kNarrow);
}

// BT.2408 clause 2.1: reference white is 203 cd/m2, 75 % HLG and 58 % PQ.
TEST(Reference, SdrWhiteComesToReferenceWhite) {
  const Rgb hlg = reference(kSdr, kHlg)({1, 1, 1}), pq = reference(kSdr, kPq)({1, 1, 1});
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(hlg[c], 0.75, 5e-4);
    EXPECT_NEAR(pq[c], 0.5807, 5e-5);
  }
  EXPECT_EQ(std::lround(code10(hlg[0])), 721);
  EXPECT_EQ(std::lround(code10(pq[0])), 573);
  // Display light, not the camera's: half signal is 203 / 2^2.4 cd/m2.
  EXPECT_NEAR(pq_eotf(reference(kSdr, kPq)({0.5, 0.5, 0.5})[0]), 203 * std::pow(0.5, 2.4), 0.01);
  EXPECT_EQ(reference(kSdr, kHlg)({0, 0, 0})[0], 0.0);
}

TEST(Reference, SdrColoursKeepTheirChromaticityInHdr) {
  const Matrix3 widen = rgb_to_rgb(*primaries_xy(Primaries::kBt709), *primaries_xy(Primaries::kBt2020));
  for (const ColourInfo& to : {kHlg, kPq}) {
    const Reference map = reference(kSdr, to);
    for (const Rgb& signal : {Rgb{1, 0, 0}, Rgb{0, 0, 1}, Rgb{0.2, 0.9, 0.4}, Rgb{0.75, 0.75, 0}}) {
      Rgb light = signal;
      for (double& channel : light) channel = 203 * std::pow(channel, 2.4);
      EXPECT_LT(delta_e_itp(map.target_nits(map(signal)), multiply(widen, light)), 0.05);
    }
  }
}

// BT.2100 and BT.2390 clause 7: 75 % HLG on the display of 1000 cd/m2, gamma 1.2, is 203 cd/m2, 573 in 10-bit PQ.
TEST(Reference, HlgAndPqOfTheSameDisplayLight) {
  const Reference to_pq = reference(kHlg, kPq), to_hlg = reference(kPq, kHlg);
  EXPECT_NEAR(pq_eotf(to_pq({0.75, 0.75, 0.75})[1]), 203, 0.5);
  EXPECT_EQ(std::lround(code10(to_pq({0.75, 0.75, 0.75})[1])), 573);
  EXPECT_EQ(std::lround(code10(to_pq({1, 1, 1})[1])), 723);
  EXPECT_EQ(std::lround(code10(to_pq({0.5, 0.5, 0.5})[1])), std::lround(code10(pq_inverse_eotf(50.7))));
  const double white = pq_inverse_eotf(1000);
  EXPECT_NEAR(to_hlg({white, white, white})[0], 1.0, 1e-7);
  EXPECT_NEAR(to_hlg({0.5807, 0.5807, 0.5807})[0], 0.75, 1e-3);
  // Above the nominal peak is clipped, as the display does.
  EXPECT_NEAR(to_hlg({1, 1, 1})[0], 1.0, 1e-7);
}

TEST(Reference, HlgThroughPqComesBack) {
  const Reference there = reference(kHlg, kPq), back = reference(kPq, kHlg);
  for (double r = 0.0; r <= 1.0; r += 0.1)
    for (double g = 0.0; g <= 1.0; g += 0.1)
      for (double b = 0.0; b <= 1.0; b += 0.1) {
        const Rgb out = back(there({r, g, b}));
        EXPECT_NEAR(out[0], r, 1e-3) << r << " " << g << " " << b;
        EXPECT_NEAR(out[1], g, 1e-3) << r << " " << g << " " << b;
        EXPECT_NEAR(out[2], b, 1e-3) << r << " " << g << " " << b;
      }
}

// BT.2100 table 9: narrow range goes on to 109 %, which saturated colours at the peak need.
TEST(Reference, SaturatedPqUsesTheSuperWhitesOfHlg) {
  const double high = pq_inverse_eotf(1000);
  const Rgb blue = reference(kPq, kHlg)({0, 0, high});
  EXPECT_NEAR(blue[2], 1.0858, 1e-3);
  EXPECT_NEAR(blue[0], 0.0, 1e-6);
  // Full range has none: colours go toward the grey of equal luminance.
  ColourInfo full = kHlg;
  full.range = Range::kFull;
  const Rgb fitted = reference(kPq, full)({0, 0, high});
  EXPECT_NEAR(fitted[2], 1.0, 1e-7);
  EXPECT_GT(fitted[0], 0.0);
}

TEST(Reference, BrightPqIsToneMappedForTheHlgDisplay) {
  ConversionOptions options;
  options.peak_nits = 4000;
  const Reference map = reference(kPq, kHlg, options);
  const auto grey = [&](double nits) {
    const double signal = pq_inverse_eotf(nits);
    return map({signal, signal, signal})[1];
  };
  EXPECT_NEAR(grey(4000), 1.0, 1e-6);
  EXPECT_LT(grey(1000), 0.97);
  EXPECT_NEAR(grey(10), reference(kPq, kHlg)({pq_inverse_eotf(10), pq_inverse_eotf(10), pq_inverse_eotf(10)})[1], 1e-9);
}

TEST(Reference, StatedGammaOfHlgCounts) {
  ConversionOptions options;
  options.hlg_gamma = 1.03;
  const Reference map = reference(kHlg, kPq, options);
  const double scene = hlg_inverse_oetf(0.5);
  EXPECT_NEAR(pq_eotf(map({0.5, 0.5, 0.5})[0]), 1000 * std::pow(scene, 1.03), 0.05);
}

TEST(Reference, InverseOfMethodAIsTakenBackByMethodA) {
  ConversionOptions inverse;
  inverse.placement = SdrPlacement::kInverseBt2446A;
  for (const ColourInfo& hdr : {kHlg, kPq}) {
    const Reference up = reference(kSdr, hdr, inverse), down = reference(hdr, kSdr);
    EXPECT_NEAR(down(up({1, 1, 1}))[1], 1.0, 1e-3);
    EXPECT_NEAR(hdr.transfer == Transfer::kPq ? pq_eotf(up({1, 1, 1})[1]) : up({1, 1, 1})[1] * 1000, 1000, 0.5);
    for (double r = 0.1; r <= 1.0; r += 0.1)
      for (double g = 0.1; g <= 1.0; g += 0.1)
        for (double b = 0.1; b <= 1.0; b += 0.1) {
          // Colours that the gamut compression leaves alone.
          const double y = 0.2126 * std::pow(r, 2.4) + 0.7152 * std::pow(g, 2.4) + 0.0722 * std::pow(b, 2.4);
          if (std::pow(std::min({r, g, b}), 2.4) < 0.2 * y || std::pow(std::max({r, g, b}), 2.4) > 0.8) continue;
          const Rgb out = down(up({r, g, b}));
          EXPECT_NEAR(out[0], r, 2e-3) << r << " " << g << " " << b;
          EXPECT_NEAR(out[1], g, 2e-3) << r << " " << g << " " << b;
          EXPECT_NEAR(out[2], b, 2e-3) << r << " " << g << " " << b;
        }
  }
}

TEST(Reference, MethodCKeepsSuperWhites) {
  ConversionOptions options;
  options.tone_map = ToneMap::kBt2446C;
  const Reference map = reference(kHlg, kSdr, options);
  EXPECT_NEAR(map({0.75, 0.75, 0.75})[0], 0.96, 3e-3);
  EXPECT_NEAR(map({1, 1, 1})[0], 1.073, 1e-3);
  EXPECT_GT(map.target_top(), 1.09);
  ColourInfo full = kSdr;
  full.range = Range::kFull;
  EXPECT_FALSE(Reference::make(kHlg, full, options));
  options.peak_nits = 4000;
  EXPECT_EQ(Reference::make(kPq, kSdr, options).error().code, ErrorCode::kInvalidArgument);
}

TEST(Reference, EetfLeavesShadowsAndKeepsHue) {
  ConversionOptions options;
  options.tone_map = ToneMap::kBt2390;
  const Reference map = reference(kPq, kSdr, options);
  const double dark = pq_inverse_eotf(10), peak = pq_inverse_eotf(1000);
  EXPECT_NEAR(map({dark, dark, dark})[0], std::pow(0.1, 1 / 2.4), 1e-6);
  EXPECT_NEAR(map({peak, peak, peak})[0], 1.0, 1e-6);
}

TEST(Reference, RefusesWhatHasNoRightWay) {
  const auto code = [](const ColourInfo& from, const ColourInfo& to, double peak = 1000) {
    ConversionOptions options;
    options.peak_nits = peak;
    auto made = Reference::make(from, to, options);
    return made ? ErrorCode::kInternal : made.error().code;
  };
  EXPECT_EQ(code(kSdr, {Primaries::kP3D65, Transfer::kHlg, Matrix::kBt2020Ncl}), ErrorCode::kInputUnsupported);
  EXPECT_EQ(code({Primaries::kBt709, Transfer::kLinear, Matrix::kRgb}, kSdr), ErrorCode::kInputUnsupported);
  EXPECT_EQ(code({Primaries::kBt2020, Transfer::kPq, Matrix::kIctcp}, kSdr), ErrorCode::kInputUnsupported);
  EXPECT_EQ(code({static_cast<Primaries>(99), Transfer::kPq, Matrix::kRgb}, kSdr), ErrorCode::kInputUnsupported);
  EXPECT_EQ(code({Primaries::kBt709, Transfer::kHlg, Matrix::kBt709}, kSdr), ErrorCode::kInputUnsupported);
  EXPECT_EQ(code(kPq, kSdr, 20), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(kPq, kSdr, std::nan("")), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace pier::colour
