#include "levels.hpp"

#include "json_io.hpp"
#include "picture_scan.hpp"

namespace pier::analysis {

struct LevelsOfFrame final : Measured {
  std::array<LevelsAnalyzer::PlaneTotals, 3> planes;
  int64_t reserved = 0;
  int64_t excursion_millionths = 0;  // share of the plane that is worst
};

LevelsAnalyzer::LevelsAnalyzer(const AnalyzerContext& context)
    : x_video(context.video.value_or(VideoContext{})),
      x_reserved({.kind = "levels.reserved", .severity = Severity::kWarn}),
      x_excursions({.kind = "levels.range", .severity = Severity::kInfo}) {}

std::unique_ptr<Analyzer> LevelsAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<LevelsAnalyzer>(context);
}

std::unique_ptr<Measured> LevelsAnalyzer::measure(const FrameViews& views) const {
  const PictureView& picture = views.picture();
  auto frame = std::make_unique<LevelsOfFrame>();
  for (int p = 0; p < picture.format.plane_count(); ++p) {
    const auto i = static_cast<size_t>(p);
    const Plane& plane = picture.planes[i];
    const kernels::RangeCounts& counts = views.scan().levels[i];
    PlaneTotals& totals = frame->planes[i];
    totals.samples = static_cast<int64_t>(plane.width) * plane.height;
    totals.reserved = static_cast<int64_t>(counts.reserved);
    totals.below = static_cast<int64_t>(counts.below);
    totals.above = static_cast<int64_t>(counts.above);
    totals.smallest = counts.smallest;
    totals.largest = counts.largest;
    frame->reserved += totals.reserved;
    frame->excursion_millionths = std::max(
        frame->excursion_millionths, (totals.below + totals.above) * 1'000'000 / std::max<int64_t>(1, totals.samples));
  }
  return frame;
}

void LevelsAnalyzer::observe(const FrameTime& time, const Measured& measured) {
  const auto& frame = static_cast<const LevelsOfFrame&>(measured);
  for (size_t i = 0; i < x_planes.size(); ++i) add(x_planes[i], frame.planes[i]);
  x_reserved.mark(time, frame.reserved > 0, frame.reserved);
  x_excursions.mark(time, frame.excursion_millionths > kExcursionMillionths, frame.excursion_millionths);
}

void LevelsAnalyzer::add(PlaneTotals& to, const PlaneTotals& more) {
  to.samples += more.samples;
  to.reserved += more.reserved;
  to.below += more.below;
  to.above += more.above;
  to.smallest = std::min(to.smallest, more.smallest);
  to.largest = std::max(to.largest, more.largest);
}

Outcome LevelsAnalyzer::finish() {
  Outcome outcome;
  impl::report_runs(
      x_reserved, x_video.stream_index, x_video.time_base, true, outcome,
      [](const impl::Run& run, Finding& finding) { finding.measures["samples_in_worst_frame"] = run.worst; });
  impl::report_runs(x_excursions, x_video.stream_index, x_video.time_base, true, outcome,
                    [](const impl::Run& run, Finding& finding) {
                      finding.measures["share_of_worst_frame"] = static_cast<double>(run.worst) / 1e6;
                    });
  json::array planes;
  for (const PlaneTotals& totals : x_planes) {
    if (totals.samples == 0) continue;
    const double samples = static_cast<double>(totals.samples);
    planes.push_back({{"smallest_code", totals.smallest},
                      {"largest_code", totals.largest},
                      {"reserved_share", static_cast<double>(totals.reserved) / samples},
                      {"below_share", static_cast<double>(totals.below) / samples},
                      {"above_share", static_cast<double>(totals.above) / samples}});
  }
  outcome.measures["planes"] = std::move(planes);
  return outcome;
}

Result<json::value> LevelsAnalyzer::save() const {
  json::array planes;
  for (const PlaneTotals& p : x_planes) {
    planes.push_back(json::array{p.samples, p.reserved, p.below, p.above, p.smallest, p.largest});
  }
  return json::value(
      json::object{{"reserved", x_reserved.save()}, {"range", x_excursions.save()}, {"planes", std::move(planes)}});
}

Result<std::array<LevelsAnalyzer::PlaneTotals, 3>> LevelsAnalyzer::totals_from(const json::value& value) {
  PIER_TRY(const json::object* object, impl::as_object(value, "saved levels"));
  PIER_TRY(const json::array planes, get_array(*object, "planes"));
  std::array<PlaneTotals, 3> totals;
  if (planes.size() != totals.size()) return fail(ErrorCode::kInputDamaged, "saved levels lack a plane");
  for (size_t i = 0; i < totals.size(); ++i) {
    PIER_TRY(const std::vector<int64_t> v, impl::integers(planes[i], 6));
    totals[i] = {v[0], v[1], v[2], v[3], v[4], v[5]};
  }
  return totals;
}

Result<void> LevelsAnalyzer::load(const json::value& state) {
  PIER_TRY(const auto totals, totals_from(state));
  PIER_CHECK(x_reserved.load(impl::member(state, "reserved")));
  PIER_CHECK(x_excursions.load(impl::member(state, "range")));
  x_planes = totals;
  return {};
}

Result<void> LevelsAnalyzer::merge(const json::value& later) {
  PIER_TRY(const auto totals, totals_from(later));
  PIER_CHECK(x_reserved.merge(impl::member(later, "reserved")));
  PIER_CHECK(x_excursions.merge(impl::member(later, "range")));
  for (size_t i = 0; i < x_planes.size(); ++i) add(x_planes[i], totals[i]);
  return {};
}

}  // namespace pier::analysis
