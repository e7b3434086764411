#include "analyzers/shots/shots.hpp"

#include <algorithm>

#include "picture_scan.hpp"

namespace pier::analysis {

namespace impl {

// ---- one shot

OpenShot::OpenShot(const Decision& decision)
    : first(decision.time.index), start(decision.time.pts), how(decision.start), length(decision.length) {
  add(decision);
}

void OpenShot::take(int64_t key, const Best& best) {
  const auto [place, fresh] = buckets.try_emplace(key, best);
  if (!fresh && best.sharpness > place->second.sharpness) place->second = best;
}

void OpenShot::coarsen() {
  const auto fine = std::exchange(buckets, {});
  ++shift;
  for (const auto& [key, best] : fine) take(key >> 1, best);
}

void OpenShot::add(const Decision& decision) {
  last = decision.time.index;
  end = decision.time.pts + decision.time.duration;
  light = std::max(light, decision.light);
  take(decision.time.index >> shift, {decision.sharpness, decision.time.index});
  while ((last >> shift) - (first >> shift) >= static_cast<int64_t>(kBuckets)) coarsen();
}

void OpenShot::join(const OpenShot& later) {
  OpenShot next = later;
  last = next.last;
  end = next.end;
  light = std::max(light, next.light);
  while (shift < next.shift || (last >> shift) - (first >> shift) >= static_cast<int64_t>(kBuckets)) coarsen();
  while (next.shift < shift) next.coarsen();
  for (const auto& [key, best] : next.buckets) take(key, best);
}

int64_t OpenShot::keyframe() const {
  const int64_t quarter = (last - first + 1) / 4;
  const int64_t middle = first + (last - first) / 2;
  const Best* chosen = nullptr;
  bool chosen_inside = false;
  for (const auto& [key, best] : buckets) {
    const bool inside = best.index >= first + quarter && best.index <= last - quarter;
    const bool better =
        chosen == nullptr || (inside && !chosen_inside) ||
        (inside == chosen_inside && (inside ? best.sharpness > chosen->sharpness
                                            : std::abs(best.index - middle) < std::abs(chosen->index - middle)));
    if (!better) continue;
    chosen = &best;
    chosen_inside = inside;
  }
  return chosen == nullptr ? middle : chosen->index;
}

namespace {

json::value save_open(const std::optional<OpenShot>& shot) {
  if (!shot) return {};
  json::array buckets;
  for (const auto& [key, best] : shot->buckets) buckets.push_back(json::array{key, best.sharpness, best.index});
  return json::object{{"of", json::array{shot->first, shot->last, shot->start, shot->end,
                                         static_cast<int64_t>(shot->how), shot->length, shot->shift, shot->light}},
                      {"buckets", std::move(buckets)}};
}

Result<ShotStart> start_from(int64_t number) {
  if (number < 0 || number > static_cast<int64_t>(ShotStart::kFadeIn)) {
    return fail(ErrorCode::kInputDamaged, "saved shots begin in an unknown way");
  }
  return static_cast<ShotStart>(number);
}

Result<std::optional<OpenShot>> load_open(const json::value& value) {
  if (value.is_null()) return std::optional<OpenShot>();
  PIER_TRY(const json::object* object, as_object(value, "saved shot"));
  PIER_TRY(const auto v, integers(member(value, "of"), 8));
  PIER_TRY(const json::array buckets, get_array(*object, "buckets"));
  if (v[6] < 0 || v[6] > 60 || buckets.size() > OpenShot::kBuckets) {
    return fail(ErrorCode::kInputDamaged, "saved shot has impossible buckets");
  }
  OpenShot shot;
  shot.first = v[0];
  shot.last = v[1];
  shot.start = v[2];
  shot.end = v[3];
  PIER_TRY(shot.how, start_from(v[4]));
  shot.length = v[5];
  shot.shift = v[6];
  shot.light = v[7];
  for (const json::value& item : buckets) {
    PIER_TRY(const auto b, integers(item, 3));
    shot.buckets[b[0]] = {b[1], b[2]};
  }
  return std::optional<OpenShot>(std::move(shot));
}

}  // namespace

// ---- the list

void ShotList::add(const Decision& decision) {
  if (x_open && decision.start == ShotStart::kStream) return x_open->add(decision);
  if (x_open) close(*x_open);
  x_open = OpenShot(decision);
}

void ShotList::close(const OpenShot& shot) {
  if (x_any) return keep(shot);
  x_any = true;
  x_head = shot;
}

void ShotList::keep(const OpenShot& shot) {
  ++x_count;
  ++x_starts[static_cast<size_t>(shot.how)];
  if (x_shots.size() < kListed) {
    x_shots.push_back(
        {shot.first, shot.last, shot.start, shot.end, shot.keyframe(), shot.how, shot.length, shot.light});
  }
}

void ShotList::merge(ShotList&& later) {
  // The first shot of the later part, which goes on from ours unless something began with it.
  std::optional<OpenShot>& first = later.x_any ? later.x_head : later.x_open;
  if (!first) return;
  if (x_open && first->how == ShotStart::kStream) {
    x_open->join(*first);
  } else {
    if (x_open) close(*x_open);
    x_open = first;
  }
  if (!later.x_any) return;
  close(*x_open);
  x_count += later.x_count;
  for (size_t i = 0; i < x_starts.size(); ++i) x_starts[i] += later.x_starts[i];
  for (const Shot& shot : later.x_shots) {
    if (x_shots.size() < kListed) x_shots.push_back(shot);
  }
  x_open = std::move(later.x_open);
}

std::vector<Shot> ShotList::finish() {
  if (x_open) close(*x_open);
  x_open.reset();
  const auto rest = std::exchange(x_shots, {});
  if (x_head) keep(*x_head);
  x_shots.insert(x_shots.end(), rest.begin(), rest.end());
  if (x_shots.size() > kListed) x_shots.resize(kListed);
  return std::exchange(x_shots, {});
}

json::value ShotList::save() const {
  json::array shots, starts;
  for (const Shot& s : x_shots) {
    shots.push_back(
        json::array{s.first, s.last, s.start, s.end, s.keyframe, static_cast<int64_t>(s.how), s.length, s.light});
  }
  for (const int64_t count : x_starts) starts.emplace_back(count);
  return json::object{{"head", save_open(x_head)},
                      {"open", save_open(x_open)},
                      {"shots", std::move(shots)},
                      {"starts", std::move(starts)},
                      {"any", x_any},
                      {"count", x_count}};
}

Result<void> ShotList::load(const json::value& state) {
  PIER_TRY(const json::object* object, as_object(state, "saved shots"));
  ShotList loaded;
  PIER_TRY(loaded.x_head, load_open(member(state, "head")));
  PIER_TRY(loaded.x_open, load_open(member(state, "open")));
  PIER_TRY(loaded.x_any, get_bool(*object, "any"));
  PIER_TRY(loaded.x_count, get_int(*object, "count"));
  PIER_TRY(const auto starts, integers(member(state, "starts"), loaded.x_starts.size()));
  std::copy(starts.begin(), starts.end(), loaded.x_starts.begin());
  PIER_TRY(const json::array shots, get_array(*object, "shots"));
  if (shots.size() > kListed || loaded.x_any != loaded.x_head.has_value()) {
    return fail(ErrorCode::kInputDamaged, "saved shots do not fit together");
  }
  for (const json::value& value : shots) {
    PIER_TRY(const auto v, integers(value, 8));
    PIER_TRY(const ShotStart how, start_from(v[5]));
    loaded.x_shots.push_back({v[0], v[1], v[2], v[3], v[4], how, v[6], v[7]});
  }
  *this = std::move(loaded);
  return {};
}

// ---- frames to shots

void ShotCore::feed(const ShotFrame& frame, bool record) {
  Decision decision;
  if (x_finder.feed(frame, decision) && record) shots.add(decision);
}

void ShotCore::resume(ShotCore&& later) {
  shots.merge(std::move(later.shots));
  x_finder = std::move(later.x_finder);
}

void ShotCore::flush() {
  Decision decision;
  while (x_finder.drain(decision)) shots.add(decision);
}

json::value ShotCore::save() const {
  return json::object{{"shots", shots.save()}, {"finder", x_finder.save()}};
}

Result<void> ShotCore::load(const json::value& state) {
  PIER_CHECK(shots.load(member(state, "shots")));
  return x_finder.load(member(state, "finder"));
}

}  // namespace impl

namespace {

struct MeasuredShot final : Measured {
  impl::ShotFrame frame;
};

std::string_view name_of(impl::ShotStart start) {
  constexpr std::array<std::string_view, 5> kNames{"start", "cut", "dissolve", "fade_out", "fade_in"};
  return kNames[static_cast<size_t>(start)];
}

}  // namespace

ShotsAnalyzer::ShotsAnalyzer(const AnalyzerContext& context) : x_video(context.video.value_or(VideoContext{})) {}

std::unique_ptr<Analyzer> ShotsAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<ShotsAnalyzer>(context);
}

