// What a conversion makes of light: codes against the reference.

#include <pier/colour/reference.hpp>
#include <pier/colour/transfer.hpp>

#include "test_pictures.hpp"

namespace pier::colour {
namespace {

TEST(Convert, FlatColoursComeOutAsTheReferenceSays) {
  const struct {
    PictureSpec from, to;
    double tolerance;
  } cases[] = {
      {{k420p10, 64, 64, kHlg}, {k420p8, 64, 64, kSdr}, 1.01},
      {{k420p10, 128, 128, kHlg}, {k420p8, 64, 64, kSdr}, 1.01},
      {{k420p10, 128, 64, kPq}, {k420p10, 64, 32, kSdr}, 1.01},
      {{k422p10, 64, 64, kPq}, {k420p8, 64, 64, kSdr}, 1.01},
      {{k444p12, 64, 64, kHlg}, {k444p10, 64, 64, kSdr}, 1.01},
      {{kRgb12, 64, 64, kPqP3}, {k420p10, 64, 64, kPq}, 1.5},
      {{kRgb12, 128, 128, kPqP3}, {k420p8, 64, 64, kSdr}, 1.01},
      {{k420p8, 64, 64, kSd}, {k420p8, 128, 128, kSdr}, 1.01},
      {{k420p10, 64, 64, kSdr2020}, {k420p8, 64, 64, kSdr}, 1.01},
      {{k420p8, 64, 64, kSdrFull}, {k420p8, 64, 64, kSdr}, 1.01},
      {{kRgb12, 64, 64, {Primaries::kBt2020, Transfer::kPq, Matrix::kRgb, Range::kFull}}, {k420p10, 64, 64, kPq}, 1.01},
      {{k444p12, 128, 128, kHlg}, {k420p10, 64, 64, kHlg}, 1.01},
      {{k420p8, 64, 64, kSdr}, {k420p10, 64, 64, kHlg}, 1.01},
      {{k420p8, 64, 64, kSdrFull}, {k420p10, 64, 64, kPq}, 1.01},
      {{k422p10, 64, 64, kHlg}, {k422p10, 64, 64, kPq}, 1.01},
      {{k420p10, 64, 64, kPq}, {k420p12, 64, 64, kHlg}, 1.01},
  };
  for (const auto& [from, to, tolerance] : cases) {
    const Converter convert = converter(from, to);
    const Reference reference = Reference::make(from.colour, to.colour).value();
    for (const Rgb& signal : {Rgb{0.05, 0.05, 0.05}, Rgb{0.5, 0.5, 0.5}, Rgb{0.6, 0.4, 0.35}, Rgb{0.3, 0.45, 0.3},
                              Rgb{0.2, 0.25, 0.5}, Rgb{0.7, 0.68, 0.6}}) {
      const auto codes = codes_of(signal, from);
      const Picture out = run(convert, flat(from, codes));
      const auto expected = codes_of(reference(signal_of(codes, from)), to);
      for (size_t p = 0; p < 3; ++p) {
        const auto [low, high, unused] = ends(out, p);
        EXPECT_NEAR(low, expected[p], tolerance) << convert.describe() << " plane " << p << " of " << signal[0];
        EXPECT_NEAR(high, expected[p], tolerance) << convert.describe() << " plane " << p << " of " << signal[0];
      }
    }
  }
}

struct Errors {
  double mean, p999;
  int most;  // codes of one component
};

/// dE-ITP of random 10-bit 4:4:4 colours of `gamut` converted to 10-bit 4:4:4.
Errors measure(const ColourInfo& from_colour, Primaries gamut, double top) {
  const PictureSpec from{k444p10, 512, 96, from_colour}, to{k444p10, 512, 96, kSdr};
  ConversionOptions options;
  options.dither = false;
  int most = 0;
  const Reference reference = Reference::make(from.colour, to.colour).value();
  const Matrix3 widen = rgb_to_rgb(*primaries_xy(gamut), *primaries_xy(from_colour.primaries));
  std::mt19937 random(11);
  std::uniform_real_distribution<double> uniform(0.0, top);
  std::vector<std::array<int, 3>> colours(512 * 96);
  const bool hlg = from_colour.transfer == Transfer::kHlg;
  for (auto& codes : colours) {
    Rgb light;
    for (double& channel : light) channel = hlg ? hlg_inverse_oetf(uniform(random)) : pq_eotf(uniform(random));
    Rgb signal = multiply(widen, light);
    for (double& channel : signal) channel = hlg ? hlg_oetf(channel) : pq_inverse_eotf(channel);
    codes = codes_of(signal, from);
  }
  const Picture in = draw(
      from, [&](int p, int x, int y) { return colours[static_cast<size_t>(y * 512 + x)][static_cast<size_t>(p)]; });
  const Picture out = run(converter(from, to, options), in);
  std::vector<double> errors;
  for (int y = 0; y < 96; ++y) {
    for (int x = 0; x < 512; ++x) {
      const std::array<int, 3> got{sample(out, 0, x, y), sample(out, 1, x, y), sample(out, 2, x, y)};
      const auto wanted = codes_of(reference(signal_of(colours[static_cast<size_t>(y * 512 + x)], from)), to);
      for (size_t c = 0; c < 3; ++c) most = std::max(most, std::abs(got[c] - wanted[c]));
      errors.push_back(
          delta_e_itp(reference.target_nits(signal_of(got, to)), reference.target_nits(signal_of(wanted, to))));
    }
  }
  std::sort(errors.begin(), errors.end());
  double sum = 0;
  for (const double error : errors) sum += error;
  return {sum / static_cast<double>(errors.size()), errors[errors.size() * 999 / 1000], most};
}

/// Large pictures go through a table, small ones do not.
TEST(Convert, LargePicturesAreConvertedLikeSmallOnes) {
  for (const ColourInfo& colour : {kHlg, kPq}) {
    const PictureSpec large{k420p10, 1280, 720, colour}, small{k420p10, 1280, 72, colour};
    const auto shade = [](int p, int x, int y) {
      return p == 0 ? 80 + (x * 3 + y * 40) % 600 : 512 + (x + (p == 1 ? y : -y) * 5) % 120 - 60;
    };
    const PictureSpec large_sdr{k420p8, 1280, 720, kSdr}, small_sdr{k420p8, 1280, 72, kSdr};
    const Picture a = run(converter(large, large_sdr), draw(large, shade));
    const Picture b = run(converter(small, small_sdr), draw(small, shade));
    int different = 0;
    for (size_t p = 0; p < 3; ++p) {
      for (int y = 0; y < (p == 0 ? 70 : 35); ++y) {
        for (int x = 0; x < (p == 0 ? 1280 : 640); ++x) {
          const int off = std::abs(sample(a, p, x, y) - sample(b, p, x, y));
          ASSERT_LE(off, 1) << p << " " << x << " " << y;
          different += off;
        }
      }
    }
    EXPECT_GT(different, 0);  // or the table was not used
    EXPECT_LT(different, 70 * 1280 * 3 / 2 / 10);
  }
}

TEST(Convert, HdrToSdrIsWithinAJustNoticeableDifference) {
  const struct {
    const char* name;
    ColourInfo colour;
    Primaries gamut;
    double top;
  } cases[] = {{"HLG, BT.709 colours", kHlg, Primaries::kBt709, 1.0},
               {"HLG, BT.2020 colours", kHlg, Primaries::kBt2020, 1.0},
               {"PQ, BT.709 colours", kPq, Primaries::kBt709, pq_inverse_eotf(1000)},
               {"PQ, BT.2020 colours", kPq, Primaries::kBt2020, pq_inverse_eotf(1000)}};
  for (const auto& [name, colour, gamut, top] : cases) {
    const Errors errors = measure(colour, gamut, top);
    std::printf("%s: dE-ITP mean %.4f, 99.9 %% below %.3f, at most %d codes\n", name, errors.mean, errors.p999,
                errors.most);
    EXPECT_LE(errors.mean, 0.3) << name;
    EXPECT_LE(errors.p999, 1.0) << name;
    EXPECT_LE(errors.most, 1) << name;
  }
}

/// 4:4:4 colours of the whole gamut; none lies outside by the rounding of its codes.
Picture any_colours(const PictureSpec& spec, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  std::vector<std::array<int, 3>> colours(static_cast<size_t>(spec.width * spec.height));
  const auto outside = [](double channel) { return channel < 0.0 || channel > 1.0; };
  for (auto& codes : colours) {
    Rgb shown;
    do {
      codes = codes_of({uniform(random), uniform(random), uniform(random)}, spec);
      shown = signal_of(codes, spec);
    } while (std::any_of(shown.begin(), shown.end(), outside));
  }
  return draw(spec, [&](int p, int x, int y) {
    return colours[static_cast<size_t>(y * spec.width + x)][static_cast<size_t>(p)];
  });
}

std::array<int, 3> largest_difference(const Picture& a, const Picture& b) {
  std::array<int, 3> most{};
  for (size_t p = 0; p < 3; ++p)
    for (int y = 0; y < a.height(); ++y)
      for (int x = 0; x < a.width(); ++x)
        most[p] = std::max(most[p], std::abs(sample(a, p, x, y) - sample(b, p, x, y)));
  return most;
}

TEST(Convert, HlgThroughPqComesBack) {
  const PictureSpec hlg{k444p10, 512, 256, kHlg};
  const Picture in = any_colours(hlg, 21);
  ConversionOptions options;
  options.dither = false;
  for (const PixelFormat format : {k444p10, k444p12}) {
    const PictureSpec pq{format, 512, 256, kPq};
    const Picture back = run(converter(pq, hlg, options), run(converter(hlg, pq, options), in));
    const auto most = largest_difference(in, back);
    std::printf("HLG through %d-bit PQ: Y' %d, Cb %d, Cr %d codes\n", format.bit_depth, most[0], most[1], most[2]);
    EXPECT_LE(most[0], format == k444p10 ? 1 : 0);
    EXPECT_LE(most[1], format == k444p10 ? 2 : 0);
    EXPECT_LE(most[2], format == k444p10 ? 2 : 0);
  }
}

/// Colours that the gamut compression of method A leaves alone.
Picture modest_colours(const PictureSpec& spec, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  std::vector<std::array<int, 3>> colours(static_cast<size_t>(spec.width * spec.height));
  for (auto& codes : colours) {
    const double level = 0.05 + 0.85 * uniform(random);
    codes = codes_of({level * (0.7 + 0.3 * uniform(random)), level * (0.7 + 0.3 * uniform(random)),
                      level * (0.7 + 0.3 * uniform(random))},
                     spec);
  }
  return draw(spec, [&](int p, int x, int y) {
    return colours[static_cast<size_t>(y * spec.width + x)][static_cast<size_t>(p)];
  });
}

TEST(Convert, InverseOfMethodAComesBack) {
  const PictureSpec sdr{k444p10, 512, 128, kSdr};
  const Picture in = modest_colours(sdr, 22);
  ConversionOptions options;
  options.dither = false;
  options.placement = SdrPlacement::kInverseBt2446A;
  for (const auto& [format, colour] : {std::pair{k444p10, kHlg}, std::pair{k444p12, kPq}}) {
    const PictureSpec hdr{format, 512, 128, colour};
    const auto most = largest_difference(in, run(converter(hdr, sdr, options), run(converter(sdr, hdr, options), in)));
    std::printf("SDR through %s by inverse A: Y' %d, Cb %d, Cr %d codes\n", to_string(colour.transfer).c_str(), most[0],
                most[1], most[2]);
    for (const int difference : most) EXPECT_LE(difference, 2);
  }
}

TEST(Convert, SdrWhiteIsReferenceWhiteInHdr) {
  const PictureSpec from{k420p8, 64, 64, kSdr};
  const Picture white = flat(from, {235, 128, 128});
  for (const auto& [colour, code] : {std::pair{kHlg, 721}, std::pair{kPq, 573}}) {
    const Picture out = run(converter(from, {k420p10, 64, 64, colour}), white);
    EXPECT_EQ(ends(out, 0), (std::array<int, 3>{code, code, 0}));
    EXPECT_EQ(ends(out, 1), (std::array<int, 3>{512, 512, 0}));
    EXPECT_EQ(out.colour().primaries, Primaries::kBt2020);
  }
}

TEST(Convert, MethodCReachesTheSuperWhites) {
  ConversionOptions options;
  options.tone_map = ToneMap::kBt2446C;
  const PictureSpec from{k420p10, 64, 64, kHlg}, to{k420p10, 64, 64, kSdr};
  EXPECT_NEAR(sample(run(converter(from, to, options), flat(from, {940, 512, 512})), 0, 3, 3), 1004, 1);
}

TEST(Convert, DitherCanBeSwitchedOff) {
  ConversionOptions options;
  options.dither = false;
  for (const ColourInfo& colour : {kHlg, kSdr2020, kSdr}) {
    const PictureSpec from{k420p10, 64, 64, colour}, to{k420p8, 64, 64, kSdr};
    const Picture out = run(converter(from, to, options), flat(from, {413, 512, 512}));
    EXPECT_EQ(ends(out, 0)[0], ends(out, 0)[1]);
  }
}

TEST(Convert, OddSizesOfFullChromaAreConverted) {
  const PictureSpec from{k444p10, 65, 33, kHlg}, to{k444p10, 65, 33, kSdr};
  const Picture out = run(converter(from, to), flat(from, {721, 512, 512}));
  const int white = sample(
      run(converter({k444p10, 64, 64, kHlg}, {k444p10, 64, 64, kSdr}), flat({k444p10, 64, 64, kHlg}, {721, 512, 512})),
      0, 0, 0);
  EXPECT_EQ(ends(out, 0), (std::array<int, 3>{white, white, 0}));
}

TEST(Convert, GreyRampRisesAndStaysNeutral) {
  for (const ColourInfo& colour : {kHlg, kPq}) {
    for (const PixelFormat format : {k420p10, k444p10}) {
      const PictureSpec from{format, 1024, 64, colour}, to{format, 1024, 64, kSdr};
      const Picture in = draw(from, [](int p, int x, int) { return p == 0 ? x : 512; });
      const Picture out = run(converter(from, to), in);
      for (int x = 1; x < 1024; ++x) ASSERT_GE(sample(out, 0, x, 9), sample(out, 0, x - 1, 9)) << x;
      EXPECT_EQ(sample(out, 0, 64, 9), 64);
      EXPECT_EQ(sample(out, 0, colour.transfer == Transfer::kPq ? 723 : 940, 9), 940);
      for (size_t p : {1, 2}) EXPECT_EQ(ends(out, p), (std::array<int, 3>{512, 512, 0}));
    }
  }
}

TEST(Convert, Hlg75PercentWhiteInEightBits) {
  const PictureSpec from{k420p10, 256, 128, kHlg}, to{k420p8, 128, 64, kSdr};
  const Picture out = run(converter(from, to), flat(from, {721, 512, 512}));
  EXPECT_NEAR(ends(out, 0)[0], 166, 1);  // 68.7 % by method A
  EXPECT_NEAR(ends(out, 0)[1], 166, 1);
  EXPECT_EQ(ends(out, 1), (std::array<int, 3>{128, 128, 0}));
  EXPECT_EQ(out.colour().transfer, Transfer::kBt709);
  EXPECT_EQ(out.colour().matrix, Matrix::kBt709);
}

ConversionOptions peak(double nits) {
  ConversionOptions options;
  options.peak_nits = nits;
  return options;
}

TEST(Convert, PeakIsPinnedByTheOption) {
  const PictureSpec from{k420p10, 64, 64, kPq}, to{k420p10, 64, 64, kSdr};
  EXPECT_EQ(sample(run(converter(from, to, peak(1000)), flat(from, {723, 512, 512})), 0, 5, 5), 940);
  EXPECT_LT(sample(run(converter(from, to, peak(4000)), flat(from, {723, 512, 512})), 0, 5, 5), 870);
  EXPECT_NEAR(sample(run(converter(from, to, peak(4000)), flat(from, {855, 512, 512})), 0, 5, 5), 940, 1);
  EXPECT_EQ(sample(run(converter(from, to, peak(1000)), flat(from, {940, 512, 512})), 0, 5, 5), 940);
}

// --- geometry -----------------------------------------------------------------------------------------------------

}  // namespace
}  // namespace pier::colour
