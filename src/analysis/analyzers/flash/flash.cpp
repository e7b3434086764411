#include "analyzers/flash/flash.hpp"

#include <algorithm>
#include <cmath>

namespace pier::analysis {

namespace impl {

namespace {

struct Kind {
  std::string_view name;
  Severity severity;
};
/// In the order of FlashCore::runs: four a series, then the two of the sequence clause.
constexpr size_t kPerSeries = 3;  // failure, extended, warning
constexpr std::array<Kind, FlashCore::kSeries * kPerSeries + 2> kKinds{{
    {"flash.bt1702.luminance", Severity::kFail},
    {"flash.bt1702.extended.luminance", Severity::kWarn},
    {"flash_warning.bt1702.luminance", Severity::kInfo},
    {"flash.bt1702.red", Severity::kFail},
    {"flash.bt1702.extended.red", Severity::kWarn},
    {"flash_warning.bt1702.red", Severity::kInfo},
    {"flash.iris.luminance", Severity::kFail},
    {"flash.iris.extended.luminance", Severity::kFail},
    {"flash_warning.iris.luminance", Severity::kInfo},
    {"flash.iris.red", Severity::kFail},
    {"flash.iris.extended.red", Severity::kFail},
    {"flash_warning.iris.red", Severity::kInfo},
    {"flash.bt1702.sequence.luminance", Severity::kFail},
    {"flash.bt1702.sequence.red", Severity::kFail},
}};
constexpr size_t kSequences = FlashCore::kSeries * kPerSeries;

// A value of a run: transitions and area of its worst frame.
constexpr int64_t kAreaUnit = 1'000'001;

constexpr int64_t kRelativeStep = 100'000;  // of 1 000 000
constexpr int64_t kRelativeDark = 800'000;
constexpr int64_t kRedStep = 20'000'000;   // of 320 000 000
constexpr int64_t kRedDark = 321'000'000;  // always
constexpr int64_t kIrisWarning = 4;
constexpr int64_t kBtWarning = 6;  // the three flashes a second that are allowed

int64_t frames_in_a_second(const VideoContext& video) {
  const double rate = video.frame_rate.num > 0 ? video.frame_rate.value() : 25.0;
  return std::clamp<int64_t>(std::llround(rate), 1, 240);
}

/// At least a quarter of the cells are not what they were.
bool quarter_changed(const std::vector<uint16_t>& before, const std::vector<uint16_t>& now, size_t cells) {
  const auto value = [](const std::vector<uint16_t>& values, size_t i) { return values.empty() ? 0 : values[i]; };
  size_t changed = 0;
  for (size_t i = 0; i < cells; ++i) changed += value(before, i) != value(now, i) ? 1U : 0U;
  return cells > 0 && changed * 4 >= cells;
}

}  // namespace

FlashCore::FlashCore(const VideoContext& video)
    : x_spans(FlashSpans::of(video.time_base)),
      x_mean({.step = kRelativeStep, .dark = kRelativeDark}),
      x_red_mean({.step = kRedStep, .dark = kRedDark}),
      x_judges{CountJudge(kBtWarning), CountJudge(kBtWarning), CountJudge(kIrisWarning), CountJudge(kIrisWarning)} {
  for (const Kind& kind : kKinds) {
    runs.emplace_back(
        RunRules{.kind = std::string(kind.name), .severity = kind.severity, .max_gap = frames_in_a_second(video) - 1});
  }
}

bool FlashCore::full(const std::vector<FlashFrame>& head) const {
  if (head.size() >= kHeadFrames) return true;
  if (head.empty()) return false;
  const FrameTime& last = head.back().time;
  return last.pts - head.front().time.pts >= 2 * x_spans.second + x_spans.window + 4 * last.duration;
}

void FlashCore::feed(const FlashFrame& frame, bool record) {
  if (frame.damaged) {
    x_light.forget();
    x_red.forget();
    x_mean.forget();
    x_red_mean.forget();
    x_before_light.clear();
    return;
  }
  frames += record ? 1 : 0;
  if (frame.light.empty()) return;
  judge(frame, record);
  x_before_light = frame.light;
  x_before_red = frame.red;
}

void FlashCore::judge(const FlashFrame& frame, bool record) {
  const size_t cells = frame.light.size();
  const bool comparable = x_before_light.size() == cells;
  if (!comparable) {
    x_mean.forget();
    x_red_mean.forget();
    x_before_red.clear();
  }
  const CellCounts light = x_light.feed(frame.time, x_spans, frame.light, cells);
  const CellCounts red = x_red.feed(frame.time, x_spans, frame.red, cells);
  const bool light_changed = comparable && quarter_changed(x_before_light, frame.light, cells);
  const bool red_changed = comparable && quarter_changed(x_before_red, frame.red, cells);
  const int64_t mean = x_mean.feed(frame.time, x_spans, frame.relative_millionths, light_changed);
  const int64_t red_mean = x_red_mean.feed(frame.time, x_spans, frame.red_millionths, red_changed);
  const std::array<int64_t, kSeries> transitions{light.transitions, red.transitions, mean, red_mean};
  const std::array<int64_t, kSeries> areas{light.area_millionths, red.area_millionths, 0, 0};
  for (size_t s = 0; s < kSeries; ++s) {
    const FlashStatus status = x_judges[s].feed(frame.time, x_spans, transitions[s]);
    if (!record) continue;
    largest[s] = std::max(largest[s], transitions[s]);
    const int64_t value = transitions[s] * kAreaUnit + areas[s];
    const std::array<FlashStatus, kPerSeries> order{FlashStatus::kFailure, FlashStatus::kExtended,
                                                    FlashStatus::kWarning};
    for (size_t k = 0; k < kPerSeries; ++k) runs[s * kPerSeries + k].mark(frame.time, status == order[k], value);
  }
  if (!record) return;
  runs[kSequences].mark(frame.time, light.sequence, light.transitions * kAreaUnit + light.area_millionths);
  runs[kSequences + 1].mark(frame.time, red.sequence, red.transitions * kAreaUnit + red.area_millionths);
}

void FlashCore::resume(FlashCore&& later) {
  for (size_t k = 0; k < runs.size(); ++k) {
    // What was saved by ourselves is in order.
    [[maybe_unused]] const auto merged = runs[k].merge(later.runs[k].save());
  }
  for (size_t s = 0; s < kSeries; ++s) largest[s] = std::max(largest[s], later.largest[s]);
  frames += later.frames;
  x_light = std::move(later.x_light);
  x_red = std::move(later.x_red);
  x_mean = std::move(later.x_mean);
  x_red_mean = std::move(later.x_red_mean);
  x_judges = std::move(later.x_judges);
  x_before_light = std::move(later.x_before_light);
  x_before_red = std::move(later.x_before_red);
}

json::value FlashCore::save() const {
  json::array kinds, judges, most;
  for (const RunCollector& collector : runs) kinds.push_back(collector.save());
  for (const CountJudge& judge : x_judges) judges.push_back(judge.save());
  for (const int64_t value : largest) most.push_back(value);
  json::array light, red;
  for (const int64_t cell : x_before_light) light.emplace_back(cell);
  for (const int64_t cell : x_before_red) red.emplace_back(cell);
  return json::object{{"runs", std::move(kinds)},
                      {"judges", std::move(judges)},
                      {"largest", std::move(most)},
                      {"frames", frames},
                      {"light", x_light.save()},
                      {"red", x_red.save()},
                      {"mean", x_mean.save()},
                      {"red_mean", x_red_mean.save()},
                      {"before_light", std::move(light)},
                      {"before_red", std::move(red)}};
}

namespace {

Result<std::vector<uint16_t>> cells_of(const json::object& object, std::string_view key) {
  PIER_TRY(const json::array array, get_array(object, key));
  std::vector<uint16_t> cells;
  for (const json::value& value : array) {
    if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() > UINT16_MAX) {
      return fail(ErrorCode::kInputDamaged, "saved flash state holds an impossible cell");
    }
    cells.push_back(static_cast<uint16_t>(value.get_int64()));
  }
  return cells;
}

}  // namespace

Result<void> FlashCore::load(const json::value& state) {
  PIER_TRY(const json::object* object, as_object(state, "saved flash state"));
  PIER_TRY(const json::array kinds, get_array(*object, "runs"));
  PIER_TRY(const json::array judges, get_array(*object, "judges"));
  if (kinds.size() != runs.size() || judges.size() != x_judges.size()) {
    return fail(ErrorCode::kInputDamaged, "saved flash state is of another engine");
  }
  for (size_t k = 0; k < runs.size(); ++k) PIER_CHECK(runs[k].load(kinds[k]));
  for (size_t s = 0; s < x_judges.size(); ++s) PIER_CHECK(x_judges[s].load(judges[s]));
  PIER_TRY(const auto most, integers(member(state, "largest"), kSeries));
  std::copy(most.begin(), most.end(), largest.begin());
  PIER_TRY(frames, get_int(*object, "frames"));
  PIER_CHECK(x_light.load(member(state, "light")));
  PIER_CHECK(x_red.load(member(state, "red")));
  PIER_CHECK(x_mean.load(member(state, "mean")));
  PIER_CHECK(x_red_mean.load(member(state, "red_mean")));
  PIER_TRY(x_before_light, cells_of(*object, "before_light"));
  PIER_TRY(x_before_red, cells_of(*object, "before_red"));
  if (!x_before_red.empty() && x_before_red.size() != x_before_light.size()) {
    return fail(ErrorCode::kInputDamaged, "saved flash state has two grids");
  }
  return {};
}

}  // namespace impl