std::unique_ptr<Measured> ShotsAnalyzer::measure(const FrameViews& views) const {
  auto measured = std::make_unique<MeasuredShot>();
  measured->frame = impl::measure_shot(views.eighth(), views.signal(), views.time());
  measured->frame.light = views.scan().light.largest_9999;
  return measured;
}

void ShotsAnalyzer::observe(const FrameTime& /*time*/, const Measured& measured) {
  x_state.feed(static_cast<const MeasuredShot&>(measured).frame);
}

void ShotsAnalyzer::observe_damaged(const FrameTime& time) {
  impl::ShotFrame frame;
  frame.time = time;
  frame.damaged = true;
  x_state.feed(frame);
}

Outcome ShotsAnalyzer::finish() {
  impl::ShotCore all = x_state.finish();
  all.flush();
  const std::vector<impl::Shot> shots = all.shots.finish();
  json::array list;
  for (const impl::Shot& shot : shots) {
    list.push_back(json::array{shot.first, shot.last, (Rational(shot.start) * x_video.time_base).value(),
                               (Rational(shot.end) * x_video.time_base).value(), shot.keyframe, name_of(shot.how),
                               shot.length, static_cast<double>(shot.light) / 1e6});
  }
  const auto starts = [&all](impl::ShotStart start) { return all.shots.starts()[static_cast<size_t>(start)]; };
  Outcome outcome;
  outcome.measures = {{"count", all.shots.count()},
                      {"listed", static_cast<int64_t>(shots.size())},
                      {"cuts", starts(impl::ShotStart::kCut)},
                      {"dissolves", starts(impl::ShotStart::kDissolve)},
                      {"fades_to_black", starts(impl::ShotStart::kFadeOut)},
                      {"fades_from_black", starts(impl::ShotStart::kFadeIn)},
                      {"columns",
                       {"first_frame", "last_frame", "start_seconds", "end_seconds", "keyframe", "begins_with",
                        "transition_frames", "max_nits_99_99"}},
                      {"list", std::move(list)}};
  return outcome;
}

}  // namespace pier::analysis
