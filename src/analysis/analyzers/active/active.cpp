#include "analyzers/active/active.hpp"

#include <algorithm>
#include <cstdlib>

#include <pier/analysis/analyse.hpp>

#include "json_io.hpp"

namespace pier::analysis {

namespace impl {

namespace {

constexpr int64_t kSameEdge = 4;
constexpr int64_t kOutside = 8;
constexpr int64_t kLeastEvidence = 3;

bool same(const Box& a, const Box& b) {
  return std::abs(a.left - b.left) <= kSameEdge && std::abs(a.top - b.top) <= kSameEdge &&
         std::abs(a.right - b.right) <= kSameEdge && std::abs(a.bottom - b.bottom) <= kSameEdge;
}

void extend(BoxRun& run, const BoxRun& next) {
  run.last = next.last;
  run.end = next.end;
  run.evident += next.evident;
  run.last_box = next.last_box;
  run.all = united(run.all, next.all);
}

json::value save_box(const std::optional<Box>& box) {
  if (!box) return {};
  return json::array{box->left, box->top, box->right, box->bottom};
}

Result<std::optional<Box>> load_box(const json::value& value) {
  if (value.is_null()) return std::optional<Box>();
  PIER_TRY(const auto v, integers(value, 4));
  return std::optional<Box>(Box{v[0], v[1], v[2], v[3]});
}

Result<Box> load_some_box(const json::value& value) {
  PIER_TRY(const auto box, load_box(value));
  if (!box) return fail(ErrorCode::kInputDamaged, "saved active picture lacks its box");
  return *box;
}

json::value save_run(const BoxRun& run) {
  return json::object{{"of", json::array{run.first, run.last, run.start, run.end, run.evident}},
                      {"first", save_box(run.first_box)},
                      {"last", save_box(run.last_box)},
                      {"all", save_box(run.all)},
                      {"before", save_box(run.before)}};
}

Result<BoxRun> load_run(const json::value& value) {
  PIER_TRY(const auto v, integers(member(value, "of"), 5));
  BoxRun run;
  run.first = v[0];
  run.last = v[1];
  run.start = v[2];
  run.end = v[3];
  run.evident = v[4];
  PIER_TRY(run.first_box, load_some_box(member(value, "first")));
  PIER_TRY(run.last_box, load_some_box(member(value, "last")));
  PIER_TRY(run.all, load_some_box(member(value, "all")));
  PIER_TRY(run.before, load_box(member(value, "before")));
  return run;
}

}  // namespace

void BoxRuns::add(const FrameTime& time, const LitBox& box) {
  if (!box.active) {
    x_after = united(x_after, box.lit);
    return;
  }
  BoxRun next{.first = time.index,
              .last = time.index,
              .start = time.pts,
              .end = time.pts + time.duration,
              .evident = 1,
              .first_box = *box.active,
              .last_box = *box.active,
              .all = *box.active,
              .before = x_after};
  x_after.reset();
  go_on(next);
}

bool BoxRuns::joins(const BoxRun& next) const {
  if (x_runs.empty()) return false;
  const BoxRun& open = x_runs.back();
  return same(open.last_box, next.first_box) && (!next.before || inside(*next.before, open.last_box, kOutside));
}

void BoxRuns::go_on(BoxRun next) {
  if (joins(next)) {
    extend(x_runs.back(), next);
  } else {
    push(next);
  }
}

void BoxRuns::push(BoxRun next) {
  // A run of a frame or two between others is something lit, not a picture. The first of a part may go on from before.
  if (x_runs.size() > 1 && x_runs.back().evident < kLeastEvidence) {
    const BoxRun dropped = x_runs.back();
    x_runs.pop_back();
    next.before = united(next.before, united(std::optional<Box>(dropped.all), dropped.before));
  }
  if (x_runs.size() >= kMost) x_runs.pop_back();
  x_runs.push_back(next);
}

void BoxRuns::merge(BoxRuns&& later) {
  if (later.x_runs.empty()) {
    x_after = united(x_after, later.x_after);
    return;
  }
  later.x_runs.front().before = united(x_after, later.x_runs.front().before);
  x_after = later.x_after;
  go_on(later.x_runs.front());
  for (size_t i = 1; i < later.x_runs.size(); ++i) push(later.x_runs[i]);
}

std::vector<BoxRun> BoxRuns::finish() {
  std::vector<BoxRun> joined;
  for (BoxRun& run : x_runs) {
    const bool on = !joined.empty() && same(joined.back().last_box, run.first_box) &&
                    (!run.before || inside(*run.before, joined.back().last_box, kOutside));
    if (on) {
      extend(joined.back(), run);
    } else {
      joined.push_back(run);
    }
  }
  x_runs.clear();
  return joined;
}

json::value BoxRuns::save() const {
  json::array runs;
  for (const BoxRun& run : x_runs) runs.push_back(save_run(run));
  return json::object{{"runs", std::move(runs)}, {"after", save_box(x_after)}};
}

Result<void> BoxRuns::load(const json::value& state) {
  PIER_TRY(const json::object* object, as_object(state, "saved active picture"));
  PIER_TRY(const json::array runs, get_array(*object, "runs"));
  if (runs.size() > kMost) return fail(ErrorCode::kInputDamaged, "saved active pictures are more than are ever kept");
  BoxRuns loaded;
  for (const json::value& value : runs) {
    PIER_TRY(BoxRun run, load_run(value));
    loaded.x_runs.push_back(run);
  }
  PIER_TRY(loaded.x_after, load_box(member(state, "after")));
  *this = std::move(loaded);
  return {};
}

}  // namespace impl

namespace {

struct MeasuredBox final : Measured {
  impl::LitBox box;
  int64_t width = 0, height = 0;
};

}  // namespace

ActiveAnalyzer::ActiveAnalyzer(const AnalyzerContext& context) : x_video(context.video.value_or(VideoContext{})) {}

std::unique_ptr<Analyzer> ActiveAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<ActiveAnalyzer>(context);
}

