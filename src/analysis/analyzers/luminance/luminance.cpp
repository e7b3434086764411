#include "luminance.hpp"

#include <algorithm>
#include <array>

#include "json_io.hpp"
#include "picture_scan.hpp"
#include "signal.hpp"

namespace pier::analysis {

namespace {

constexpr int64_t kMicro = 1'000'000;

struct LightOfFrame final : Measured {
  FrameLight light;
  int64_t scale = 0;
  bool assumed = false;
};

double nits(int64_t micronits) {
  return static_cast<double>(std::max<int64_t>(0, micronits)) / static_cast<double>(kMicro);
}
int64_t whole_nits(int64_t micronits) {
  return (std::max<int64_t>(0, micronits) + kMicro / 2) / kMicro;
}

std::string_view scale_name(int64_t scale) {
  constexpr std::array<std::string_view, 3> kNames{"sdr_bt1886_100", "pq_absolute", "hlg_display_1000"};
  return scale >= 0 && scale < static_cast<int64_t>(kNames.size()) ? kNames[static_cast<size_t>(scale)] : "unknown";
}

}  // namespace

LuminanceAnalyzer::LuminanceAnalyzer(const AnalyzerContext& context)
    : x_video(context.video.value_or(VideoContext{})) {}

std::unique_ptr<Analyzer> LuminanceAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<LuminanceAnalyzer>(context);
}

std::unique_ptr<Measured> LuminanceAnalyzer::measure(const FrameViews& views) const {
  auto frame = std::make_unique<LightOfFrame>();
  frame->light = views.scan().light;
  frame->scale = static_cast<int64_t>(views.signal().light());
  frame->assumed = views.signal().assumed_transfer();
  return frame;
}

void LuminanceAnalyzer::observe(const FrameTime& time, const Measured& measured) {
  const auto& frame = static_cast<const LightOfFrame&>(measured);
  State& s = x_state;
  s.max_cll.take(frame.light.largest, time.index);
  s.max_cll_9999.take(frame.light.largest_9999, time.index);
  s.max_fall.take(frame.light.average, time.index);
  ++s.frames;
  s.fall_sum += frame.light.average;
  s.assumed += frame.assumed ? 1 : 0;
  if (s.scale < 0) s.scale = frame.scale;
  s.mixed += frame.scale != s.scale ? 1 : 0;
  ++s.fall_by_nit[whole_nits(frame.light.average)];
  Bucket& bucket = s.timeline[time.index >> s.bucket_shift];
  ++bucket.frames;
  bucket.max_micronits = std::max(bucket.max_micronits, frame.light.largest);
  bucket.fall_sum += frame.light.average;
  bucket.min_micronits = std::min(bucket.min_micronits, frame.light.smallest);
  if (s.timeline.size() > kTimelinePoints) s.coarsen();
}

void LuminanceAnalyzer::State::coarsen() {
  std::map<int64_t, Bucket> half;
  for (const auto& [key, bucket] : timeline) {
    Bucket& to = half[key >> 1];
    to.frames += bucket.frames;
    to.max_micronits = std::max(to.max_micronits, bucket.max_micronits);
    to.fall_sum += bucket.fall_sum;
    to.min_micronits = std::min(to.min_micronits, bucket.min_micronits);
  }
  timeline = std::move(half);
  ++bucket_shift;
}

void LuminanceAnalyzer::State::merge(State later) {
  max_cll.take(later.max_cll.micronits, later.max_cll.frame);
  max_cll_9999.take(later.max_cll_9999.micronits, later.max_cll_9999.frame);
  max_fall.take(later.max_fall.micronits, later.max_fall.frame);
  // Frames of the later part are mixed when they are not of our scale: its own count tells only those not of its own.
  if (scale < 0) scale = later.scale;
  mixed += later.scale == scale ? later.mixed : later.frames - later.mixed;
  frames += later.frames;
  fall_sum += later.fall_sum;
  assumed += later.assumed;
  for (const auto& [nit, count] : later.fall_by_nit) fall_by_nit[nit] += count;
  while (bucket_shift < later.bucket_shift) coarsen();
  while (later.bucket_shift < bucket_shift) later.coarsen();
  for (const auto& [key, bucket] : later.timeline) {
    Bucket& to = timeline[key];
    to.frames += bucket.frames;
    to.max_micronits = std::max(to.max_micronits, bucket.max_micronits);
    to.fall_sum += bucket.fall_sum;
    to.min_micronits = std::min(to.min_micronits, bucket.min_micronits);
  }
  while (timeline.size() > kTimelinePoints) coarsen();
}

