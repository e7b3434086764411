#include "cadence.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include <gtest/gtest.h>

#include "pass.hpp"
#include "signal.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

/// Waves that move by `position` in half samples: smooth, without noise.
void draw_waves(MutablePictureView& picture, const ClipSpec& spec, int position, int first_row, int row_step) {
  static const auto kSine = [] {
    std::array<double, 3600> table{};
    for (size_t i = 0; i < table.size(); ++i) table[i] = std::sin(2 * std::numbers::pi * static_cast<double>(i) / 3600);
    return table;
  }();
  const auto wave = [](int halves, int length) {
    const int at = (halves * 3600 / (2 * length)) % 3600;
    return kSine[static_cast<size_t>(at < 0 ? at + 3600 : at)];
  };
  const int low = test::luma_code(spec, 1);
  const int high = test::luma_code(spec, 80);
  for (int y = first_row; y < picture.height; y += row_step) {
    for (int x = 0; x < picture.width; ++x) {
      const double sum = wave(2 * x + position, 37) + wave(2 * (x + y) + position, 61) + wave(2 * y, 45);
      test::set_sample(picture, 0, x, y, static_cast<int>((low + high) / 2.0 + (high - low) * sum / 7));
    }
  }
}

constexpr int kStep = 6;  // half samples a frame

struct Source {
  int picture = 0;  // which picture is shown
  int64_t pts = -1;
};

media::Frame frame_of(const ClipSpec& spec, const Source& source, int number) {
  media::Frame frame = test::frame_of(spec, 0, [&](MutablePictureView& picture, int) {
    draw_waves(picture, spec, source.picture * kStep, 0, 1);
    // What a codec adds to a repeat.
    for (int y = 0; y < picture.height; ++y)
      picture.planes[0].row<uint16_t>(y)[(number * 37 + y * 11) % picture.width] ^= 1U;
  });
  frame.pts = source.pts < 0 ? number : source.pts;
  frame.key = number % 10 == 0;
  return frame;
}

AnalysisResult run(const ClipSpec& spec, const std::vector<Source>& sources) {
  Pass pass(test::options_of(spec));
  for (size_t i = 0; i < sources.size(); ++i) pass.add_frame(frame_of(spec, sources[i], static_cast<int>(i)));
  return std::move(*pass.finish());
}

std::vector<Finding> cadence_findings(const AnalysisResult& result) {
  std::vector<Finding> found;
  for (const Finding& finding : result.findings) {
    if (finding.kind.starts_with("cadence.")) found.push_back(finding);
  }
  return found;
}

/// `count` frames, each picture new.
std::vector<Source> moving(int count) {
  std::vector<Source> sources;
  for (int i = 0; i < count; ++i) sources.push_back({.picture = i});
  return sources;
}

/// Pictures shown as often as `times` says, over and over, for `count` frames; goes on from the last.
void add_pattern(std::vector<Source>& sources, const std::vector<int>& times, int count) {
  const size_t end = sources.size() + static_cast<size_t>(count);
  int picture = sources.empty() ? 0 : sources.back().picture;
  for (size_t i = 0; sources.size() < end; ++i) {
    ++picture;
    for (int n = 0; n < times[i % times.size()] && sources.size() < end; ++n) sources.push_back({.picture = picture});
  }
}

