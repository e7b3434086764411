#include "analyzers/hdr_use/hdr_use.hpp"

#include <algorithm>

#include "json_io.hpp"

namespace pier::analysis {

using impl::LightUse;

namespace {

struct MeasuredUse final : Measured {
  LightUse use;
  int64_t key = 0;
};

constexpr int64_t kKeys = 6;

bool wide_primaries(const Signal& signal) {
  const Primaries primaries = signal.colour().primaries;
  return primaries == Primaries::kBt2020 || primaries == Primaries::kP3D65 || primaries == Primaries::kP3Dci ||
         (primaries == Primaries::kUnspecified && signal.light() != Light::kSdr);
}

int64_t key_of(const Signal& signal) {
  return 2 * static_cast<int64_t>(signal.light()) + (wide_primaries(signal) ? 1 : 0);
}
Light light_of(int64_t key) {
  return static_cast<Light>(key / 2);
}

double share(int64_t part, int64_t all) {
  return all == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(all);
}

json::object xy_plane(const LightUse& use) {
  json::array cells;
  for (size_t i = 0; i < use.xy.size(); ++i) {
    if (use.xy[i] == 0) continue;
    cells.push_back(
        json::array{static_cast<int64_t>(i % LightUse::kCells), static_cast<int64_t>(i / LightUse::kCells), use.xy[i]});
  }
  return {{"columns", static_cast<int64_t>(LightUse::kCells)},
          {"rows", static_cast<int64_t>(LightUse::kCells)},
          {"x_end", 0.8},
          {"y_end", 0.9},
          {"cells", std::move(cells)}};
}

/// More than SDR has: light above its white, or colours beyond its gamut.
bool like_sdr(const LightUse& use, bool wide) {
  const auto& s = use.sums;
  return s[LightUse::kAboveSdr] * 10'000 <= s[LightUse::kSamples] &&
         (!wide || s[LightUse::kOutside709] * 1000 <= s[LightUse::kColoured]);
}

bool implausible(const LightUse& use, Light light) {
  const auto& s = use.sums;
  if (light == Light::kPq) {
    return s[LightUse::kMeanMicronits] > 400 * 1'000'000 * s[LightUse::kFrames] &&
           s[LightUse::kAbove4000] * 100 >= s[LightUse::kSamples];
  }
  return s[LightUse::kAbove560] * 20 >= s[LightUse::kSamples];
}

}  // namespace

HdrUseAnalyzer::HdrUseAnalyzer(const AnalyzerContext& context) : x_video(context.video.value_or(VideoContext{})) {}

std::unique_ptr<Analyzer> HdrUseAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<HdrUseAnalyzer>(context);
}

std::unique_ptr<Measured> HdrUseAnalyzer::measure(const FrameViews& views) const {
  auto measured = std::make_unique<MeasuredUse>();
  measured->use = impl::measure_light_use(views.eighth(), views.signal());
  measured->key = key_of(views.signal());
  return measured;
}

void HdrUseAnalyzer::observe(const FrameTime& time, const Measured& measured) {
  const auto& frame = static_cast<const MeasuredUse&>(measured);
  State& s = x_state;
  if (s.first < 0) {
    s.first = time.index;
    s.start = time.pts;
    s.key = frame.key;
  }
  s.last = time.index;
  s.end = time.pts + time.duration;
  s.uses[frame.key].add(frame.use);
}

void HdrUseAnalyzer::report(std::string_view kind, json::object measures, Outcome& outcome) const {
  Finding finding;
  finding.kind = kind;
  finding.stream_index = x_video.stream_index;
  finding.time = {Rational(x_state.start) * x_video.time_base, Rational(x_state.end) * x_video.time_base};
  finding.first_frame = x_state.first;
  finding.last_frame = x_state.last;
  finding.measures = std::move(measures);
  set_id(finding);
  FindingTotals& totals = outcome.totals[finding.kind];
  ++totals.count;
  totals.seconds += (finding.time.end - finding.time.start).value();
  outcome.findings.push_back(std::move(finding));
}

