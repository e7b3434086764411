#include "analyzers/dropout/dropout.hpp"

#include <algorithm>
#include <optional>

#include <pier/analysis/analyse.hpp>

#include "json_io.hpp"
#include "signal.hpp"

namespace pier::analysis {

namespace {

struct Faults final : Measured {
  std::vector<impl::Patch> patches;
  std::optional<impl::Scan> scan;
};

void report(Finding finding, Outcome& outcome, size_t& listed) {
  finding.severity = Severity::kWarn;
  const Region& at = *finding.region;
  finding.measures["place"] = std::to_string(at.x) + "," + std::to_string(at.y);
  set_id(finding);
  if (listed++ < kMaxFindings) outcome.findings.push_back(std::move(finding));
}

}  // namespace

std::unique_ptr<Analyzer> DropoutAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<DropoutAnalyzer>(context);
}

std::unique_ptr<Measured> DropoutAnalyzer::measure(const FrameViews& views) const {
  auto faults = std::make_unique<Faults>();
  if (views.previous() != nullptr) faults->patches = impl::find_patches(views, *views.previous());
  const PictureView& eighth = views.eighth();
  const bool due = views.time().index % impl::StuckPixels::kEvery == 0;
  if (!due || eighth.width < impl::Scan::kColumns || eighth.height < impl::Scan::kRows) return faults;
  const PictureView& picture = views.picture();
  const int black = views.signal().black();
  const int span = views.signal().peak() - black;
  impl::Scan scan{.time = views.time(), .look = impl::look_of(eighth, std::max(1, span / 100)), .dots = {}};
  const bool calm = impl::find_dots(picture.planes[0], picture.format.bytes_per_sample(), span * kDotStep / 1000,
                                    kMaxDots, scan.dots);
  for (impl::Dot& dot : scan.dots) dot.ring = (dot.ring - black) * 1000 / span;
  if (calm) faults->scan = std::move(scan);
  return faults;
}

void DropoutAnalyzer::observe(const FrameTime& time, const Measured& measured) {
  const auto& faults = static_cast<const Faults&>(measured);
  x_impulses.take(time, faults.patches);
  if (faults.scan) x_stuck.take(*faults.scan);
}

Outcome DropoutAnalyzer::finish() {
  Outcome outcome;
  const Rational base = x_video.time_base;
  size_t pixels = 0;
  for (const impl::StuckPixel& pixel : x_stuck.finish()) {
    Finding finding;
    finding.kind = "dropout.pixel";
    finding.stream_index = x_video.stream_index;
    finding.time = {Rational(pixel.start) * base, Rational(pixel.end) * base};
    finding.first_frame = pixel.first_index;
    finding.last_frame = pixel.last_index;
    finding.region = Region{pixel.x, pixel.y, 1, 1};
    finding.measures = {{"scans", pixel.scans}, {"frames_from_scan_to_scan", impl::StuckPixels::kEvery}};
    FindingTotals& totals = outcome.totals[finding.kind];
    ++totals.count;
    totals.seconds += (finding.time.end - finding.time.start).value();
    report(std::move(finding), outcome, pixels);
  }
  const auto& found = x_impulses.found();
  size_t lines = 0, blocks = 0;
  for (const impl::Impulse& impulse : found.listed) {
    Finding finding;
    finding.kind = impulse.line ? "dropout.line" : "dropout.block";
    finding.stream_index = x_video.stream_index;
    finding.time = {Rational(impulse.start) * base, Rational(impulse.end) * base};
    finding.first_frame = impulse.first;
    finding.last_frame = impulse.last;
    finding.region = impulse.region;
    outcome.totals[finding.kind].seconds += (finding.time.end - finding.time.start).value();
    report(std::move(finding), outcome, impulse.line ? lines : blocks);
  }
  if (found.lines > 0) outcome.totals["dropout.line"].count = found.lines;
  if (found.blocks > 0) outcome.totals["dropout.block"].count = found.blocks;
  return outcome;
}

Result<json::value> DropoutAnalyzer::save() const {
  return json::value(json::object{{"stuck", x_stuck.save()}, {"impulses", x_impulses.save()}});
}

Result<void> DropoutAnalyzer::load(const json::value& state) {
  PIER_CHECK(x_stuck.load(impl::member(state, "stuck")));
  return x_impulses.load(impl::member(state, "impulses"));
}

Result<void> DropoutAnalyzer::merge(const json::value& later) {
  PIER_CHECK(x_stuck.merge(impl::member(later, "stuck")));
  return x_impulses.merge(impl::member(later, "impulses"));
}

}  // namespace pier::analysis
