#include "cadence.hpp"

#include <algorithm>

#include "json_io.hpp"
#include "kernels.hpp"
#include "signal.hpp"

namespace pier::analysis {

namespace {

constexpr int64_t kPatternGap = 50;         // frames that end no pattern: a phase shift, a still moment
constexpr int64_t kHoldMilliseconds = 500;  // repeats of this length are a freeze
constexpr size_t kVoteReach = 6;            // frames on each side whose votes on the fields are counted
constexpr int kVotes = 4;
constexpr int64_t kVoteGap = 12;
constexpr int64_t kTimeJump = 1'000'000;      // value of a dropped frame that the time stamps show, times frames
constexpr int64_t kMixedMilliseconds = 2000;  // of each cadence
constexpr int64_t kMixedShare = 20;           // each at least 1/20 of the programme

struct Frame final : Measured {
  impl::Change change;
  impl::FieldVote vote = impl::FieldVote::kNone;
};

/// Between two time stamps, whatever they are.
int64_t ticks_between(const FrameTime& from, const FrameTime& to) {
  constexpr int64_t kFar = int64_t{1} << 50U;
  const auto ticks = static_cast<int64_t>(static_cast<uint64_t>(to.pts) - static_cast<uint64_t>(from.pts));
  return std::clamp(ticks, -kFar, kFar);
}

/// Frames that the time stamps say are missing before `at`, in an otherwise even row.
int64_t missing_by_time(std::span<const FrameTime> times, size_t at) {
  constexpr size_t kEven = 4;
  if (at < kEven + 1 || at + kEven >= times.size()) return 0;
  int64_t smallest = INT64_MAX;
  int64_t largest = 0;
  for (size_t i = at - kEven; i <= at + kEven; ++i) {
    if (i == at) continue;
    const int64_t step = ticks_between(times[i - 1], times[i]);
    smallest = std::min(smallest, step);
    largest = std::max(largest, step);
  }
  // Time stamps in milliseconds differ by one from step to step.
  if (smallest <= 0 || largest - smallest > std::max<int64_t>(1, smallest / 4)) return 0;
  const int64_t mean = (smallest + largest) / 2;
  const int64_t here = ticks_between(times[at - 1], times[at]);
  return here * 10 >= mean * 16 ? std::max<int64_t>(1, (here + mean / 2) / mean - 1) : 0;
}

std::string_view pattern_name(size_t pattern) {
  return impl::patterns()[pattern].name;
}

}  // namespace

/// The surroundings of the frames that are judged together.
struct CadenceAnalyzer::Stretch {
  std::vector<FrameTime> times;
  std::vector<int64_t> largest, mean;
  impl::CoarseChanges coarse;
  std::vector<impl::FieldVote> votes;
  std::vector<impl::Step> steps;

  Stretch(const std::deque<Entry>& entries, size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      times.push_back(entries[i].time);
      largest.push_back(entries[i].change.largest);
      mean.push_back(entries[i].change.mean);
      coarse.mean.push_back(entries[i].change.coarse);
      coarse.median.push_back(entries[i].change.middle);
      coarse.contrast.push_back(entries[i].change.contrast);
      votes.push_back(entries[i].vote);
    }
    steps = impl::steps_of(largest, mean);
  }

  /// Whether the fields of frame `at` were taken in this order, by its own vote and those around.
  bool interlaced(size_t at, impl::FieldVote order) const {
    if (votes[at] != order) return false;
    const size_t from = at - std::min(at, kVoteReach);
    const size_t to = std::min(votes.size(), at + kVoteReach + 1);
    int same = 0;
    int other = 0;
    for (size_t i = from; i < to; ++i) {
      same += votes[i] == order ? 1 : 0;
      other += votes[i] == impl::FieldVote::kTopFirst || votes[i] == impl::FieldVote::kBottomFirst ? 1 : 0;
    }
    return same >= kVotes && same == other;
  }

  /// Moving at full rate here: no repeat around.
  bool full_rate(size_t at) const {
    constexpr size_t kAround = 12;
    if (steps[at] != impl::Step::kNew) return false;
    const size_t from = at - std::min(at, kAround);
    const size_t to = std::min(steps.size(), at + kAround + 1);
    return std::find(steps.begin() + static_cast<ptrdiff_t>(from), steps.begin() + static_cast<ptrdiff_t>(to),
                     impl::Step::kRepeat) == steps.begin() + static_cast<ptrdiff_t>(to);
  }
};

