#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include <pier/colour/convert.hpp>
#include <pier/colour/reference.hpp>
#include <pier/colour/transfer.hpp>

namespace pier::colour {
namespace {

constexpr ColourInfo kHlg{Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow};
constexpr ColourInfo kPq{Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow};
constexpr ColourInfo kPqP3{Primaries::kP3D65, Transfer::kPq, Matrix::kRgb, Range::kFull};
constexpr ColourInfo kSdr{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow};
constexpr ColourInfo kSdrFull{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kFull};
constexpr ColourInfo kSd{Primaries::kSmpte170m, Transfer::kSmpte170m, Matrix::kSmpte170m, Range::kNarrow};
constexpr ColourInfo kSdr2020{Primaries::kBt2020, Transfer::kBt2020_10, Matrix::kBt2020Ncl, Range::kNarrow};
constexpr PixelFormat k420p8{8, Chroma::k420}, k420p10{10, Chroma::k420}, k422p10{10, Chroma::k422};
constexpr PixelFormat k420p12{12, Chroma::k420};
constexpr PixelFormat k444p10{10, Chroma::k444}, k444p12{12, Chroma::k444}, kRgb12{12, Chroma::k444, true};

int sample(const Picture& picture, size_t plane, int x, int y) {
  const Plane& p = picture.view().planes[plane];
  return picture.format().bit_depth > 8 ? p.row<uint16_t>(y)[x] : p.row<uint8_t>(y)[x];
}

/// A picture whose samples are `code(plane, x, y)`.
Picture draw(const PictureSpec& spec, auto&& code) {
  Picture picture = Picture::allocate(spec.format, spec.width, spec.height, spec.colour);
  const auto view = picture.writable();
  for (int p = 0; p < spec.format.plane_count(); ++p) {
    const auto& plane = view.planes[static_cast<size_t>(p)];
    for (int y = 0; y < plane.height; ++y) {
      for (int x = 0; x < plane.width; ++x) {
        const int value = code(p, x, y);
        if (spec.format.bit_depth > 8) {
          plane.template row<uint16_t>(y)[x] = static_cast<uint16_t>(value);
        } else {
          plane.template row<uint8_t>(y)[x] = static_cast<uint8_t>(value);
        }
      }
    }
  }
  return picture;
}

Picture flat(const PictureSpec& spec, std::array<int, 3> codes) {
  return draw(spec, [&](int p, int, int) { return codes[static_cast<size_t>(p)]; });
}

Converter converter(const PictureSpec& from, const PictureSpec& to, const ConversionOptions& options = {}) {
  auto made = Converter::make(from, to, options);
  if (!made) ADD_FAILURE() << made.error().message;
  return std::move(made).value();
}

Picture run(const Converter& converter, const Picture& picture) {
  auto out = converter.run(picture);
  if (!out) ADD_FAILURE() << out.error().message;
  return out.value_or(Picture());
}

std::array<int, 3> ends(const Picture& picture, size_t plane) {
  const Plane& p = picture.view().planes[plane];
  int low = 1 << 16, high = -1;
  for (int y = 0; y < p.height; ++y) {
    for (int x = 0; x < p.width; ++x) {
      low = std::min(low, sample(picture, plane, x, y));
      high = std::max(high, sample(picture, plane, x, y));
    }
  }
  return {low, high, 0};
}

std::array<int, 3> codes_of(const Rgb& signal, const PictureSpec& spec) {
  const int depth = spec.format.bit_depth;
  const Range range = spec.colour.range;
  std::array<int, 3> codes;
  if (spec.format.rgb) {
    for (size_t c = 0; c < 3; ++c) codes[c] = static_cast<int>(std::lround(luma_code(signal[c], depth, range)));
    return codes;
  }
  const Rgb ycbcr = to_ycbcr(signal, *luma_weights(spec.colour.matrix));
  codes[0] = static_cast<int>(std::lround(luma_code(ycbcr[0], depth, range)));
  for (size_t c = 1; c < 3; ++c) codes[c] = static_cast<int>(std::lround(chroma_code(ycbcr[c], depth, range)));
  return codes;
}

Rgb signal_of(const std::array<int, 3>& codes, const PictureSpec& spec) {
  const int depth = spec.format.bit_depth;
  const Range range = spec.colour.range;
  if (spec.format.rgb)
    return {luma_signal(codes[0], depth, range), luma_signal(codes[1], depth, range),
            luma_signal(codes[2], depth, range)};
  return from_ycbcr({luma_signal(codes[0], depth, range), chroma_signal(codes[1], depth, range),
                     chroma_signal(codes[2], depth, range)},
                    *luma_weights(spec.colour.matrix));
}

// --- what comes out, against the reference ------------------------------------------------------------------------

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

TEST(Convert, ConstantStaysConstantWhenScaled) {
  for (const auto& [format, colour] : {std::pair{k420p10, kHlg}, std::pair{k422p10, kPq}, std::pair{k420p8, kSdr}}) {
    for (const auto& [width, height] : {std::pair{3840, 540}, std::pair{1919, 1079}, std::pair{1280, 720}}) {
      const PictureSpec from{format, width, height, colour}, to{format, 960, 540, colour};
      const int unit = 1 << (format.bit_depth - 8);
      const Picture out = run(converter(from, to), flat(from, {173 * unit, 99 * unit + 1, 201 * unit}));
      EXPECT_EQ(ends(out, 0), (std::array<int, 3>{173 * unit, 173 * unit, 0})) << width;
      EXPECT_EQ(ends(out, 1), (std::array<int, 3>{99 * unit + 1, 99 * unit + 1, 0})) << width;
      EXPECT_EQ(ends(out, 2), (std::array<int, 3>{201 * unit, 201 * unit, 0})) << width;
    }
  }
}

/// Offset of the first chroma sample from the first luma sample, in luma samples.
std::pair<double, double> site_offset(ChromaSite site) {
  switch (site) {
    case ChromaSite::kTopLeft:
      return {0.0, 0.0};
    case ChromaSite::kCenter:
      return {0.5, 0.5};
    default:
      return {0.0, 0.5};
  }
}

/// A tilted plane sampled where each sample lies must come out as the same plane, sampled where the new samples lie.
void expect_phase(ChromaSite from_site, ChromaSite to_site, const ColourInfo& base) {
  ColourInfo from_colour = base, to_colour = base;
  from_colour.chroma_site = from_site;
  to_colour.chroma_site = to_site;
  const PictureSpec from{k420p12, 480, 480, from_colour}, to{k420p12, 240, 160, to_colour};
  const auto resolved = [&](ChromaSite site) {
    return site_offset(site == ChromaSite::kUnspecified && base.is_hdr() ? ChromaSite::kTopLeft : site);
  };
  // Whole codes at every sample of both pictures; u, v: 0 ... 1 across.
  const auto plane = [](double u, double v) { return 300 + 1920 * u + 960 * v; };
  const auto position = [&](const PictureSpec& spec, int p, int x, int y) {
    const auto [dx, dy] = resolved(spec.colour.chroma_site);
    const double column = p == 0 ? x : 2 * x + dx, row = p == 0 ? y : 2 * y + dy;
    return plane((column + 0.5) / spec.width, (row + 0.5) / spec.height);
  };
  const Picture in =
      draw(from, [&](int p, int x, int y) { return static_cast<int>(std::lround(position(from, p, x, y))); });
  const Picture out = run(converter(from, to), in);
  for (int p = 0; p < 3; ++p) {
    double sum = 0;
    int count = 0;
    const int width = p == 0 ? 240 : 120, height = p == 0 ? 160 : 80;
    for (int y = 8; y < height - 8; ++y) {
      for (int x = 8; x < width - 8; ++x, ++count) {
        const double error = sample(out, static_cast<size_t>(p), x, y) - position(to, p, x, y);
        EXPECT_LT(std::abs(error), 1.1) << "plane " << p;
        sum += error;
      }
    }
    // A quarter of a sample of the source is 1 code across and half a code down.
    EXPECT_NEAR(sum / count, 0.0, 0.1) << "plane " << p;
  }
}

TEST(Convert, ScalingKeepsPositionsOfLumaAndChroma) {
  expect_phase(ChromaSite::kLeft, ChromaSite::kLeft, kSdr);
  expect_phase(ChromaSite::kTopLeft, ChromaSite::kTopLeft, kHlg);
  expect_phase(ChromaSite::kUnspecified, ChromaSite::kUnspecified, kHlg);  // top-left is the default of BT.2020 HDR
  expect_phase(ChromaSite::kUnspecified, ChromaSite::kUnspecified, kSdr);
  expect_phase(ChromaSite::kTopLeft, ChromaSite::kLeft, kPq);
  expect_phase(ChromaSite::kCenter, ChromaSite::kLeft, kSdr);
}

TEST(Convert, AnEdgeStaysWhereItIs) {
  const PictureSpec from{k420p10, 3840, 64, kHlg}, to{k420p10, 1920, 32, kHlg};
  const Picture in = draw(from, [](int p, int x, int) { return p == 0 ? (x < 1920 ? 100 : 900) : 512; });
  const Picture out = run(converter(from, to), in);
  double dark = 0;  // how many columns the dark side is worth
  for (int x = 0; x < 1920; ++x) dark += (900.0 - sample(out, 0, x, 16)) / 800.0;
  EXPECT_NEAR(dark, 960.0, 0.05);
}

/// The same chroma field on two sites, to one site, without scaling: the point map moves chroma by itself.
TEST(Convert, ToneMappingKeepsPositionsOfChroma) {
  ColourInfo top_left = kHlg, left = kHlg, centre = kHlg;
  top_left.chroma_site = ChromaSite::kTopLeft;
  left.chroma_site = ChromaSite::kLeft;
  centre.chroma_site = ChromaSite::kCenter;
  ColourInfo target = kSdr;
  target.chroma_site = ChromaSite::kLeft;
  const PictureSpec to{k420p10, 64, 64, target};
  const auto field = [](double column, double row) { return 400 + 2 * row + 2 * column; };
  const auto convert = [&](const ColourInfo& colour) {
    const PictureSpec from{k420p10, 64, 64, colour};
    const std::pair<double, double> site = site_offset(colour.chroma_site);
    return run(converter(from, to), draw(from, [&](int p, int x, int y) {
                 return p == 0 ? 500 : static_cast<int>(std::lround(field(2 * x + site.first, 2 * y + site.second)));
               }));
  };
  const Picture a = convert(top_left), b = convert(left), c = convert(centre);
  for (size_t p = 0; p < 3; ++p) {
    const int size = p == 0 ? 64 : 32;
    double sum_a = 0, sum_c = 0;
    for (int y = 2; y < size - 2; ++y) {
      for (int x = 2; x < size - 2; ++x) {
        const int error_a = sample(a, p, x, y) - sample(b, p, x, y), error_c = sample(c, p, x, y) - sample(b, p, x, y);
        EXPECT_LE(std::abs(error_a), 2) << p << " " << x << " " << y;
        EXPECT_LE(std::abs(error_c), 2) << p << " " << x << " " << y;
        sum_a += error_a;
        sum_c += error_c;
      }
    }
    // Half a luma sample is a code of the source.
    EXPECT_NEAR(sum_a / ((size - 4) * (size - 4)), 0.0, 0.25) << p;
    EXPECT_NEAR(sum_c / ((size - 4) * (size - 4)), 0.0, 0.25) << p;
  }
  EXPECT_GT(sample(a, 1, 5, 30), sample(a, 1, 5, 2) + 40);  // the field is there
}

TEST(Convert, OddSourcesAreTakenOddTargetsRefused) {
  const PictureSpec from{k420p10, 1919, 1079, kHlg}, to{k420p8, 960, 540, kSdr};
  const Picture out = run(converter(from, to), flat(from, {721, 512, 512}));
  EXPECT_NEAR(ends(out, 0)[0], 166, 1);
  EXPECT_EQ(ends(out, 2), (std::array<int, 3>{128, 128, 0}));
  auto odd = Converter::make({k420p10, 1920, 1080, kHlg}, {k420p8, 961, 541, kSdr});
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().code, ErrorCode::kInvalidArgument);
  const PictureSpec tiny{k420p10, 3, 3, kHlg};
  EXPECT_EQ(run(converter(tiny, {k420p8, 2, 2, kSdr}), flat(tiny, {64, 512, 512})).width(), 2);
}

TEST(Convert, UnalignedPicturesGiveTheSameBytes) {
  const PictureSpec from{k420p10, 130, 66, kHlg};
  std::mt19937 random(3);
  const Picture aligned = draw(from, [&](int, int, int) { return static_cast<int>(300 + random() % 400); });
  auto memory = std::make_shared<std::vector<std::byte>>(200000);
  PictureView view = aligned.view();
  size_t offset = 6;
  for (auto& plane : view.planes) {
    std::byte* start = memory->data() + offset;
    for (int y = 0; y < plane.height; ++y)
      std::copy_n(plane.data + y * plane.stride, plane.width * 2, start + y * (plane.width * 2 + 2));
    plane.data = start;
    plane.stride = plane.width * 2 + 2;
    offset += static_cast<size_t>(plane.stride * plane.height);
  }
  const Picture shifted = Picture::wrap(view, memory);
  for (const PictureSpec& to :
       {PictureSpec{k420p8, 64, 32, kSdr}, PictureSpec{k420p8, 130, 66, kSdr}, PictureSpec{k420p10, 64, 32, kHlg}}) {
    const Converter convert = converter(from, to);
    const Picture a = run(convert, aligned), b = run(convert, shifted);
    for (size_t p = 0; p < 3; ++p)
      for (int y = 0; y < a.view().planes[p].height; ++y)
        for (int x = 0; x < a.view().planes[p].width; ++x) ASSERT_EQ(sample(a, p, x, y), sample(b, p, x, y));
  }
}

// --- depth, range, contract ---------------------------------------------------------------------------------------

TEST(Convert, DepthGoesUpExactlyAndDownWithDither) {
  const PictureSpec eight{k420p8, 256, 64, kSdr}, ten{k420p10, 256, 64, kSdr};
  const Picture ramp = draw(eight, [](int, int x, int) { return x; });
  const Picture up = run(converter(eight, ten), ramp);
  for (int x = 0; x < 256; ++x) EXPECT_EQ(sample(up, 0, x, 7), 4 * x);
  const Picture back = run(converter(ten, eight), up);
  for (int x = 0; x < 256; ++x) EXPECT_EQ(sample(back, 0, x, 7), x);
  const Picture between = run(converter(ten, eight), flat(ten, {402, 513, 511}));
  double sum = 0;
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 256; ++x) sum += sample(between, 0, x, y);
  EXPECT_NEAR(sum / (256 * 64), 100.5, 0.05);
  EXPECT_EQ(ends(between, 0), (std::array<int, 3>{100, 101, 0}));
}

