#include "timecode.hpp"

#include <gtest/gtest.h>

#include "test_packets.hpp"

namespace pier::analysis {
namespace {

using media::ClockTime;
using test::of_kind;

/// Time codes of `fps` numbers a second, each shared by `share` pictures, from `start` on.
std::vector<test::UnitSpec> clip(int fps, int share, int count, int64_t start, bool drop = false) {
  std::vector<test::UnitSpec> units;
  for (int i = 0; i < count; ++i) {
    test::UnitSpec spec = test::units_of("P(0)")[0];
    spec.pts = spec.dts = i - 5;
    const std::string text = Timecode{.frame = start + i / share, .fps = fps, .drop = drop}.to_string();
    ClockTime clock{.drop = drop};
    std::sscanf(text.c_str(), "%d:%d:%d%*c%d", &clock.hours, &clock.minutes, &clock.seconds, &clock.frames);
    spec.unit.clock = clock;
    units.push_back(spec);
  }
  return units;
}

Outcome run(const std::vector<test::UnitSpec>& units, Rational rate, const std::string& container = "") {
  AnalyzerContext context = test::context_of(50);
  context.video->frame_rate = rate;
  context.video->timecode = container;
  TimecodeAnalyzer analyzer(context);
  return test::feed(analyzer, units);
}

TEST(TimecodeRuns, OverSecondsMinutesAndMidnight) {
  const int64_t day = int64_t{24} * 3600;
  EXPECT_TRUE(run(clip(25, 1, 200, day * 25 - 100), 25).findings.empty());
  EXPECT_TRUE(run(clip(50, 1, 200, 59 * 50), 50).findings.empty());
  EXPECT_TRUE(run(clip(25, 2, 200, 59 * 25), 50).findings.empty());
  EXPECT_TRUE(run(clip(25, 4, 400, 59 * 25), 100).findings.empty());
  EXPECT_TRUE(run(clip(30, 1, 4000, 0, true), Rational(30000, 1001)).findings.empty());
}

TEST(TimecodeRuns, JumpIsNamedWithItsPicture) {
  auto units = clip(25, 2, 100, 90000);
  for (size_t i = 40; i < units.size(); ++i) ++units[i].unit.clock->hours;
  const Outcome outcome = run(units, 50, "01:00:00:00");
  const auto found = of_kind(outcome, "timecode.jump");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first_frame, 40);
  EXPECT_EQ(found[0].time.start, Rational(35, 50));
  EXPECT_EQ(found[0].measures.at("from").as_string(), "01:00:00:19");
  EXPECT_EQ(found[0].measures.at("to").as_string(), "02:00:00:20");
  EXPECT_TRUE(outcome.measures.at("starts_agree").as_bool());
  EXPECT_FALSE(run(units, 50, "00:00:00:00").measures.at("starts_agree").as_bool());
}

TEST(TimecodeRuns, HeldAndBackwards) {
  auto units = clip(25, 1, 60, 0);
  units[30].unit.clock = units[29].unit.clock;
  EXPECT_EQ(of_kind(run(units, 25), "timecode.jump").size(), 2U);  // held, then two at once
  units = clip(25, 1, 60, 0);
  std::swap(units[30].unit.clock, units[31].unit.clock);
  EXPECT_EQ(of_kind(run(units, 25), "timecode.jump").size(), 3U);
}

TEST(TimecodeRuns, PicturesWithoutAreNotJudged) {
  auto units = clip(25, 1, 60, 0);
  for (size_t i = 20; i < 30; ++i) units[i].unit.clock.reset();
  const Outcome outcome = run(units, 25);
  EXPECT_TRUE(outcome.findings.empty());
  EXPECT_EQ(outcome.measures.at("pictures_with").as_int64(), 50);
  for (auto& spec : units) spec.unit.clock.reset();
  EXPECT_TRUE(run(units, 25).measures.at("stream_start").is_null());
}

}  // namespace
}  // namespace pier::analysis