Outcome HdrUseAnalyzer::finish() {
  const State& s = x_state;
  const LightUse& use = x_state.uses[s.key];
  const auto& sums = use.sums;
  int64_t other = 0;
  for (const auto& [key, another] : s.uses) other += key == s.key ? 0 : another.sums[LightUse::kFrames];
  Outcome outcome;
  outcome.totals["hdr_use.sdr_in_hdr"] = {};
  outcome.totals["hdr_use.suspect_transfer"] = {};
  outcome.measures["frames"] = sums[LightUse::kFrames];
  if (sums[LightUse::kSamples] == 0) return outcome;
  const double above_sdr = share(sums[LightUse::kAboveSdr], sums[LightUse::kSamples]);
  const double outside_709 = share(sums[LightUse::kOutside709], sums[LightUse::kColoured]);
  const double above_4000 = share(sums[LightUse::kAbove4000], sums[LightUse::kSamples]);
  const double above_560 = share(sums[LightUse::kAbove560], sums[LightUse::kSamples]);
  const double mean = share(sums[LightUse::kMeanMicronits], sums[LightUse::kFrames]) / 1e6;
  outcome.measures = {{"frames", sums[LightUse::kFrames]},
                      {"frames_of_another_signal", other},
                      {"above_sdr_share", above_sdr},
                      {"outside_bt709_share", outside_709},
                      {"outside_p3_share", share(sums[LightUse::kOutsideP3], sums[LightUse::kColoured])},
                      {"share_above_560_nits", above_560},
                      {"share_above_4000_nits", above_4000},
                      {"mean_nits", mean},
                      {"darkest_nits", static_cast<double>(use.darkest) / 1000},
                      {"xy", xy_plane(use)}};
  const Rational seconds = Rational(s.end - s.start) * x_video.time_base;
  const bool judged = light_of(s.key) != Light::kSdr && other == 0 && seconds >= Rational(kMinSeconds) &&
                      sums[LightUse::kFrames] >= kMinFrames;
  if (!judged) return outcome;
  if (like_sdr(use, s.key % 2 != 0)) {
    report("hdr_use.sdr_in_hdr", {{"above_sdr_share", above_sdr}, {"outside_bt709_share", outside_709}}, outcome);
  }
  if (implausible(use, light_of(s.key))) {
    report("hdr_use.suspect_transfer",
           {{"certainty", "uncertain"},
            {"mean_nits", mean},
            {"share_above_560_nits", above_560},
            {"share_above_4000_nits", above_4000}},
           outcome);
  }
  return outcome;
}

Result<json::value> HdrUseAnalyzer::save() const {
  const State& s = x_state;
  json::array uses;
  for (const auto& [key, use] : s.uses) uses.push_back(json::object{{"key", key}, {"use", use.save()}});
  return json::value(
      json::object{{"uses", std::move(uses)}, {"of", json::array{s.key, s.first, s.last, s.start, s.end}}});
}

Result<HdrUseAnalyzer::State> HdrUseAnalyzer::state_from(const json::value& value) {
  State s;
  PIER_TRY(const json::object* object, impl::as_object(value, "saved use of light"));
  PIER_TRY(const auto v, impl::integers(impl::member(value, "of"), 5));
  PIER_TRY(const json::array uses, get_array(*object, "uses"));
  for (const json::value& item : uses) {
    PIER_TRY(const json::object* one, impl::as_object(item, "saved use of light"));
    PIER_TRY(const int64_t key, get_int(*one, "key"));
    if (key < 0 || key >= kKeys) return fail(ErrorCode::kInputDamaged, "saved use of light has an unknown transfer");
    PIER_TRY(s.uses[key], LightUse::load(impl::member(item, "use")));
  }
  s.key = v[0];
  s.first = v[1];
  s.last = v[2];
  s.start = v[3];
  s.end = v[4];
  if (s.first >= 0 && !s.uses.contains(s.key)) {
    return fail(ErrorCode::kInputDamaged, "saved use of light lacks its programme");
  }
  return s;
}

Result<void> HdrUseAnalyzer::load(const json::value& state) {
  PIER_TRY(x_state, state_from(state));
  return {};
}

Result<void> HdrUseAnalyzer::merge(const json::value& later) {
  PIER_TRY(State next, state_from(later));
  State& s = x_state;
  if (next.first < 0) return {};
  if (s.first < 0) {
    s = std::move(next);
    return {};
  }
  for (const auto& [key, use] : next.uses) s.uses[key].add(use);
  s.last = next.last;
  s.end = next.end;
  return {};
}

}  // namespace pier::analysis
