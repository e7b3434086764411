#include "hrd.hpp"

#include <gtest/gtest.h>

#include "test_packets.hpp"

namespace pier::analysis {
namespace {

using media::BufferingPeriod;
using media::HrdParameters;
using media::PictureTiming;
using test::of_kind;

HrdParameters parameters(int64_t buffer_bits, bool constant) {
  HrdParameters hrd;
  hrd.schedules = {{.bit_rate = 1'000'000, .buffer_bits = buffer_bits, .constant = constant}};
  hrd.tick = Rational(1, 50);
  return hrd;
}

/// 100 pictures of 20000 bits at 50 a second, which is just the rate; a buffering period of 0.5 s every 25.
std::vector<test::UnitSpec> stream() {
  std::vector<test::UnitSpec> units;
  for (int i = 0; i < 100; ++i) {
    test::UnitSpec spec = test::units_of(i % 25 == 0 ? "I(0)" : "P(0)")[0];
    spec.pts = spec.dts = i;
    spec.unit.nal_bits = 20'000;
    spec.unit.vcl_bits = 19'000;
    spec.unit.start_codes = true;
    if (i % 25 == 0) spec.unit.buffering_period = BufferingPeriod{.delays = {{45000, 0}}};
    spec.unit.timing = PictureTiming{static_cast<uint32_t>(i == 0 ? 0 : (i - 1) % 25 + 1), 0};
    units.push_back(spec);
  }
  return units;
}

Outcome run(const std::vector<test::UnitSpec>& units, const std::optional<HrdParameters>& hrd,
            const std::optional<media::LevelLimit>& limit = {}) {
  HrdAnalyzer analyzer(test::context_of(50));
  for (const test::UnitSpec& spec : units) {
    media::Packet packet;
    packet.pts = spec.pts;
    packet.dts = spec.dts;
    packet.duration = 1;
    analyzer.take(packet, spec.unit, hrd, limit);
  }
  return analyzer.finish();
}

TEST(Hrd, StreamAtItsRateConforms) {
  for (const bool constant : {false, true}) {
    const Outcome outcome = run(stream(), parameters(500'000, constant));
    EXPECT_TRUE(outcome.findings.empty()) << constant;
    EXPECT_EQ(outcome.measures.at("model").as_string(), "messages");
    EXPECT_TRUE(outcome.measures.at("not_judged").is_null());
    EXPECT_EQ(outcome.measures.at("judged_access_units").as_int64(), 100);
    EXPECT_EQ(outcome.measures.at("schedule").at("fullest_bits").as_int64(), 500'000);
    EXPECT_EQ(outcome.measures.at("schedule").at("least_margin_ms").as_double(), 480);
  }
}

TEST(Hrd, TooLargeAPictureComesLate) {
  auto units = stream();
  units[60].unit.nal_bits = 510'000;  // 0.51 s at the rate; it is due 0.5 s after it may begin
  units[61].unit.nal_bits = 2'000;
  const auto found = of_kind(run(units, parameters(600'000, false)), "hrd.underflow");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].measures.at("access_unit").as_int64(), 60);
  EXPECT_EQ(found[0].measures.at("late_ms").as_double(), 10);
  EXPECT_EQ(found[0].time.start, Rational(60, 50));
  units[60].unit.nal_bits = 499'000;
  EXPECT_TRUE(run(units, parameters(600'000, false)).findings.empty());
}

TEST(Hrd, LowDelayStreamsMayBeLate) {
  auto units = stream();
  units[60].unit.nal_bits = 510'000;
  units[61].unit.nal_bits = 2'000;
  HrdParameters hrd = parameters(600'000, false);
  hrd.low_delay = true;
  EXPECT_TRUE(of_kind(run(units, hrd), "hrd.underflow").empty());
}

TEST(Hrd, SmallPicturesOverflowAtAConstantRateOnly) {
  auto units = stream();
  units[30].unit.nal_bits = 10'000;
  const auto found = of_kind(run(units, parameters(500'000, true)), "hrd.overflow");
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].measures.at("access_unit").as_int64(), 31);
  EXPECT_EQ(found[0].measures.at("excess_bits").as_int64(), 10'000);
  EXPECT_TRUE(run(units, parameters(500'000, false)).findings.empty());
  // Without filler from a container that may have taken it out nothing can be said.
  for (auto& spec : units) spec.unit.start_codes = false;
  const Outcome blind = run(units, parameters(500'000, true));
  EXPECT_TRUE(blind.findings.empty());
  EXPECT_FALSE(blind.measures.at("schedule").at("overflow_judged").as_bool());
}

TEST(Hrd, BufferTooSmallForItsDelay) {
  const Outcome outcome = run(stream(), parameters(400'000, false));
  EXPECT_EQ(of_kind(outcome, "hrd.overflow").size(), 80U);  // behind those the stream ends
}

TEST(Hrd, SlicesOnlyWhereTheParametersAreOfSlices) {
  auto units = stream();
  units[60].unit.nal_bits = 510'000;
  HrdParameters hrd = parameters(500'000, false);
  hrd.nal = false;
  const Outcome outcome = run(units, hrd);
  EXPECT_TRUE(outcome.findings.empty());
  EXPECT_EQ(outcome.measures.at("schedule").at("type").as_string(), "vcl");
}

TEST(Hrd, WithoutMessagesTheLevelTells) {
  auto units = stream();
  for (auto& spec : units) {
    spec.unit.buffering_period.reset();
    spec.unit.timing.reset();
  }
  const media::LevelLimit limit{"level 9", 1'000'000, 300'000};
  Outcome outcome = run(units, std::nullopt, limit);
  EXPECT_TRUE(outcome.findings.empty());
  EXPECT_EQ(outcome.measures.at("model").as_string(), "level");
  EXPECT_EQ(outcome.measures.at("not_judged").as_string(), "the stream declares no buffering parameters");
  units[40].unit.nal_bits = 290'000;
  EXPECT_TRUE(run(units, std::nullopt, limit).findings.empty());
  units[40].unit.nal_bits = 310'000;
  for (size_t i = 41; i < units.size(); ++i) units[i].unit.nal_bits = 1'000;
  outcome = run(units, std::nullopt, limit);
  const auto found = of_kind(outcome, "hrd.level");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].time.start, Rational(40, 50));
  EXPECT_EQ(found[0].measures.at("excess_bits").as_int64(), 10'000);
}

TEST(Hrd, SaysWhatWasNotJudged) {
  auto units = stream();
  for (auto& spec : units) spec.unit.buffering_period.reset();
  EXPECT_EQ(run(units, parameters(500'000, false)).measures.at("not_judged").as_string(),
            "no buffering period message");
  units = stream();
  units[10].unit.timing.reset();
  const Outcome outcome = run(units, parameters(500'000, false));
  EXPECT_EQ(outcome.measures.at("not_judged").as_string(), "an access unit without picture timing message");
  EXPECT_EQ(outcome.measures.at("judged_access_units").as_int64(), 10);
  units = stream();
  units[10].unit.timing->removal_delay = 3;  // before the one before it
  EXPECT_EQ(run(units, parameters(500'000, false)).measures.at("not_judged").as_string(),
            "buffering messages that contradict themselves");
}

TEST(Hrd, HostileNumbersAreRefused) {
  auto units = stream();
  HrdParameters hrd = parameters(500'000, false);
  hrd.removal_delay_bits = 32;
  hrd.tick = Rational(UINT32_MAX, 1);
  for (size_t i = 1; i < units.size(); ++i) units[i].unit.timing->removal_delay = UINT32_MAX;
  EXPECT_EQ(run(units, hrd).measures.at("not_judged").as_string(), "buffering messages that contradict themselves");
  units = stream();
  hrd = parameters(500'000, false);
  hrd.schedules[0].bit_rate = 1;
  for (auto& spec : units) spec.unit.nal_bits = INT64_MAX / 8;
  EXPECT_EQ(run(units, hrd).measures.at("not_judged").as_string(), "buffering messages that contradict themselves");
}

}  // namespace
}  // namespace pier::analysis
