#include "freeze.hpp"

#include "kernels.hpp"
#include "signal.hpp"

namespace pier::analysis {

namespace {

struct Change final : Measured {
  int64_t largest_millionths = INT64_MAX;  // of all blocks; INT64_MAX: nothing to compare with
};

}  // namespace

FreezeAnalyzer::FreezeAnalyzer(const AnalyzerContext& context)
    : x_video(context.video.value_or(VideoContext{})), x_runs({.kind = "freeze", .severity = Severity::kInfo}) {
  if (!context.video) return;
  const Rational ticks = Rational(kMinMilliseconds, 1000) / context.video->time_base;
  x_runs = impl::RunCollector(
      {.kind = "freeze", .severity = Severity::kInfo, .min_length = rescale(1, ticks, Rational(1), Rounding::kDown)});
}

std::unique_ptr<Analyzer> FreezeAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<FreezeAnalyzer>(context);
}

std::unique_ptr<Measured> FreezeAnalyzer::measure(const FrameViews& views) const {
  auto change = std::make_unique<Change>();
  if (const kernels::PlaneChange* found = views.change()) {
    const int span = views.signal().peak() - views.signal().black();
    change->largest_millionths = static_cast<int64_t>(found->largest_millionths) / span;
  }
  return change;
}

void FreezeAnalyzer::observe(const FrameTime& time, const Measured& measured) {
  const int64_t change = static_cast<const Change&>(measured).largest_millionths;
  x_runs.mark(time, change <= kStillMillionths, change);
}

Outcome FreezeAnalyzer::finish() {
  Outcome outcome;
  impl::report_runs(x_runs, x_video.stream_index, x_video.time_base, true, outcome,
                    [](const impl::Run& run, Finding& finding) {
                      finding.measures["repeated_frames"] = run.hits;
                      finding.measures["largest_change"] = static_cast<double>(run.worst) / 1e6;
                    });
  return outcome;
}

}  // namespace pier::analysis