TEST(Convert, ToneMappedEightBitsAreDithered) {
  const PictureSpec from{k420p10, 64, 64, kHlg}, fine{k420p10, 64, 64, kSdr}, coarse{k420p8, 64, 64, kSdr};
  for (const int luma : {300, 431, 522, 613}) {
    const Picture picture = flat(from, {luma, 512, 512});
    const double wanted = sample(run(converter(from, fine), picture), 0, 3, 3) / 4.0;
    const Picture out = run(converter(from, coarse), picture);
    double sum = 0;
    for (int y = 0; y < 64; ++y)
      for (int x = 0; x < 64; ++x) sum += sample(out, 0, x, y);
    EXPECT_NEAR(sum / (64 * 64), wanted, 0.16);
    EXPECT_LE(ends(out, 0)[1] - ends(out, 0)[0], 1);
  }
}

TEST(Convert, FullRangeBecomesNarrow) {
  const PictureSpec from{k420p8, 64, 64, kSdrFull}, to{k420p8, 64, 64, kSdr};
  EXPECT_EQ(sample(run(converter(from, to), flat(from, {0, 128, 128})), 0, 4, 4), 16);
  EXPECT_EQ(sample(run(converter(from, to), flat(from, {255, 128, 128})), 0, 4, 4), 235);
}

