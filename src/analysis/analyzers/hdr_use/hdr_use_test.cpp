#include "analyzers/hdr_use/hdr_use.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include <pier/colour/gamut.hpp>
#include <pier/colour/transfer.hpp>

#include "split_run.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

/// Linear light of BT.2020 (or BT.709 for SDR), in cd/m2, into the left or right half of the picture.
void paint(MutablePictureView& picture, const ClipSpec& spec, const colour::Rgb& nits, bool right) {
  colour::Rgb signal = nits;
  if (spec.kind == Kind::kPq) {
    for (double& v : signal) v = colour::pq_inverse_eotf(v);
  } else if (spec.kind == Kind::kHlg) {
    signal = colour::hlg_inverse_ootf(nits, 1000);
    for (double& v : signal) v = colour::hlg_oetf(v);
  } else {
    for (double& v : signal) v = colour::bt1886_inverse_eotf(v, 100);
  }
  const ColourInfo info = test::colour_of(spec.kind);
  const colour::Rgb ycc = colour::to_ycbcr(signal, *colour::luma_weights(info.matrix));
  for (size_t p = 0; p < 3; ++p) {
    const auto& plane = picture.planes[p];
    const double code = p == 0 ? colour::luma_code(ycc[p], spec.bit_depth, Range::kNarrow)
                               : colour::chroma_code(ycc[p], spec.bit_depth, Range::kNarrow);
    for (int y = 0; y < plane.height; ++y) {
      for (int x = right ? plane.width / 2 : 0; x < (right ? plane.width : plane.width / 2); ++x) {
        test::set_sample(picture, static_cast<int>(p), x, y, static_cast<int>(std::lround(code)));
      }
    }
  }
}

/// Eleven seconds of 25 fps of two halves.
AnalysisResult halves(Kind kind, const colour::Rgb& left, const colour::Rgb& right) {
  const ClipSpec spec{.kind = kind, .width = 64, .height = 32, .frames = 276, .fps = 25};
  return test::analyse_clip(spec, [&](MutablePictureView& picture, int) {
    paint(picture, spec, left, false);
    paint(picture, spec, right, true);
  });
}

const json::object& use(const AnalysisResult& result) {
  return result.measures.at("hdr_use").as_object();
}
size_t count(const AnalysisResult& result, const std::string& kind) {
  return test::of_kind(result, kind).size();
}