class Cadence : public testing::TestWithParam<Kind> {
 protected:
  ClipSpec spec() const { return {.kind = GetParam(), .width = 96, .height = 64}; }
};
INSTANTIATE_TEST_SUITE_P(Transfers, Cadence, testing::Values(Kind::kSdr, Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

TEST_P(Cadence, EveryFrameNewHasNoFinding) {
  const auto result = run(spec(), moving(200));
  EXPECT_TRUE(cadence_findings(result).empty()) << json::serialize(to_json(cadence_findings(result)[0]));
  EXPECT_GE(result.measures.at("cadence").at("full_rate_frames").as_int64(), 195);
  const auto noisy = test::analyse_clip({.kind = GetParam(), .width = 96, .height = 64, .frames = 200});
  EXPECT_TRUE(cadence_findings(noisy).empty());
}

TEST_P(Cadence, NamesThePatternAndWhereItIs) {
  struct Case {
    std::string name;
    std::vector<int> times;
    double pictures;
  };
  std::vector<int> film(11, 2);
  film.push_back(3);
  const std::vector<Case> cases{
      {"2:2", {2}, 25},       {"3:3", {3}, 50.0 / 3},        {"2:3", {2, 3}, 20},
      {"24 in 50", film, 24}, {"1:1:1:2", {1, 1, 1, 2}, 40}, {"2:3:2:3:2", {2, 3, 2, 3, 2}, 50 * 5 / 12.0}};
  for (const Case& c : cases) {
    auto sources = moving(100);
    add_pattern(sources, c.times, 200);
    add_pattern(sources, {1}, 60);
    const auto found = cadence_findings(run(spec(), sources));
    const auto repeated = std::ranges::find(found, "cadence.repeated", &Finding::kind);
    ASSERT_NE(repeated, found.end()) << c.name;
    EXPECT_EQ(repeated->measures.at("pattern").as_string(), c.name);
    EXPECT_DOUBLE_EQ(repeated->measures.at("pictures_per_second").as_double(), c.pictures);
    EXPECT_NEAR(static_cast<double>(repeated->first_frame), 100, 6) << c.name;
    EXPECT_NEAR(static_cast<double>(repeated->last_frame), 299, 6) << c.name;
    // Two seconds at full rate, more than two seconds repeated: the programme is mixed, and nothing else is wrong.
    EXPECT_EQ(found.size(), 2U) << c.name << ' ' << json::serialize(to_json(found.back()));
    EXPECT_EQ(std::ranges::count(found, "cadence.mixed", &Finding::kind), 1) << c.name;
  }
}

TEST_P(Cadence, FindsASingleDuplicateToTheFrame) {
  for (const int copies : {1, 3}) {
    std::vector<Source> sources = moving(200);
    for (int i = 100; i < 100 + copies; ++i)
      sources[static_cast<size_t>(i)].picture = 99;  // the rest goes on as before
    const auto found = cadence_findings(run(spec(), sources));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].kind, "cadence.duplicate");
    EXPECT_EQ(found[0].first_frame, 100);
    EXPECT_EQ(found[0].last_frame, 99 + copies);
  }
}

TEST_P(Cadence, FindsADroppedFrameByItsMotion) {
  std::vector<Source> sources = moving(100);
  for (int i = 0; i < 100; ++i) sources.push_back({.picture = 101 + i});
  const auto found = cadence_findings(run(spec(), sources));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, "cadence.dropped");
  EXPECT_EQ(found[0].first_frame, 100);
  EXPECT_EQ(found[0].last_frame, 100);
  EXPECT_EQ(found[0].measures.at("seen_in").as_string(), "motion");
}

TEST_P(Cadence, FindsDroppedFramesByTheTimeStamps) {
  std::vector<Source> sources = moving(200);
  for (int i = 0; i < 200; ++i) sources[static_cast<size_t>(i)].pts = i < 120 ? i : i + 3;
  const auto found = cadence_findings(run(spec(), sources));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, "cadence.dropped");
  EXPECT_EQ(found[0].first_frame, 120);
  EXPECT_EQ(found[0].measures.at("missing_frames").as_int64(), 3);
}

TEST_P(Cadence, AHeldPictureIsLeftToFreeze) {
  std::vector<Source> sources = moving(100);
  add_pattern(sources, {40}, 40);  // 0.8 s
  add_pattern(sources, {1}, 60);
  auto result = run(spec(), sources);
  EXPECT_TRUE(cadence_findings(result).empty());
  EXPECT_EQ(test::of_kind(result, "freeze").size(), 1U);
  const std::vector<Source> still(120, Source{.picture = 3});
  EXPECT_TRUE(cadence_findings(run(spec(), still)).empty());
}

TEST_P(Cadence, CutsAndFlashesAreNoCadence) {
  const ClipSpec s = spec();
  const int bright = test::luma_code(s, 90);
  const int dark = test::luma_code(s, 0.5);
  const auto flashing = test::analyse_clip(
      {.kind = GetParam(), .width = 96, .height = 64, .frames = 150},
      [&](MutablePictureView& picture, int frame) { test::fill(picture, frame / 2 % 2 == 0 ? bright : dark); });
  EXPECT_TRUE(cadence_findings(flashing).empty());
  std::vector<Source> cut = moving(100);
  for (int i = 0; i < 100; ++i) cut.push_back({.picture = 2000 + i});
  const auto found = cadence_findings(run(s, cut));
  EXPECT_TRUE(found.empty()) << json::serialize(to_json(found[0]));
}

