#include "metadata.hpp"

#include <gtest/gtest.h>

#include "analyzers/metadata/plausible.hpp"
#include "test_packets.hpp"

namespace pier::analysis {
namespace {

using test::of_kind;

constexpr MasteringDisplay kP3{{34000, 16000}, {13250, 34500}, {7500, 3000}, {15635, 16450}, 10'000'000, 50};

/// 40 pictures, IDR every 10, with a pyramid in between.
std::vector<test::UnitSpec> clip() {
  std::string text;
  for (int group = 0; group < 4; ++group) {
    const int at = 10 * group;
    const auto add = [&](char letter, int offset) {
      text += std::string(1, letter) + "(" + std::to_string(at + offset) + ")";
    };
    add('I', 0);
    for (const int anchor : {4, 8}) {
      add('P', anchor);
      add('B', anchor - 2);
      add('b', anchor - 3);
      add('b', anchor - 1);
    }
    add('P', 9);
  }
  return test::units_of(text.c_str());
}

std::vector<test::UnitSpec> hdr_clip() {
  auto units = clip();
  for (auto& spec : units) {
    if (spec.unit.access != media::PictureAccess::kIdr) continue;
    spec.unit.mastering_display = kP3;
    spec.unit.content_light = ContentLight{900, 300};
  }
  return units;
}

test::UnitSpec& shown_at(std::vector<test::UnitSpec>& units, int64_t pts) {
  for (auto& spec : units) {
    if (spec.pts == pts) return spec;
  }
  std::abort();
}

Outcome run(const std::vector<test::UnitSpec>& units) {
  MetadataAnalyzer analyzer(test::context_of());
  return test::feed(analyzer, units);
}

TEST(Metadata, SteadyMetadataHasNoFinding) {
  const Outcome outcome = run(hdr_clip());
  EXPECT_TRUE(outcome.findings.empty());
  const auto& display = outcome.measures.at("mastering_display");
  EXPECT_EQ(display.at("times").as_int64(), 4);
  EXPECT_EQ(display.at("access_points_without").as_int64(), 0);
  EXPECT_EQ(display.at("values").at(0).at("gamut").as_string(), "p3-d65");
  EXPECT_TRUE(run(clip()).findings.empty());
}

TEST(Metadata, LightThatChangesIsNamedWhereItDoes) {
  auto units = hdr_clip();
  shown_at(units, 20).unit.content_light = ContentLight{1000, 300};
  const auto found = of_kind(run(units), "metadata.changed.content_light");
  ASSERT_EQ(found.size(), 2U);  // there and back
  EXPECT_EQ(found[0].first_frame, 20);
  EXPECT_EQ(found[0].measures.at("from").at("max_cll").to_number<int>(), 900);
  EXPECT_EQ(found[0].measures.at("to").at("max_cll").to_number<int>(), 1000);
  EXPECT_EQ(found[1].first_frame, 30);
}

TEST(Metadata, FirstPictureWithout) {
  auto units = hdr_clip();
  shown_at(units, 0).unit.mastering_display.reset();
  shown_at(units, 20).unit.mastering_display.reset();
  const Outcome outcome = run(units);
  const auto found = of_kind(outcome, "metadata.late.mastering_display");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first_frame, 0);
  EXPECT_EQ(found[0].last_frame, 9);
  EXPECT_EQ(found[0].time.end, Rational(10, 50));
  EXPECT_TRUE(of_kind(outcome, "metadata.late.content_light").empty());
  EXPECT_EQ(outcome.measures.at("mastering_display").at("access_points_without").as_int64(), 1);
}

TEST(Metadata, PicturesWithoutDynamicMetadata) {
  auto units = clip();
  for (auto& spec : units) {
    spec.unit.hdr10_plus = spec.pts < 13 || spec.pts > 15;
    spec.unit.dovi_rpu = spec.pts != 39;
    spec.unit.hdr_vivid = true;
  }
  const Outcome outcome = run(units);
  auto found = of_kind(outcome, "metadata.missing_dynamic.hdr10_plus");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first_frame, 13);
  EXPECT_EQ(found[0].last_frame, 15);
  EXPECT_EQ(found[0].time.start, Rational(13, 50));
  EXPECT_EQ(found[0].time.end, Rational(16, 50));
  found = of_kind(outcome, "metadata.missing_dynamic.dolby_vision");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first_frame, 39);
  EXPECT_TRUE(of_kind(outcome, "metadata.missing_dynamic.hdr_vivid").empty());
  EXPECT_TRUE(outcome.measures.at("hdr_vivid_complete").as_bool());
  EXPECT_FALSE(outcome.measures.at("hdr10_plus_complete").as_bool());
  EXPECT_EQ(outcome.measures.at("hdr10_plus").at("pictures_without").as_int64(), 3);
}