CadenceAnalyzer::Judged::Judged()
    : duplicates({.kind = "cadence.duplicate", .severity = Severity::kWarn}),
      dropped({.kind = "cadence.dropped", .severity = Severity::kWarn}),
      top_first({.kind = "cadence.interlaced", .severity = Severity::kWarn, .max_gap = kVoteGap}),
      bottom_first({.kind = "cadence.interlaced", .severity = Severity::kWarn, .max_gap = kVoteGap}) {
  for (size_t i = 0; i < impl::kPatterns; ++i) {
    patterns.emplace_back(
        impl::RunRules{.kind = "cadence.repeated", .severity = Severity::kWarn, .max_gap = kPatternGap});
  }
}

std::vector<impl::RunCollector*> CadenceAnalyzer::Judged::collectors() {
  std::vector<impl::RunCollector*> all{&duplicates, &dropped, &top_first, &bottom_first};
  for (impl::RunCollector& one : patterns) all.push_back(&one);
  return all;
}

std::vector<const impl::RunCollector*> CadenceAnalyzer::Judged::collectors() const {
  std::vector<const impl::RunCollector*> all{&duplicates, &dropped, &top_first, &bottom_first};
  for (const impl::RunCollector& one : patterns) all.push_back(&one);
  return all;
}

json::value CadenceAnalyzer::Judged::save() const {
  json::array runs;
  for (const impl::RunCollector* one : collectors()) runs.push_back(one->save());
  json::array counts{frames, full_rate, repeats};
  for (const int64_t count : by_pattern) counts.push_back(count);
  return json::object{{"runs", std::move(runs)}, {"counts", std::move(counts)}};
}

Result<void> CadenceAnalyzer::Judged::load(const json::value& state) {
  PIER_TRY(const json::object* object, impl::as_object(state, "saved cadence"));
  PIER_TRY(const json::array runs, get_array(*object, "runs"));
  const auto all = collectors();
  if (runs.size() != all.size()) return fail(ErrorCode::kInputDamaged, "saved cadence has the wrong number of runs");
  for (size_t i = 0; i < all.size(); ++i) PIER_CHECK(all[i]->load(runs[i]));
  PIER_TRY(const auto counts, impl::integers(impl::member(state, "counts"), 3 + impl::kPatterns));
  frames = counts[0];
  full_rate = counts[1];
  repeats = counts[2];
  for (size_t i = 0; i < impl::kPatterns; ++i) by_pattern[i] = counts[3 + i];
  return {};
}

Result<void> CadenceAnalyzer::Judged::merge(const json::value& later) {
  Judged next;
  PIER_CHECK(next.load(later));
  const auto ours = collectors();
  const auto theirs = next.collectors();
  for (size_t i = 0; i < ours.size(); ++i) PIER_CHECK(ours[i]->merge(theirs[i]->save()));
  frames += next.frames;
  full_rate += next.full_rate;
  repeats += next.repeats;
  for (size_t i = 0; i < impl::kPatterns; ++i) by_pattern[i] += next.by_pattern[i];
  return {};
}

CadenceAnalyzer::CadenceAnalyzer(const AnalyzerContext& context) : x_video(context.video.value_or(VideoContext{})) {}

std::unique_ptr<Analyzer> CadenceAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<CadenceAnalyzer>(context);
}

std::unique_ptr<Measured> CadenceAnalyzer::measure(const FrameViews& views) const {
  auto frame = std::make_unique<Frame>();
  if (views.previous() == nullptr) return frame;
  const PictureView& now = views.picture();
  const PictureView& before = views.previous()->picture();
  if (now.width != before.width || now.height != before.height || now.format != before.format) return frame;
  const int span = views.signal().peak() - views.signal().black();
  if (const kernels::PlaneChange* change = views.change()) {
    const PictureView& quarter = views.luma_quarter();
    const auto samples = static_cast<uint64_t>(quarter.width) * static_cast<uint64_t>(quarter.height);
    frame->change.largest = static_cast<int64_t>(change->largest_millionths) / span;
    frame->change.mean = static_cast<int64_t>(change->sum * 1'000'000 / (samples * static_cast<uint64_t>(span)));
    impl::add_coarse(views.eighth(), views.previous()->eighth(), span, frame->change);
  }
  frame->vote = impl::field_vote(now, before, span);
  return frame;
}

void CadenceAnalyzer::observe(const FrameTime& time, const Measured& measured) {
  const auto& frame = static_cast<const Frame&>(measured);
  push({time, frame.change, frame.vote});
}

void CadenceAnalyzer::observe_damaged(const FrameTime& time) {
  push({time, {}, impl::FieldVote::kNone});
}

