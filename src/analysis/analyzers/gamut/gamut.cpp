#include "gamut.hpp"

#include <algorithm>

#include "json_io.hpp"
#include "picture_scan.hpp"

namespace pier::analysis {

namespace {

constexpr std::array<const char*, 4> kNames{"R", "G", "B", "Y"};
// What a run remembers of its worst frame: component and share of Y' (millionths); place and size of the region, 16
// bits each.
using Note = std::array<int64_t, 2>;

Note note_of(size_t component, int64_t luma_millionths, const Region& region) {
  const auto bits = [](int value, unsigned place) { return static_cast<uint64_t>(value) << place; };
  const uint64_t packed =
      bits(region.x, 48) | bits(region.y, 32) | bits(region.width - 1, 16) | bits(region.height - 1, 0);
  return {static_cast<int64_t>(component) << 32 | luma_millionths, static_cast<int64_t>(packed)};
}

Region region_of(const Note& note) {
  const auto at = [packed = static_cast<uint64_t>(note[1])](unsigned place) {
    return static_cast<int>(packed >> place & 0xffffU);
  };
  return {at(48), at(32), at(16) + 1, at(0) + 1};
}

struct GamutOfFrame final : Measured {
  int64_t outside = 0, unfiltered = 0;  // millionths of the picture
  std::array<int64_t, 4> by_component{};
  Note note{};
};

/// More than the allowed share must stay more than it when it is rounded.
int64_t millionths(int64_t part, int64_t whole) {
  return (part * 1'000'000 + whole - 1) / whole;
}

}  // namespace

GamutAnalyzer::GamutAnalyzer(const AnalyzerContext& context)
    : x_video(context.video.value_or(VideoContext{})), x_runs({.kind = "gamut", .severity = Severity::kWarn}) {}

std::unique_ptr<Analyzer> GamutAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<GamutAnalyzer>(context);
}

std::unique_ptr<Measured> GamutAnalyzer::measure(const FrameViews& views) const {
  const OutsideCounts& counts = views.scan().gamut;
  const PictureView& picture = views.picture();
  const int64_t pixels = static_cast<int64_t>(picture.width) * picture.height;
  auto frame = std::make_unique<GamutOfFrame>();
  frame->outside = millionths(counts.pixels, pixels);
  frame->unfiltered = millionths(counts.unfiltered, pixels);
  for (size_t c = 0; c < 4; ++c) frame->by_component[c] = millionths(counts.by_component[c], pixels);
  if (counts.pixels == 0) return frame;
  const auto worst = std::max_element(frame->by_component.begin(), frame->by_component.end());
  frame->note =
      note_of(static_cast<size_t>(worst - frame->by_component.begin()), frame->by_component[3], counts.region);
  return frame;
}

void GamutAnalyzer::observe(const FrameTime& time, const Measured& measured) {
  const auto& frame = static_cast<const GamutOfFrame&>(measured);
  x_totals.add({.frames = 1,
                .outside = frame.outside,
                .unfiltered = frame.unfiltered,
                .worst = frame.outside,
                .worst_frame = time.index,
                .worst_unfiltered = frame.unfiltered,
                .worst_component = frame.by_component});
  x_runs.mark(time, frame.outside > kShareMillionths, frame.outside, frame.note);
}

void GamutAnalyzer::Totals::add(const Totals& later) {
  frames += later.frames;
  outside += later.outside;
  unfiltered += later.unfiltered;
  if (later.worst > worst) {
    worst = later.worst;
    worst_frame = later.worst_frame;
  }
  worst_unfiltered = std::max(worst_unfiltered, later.worst_unfiltered);
  for (size_t c = 0; c < worst_component.size(); ++c)
    worst_component[c] = std::max(worst_component[c], later.worst_component[c]);
}

Outcome GamutAnalyzer::finish() {
  Outcome outcome;
  impl::report_runs(
      x_runs, x_video.stream_index, x_video.time_base, true, outcome, [](const impl::Run& run, Finding& finding) {
        finding.measures = {{"frames", run.hits},
                            {"worst_share", static_cast<double>(run.worst) / 1e6},
                            {"worst_component", kNames[static_cast<size_t>(run.note[0] >> 32)]},
                            {"luma_share_of_worst_frame", static_cast<double>(run.note[0] & 0xffffffff) / 1e6}};
        finding.region = region_of(run.note);
      });
  outcome.measures["frames"] = x_totals.frames;
  if (x_totals.frames == 0) return outcome;
  const auto share = [](int64_t value) { return static_cast<double>(value) / 1e6; };
  json::object components;
  for (size_t c = 0; c < kNames.size(); ++c) components[kNames[c]] = share(x_totals.worst_component[c]);
  outcome.measures["worst_share"] = share(x_totals.worst);
  outcome.measures["worst_share_frame"] = x_totals.worst_frame;
  outcome.measures["worst_share_by_component"] = std::move(components);
  outcome.measures["mean_share"] = share(x_totals.outside / x_totals.frames);
  outcome.measures["worst_share_unfiltered"] = share(x_totals.worst_unfiltered);
  outcome.measures["mean_share_unfiltered"] = share(x_totals.unfiltered / x_totals.frames);
  return outcome;
}

Result<json::value> GamutAnalyzer::save() const {
  const Totals& t = x_totals;
  const auto& c = t.worst_component;
  return json::value(json::object{{"runs", x_runs.save()},
                                  {"totals", json::array{t.frames, t.outside, t.unfiltered, t.worst, t.worst_frame,
                                                         t.worst_unfiltered, c[0], c[1], c[2], c[3]}}});
}

Result<GamutAnalyzer::Totals> GamutAnalyzer::totals_from(const json::value& value) {
  PIER_TRY(const std::vector<int64_t> v, impl::integers(impl::member(value, "totals"), 10));
  return Totals{v[0], v[1], v[2], v[3], v[4], v[5], {v[6], v[7], v[8], v[9]}};
}

Result<void> GamutAnalyzer::load(const json::value& state) {
  PIER_TRY(const Totals totals, totals_from(state));
  PIER_CHECK(x_runs.load(impl::member(state, "runs")));
  x_totals = totals;
  return {};
}

Result<void> GamutAnalyzer::merge(const json::value& later) {
  PIER_TRY(const Totals totals, totals_from(later));
  PIER_CHECK(x_runs.merge(impl::member(later, "runs")));
  x_totals.add(totals);
  return {};
}

}  // namespace pier::analysis
