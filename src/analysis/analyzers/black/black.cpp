#include "black.hpp"

#include "kernels.hpp"
#include "signal.hpp"

namespace pier::analysis {

namespace {

struct Darkness final : Measured {
  int64_t share_millionths = 0;
};

}  // namespace

BlackAnalyzer::BlackAnalyzer(const AnalyzerContext& context)
    : x_video(context.video.value_or(VideoContext{})), x_runs({.kind = "black", .severity = Severity::kInfo}) {}

std::unique_ptr<Analyzer> BlackAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<BlackAnalyzer>(context);
}

std::unique_ptr<Measured> BlackAnalyzer::measure(const FrameViews& views) const {
  const PictureView& picture = views.picture();
  const int code = views.signal().code_at_most(kDarkNits);
  // A pixel of R'G'B' is as dark as its darkest plane lets it be: every plane must be.
  const int planes = picture.format.rgb ? 3 : 1;
  auto darkness = std::make_unique<Darkness>();
  darkness->share_millionths = 1'000'000;
  for (int p = 0; p < planes; ++p) {
    const uint64_t dark =
        kernels::count_at_most(picture.planes[static_cast<size_t>(p)], picture.format.bytes_per_sample(), code);
    const auto samples = static_cast<uint64_t>(picture.width) * static_cast<uint64_t>(picture.height);
    darkness->share_millionths = std::min(darkness->share_millionths, static_cast<int64_t>(dark * 1'000'000 / samples));
  }
  return darkness;
}

void BlackAnalyzer::observe(const FrameTime& time, const Measured& measured) {
  const int64_t share = static_cast<const Darkness&>(measured).share_millionths;
  x_runs.mark(time, share >= kShareMillionths, 1'000'000 - share);
}

Outcome BlackAnalyzer::finish() {
  Outcome outcome;
  impl::report_runs(x_runs, x_video.stream_index, x_video.time_base, true, outcome,
                    [](const impl::Run& run, Finding& finding) {
                      finding.measures["frames"] = run.hits;
                      finding.measures["dark_share_at_least"] = static_cast<double>(1'000'000 - run.worst) / 1e6;
                      finding.measures["dark_nits"] = kDarkNits;
                    });
  return outcome;
}

}  // namespace pier::analysis