TEST_P(Cadence, FindsFieldsAndTheirOrder) {
  for (const bool top_first : {true, false}) {
    const ClipSpec s{.kind = GetParam(), .width = 96, .height = 64, .frames = 150};
    const auto result = test::analyse_clip(s, [&](MutablePictureView& picture, int frame) {
      const bool fields = frame >= 50 && frame < 100;
      draw_waves(picture, s, 2 * frame * kStep + (fields && !top_first ? kStep : 0), 0, 2);
      draw_waves(picture, s, 2 * frame * kStep + (fields && top_first ? kStep : 0), 1, 2);
    });
    const auto found = test::of_kind(result, "cadence.interlaced");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].measures.at("field_order").as_string(), top_first ? "top_first" : "bottom_first");
    EXPECT_NEAR(static_cast<double>(found[0].first_frame), 50, 1);
    EXPECT_NEAR(static_cast<double>(found[0].last_frame), 99, 1);
  }
}

std::string outcome_text(CadenceAnalyzer& analyzer) {
  Outcome outcome = analyzer.finish();
  std::string text = json::serialize(outcome.measures);
  for (const Finding& finding : outcome.findings) text += json::serialize(to_json(finding));
  for (const auto& [kind, totals] : outcome.totals) text += kind + std::to_string(totals.count);
  return text;
}

TEST(CadenceState, AnySplitEqualsTheWhole) {
  const ClipSpec spec{.kind = Kind::kPq, .width = 64, .height = 48};
  auto sources = moving(130);
  add_pattern(sources, {2, 3}, 150);
  add_pattern(sources, {1}, 70);
  add_pattern(sources, {2}, 100);
  add_pattern(sources, {1}, 100);
  sources[60].picture = 59;
  const AnalyzerContext context = test::options_of(spec).context;
  const CadenceAnalyzer ruler(context);
  std::vector<std::unique_ptr<Measured>> measured;
  std::shared_ptr<FrameViews> previous;
  const auto time_of = [](size_t i) {
    return FrameTime{.index = static_cast<int64_t>(i), .pts = static_cast<int64_t>(i), .duration = 1};
  };
  for (size_t i = 0; i < sources.size(); ++i) {
    auto frame = frame_of(spec, sources[i], static_cast<int>(i));
    const auto signal = Signal::make(frame.picture.format(), frame.picture.colour());
    auto views = std::make_shared<FrameViews>(std::move(frame), time_of(i), signal, previous);
    measured.push_back(ruler.measure(*views));
    views->release_previous();
    previous = views;
  }
  const auto part = [&](size_t from, size_t to) {
    auto analyzer = std::make_unique<CadenceAnalyzer>(context);
    for (size_t i = from; i < to; ++i) {
      if (i == 300) {
        analyzer->observe_damaged(time_of(i));
      } else {
        analyzer->observe(time_of(i), *measured[i]);
      }
    }
    return analyzer;
  };
  const std::string whole = outcome_text(*part(0, sources.size()));
  EXPECT_NE(whole.find("2:3"), std::string::npos);
  EXPECT_NE(whole.find("duplicate"), std::string::npos);
  std::mt19937 random(11);
  for (int round = 0; round < 25; ++round) {
    const size_t longest = round % 2 == 0 ? 60 : 400;
    CadenceAnalyzer merged(context);
    for (size_t from = 0; from < sources.size();) {
      const size_t to = std::min(sources.size(), from + 1 + random() % longest);
      const auto state = parse_json(json::serialize(*part(from, to)->save()));
      const auto done = from == 0 ? merged.load(*state) : merged.merge(*state);
      ASSERT_TRUE(done) << done.error().message;
      from = to;
    }
    ASSERT_EQ(outcome_text(merged), whole) << round;
  }
}

TEST(CadenceState, DamagedStateIsRefused) {
  for (const char* bad : {"1", "{}", R"({"count":1,"head":[],"tail":[],"judged":{}})",
                          R"({"count":0,"head":[],"tail":[],"judged":{"runs":[],"counts":[]}})"}) {
    CadenceAnalyzer analyzer(test::options_of({}).context);
    EXPECT_FALSE(analyzer.load(*parse_json(bad))) << bad;
  }
}

}  // namespace
}  // namespace pier::analysis