Outcome LuminanceAnalyzer::finish() {
  const State& s = x_state;
  Outcome outcome;
  outcome.measures["frames"] = s.frames;
  if (s.frames == 0) return outcome;
  int64_t skip = s.frames / 10'000;
  auto fall = s.fall_by_nit.rbegin();
  while (skip >= fall->second && std::next(fall) != s.fall_by_nit.rend()) skip -= (fall++)->second;
  json::array timeline;
  for (const auto& [key, bucket] : s.timeline) {
    timeline.push_back(json::array{key << s.bucket_shift, nits(bucket.max_micronits),
                                   nits(bucket.fall_sum / bucket.frames), nits(bucket.min_micronits)});
  }
  outcome.measures = {{"frames", s.frames},
                      {"scale", scale_name(s.scale)},
                      {"scale_changes_frames", s.mixed},
                      {"transfer_assumed", s.assumed > 0},
                      {"max_cll", whole_nits(s.max_cll.micronits)},
                      {"max_fall", whole_nits(s.max_fall.micronits)},
                      {"max_cll_nits", nits(s.max_cll.micronits)},
                      {"max_cll_frame", s.max_cll.frame},
                      {"max_fall_nits", nits(s.max_fall.micronits)},
                      {"max_fall_frame", s.max_fall.frame},
                      {"max_cll_99_99", whole_nits(s.max_cll_9999.micronits)},
                      {"max_cll_99_99_frame", s.max_cll_9999.frame},
                      {"max_fall_99_99", fall->first},
                      {"mean_fall_nits", nits(s.fall_sum / s.frames)},
                      {"timeline_columns", {"first_frame", "max_nits", "mean_fall_nits", "min_nits"}},
                      {"timeline", std::move(timeline)}};
  return outcome;
}

Result<json::value> LuminanceAnalyzer::save() const {
  const State& s = x_state;
  json::array falls, buckets;
  for (const auto& [nit, count] : s.fall_by_nit) falls.push_back(json::array{nit, count});
  for (const auto& [key, b] : s.timeline)
    buckets.push_back(json::array{key, b.frames, b.max_micronits, b.fall_sum, b.min_micronits});
  return json::value(
      json::object{{"peaks", json::array{s.max_cll.micronits, s.max_cll.frame, s.max_cll_9999.micronits,
                                         s.max_cll_9999.frame, s.max_fall.micronits, s.max_fall.frame}},
                   {"sums", json::array{s.frames, s.fall_sum, s.assumed, s.scale, s.mixed, s.bucket_shift}},
                   {"fall_by_nit", std::move(falls)},
                   {"timeline", std::move(buckets)}});
}

Result<LuminanceAnalyzer::State> LuminanceAnalyzer::state_from(const json::value& value) {
  PIER_TRY(const json::object* object, impl::as_object(value, "saved luminance"));
  State s;
  PIER_TRY(const auto peaks, impl::integers(impl::member(value, "peaks"), 6));
  s.max_cll = {peaks[0], peaks[1]};
  s.max_cll_9999 = {peaks[2], peaks[3]};
  s.max_fall = {peaks[4], peaks[5]};
  PIER_TRY(const auto sums, impl::integers(impl::member(value, "sums"), 6));
  s.frames = sums[0];
  s.fall_sum = sums[1];
  s.assumed = sums[2];
  s.scale = sums[3];
  s.mixed = sums[4];
  s.bucket_shift = sums[5];
  if (s.bucket_shift < 0 || s.bucket_shift > 62)
    return fail(ErrorCode::kInputDamaged, "saved luminance has an impossible timeline");
  PIER_TRY(const json::array falls, get_array(*object, "fall_by_nit"));
  for (const json::value& item : falls) {
    PIER_TRY(const auto pair, impl::integers(item, 2));
    s.fall_by_nit[pair[0]] = pair[1];
  }
  PIER_TRY(const json::array buckets, get_array(*object, "timeline"));
  if (buckets.size() > kTimelinePoints)
    return fail(ErrorCode::kInputDamaged, "saved luminance has too long a timeline");
  for (const json::value& item : buckets) {
    PIER_TRY(const auto v, impl::integers(item, 5));
    s.timeline[v[0]] = {v[1], v[2], v[3], v[4]};
  }
  return s;
}

Result<void> LuminanceAnalyzer::load(const json::value& state) {
  PIER_TRY(x_state, state_from(state));
  return {};
}

Result<void> LuminanceAnalyzer::merge(const json::value& later) {
  PIER_TRY(State state, state_from(later));
  x_state.merge(std::move(state));
  return {};
}

}  // namespace pier::analysis
