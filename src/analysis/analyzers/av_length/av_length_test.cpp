#include "analyzers/av_length/av_length.hpp"

#include <gtest/gtest.h>

#include "test_clip.hpp"

namespace pier::analysis {
namespace {

constexpr int kRate = 48000;

AnalyzerContext context_of(int streams = 1) {
  AnalyzerContext context;
  context.video = VideoContext{.stream_index = 0, .time_base = Rational(1, 50), .frame_rate = 50};
  for (int i = 0; i < streams; ++i) {
    context.audio.push_back({.stream_index = i + 1, .sample_rate = kRate, .channels = 2, .channel_mask = 3});
  }
  return context;
}

void see(AvLengthAnalyzer& analyzer, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; ++i) analyzer.observe({.index = i, .pts = i, .duration = 1}, Measured());
}

void hear(AvLengthAnalyzer& analyzer, int64_t from, int64_t to, int stream = 1) {
  for (int64_t at = from; at < to; at += 1024) {
    analyzer.hear(stream, test::tone_block({}, kRate, 2, at, std::min<int64_t>(1024, to - at)));
  }
}

/// 4 s of picture at 50 Hz; one frame is 960 samples.
Outcome run(int64_t sound_from, int64_t sound_to) {
  AvLengthAnalyzer analyzer(context_of());
  see(analyzer, 0, 200);
  hear(analyzer, sound_from, sound_to);
  return analyzer.finish();
}

TEST(AvLength, EqualOrWithinTwoFramesIsQuiet) {
  for (const int64_t end : {192'000, 192'000 + 1920, 192'000 - 1920}) {
    const auto outcome = run(0, end);
    EXPECT_TRUE(outcome.findings.empty()) << end;
  }
  EXPECT_TRUE(run(1920, 192'000).findings.empty());
}

TEST(AvLength, ShortSoundIsFoundToTheSample) {
  const auto outcome = run(0, 192'000 - 1921);
  ASSERT_EQ(outcome.findings.size(), 1U);
  EXPECT_EQ(outcome.findings[0].measures.at("edge").as_string(), "end");
  EXPECT_NEAR(outcome.findings[0].measures.at("difference_frames").as_double(), -2.001, 1e-3);
  EXPECT_EQ(outcome.findings[0].time.end, Rational(4));
  const auto& stream = outcome.measures.at("streams").as_array().at(0);
  EXPECT_NEAR(stream.at("length_difference_frames").as_double(), -2.001, 1e-3);
  EXPECT_EQ(outcome.totals.at("av_length").count, 1);
}

TEST(AvLength, LateStartOfTheSameLengthShowsAtBothEnds) {
  const auto outcome = run(9600, 201'600);
  ASSERT_EQ(outcome.findings.size(), 2U);
  EXPECT_EQ(outcome.findings[0].measures.at("edge").as_string(), "start");
  EXPECT_EQ(outcome.findings[0].time, (TimeRange{Rational(0), Rational(1, 5)}));
  EXPECT_NE(outcome.findings[0].id, outcome.findings[1].id);
  EXPECT_NEAR(outcome.measures.at("streams").as_array().at(0).at("length_difference_frames").as_double(), 0, 1e-9);
}

TEST(AvLength, StreamWithoutASampleDiffersByThePicture) {
  AvLengthAnalyzer analyzer(context_of(2));
  see(analyzer, 0, 200);
  hear(analyzer, 0, 192'000, 2);
  const auto outcome = analyzer.finish();
  ASSERT_EQ(outcome.findings.size(), 1U);
  EXPECT_EQ(outcome.findings[0].stream_index, 1);
  EXPECT_EQ(outcome.findings[0].measures.at("difference_frames").as_double(), -200);
}

TEST(AvLength, NothingToCompareIsNoFinding) {
  AvLengthAnalyzer silent(context_of(0));
  see(silent, 0, 10);
  EXPECT_TRUE(silent.finish().findings.empty());
  AnalyzerContext blind = context_of();
  blind.video.reset();
  AvLengthAnalyzer analyzer(blind);
  hear(analyzer, 0, 96'000);
  EXPECT_TRUE(analyzer.finish().findings.empty());
}

TEST(AvLength, UnknownRateUsesTheMeanFrame) {
  AnalyzerContext context = context_of();
  context.video->frame_rate = 0;
  AvLengthAnalyzer analyzer(context);
  see(analyzer, 0, 200);
  hear(analyzer, 0, 192'000 - 2880);
  EXPECT_NEAR(analyzer.finish().findings.at(0).measures.at("difference_frames").as_double(), -3, 1e-9);
}

TEST(AvLength, ASplitRunIsTheWhole) {
  AvLengthAnalyzer whole(context_of()), first(context_of()), second(context_of()), loaded(context_of());
  see(whole, 0, 200);
  hear(whole, 4800, 192'000);
  see(first, 0, 70);
  hear(first, 4800, 60'000);
  see(second, 70, 200);
  hear(second, 60'000, 192'000);
  ASSERT_TRUE(loaded.load(*parse_json(json::serialize(*first.save()))));
  ASSERT_TRUE(loaded.merge(*parse_json(json::serialize(*second.save()))));
  EXPECT_EQ(json::serialize(loaded.finish().measures), json::serialize(whole.finish().measures));
  EXPECT_FALSE(loaded.load(*parse_json(R"({"picture":[0,0,0,0],"sound":[[1,0,[0,0,0,0]]]})")));
}

}  // namespace
}  // namespace pier::analysis
