// Where things lie after a conversion: sites of chroma, edges, scaling.

#include "test_pictures.hpp"

namespace pier::colour {
namespace {

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

}  // namespace
}  // namespace pier::colour
