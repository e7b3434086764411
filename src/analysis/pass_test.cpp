#include "pass.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "kernels.hpp"
#include "signal.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

/// One of everything.
void plant_all(const ClipSpec& spec, MutablePictureView& picture, int frame) {
  if (frame >= 10 && frame < 14) test::fill(picture, test::luma_code(spec, 0));
  if (frame >= 50 && frame < 90) test::fill(picture, test::luma_code(spec, 30));
  if (frame % 7 == 0) test::set_sample(picture, 0, frame % picture.width, 3, 1);
  if (frame == 95) test::fill(picture, 0, 0, picture.width, 20, 1000);
}

std::string serialized(const AnalysisResult& result) {
  return json::serialize(to_json(result)) + to_hex(to_bytes(result.frames));
}

TEST(Pass, SameAnswerAtAnyThreadCountAndOnEveryTarget) {
  for (const Kind kind : {Kind::kSdr, Kind::kHlg, Kind::kPq}) {
    ClipSpec spec{.kind = kind, .width = 200, .height = 120, .frames = 110};
    const auto run = [&](int threads) {
      spec.threads = threads;
      return serialized(test::analyse_clip(spec, [&](MutablePictureView& p, int f) { plant_all(spec, p, f); }));
    };
    const std::string one = run(1);
    EXPECT_EQ(run(2), one);
    EXPECT_EQ(run(8), one);
    for (const int64_t target : kernels::targets()) {
      kernels::use_target(target);
      EXPECT_EQ(run(2), one) << target;
      kernels::use_target(0);
    }
  }
}

/// Frames [from, to) through every picture analyzer, which sees frame from - 1 only as the one before.
std::vector<std::unique_ptr<Analyzer>> part(const ClipSpec& spec, int from, int to) {
  const AnalyzerContext context = test::options_of(spec).context;
  std::vector<std::unique_ptr<Analyzer>> analyzers;
  for (const AnalyzerEntry& entry : analyzer_registry()) {
    auto analyzer = entry.make(context);
    if (analyzer->needs().video) analyzers.push_back(std::move(analyzer));
  }
  std::shared_ptr<FrameViews> previous;
  for (int i = std::max(0, from - 1); i < to; ++i) {
    auto frame = test::frame_of(spec, i, [&](MutablePictureView& p, int f) { plant_all(spec, p, f); });
    auto signal = Signal::make(frame.picture.format(), frame.picture.colour());
    const FrameTime time{.index = i, .pts = i, .duration = 1};
    auto views = std::make_shared<FrameViews>(std::move(frame), time, signal, previous);
    for (const auto& analyzer : analyzers) {
      if (i >= from && i % std::max(1, analyzer->needs().every) == 0) {
        analyzer->observe(time, *analyzer->measure(*views));
      }
    }
    views->release_previous();
    previous = views;
  }
  return analyzers;
}

std::string outcome_text(Analyzer& analyzer) {
  Outcome outcome = analyzer.finish();
  std::string text = json::serialize(outcome.measures);
  for (const Finding& finding : outcome.findings) text += json::serialize(to_json(finding));
  for (const auto& [kind, totals] : outcome.totals) text += kind + std::to_string(totals.count);
  return text;
}

TEST(Pass, ASplitRunMergesToTheWhole) {
  const ClipSpec spec{.kind = Kind::kPq, .width = 160, .height = 90};
  const auto whole = part(spec, 0, 110);
  auto first = part(spec, 0, 12);
  for (const auto& [from, to] : {std::pair{12, 60}, std::pair{60, 85}, std::pair{85, 110}}) {
    const auto next = part(spec, from, to);
    for (size_t i = 0; i < first.size(); ++i) {
      const auto state = next[i]->save();
      ASSERT_TRUE(state) << next[i]->name();
      const auto text = parse_json(json::serialize(*state));
      const auto merged = first[i]->merge(*text);
      ASSERT_TRUE(merged) << merged.error().message;
    }
  }
  for (size_t i = 0; i < first.size(); ++i) {
    const auto entry = std::ranges::find(analyzer_registry(), first[i]->name(), &AnalyzerEntry::name);
    ASSERT_NE(entry, analyzer_registry().end());
    auto loaded = entry->make(test::options_of(spec).context);
    ASSERT_TRUE(loaded->load(*first[i]->save()));
    EXPECT_EQ(outcome_text(*loaded), outcome_text(*whole[i])) << first[i]->name();
  }
}

