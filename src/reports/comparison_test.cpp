#include <gtest/gtest.h>

#include <pier/reports/comparison.hpp>

namespace pier::reports {
namespace {

json::object example() {
  return parse_json(R"({"compared": 3, "measured_at": "64x64 yuv420p10", "other_raster": true, "test_way": "scaled",
      "reference": {"path": "a.mov"}, "test": {"path": "<script>alert(1)</script>.mp4"},
      "alignment": {"offset_seconds": -0.28, "doubtful": true, "doubt": "the picture after is nearer"},
      "figures": {"xpsnr": {"mean": 38.25, "harmonic_mean": 38.1, "p5": 35.5, "min": 35.5, "unit": "dB",
                            "higher_is_better": true},
                  "de_itp": {"mean": 0.5, "p95": 1.25, "max": 1.25, "unit": "", "higher_is_better": false}},
      "series": ["xpsnr", "de_itp"], "shots": [{"start_seconds": 0}, {"start_seconds": 0.04}],
      "pictures": [[0, 7, 0, [40, 0.1]], [1, 8, 0.04, [35.5, 1.25]], [2, 9, 0.08, [39.25, 0.15]]],
      "worst": [{"picture": 1, "width": 64, "height": 64, "reference_jpeg": "QUJD", "test_jpeg": "REVG"}],
      "notes": ["TEST is <odd>"]})")
      .value()
      .as_object();
}

TEST(Comparison, PageHasPlotsAndTheWorstPictures) {
  const std::string html = render_comparison(example());
  size_t plots = 0;
  for (size_t at = html.find("<polyline"); at != std::string::npos; at = html.find("<polyline", at + 1)) ++plots;
  EXPECT_EQ(plots, 2U);
  for (const char* text :
       {"38.25", "1.25000", "data:image/jpeg;base64,QUJD", "data:image/jpeg;base64,REVG", "0.040 s: 35.5", "-0.280 s",
        "The alignment is doubtful", "scaled to the raster of the reference"})
    EXPECT_NE(html.find(text), std::string::npos) << text;
}

TEST(Comparison, PageLoadsNothingAndEscapesEverything) {
  const std::string html = render_comparison(example());
  for (const char* text : {"<script", "<odd>", "http://", "https://", "url("})
    EXPECT_EQ(html.find(text), std::string::npos) << text;
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(html, render_comparison(example()));
}

}  // namespace
}  // namespace pier::reports
