#include "plots.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "series.hpp"
#include "test_document.hpp"

namespace pier::reports {
namespace {

using test::document;
using testing::HasSubstr;

TEST(Series, ReadsColumnsByNameAndSkipsWhatIsNoRow) {
  const json::value owner = parse_json(R"({"t": [[0, 1, 2], [25, null, 3], "x", [1], [null, 1, 2]],
                                           "t_columns": ["first_frame", "max_nits", "mean_fall_nits"]})")
                                .value();
  const Series series = read_series(owner, "t", "t_columns", Axis{4, 0, 25});
  ASSERT_EQ(series.rows.size(), 2U);
  EXPECT_DOUBLE_EQ(series.rows[1].seconds, 1.0);
  EXPECT_TRUE(std::isnan(series.rows[1].values[0]));
  EXPECT_EQ(series.column("mean"), 1U);
  EXPECT_FALSE(series.column("none"));
}

TEST(Series, OtherShapesGiveNothing) {
  for (const char* text :
       {"{}", "[]", R"({"t": 5, "t_columns": ["a", "b"]})", R"({"t": [[1, 2]]})",
        R"({"t": [[1, 2]], "t_columns": ["apples", "b"]})", R"({"t": [[1]], "t_columns": ["frame"]})"}) {
    EXPECT_TRUE(read_series(parse_json(text).value(), "t", "t_columns", Axis{}).empty()) << text;
  }
}

TEST(Plots, LuminanceIsDrawnOnThePqScale) {
  const auto plots = timelines(document(), false);
  ASSERT_EQ(plots.size(), 4U);
  ASSERT_TRUE(plots[0].drawing);
  const std::string svg = to_svg(*plots[0].drawing);
  EXPECT_THAT(svg, HasSubstr(">10000</text>"));
  EXPECT_THAT(svg, HasSubstr(">203</text>"));
  // 100 cd/m2 is PQ 0.508: just above the middle of the plot (10 to 206 px).
  const auto& shapes = plots[0].drawing->shapes();
  const auto label = std::ranges::find_if(shapes, [](const Shape& s) { return s.text == "100"; });
  ASSERT_NE(label, shapes.end());
  EXPECT_NEAR(label->points[0].y - 3.5, 206 - 0.5081 * 196, 0.1);
}

TEST(Plots, FindingsOfBrokenRulesAreBands) {
  const auto plots = timelines(document(), false);
  const auto& shapes = plots[0].drawing->shapes();
  const auto bands =
      std::ranges::count_if(shapes, [](const Shape& s) { return s.kind == Shape::Kind::kBox && s.opacity < 0.2; });
  EXPECT_EQ(bands, 2);  // the freeze broke no rule
}

TEST(Plots, RateShotsAndColoursAreDrawn) {
  Document with = document();
  with.analysis->measures["bitrate"] = {
      {"streams",
       {{{"stream", 1}, {"timeline_step_seconds", 1}, {"timeline_kbps", {9, 9, 9, 9}}},
        {{"stream", 0}, {"timeline_step_seconds", 1.0}, {"timeline_kbps", {36000, 42000, 0, 41000}}}}}};
  with.analysis->measures["shots"] = {{"columns", {"first_frame", "last_frame", "begins_with", "keyframe"}},
                                      {"list", {{0, 39, "start", 20}, {40, 99, "cut", 66}}}};
  with.analysis->measures["hdr_use"] = {
      {"xy", {{"columns", 64}, {"rows", 64}, {"x_end", 0.8}, {"y_end", 0.9}, {"cells", {{25, 23, 900}, {30, 24, 1}}}}}};
  const auto plots = timelines(with, false);
  ASSERT_TRUE(plots[2].drawing && plots[3].drawing);
  EXPECT_THAT(to_svg(*plots[2].drawing), HasSubstr(">40</text>"));
  EXPECT_EQ(plots[3].note, "2 shots");
  const auto shots = shots_of(*with.analysis);
  ASSERT_EQ(shots.size(), 2U);
  EXPECT_EQ(shots[1].first_frame, 40);
  EXPECT_EQ(shots[1].key_frame, 66);
  const size_t boxes = static_cast<size_t>(
      std::ranges::count(gamut_plot(with, false).drawing->shapes(), Shape::Kind::kBox, &Shape::kind));
  EXPECT_EQ(boxes, 2U);
}

TEST(Plots, WhatIsMissingIsSaid) {
  Document bare = document();
  bare.analysis->measures = {};
  for (const Plot& plot : timelines(bare, false)) {
    EXPECT_FALSE(plot.drawing) << plot.title;
    EXPECT_FALSE(plot.missing.empty());
  }
  EXPECT_THAT(gamut_plot(bare, false).note, HasSubstr("triangles only"));
}

TEST(Plots, HostileMeasuresDrawNothingAndBreakNothing) {
  Document odd = document();
  odd.analysis->measures["luminance"] = "text";
  odd.analysis->measures["loudness"] = {{"programmes", {1, "x", nullptr, json::object{{"timeline", 5}}}}};
  odd.analysis->measures["hdr_use"] = {
      {"xy", {{"columns", 4}, {"rows", 4}, {"cells", {1, {1, 2}, {"a", "b", "c"}, {3, 3, -1}}}}}};
  odd.analysis->measures["bitrate"] = {{"streams", {nullptr, {{"stream", 0}, {"timeline_kbps", {1, "x", nullptr}}}}}};
  odd.analysis->measures["shots"] = {{"columns", {"first_frame", "keyframe"}}, {"list", {{-5, 1e300}, {"x", 2}}}};
  odd.facts.video[0].frame_rate = Rational(0);
  odd.facts.video[0].duration = Rational(0);
  odd.facts.duration = Rational(0);
  for (const Plot& plot : timelines(odd, true)) EXPECT_FALSE(plot.drawing) << plot.title;
  EXPECT_TRUE(gamut_plot(odd, true).drawing);
}

TEST(Drawing, SvgEscapesItsTexts) {
  Drawing drawing(10, 10, "a <title>");
  drawing.text({1, 1}, "</text><script>", 8, "#000000");
  const std::string svg = to_svg(drawing);
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  EXPECT_THAT(svg, HasSubstr("&lt;/text&gt;&lt;script&gt;"));
  EXPECT_THAT(svg, HasSubstr("a &lt;title&gt;"));
}

}  // namespace
}  // namespace pier::reports