void CadenceAnalyzer::push(const Entry& entry) {
  if (x_head.size() < 2 * kReach) x_head.push_back(entry);
  x_tail.push_back(entry);
  ++x_count;
  if (x_tail.size() <= 2 * kReach) return;
  judge(x_tail, kReach, kReach + 1, x_judged);
  x_tail.pop_front();
}

int64_t CadenceAnalyzer::short_hold(const Stretch& stretch, const impl::Stretch& repeats) const {
  const FrameTime& last = stretch.times[repeats.last];
  const Rational held = Rational(ticks_between(stretch.times[repeats.first], last) + last.duration) * x_video.time_base;
  return held < Rational(kHoldMilliseconds, 1000) ? static_cast<int64_t>(repeats.last - repeats.first + 1) : 0;
}

void CadenceAnalyzer::judge(const std::deque<Entry>& entries, size_t first, size_t end, Judged& judged) const {
  for (size_t i = first; i < end; ++i) {
    const size_t from = i - std::min(i, kReach);
    const Stretch stretch(entries, from, std::min(entries.size(), i + kReach + 1));
    const size_t at = i - from;
    const FrameTime& time = entries[i].time;
    const auto pattern = impl::pattern_at(stretch.steps, at);
    for (size_t p = 0; p < impl::kPatterns; ++p) judged.patterns[p].mark(time, pattern == p);
    const auto repeats = pattern ? std::nullopt : impl::duplicate_at(stretch.steps, at);
    const int64_t hold = repeats ? short_hold(stretch, *repeats) : 0;
    judged.duplicates.mark(time, hold > 0, hold);
    const int64_t missing = missing_by_time(stretch.times, at);
    const int64_t jump = impl::jump_at(stretch.steps, stretch.coarse, at);
    judged.dropped.mark(time, missing > 0 || jump > 0, missing > 0 ? missing * kTimeJump : jump);
    judged.top_first.mark(time, stretch.interlaced(at, impl::FieldVote::kTopFirst));
    judged.bottom_first.mark(time, stretch.interlaced(at, impl::FieldVote::kBottomFirst));
    ++judged.frames;
    judged.repeats += stretch.steps[at] == impl::Step::kRepeat ? 1 : 0;
    if (pattern) {
      ++judged.by_pattern[*pattern];
    } else if (stretch.full_rate(at)) {
      ++judged.full_rate;
    }
  }
}

Outcome CadenceAnalyzer::finish() {
  const auto count = static_cast<size_t>(x_count);
  Judged all;
  // Nothing came before: the first frames are judged now, before those that were judged on the way.
  judge(x_head, 0, std::min(count, count <= 2 * kReach ? count : kReach), all);
  if (count > 2 * kReach) {
    if (!all.merge(x_judged.save())) return {};
    judge(x_tail, kReach, 2 * kReach, all);
  }
  x_judged = std::move(all);
  Outcome outcome;
  json::object patterns;
  for (size_t p = 0; p < impl::kPatterns; ++p) {
    if (x_judged.by_pattern[p] > 0) patterns[pattern_name(p)] = x_judged.by_pattern[p];
  }
  outcome.measures = {{"frames", x_judged.frames},
                      {"repeated_frames", x_judged.repeats},
                      {"full_rate_frames", x_judged.full_rate},
                      {"pattern_frames", std::move(patterns)}};
  report_mixed(outcome);
  report(outcome);
  return outcome;
}

void CadenceAnalyzer::report(Outcome& outcome) {
  const auto report = [&](impl::RunCollector& collector, const auto& describe) {
    impl::report_runs(collector, x_video.stream_index, x_video.time_base, true, outcome, describe);
  };
  for (size_t p = 0; p < impl::kPatterns; ++p) {
    const impl::Pattern& pattern = impl::patterns()[p];
    report(x_judged.patterns[p], [&](const impl::Run& run, Finding& finding) {
      finding.measures = {{"pattern", pattern.name}, {"frames", run.hits}};
      if (x_video.frame_rate.num > 0) {
        const Rational rate =
            x_video.frame_rate * Rational(pattern.pictures(), static_cast<int64_t>(pattern.frames.size()));
        finding.measures["pictures_per_second"] = rate.value();
      }
    });
  }
  report(x_judged.duplicates,
         [](const impl::Run& run, Finding& finding) { finding.measures["repeated_frames"] = run.hits; });
  report(x_judged.dropped, [](const impl::Run& run, Finding& finding) {
    const bool by_time = run.worst >= kTimeJump;
    finding.measures["seen_in"] = by_time ? "time_stamps" : "motion";
    finding.measures["missing_frames"] = by_time ? run.worst / kTimeJump : 1;
    if (!by_time) finding.measures["step_percent"] = run.worst;
  });
  const auto fields = [](std::string_view order) {
    return [order](const impl::Run& run, Finding& finding) {
      finding.measures = {{"field_order", order}, {"combed_frames", run.hits}};
    };
  };
  report(x_judged.top_first, fields("top_first"));
  report(x_judged.bottom_first, fields("bottom_first"));
}

