#include "edits.hpp"

#include <gtest/gtest.h>

#include "test_packets.hpp"

namespace pier::analysis {
namespace {

Outcome run(const std::optional<media::EditList>& picture, const std::optional<media::EditList>& sound) {
  AnalyzerContext context = test::context_of();
  context.video->edits = picture;
  context.audio.push_back({.stream_index = 1, .sample_rate = 48000, .channels = 2, .edits = sound});
  EditsAnalyzer analyzer(context);
  return analyzer.finish();
}

TEST(Edits, WholeMediaIsNoFinding) {
  media::EditList whole;
  whole.edits = 1;
  EXPECT_TRUE(run(whole, whole).findings.empty());
  const Outcome none = run(std::nullopt, std::nullopt);
  EXPECT_TRUE(none.findings.empty());
  EXPECT_TRUE(none.measures.at("streams").as_array().empty());
}

TEST(Edits, CutsShiftsAndHoles) {
  media::EditList picture, sound;
  picture.edits = 3;
  picture.cut_start = Rational(1, 2);
  picture.rearranged = true;
  sound.edits = 2;
  sound.delay = Rational(1, 25);
  const Outcome outcome = run(picture, sound);
  ASSERT_EQ(outcome.findings.size(), 3U);
  EXPECT_EQ(test::of_kind(outcome, "edits.trims").at(0).measures.at("cut_start_seconds").as_double(), 0.5);
  EXPECT_EQ(test::of_kind(outcome, "edits.rearranges").size(), 1U);
  EXPECT_EQ(test::of_kind(outcome, "edits.delays").at(0).stream_index, 1);
  EXPECT_EQ(outcome.measures.at("sound_delay_seconds").as_double(), 0.04);
}

}  // namespace
}  // namespace pier::analysis