TEST(Convert, EqualSpecsShareThePicture) {
  const PictureSpec spec{k420p10, 64, 64, kHlg};
  const Converter convert = converter(spec, spec);
  EXPECT_TRUE(convert.identity());
  const Picture in = flat(spec, {500, 512, 512});
  EXPECT_EQ(run(convert, in).view().planes[0].data, in.view().planes[0].data);
  EXPECT_EQ(convert.describe(), "64p HLG BT.2020 -> 64p HLG BT.2020: unchanged");
  EXPECT_FALSE(converter(spec, {k420p8, 64, 64, kSdr}).identity());
  EXPECT_TRUE(converter({k420p8, 64, 64, {}}, {k420p8, 64, 64, kSdr}).identity());
}

TEST(Convert, PicturesOutliveTheConverterAndTheirMemoryIsUsedAgain) {
  const PictureSpec from{k420p10, 64, 64, kHlg}, to{k420p10, 64, 64, kSdr};
  Picture kept;
  {
    const Converter convert = converter(from, to);
    kept = run(convert, flat(from, {721, 512, 512}));
    const std::byte* memory = nullptr;
    {
      const Picture other = run(convert, flat(from, {64, 512, 512}));
      memory = other.view().planes[0].data;
      EXPECT_NE(memory, kept.view().planes[0].data);
      EXPECT_EQ(ends(other, 0)[1], 64);
    }
    EXPECT_EQ(run(convert, flat(from, {940, 512, 512})).view().planes[0].data, memory);
  }
  EXPECT_NEAR(ends(kept, 0)[0], 666, 2);
  EXPECT_EQ(ends(kept, 0)[0], ends(kept, 0)[1]);
}