void CadenceAnalyzer::report_mixed(Outcome& outcome) const {
  const Rational rate = x_video.frame_rate.num > 0 ? x_video.frame_rate : Rational(25);
  const int64_t least = std::max(rescale(kMixedMilliseconds, rate, Rational(1000)), x_judged.frames / kMixedShare);
  json::array found;
  if (x_judged.full_rate >= std::max<int64_t>(1, least)) found.push_back("1:1");
  for (size_t p = 0; p < impl::kPatterns; ++p) {
    if (x_judged.by_pattern[p] >= std::max<int64_t>(1, least)) {
      found.push_back(json::value(pattern_name(p)));
    }
  }
  if (found.size() < 2 || x_tail.empty()) return;
  const FrameTime& first = x_head.front().time;
  const FrameTime& last = x_tail.back().time;
  Finding finding;
  finding.kind = "cadence.mixed";
  finding.severity = Severity::kWarn;
  finding.stream_index = x_video.stream_index;
  finding.time = {Rational(first.pts) * x_video.time_base, Rational(last.pts + last.duration) * x_video.time_base};
  finding.first_frame = first.index;
  finding.last_frame = last.index;
  finding.measures["cadences"] = std::move(found);
  set_id(finding);
  outcome.totals[finding.kind] = {1, (finding.time.end - finding.time.start).value()};
  outcome.findings.push_back(std::move(finding));
}

namespace {

constexpr size_t kEntryNumbers = 9;

}  // namespace

Result<json::value> CadenceAnalyzer::save() const {
  const auto saved = [](const std::deque<Entry>& entries) {
    json::array list;
    for (const Entry& e : entries) {
      list.push_back(json::array{e.time.index, e.time.pts, e.time.duration, e.change.largest, e.change.mean,
                                 e.change.coarse, e.change.middle, e.change.contrast, static_cast<int64_t>(e.vote)});
    }
    return list;
  };
  return json::value(
      json::object{{"head", saved(x_head)}, {"tail", saved(x_tail)}, {"count", x_count}, {"judged", x_judged.save()}});
}

Result<void> CadenceAnalyzer::load(const json::value& state) {
  PIER_TRY(const json::object* object, impl::as_object(state, "saved cadence"));
  CadenceAnalyzer loaded(AnalyzerContext{.video = x_video, .audio = {}});
  PIER_TRY(loaded.x_count, get_int(*object, "count"));
  for (const auto& [key, entries] : {std::pair{"head", &loaded.x_head}, std::pair{"tail", &loaded.x_tail}}) {
    PIER_TRY(const json::array list, get_array(*object, key));
    for (const json::value& value : list) {
      PIER_TRY(const auto v, impl::integers(value, kEntryNumbers));
      if (v[8] < 0 || v[8] > static_cast<int64_t>(impl::FieldVote::kProgressive)) {
        return fail(ErrorCode::kInputDamaged, "saved cadence has an unknown vote");
      }
      entries->push_back({{v[0], v[1], v[2]}, {v[3], v[4], v[5], v[6], v[7]}, static_cast<impl::FieldVote>(v[8])});
    }
    const auto kept = static_cast<size_t>(std::clamp<int64_t>(loaded.x_count, 0, 2 * kReach));
    if (entries->size() != kept) return fail(ErrorCode::kInputDamaged, "saved cadence lacks frames");
  }
  PIER_CHECK(loaded.x_judged.load(impl::member(state, "judged")));
  *this = std::move(loaded);
  return {};
}

Result<void> CadenceAnalyzer::merge(const json::value& later) {
  CadenceAnalyzer next(AnalyzerContext{.video = x_video, .audio = {}});
  PIER_CHECK(next.load(later));
  for (const Entry& entry : next.x_head) push(entry);
  if (next.x_count <= static_cast<int64_t>(2 * kReach)) return {};
  PIER_CHECK(x_judged.merge(next.x_judged.save()));
  x_tail = std::move(next.x_tail);
  x_count += next.x_count - static_cast<int64_t>(next.x_head.size());
  return {};
}

}  // namespace pier::analysis
