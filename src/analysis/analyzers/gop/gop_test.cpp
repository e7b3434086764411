#include "gop.hpp"

#include <gtest/gtest.h>

#include "test_packets.hpp"

namespace pier::analysis {
namespace {

using test::of_kind;
using test::units_of;

Outcome run(const std::vector<test::UnitSpec>& units, int fps = 50) {
  GopAnalyzer analyzer(test::context_of(fps));
  return test::feed(analyzer, units);
}

double number(const json::object& measures, const char* group, const char* name) {
  return measures.at(group).at(name).as_double();
}

TEST(Gop, ClosedGroupsOfAPyramid) {
  const Outcome outcome = run(units_of("I(0)P(4)B(2)b(1)b(3)I(5)P(9)B(7)b(6)b(8)I(10)P(14)B(12)b(11)b(13)"));
  EXPECT_TRUE(outcome.findings.empty());
  const json::object& m = outcome.measures;
  EXPECT_EQ(m.at("groups").as_int64(), 3);
  EXPECT_TRUE(m.at("closed").as_bool());
  EXPECT_EQ(m.at("b_depth").as_int64(), 2);
  EXPECT_EQ(m.at("longest_b_run").as_int64(), 3);
  EXPECT_EQ(m.at("i_pictures").as_int64(), 3);
  EXPECT_EQ(m.at("b_pictures").as_int64(), 9);
  EXPECT_EQ(number(m, "length_pictures", "max"), 5);
  EXPECT_EQ(number(m, "idr_spacing_pictures", "mean"), 5);
  EXPECT_EQ(number(m, "idr_spacing_seconds", "max"), 0.1);
}

TEST(Gop, LeadingPicturesOpenAGroup) {
  const Outcome outcome = run(units_of("I(0)P(1)P(2)C(5)L(3)L(4)P(6)C(9)l(7)L(8)P(10)C(11)P(12)"));
  EXPECT_TRUE(outcome.findings.empty());
  EXPECT_EQ(outcome.measures.at("open_groups").as_int64(), 2);
  EXPECT_FALSE(outcome.measures.at("closed").as_bool());
}

TEST(Gop, StartThatCannotBeDecoded) {
  const Outcome outcome = run(units_of("P(0)P(1)I(2)P(3)I(4)P(5)"));
  const auto found = of_kind(outcome, "gop.start");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].measures.at("pictures_before_access").as_int64(), 2);
  EXPECT_EQ(found[0].time.start, Rational(0));
}

TEST(Gop, LeadingPicturesOfTheFirstAccessPointAreLost) {
  const auto found = of_kind(run(units_of("C(2)L(0)L(1)P(3)C(6)L(4)L(5)P(7)")), "gop.start");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].measures.at("pictures_before_access").as_int64(), 0);
  EXPECT_EQ(found[0].measures.at("leading_pictures_lost").as_int64(), 2);
}

TEST(Gop, LongGapWithoutAccess) {
  auto units = units_of("I(0)");
  const auto add = [&](char letter) {
    const std::string text = std::string(1, letter) + "(" + std::to_string(units.size()) + ")";
    auto more = units_of(text.c_str());
    more[0].dts = static_cast<int64_t>(units.size()) - 2;
    units.push_back(more[0]);
  };
  while (units.size() < 500) add('P');
  add('I');
  while (units.size() < 1001) add('P');
  add('I');
  const Outcome outcome = run(units);
  const auto found = of_kind(outcome, "gop.access_gap");
  ASSERT_EQ(found.size(), 1U);  // 500 pictures are 10 s, 501 are more
  EXPECT_EQ(found[0].measures.at("pictures").as_int64(), 501);
  EXPECT_EQ(found[0].time.start, Rational(10));
  EXPECT_EQ(found[0].time.end, Rational(20));
}

TEST(Gop, BrokenStructureAndFalseKeys) {
  const Outcome broken = run(units_of("I(0)P(1)I(4)L(2)L(3)P(5)"));
  EXPECT_EQ(of_kind(broken, "gop.structure").size(), 1U);
  auto units = units_of("I(0)P(1)P(2)P(3)");
  units[2].key = true;
  const auto found = of_kind(run(units), "gop.false_key");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].time.start, Rational(2, 50));
}

TEST(Gop, OtherCodecsByTheContainersKeys) {
  auto units = units_of("I(0)P(1)I(2)P(3)I(4)");
  for (auto& unit : units) unit.unit = {};
  const Outcome outcome = run(units);
  EXPECT_TRUE(outcome.findings.empty());
  EXPECT_EQ(outcome.measures.at("groups").as_int64(), 3);
  EXPECT_FALSE(outcome.measures.at("parsed").as_bool());
}

TEST(Gop, NeitherTimesNorPictures) {
  auto units = units_of("I(0)P(1)B(2)I(3)P(4)");
  for (auto& unit : units) unit.pts = unit.dts = INT64_MIN;
  const Outcome outcome = run(units);
  EXPECT_TRUE(outcome.findings.empty());
  EXPECT_EQ(number(outcome.measures, "length_pictures", "max"), 3);
  EXPECT_EQ(run({}).measures.at("groups").as_int64(), 0);
}

}  // namespace
}  // namespace pier::analysis