TEST(Metadata, WhatTheContainerDeclaresMustBePossible) {
  AnalyzerContext context = test::context_of();
  context.video->mastering_display = kP3;
  context.video->mastering_display->max_luminance = 1000;
  context.video->content_light = ContentLight{400, 500};
  MetadataAnalyzer analyzer(context);
  const Outcome outcome = test::feed(analyzer, clip());
  const auto display = of_kind(outcome, "metadata.st2086_implausible");
  ASSERT_EQ(display.size(), 1U);
  EXPECT_EQ(display[0].measures.at("values").at(0).at("problems").at(0).as_string(), "max_luminance_unit");
  EXPECT_EQ(of_kind(outcome, "metadata.light_implausible").size(), 1U);
}

TEST(Metadata, HundredThousandChangesStayBounded) {
  std::vector<test::UnitSpec> units;
  for (int i = 0; i < 5000; ++i) {
    test::UnitSpec spec = test::units_of("I(0)")[0];
    spec.pts = spec.dts = i;
    spec.unit.content_light = ContentLight{static_cast<uint16_t>(1 + i), 1};
    units.push_back(spec);
  }
  const Outcome outcome = run(units);
  EXPECT_EQ(of_kind(outcome, "metadata.changed.content_light").size(), kMaxFindings);
  EXPECT_EQ(outcome.totals.at("metadata.changed.content_light").count, 4999);
  EXPECT_EQ(outcome.measures.at("content_light").at("values").as_array().size(), MetadataAnalyzer::kMaxVersions);
}

TEST(Plausible, Displays) {
  using impl::mastering_problems;
  using Words = std::vector<std::string>;
  EXPECT_EQ(mastering_problems(kP3), Words{});
  MasteringDisplay bt2020{{35400, 14600}, {8500, 39850}, {6550, 2300}, {15635, 16450}, 40'000'000, 50};
  EXPECT_EQ(mastering_problems(bt2020), Words{});
  EXPECT_EQ(impl::gamut_name(bt2020), "bt2020");
  MasteringDisplay rgb_order = kP3;  // red, green, blue where green, blue, red belong
  rgb_order.green = kP3.red;
  rgb_order.blue = kP3.green;
  rgb_order.red = kP3.blue;
  EXPECT_EQ(mastering_problems(rgb_order), Words{"primaries_order"});
  MasteringDisplay tiny{{708, 292}, {170, 797}, {131, 46}, {313, 329}, 10'000'000, 50};
  EXPECT_EQ(mastering_problems(tiny), Words{"primaries_unit"});
  MasteringDisplay beyond = kP3;
  beyond.red.y = 40000;
  EXPECT_EQ(mastering_problems(beyond), Words{"primaries_impossible"});
  MasteringDisplay white = kP3;
  white.white = {3000, 2000};
  EXPECT_EQ(mastering_problems(white), Words{"white_outside"});
  MasteringDisplay empty{};
  EXPECT_EQ(mastering_problems(empty), (Words{"primaries_unit", "max_not_above_min", "max_luminance_too_low"}));
  MasteringDisplay nits = kP3;
  nits.max_luminance = 1000;
  EXPECT_EQ(mastering_problems(nits), Words{"max_luminance_unit"});
  nits.max_luminance = 100'000'001;
  EXPECT_EQ(mastering_problems(nits), Words{"max_luminance_too_high"});
  nits.max_luminance = 10'000'000;
  nits.min_luminance = 10'000'000;
  EXPECT_EQ(mastering_problems(nits), (Words{"max_not_above_min", "min_luminance_too_high"}));
}

TEST(Plausible, Light) {
  using impl::light_problems;
  using Words = std::vector<std::string>;
  EXPECT_EQ(light_problems({1000, 400}, kP3), Words{});
  EXPECT_EQ(light_problems({1001, 400}, kP3), Words{});  // rounding
  EXPECT_EQ(light_problems({1002, 400}, kP3), Words{"max_cll_above_mastering_display"});
  EXPECT_EQ(light_problems({0, 0}, kP3), Words{});
  EXPECT_EQ(light_problems({0, 300}, kP3), Words{});  // 0: not known
  EXPECT_EQ(light_problems({300, 301}, std::nullopt), Words{"max_fall_above_max_cll"});
  EXPECT_EQ(light_problems({10001, 300}, std::nullopt), Words{"max_cll_too_high"});
}

}  // namespace
}  // namespace pier::analysis