TEST(Pass, EveryAnalyzerOfPicturesCanBeSaved) {
  for (const AnalyzerEntry& entry : analyzer_registry()) {
    const auto analyzer = entry.make(test::options_of({}).context);
    if (!analyzer->needs().video) continue;
    EXPECT_TRUE(analyzer->save()) << entry.name << " looks at pictures: a source could not be analysed in parts";
  }
}

TEST(Pass, WithoutAFrameTableALongFeedKeepsLittle) {
  const ClipSpec spec{.width = 32, .height = 16};
  PassOptions options = test::options_of(spec);
  options.frame_table = false;
  Pass pass(options);
  const media::Frame still = test::frame_of(spec, 0);
  const media::Frame moved = test::frame_of(spec, 7);
  for (int i = 0; i < 20'000; ++i) {
    media::Frame frame = i % 3 == 0 ? moved : still;
    frame.pts = i;
    pass.add_frame(std::move(frame));
  }
  EXPECT_EQ(pass.frames(), 20'000);
  const auto result = pass.finish();
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->frames.frames.empty());
  EXPECT_EQ(result->programme_frames, 20'000);
  EXPECT_LT(json::serialize(to_json(*result)).size(), 2'000'000U);
}

TEST(Pass, CostsAreMeasuredForThoseWhoAskAndChangeNothing) {
  const ClipSpec spec{.frames = 12};
  PassOptions options = test::options_of(spec);
  options.costs = true;
  Pass pass(options);
  for (int i = 0; i < spec.frames; ++i) pass.add_frame(test::frame_of(spec, i));
  const auto result = pass.finish();
  ASSERT_TRUE(result);
  EXPECT_EQ(serialized(*result), serialized(test::analyse_clip(spec)));
  const auto costs = pass.costs();
  const auto scan = std::find_if(costs.begin(), costs.end(), [](const auto& cost) { return cost.name == "view.scan"; });
  ASSERT_NE(scan, costs.end());
  EXPECT_EQ(scan->frames, 12);
  EXPECT_GT(scan->cpu_ns, 0);
}

TEST(Pass, DamagedGopIsReportedAndNotJudged) {
  const ClipSpec spec{.frames = 60};
  Pass pass(test::options_of(spec));
  for (int i = 0; i < spec.frames; ++i) {
    auto frame = test::frame_of(spec, i, [&](MutablePictureView& picture, int f) {
      if (f >= 23 && f < 30) test::fill(picture, 0);  // what concealment made of it: black and reserved
    });
    frame.damaged = i == 23;
    pass.add_frame(std::move(frame));
  }
  const auto result = pass.finish();
  ASSERT_TRUE(result);
  ASSERT_EQ(result->findings.size(), 1U);
  EXPECT_EQ(result->findings[0].kind, "damaged");
  EXPECT_EQ(result->findings[0].first_frame, 23);
  EXPECT_EQ(result->findings[0].last_frame, 29);  // frame 30 is the next random access point
  EXPECT_EQ(result->damaged_frames, 1);
  EXPECT_TRUE(result->frames.frames[23].damaged);
}

TEST(Pass, LostPicturesAreDamageThatFollowsTheOneBefore) {
  const ClipSpec spec{.frames = 60};
  PassOptions options = test::options_of(spec);
  options.out_pts = 50;
  Pass pass(options);
  for (int i = 0; i < spec.frames; ++i) {
    if (i == 12 || i == 13 || i == 31 || i == 55) continue;
    if (i == 14) pass.suspect();
    pass.add_frame(test::frame_of(spec, i));
  }
  pass.set_lost({{31, 1}, {12, 1}, {13, 1}, {55, 1}});
  const auto result = pass.finish();
  ASSERT_TRUE(result);
  const auto found = test::of_kind(*result, "damaged");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].measures.at("pictures_lost").as_int64(), 2);
  EXPECT_EQ(found[0].time, (TimeRange{Rational(12, 50), Rational(14, 50)}));
  EXPECT_EQ(found[0].first_frame, 12);                                 // the one that follows
  EXPECT_EQ(found[1].measures.at("frames_not_judged").as_int64(), 6);  // to the access point at 20
  EXPECT_EQ(found[2].measures.at("pictures_lost").as_int64(), 1);
  EXPECT_EQ(result->measures.at("findings").at("damaged").at("count").as_int64(), 3);
}