TEST(Convert, SaysWhatItDoes) {
  EXPECT_EQ(converter({k420p10, 3840, 2160, kHlg}, {k420p10, 1920, 1080, kSdr}).describe(),
            "2160p HLG BT.2020 -> 1080p BT.709: Lanczos, BT.2446 A, peak 1000 nit");
  EXPECT_EQ(converter({k420p8, 64, 64, {}}, {k420p10, 128, 128, kSdr}).describe(),
            "64p BT.709 -> 128p BT.709: Spline36, 8 to 10 bit, source colour not stated, taken as BT.709");
  EXPECT_EQ(converter({kRgb12, 64, 64, kPqP3}, {k420p10, 64, 64, kPq}).describe(),
            "64p PQ P3-D65 -> 64p PQ BT.2020: RGB to 4:2:0, primaries in linear light, full to narrow range, 12 to 10 "
            "bit");
}

TEST(Convert, RefusesWhatItCannotDo) {
  const auto code = [](const PictureSpec& from, const PictureSpec& to) {
    auto made = Converter::make(from, to);
    return made ? ErrorCode::kInternal : made.error().code;
  };
  EXPECT_EQ(code({k420p10, 64, 64, kPq}, {{8, Chroma::k400}, 64, 64, kSdr}), ErrorCode::kInputUnsupported);
  EXPECT_EQ(code({k420p10, 0, 64, kPq}, {k420p8, 64, 64, kSdr}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({{7, Chroma::k420}, 64, 64, kPq}, {k420p8, 64, 64, kSdr}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({k420p10, 64, 64, kPq}, {k420p8, 1 << 20, 64, kSdr}), ErrorCode::kInvalidArgument);
  const PictureSpec from{k420p10, 64, 64, kHlg};
  const Converter convert = converter(from, {k420p8, 64, 64, kSdr});
  const auto wrong = convert.run(flat({k420p10, 66, 64, kHlg}, {500, 512, 512}));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(convert.run(Picture()));
}

TEST(Convert, AnyCodeInAnyPlaceIsSafe) {
  std::mt19937 random(5);
  for (const PictureSpec& from : {PictureSpec{k420p10, 130, 70, kHlg}, PictureSpec{k422p10, 66, 66, kPq},
                                  PictureSpec{kRgb12, 70, 66, kPqP3}, PictureSpec{k444p12, 66, 70, kHlg}}) {
    // Codes beyond the depth too: a damaged stream may hold them.
    const Picture in = draw(from, [&](int, int, int) { return static_cast<int>(random() & 0xffff); });
    for (const auto& [width, height] : {std::pair{from.width, from.height}, std::pair{34, 18}}) {
      const Picture out = run(converter(from, {k420p8, width & ~1, height & ~1, kSdr}), in);
      EXPECT_EQ(out.format(), k420p8);
    }
  }
}

TEST(Convert, ManyThreadsGiveWhatOneGives) {
  const PictureSpec from{k420p10, 320, 180, kHlg}, to{k420p8, 160, 90, kSdr};
  const Converter convert = converter(from, to);
  std::vector<Picture> in, alone;
  for (unsigned i = 0; i < 8; ++i) {
    std::mt19937 random(i);
    in.push_back(draw(from, [&](int, int, int) { return static_cast<int>(200 + random() % 600); }));
    alone.push_back(run(convert, in.back()));
  }
  std::vector<Picture> together(8);
  {
    std::vector<std::jthread> threads;
    for (size_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (size_t i = t; i < 8; i += 4) together[i] = convert.run(in[i]).value();
      });
  }
  for (size_t i = 0; i < 8; ++i)
    for (size_t p = 0; p < 3; ++p)
      for (int y = 0; y < alone[i].view().planes[p].height; ++y)
        for (int x = 0; x < alone[i].view().planes[p].width; ++x)
          ASSERT_EQ(sample(alone[i], p, x, y), sample(together[i], p, x, y));
}

}  // namespace
}  // namespace pier::colour