std::unique_ptr<Measured> ActiveAnalyzer::measure(const FrameViews& views) const {
  auto measured = std::make_unique<MeasuredBox>();
  measured->box = impl::find_lit_box(views.picture(), views.luma_quarter(), views.signal());
  measured->width = views.picture().width;
  measured->height = views.picture().height;
  return measured;
}

void ActiveAnalyzer::observe(const FrameTime& time, const Measured& measured) {
  const auto& frame = static_cast<const MeasuredBox&>(measured);
  x_state.runs.add(time, frame.box);
  ++x_state.frames;
  x_state.evident += frame.box.active ? 1 : 0;
  x_state.width = std::max(x_state.width, frame.width);
  x_state.height = std::max(x_state.height, frame.height);
}

void ActiveAnalyzer::report(const impl::BoxRun& run, Outcome& outcome) const {
  const impl::Box& box = run.all;
  const bool rows = box.top > 0;
  const bool columns = box.left > 0;
  Finding finding;
  finding.kind = rows && columns ? "active.windowbox" : rows ? "active.letterbox" : "active.pillarbox";
  finding.stream_index = x_video.stream_index;
  finding.time = {Rational(run.start) * x_video.time_base, Rational(run.end) * x_video.time_base};
  finding.first_frame = run.first;
  finding.last_frame = run.last;
  const auto width = static_cast<int>(box.right - box.left);
  const auto height = static_cast<int>(box.bottom - box.top);
  finding.region = Region{static_cast<int>(box.left), static_cast<int>(box.top), width, height};
  set_id(finding);
  finding.measures = {{"aspect_in_samples", static_cast<double>(width) / std::max(1, height)},
                      {"evident_frames", run.evident}};
  FindingTotals& totals = outcome.totals[finding.kind];
  ++totals.count;
  totals.seconds += (finding.time.end - finding.time.start).value();
  if (totals.count <= static_cast<int64_t>(kMaxFindings)) outcome.findings.push_back(std::move(finding));
}

Outcome ActiveAnalyzer::finish() {
  Outcome outcome;
  for (const char* kind : {"active.letterbox", "active.pillarbox", "active.windowbox"}) outcome.totals[kind] = {};
  for (const impl::BoxRun& run : x_state.runs.finish()) {
    const Rational seconds = Rational(run.end - run.start) * x_video.time_base;
    const bool enough = run.evident >= 3 && run.evident * 10 >= run.last - run.first + 1;
    if (enough && seconds >= Rational(kMinMilliseconds, 1000)) report(run, outcome);
  }
  outcome.measures = {{"frames", x_state.frames},
                      {"frames_with_bars", x_state.evident},
                      {"lit_nits", impl::LitBox::kLitNits},
                      {"width", x_state.width},
                      {"height", x_state.height}};
  return outcome;
}

Result<json::value> ActiveAnalyzer::save() const {
  return json::value(
      json::object{{"runs", x_state.runs.save()},
                   {"sums", json::array{x_state.frames, x_state.evident, x_state.width, x_state.height}}});
}

Result<ActiveAnalyzer::State> ActiveAnalyzer::state_from(const json::value& value) {
  State state;
  PIER_CHECK(state.runs.load(impl::member(value, "runs")));
  PIER_TRY(const auto sums, impl::integers(impl::member(value, "sums"), 4));
  state.frames = sums[0];
  state.evident = sums[1];
  state.width = sums[2];
  state.height = sums[3];
  return state;
}

Result<void> ActiveAnalyzer::load(const json::value& state) {
  PIER_TRY(x_state, state_from(state));
  return {};
}

Result<void> ActiveAnalyzer::merge(const json::value& later) {
  PIER_TRY(State state, state_from(later));
  x_state.runs.merge(std::move(state.runs));
  x_state.frames += state.frames;
  x_state.evident += state.evident;
  x_state.width = std::max(x_state.width, state.width);
  x_state.height = std::max(x_state.height, state.height);
  return {};
}

}  // namespace pier::analysis