TEST(Pass, SignalChangeIsNamedAndBothPartsAreMeasured) {
  const ClipSpec hlg{.kind = Kind::kHlg};
  const ClipSpec small{.kind = Kind::kHlg, .width = 160, .height = 90};
  Pass pass(test::options_of(hlg));
  for (int i = 0; i < 20; ++i) pass.add_frame(test::frame_of(i < 12 ? hlg : small, i));
  const auto result = pass.finish();
  ASSERT_TRUE(result);
  ASSERT_EQ(result->findings.size(), 1U);
  EXPECT_EQ(result->findings[0].kind, "signal_change");
  EXPECT_EQ(result->findings[0].first_frame, 12);
  EXPECT_NE(result->findings[0].measures.at("to").as_string().find("160x90"), std::string::npos);
}

TEST(Pass, OnlyTheProgrammeIsJudgedButEveryFrameIsListed) {
  const ClipSpec spec{.frames = 60};
  PassOptions options = test::options_of(spec);
  options.in_pts = 10;
  options.out_pts = 50;
  options.context.audio = {{.stream_index = 1, .sample_rate = 48000, .channels = 2, .channel_mask = 3}};
  Pass pass(options);
  for (int i = 0; i < spec.frames; ++i) {
    pass.add_frame(test::frame_of(spec, i, [&](MutablePictureView& picture, int f) {
      if (f < 10 || f >= 50) test::fill(picture, test::luma_code(spec, 0));
    }));
    pass.add_audio(1, test::tone_block({}, 48000, 2, i * 960 + 5, 960));
  }
  const auto result = pass.finish();
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->findings.empty());
  EXPECT_EQ(result->frames.frames.size(), 60U);
  EXPECT_EQ(result->programme_frames, 40);
  const AudioExtent& sound = result->audio.at(0);
  EXPECT_EQ(sound.first_pts, 5);
  EXPECT_EQ(sound.samples, 60 * 960);
  EXPECT_EQ(sound.programme_first_pts, 9600);
  EXPECT_EQ(sound.programme_samples, 40 * 960);
  EXPECT_EQ(sound.gap_samples, 0);
}

TEST(Pass, SoundGapsAreCountedAndRoundedTimesAreNot) {
  PassOptions options = test::options_of({});
  options.context.video.reset();
  options.context.audio = {{.stream_index = 1, .sample_rate = 48000, .channels = 1, .channel_mask = 4}};
  Pass pass(options);
  pass.add_audio(1, test::tone_block({}, 48000, 1, 0, 1024));
  pass.add_audio(1, test::tone_block({}, 48000, 1, 1010, 1024));         // 14 samples early: rounding
  pass.add_audio(1, test::tone_block({}, 48000, 1, 2048 + 9600, 1024));  // 200 ms are missing
  const auto result = pass.finish();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->audio.at(0).samples, 3 * 1024);
  EXPECT_EQ(result->audio.at(0).gap_samples, 9600);
}

TEST(Pass, ResultComesBackFromJson) {
  const ClipSpec spec{.frames = 30};
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& p, int f) { plant_all(spec, p, f); });
  ASSERT_FALSE(result.findings.empty());
  const auto back = analysis_result_from_json(*parse_json(json::serialize(to_json(result))));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(json::serialize(to_json(*back)), json::serialize(to_json(result)));
}

}  // namespace
}  // namespace pier::analysis