class HdrUse : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Transfers, HdrUse, testing::Values(Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

TEST_P(HdrUse, SdrInHdrIsStated) {
  // BT.709 red and grey within SDR white.
  const auto red = colour::multiply(
      colour::rgb_to_rgb(*colour::primaries_xy(Primaries::kBt709), *colour::primaries_xy(Primaries::kBt2020)),
      colour::Rgb{100, 5, 5});
  const auto result = halves(GetParam(), red, {190, 190, 190});
  ASSERT_EQ(count(result, "hdr_use.sdr_in_hdr"), 1U);
  EXPECT_EQ(count(result, "hdr_use.suspect_transfer"), 0U);
  const Finding finding = test::of_kind(result, "hdr_use.sdr_in_hdr")[0];
  EXPECT_EQ(finding.first_frame, 0);
  EXPECT_EQ(finding.last_frame, 275);
  EXPECT_EQ(use(result).at("above_sdr_share").as_double(), 0.0);
}

TEST_P(HdrUse, LightAboveSdrWhiteIsHdr) {
  const auto result = halves(GetParam(), {300, 300, 300}, {20, 20, 20});
  EXPECT_EQ(count(result, "hdr_use.sdr_in_hdr"), 0U);
  EXPECT_EQ(count(result, "hdr_use.suspect_transfer"), 0U);
  EXPECT_EQ(use(result).at("above_sdr_share").as_double(), 0.5);
}

TEST_P(HdrUse, ColoursOutsideBt709AreCounted) {
  // P3 green and BT.2020 green: both outside BT.709, one outside P3.
  const auto green = colour::multiply(
      colour::rgb_to_rgb(*colour::primaries_xy(Primaries::kP3D65), *colour::primaries_xy(Primaries::kBt2020)),
      colour::Rgb{1, 100, 1});
  const auto result = halves(GetParam(), green, {1, 100, 1});
  EXPECT_EQ(count(result, "hdr_use.sdr_in_hdr"), 0U);
  EXPECT_NEAR(use(result).at("outside_bt709_share").as_double(), 1.0, 1e-9);
  EXPECT_NEAR(use(result).at("outside_p3_share").as_double(), 0.5, 1e-9);
}

TEST_P(HdrUse, ShortClipsAreNotJudged) {
  const ClipSpec spec{.kind = GetParam(), .width = 64, .height = 32, .frames = 240, .fps = 25};
  EXPECT_EQ(count(test::analyse_clip(spec), "hdr_use.sdr_in_hdr"), 0U);
}

TEST(HdrUseXy, CellsHoldTheChromaticity) {
  const auto result = halves(Kind::kPq, {100, 100, 100}, {100, 0, 0});
  const auto& cells = use(result).at("xy").at("cells").as_array();
  // D65 (0.3127, 0.3290) is cell 25, 23; BT.2020 red (0.708, 0.292) is cell 56, 20.
  const auto has = [&](int64_t column, int64_t row) {
    for (const json::value& cell : cells) {
      if (std::abs(cell.at(0).as_int64() - column) <= 1 && std::abs(cell.at(1).as_int64() - row) <= 1) return true;
    }
    return false;
  };
  EXPECT_TRUE(has(25, 23));
  EXPECT_TRUE(has(56, 20));
  EXPECT_LE(cells.size(), 4U);
}

/// Gamma codes of an SDR picture, tagged as HDR.
AnalysisResult mistagged(Kind kind) {
  const ClipSpec sdr{.kind = Kind::kSdr};
  const ClipSpec spec{.kind = kind, .width = 256, .height = 16, .frames = 276, .fps = 25};
  std::vector<int> codes;  // dark to white
  for (int x = 0; x < spec.width; ++x)
    codes.push_back(test::luma_code(sdr, std::pow((x + 0.5) / spec.width, 2.0) * 100));
  return test::analyse_clip(spec, [&](MutablePictureView& picture, int) {
    for (int y = 0; y < picture.height; ++y) {
      for (int x = 0; x < picture.width; ++x) test::set_sample(picture, 0, x, y, codes[static_cast<size_t>(x)]);
    }
  });
}

TEST_P(HdrUse, GammaCodesTaggedAsHdrAreSuspect) {
  const auto result = mistagged(GetParam());
  ASSERT_EQ(count(result, "hdr_use.suspect_transfer"), 1U);
  EXPECT_EQ(test::of_kind(result, "hdr_use.suspect_transfer")[0].measures.at("certainty").as_string(), "uncertain");
}

TEST(HdrUseSdr, SdrIsMeasuredAndNeverJudged) {
  const auto result = halves(Kind::kSdr, {90, 90, 90}, {10, 10, 10});
  EXPECT_EQ(count(result, "hdr_use"), 0U);
  EXPECT_TRUE(result.findings.empty() || !result.findings[0].kind.starts_with("hdr_use"));
  EXPECT_NEAR(use(result).at("mean_nits").as_double(), 50, 1);
}

TEST(HdrUseState, AnySplitEqualsTheWhole) {
  std::mt19937 random(11);
  AnalyzerContext context;
  context.video = VideoContext{.stream_index = 0, .time_base = Rational(1, 25), .frame_rate = 25};
  const auto analyzer = HdrUseAnalyzer::make(context);
  for (int round = 0; round < 2; ++round) {
    const auto clip = test::measure_clip(*analyzer, 300, [&](int frame) {
      const ClipSpec spec{.kind = round % 2 == 0 || frame < 200 ? Kind::kPq : Kind::kSdr, .width = 64, .height = 32};
      return test::picture_of(spec, frame);
    });
    const std::string whole = test::run_whole(HdrUseAnalyzer::make, context, clip);
    ASSERT_EQ(whole.find("hdr_use.sdr_in_hdr\",\"severity") != std::string::npos, round % 2 == 0);
    for (int split = 0; split < 5; ++split) {
      ASSERT_EQ(test::run_split(HdrUseAnalyzer::make, context, clip, random), whole);
    }
  }
}

TEST(HdrUseState, DamagedStateIsRefused) {
  const auto analyzer = HdrUseAnalyzer::make({});
  for (const char* bad :
       {"1", "{}", R"({"uses":[{"key":9,"use":{}}],"of":[0,0,0,0,0]})", R"({"uses":[],"of":[1,5,5,5,5]})"}) {
    EXPECT_FALSE(analyzer->load(*parse_json(bad))) << bad;
  }
}

}  // namespace
}  // namespace pier::analysis