namespace {

struct MeasuredFlash final : Measured {
  impl::FlashFrame frame;
};

}  // namespace

FlashAnalyzer::FlashAnalyzer(const AnalyzerContext& context)
    : x_video(
          context.video.value_or(VideoContext{.stream_index = -1, .time_base = Rational(1, 1000), .frame_rate = 0})),
      x_state(impl::FlashCore(x_video)) {}

std::unique_ptr<Analyzer> FlashAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<FlashAnalyzer>(context);
}

std::unique_ptr<Measured> FlashAnalyzer::measure(const FrameViews& views) const {
  auto measured = std::make_unique<MeasuredFlash>();
  measured->frame = impl::measure_flash(views.eighth(), views.signal(), views.time());
  return measured;
}

void FlashAnalyzer::observe(const FrameTime& /*time*/, const Measured& measured) {
  x_state.feed(static_cast<const MeasuredFlash&>(measured).frame);
}

void FlashAnalyzer::observe_damaged(const FrameTime& time) {
  impl::FlashFrame frame;
  frame.time = time;
  frame.damaged = true;
  x_state.feed(frame);
}

Outcome FlashAnalyzer::finish() {
  impl::FlashCore all = x_state.finish();
  Outcome outcome;
  for (impl::RunCollector& runs : all.runs) {
    const bool cells = runs.rules().kind.find("iris") == std::string::npos;
    impl::report_runs(runs, x_video.stream_index, x_video.time_base, true, outcome,
                      [cells](const impl::Run& run, Finding& finding) {
                        const int64_t transitions = run.worst / impl::kAreaUnit;
                        finding.measures["frames"] = run.hits;
                        finding.measures["transitions_in_a_second"] = transitions;
                        finding.measures["flashes_in_a_second"] = static_cast<double>(transitions) / 2;
                        if (cells) {
                          finding.measures["area_share"] = static_cast<double>(run.worst % impl::kAreaUnit) / 1e6;
                        }
                      });
  }
  using Core = impl::FlashCore;
  const auto flashes = [&all](Core::Series series) { return static_cast<double>(all.largest[series]) / 2; };
  outcome.measures = {{"frames", all.frames},
                      {"sdr_white_nits", impl::FlashFrame::kSdrWhiteNits},
                      {"bt1702",
                       {{"luminance_flashes_in_a_second", flashes(Core::kBtLight)},
                        {"red_flashes_in_a_second", flashes(Core::kBtRed)}}},
                      {"iris",
                       {{"luminance_flashes_in_a_second", flashes(Core::kIrisLight)},
                        {"red_flashes_in_a_second", flashes(Core::kIrisRed)}}}};
  return outcome;
}

}  // namespace pier::analysis
