#include "black.hpp"

#include <algorithm>

#include "kernels.hpp"
#include "signal.hpp"

namespace pier::analysis {

namespace {

struct Darkness final : Measured {
  int64_t share_millionths = 0;
};

/// Share of the samples of at most `code`; 0 as soon as too many are not for the picture to be black.
int64_t dark_millionths(const Plane& plane, int bytes_per_sample, int code) {
  constexpr int kRows = 16;
  const int64_t samples = static_cast<int64_t>(plane.width) * plane.height;
  const int64_t allowed = samples - (samples * BlackAnalyzer::kShareMillionths / 1'000'000);
  int64_t dark = 0;
  for (int y = 0; y < plane.height; y += kRows) {
    const Plane rows{plane.data + y * plane.stride, plane.stride, plane.width, std::min(kRows, plane.height - y)};
    dark += static_cast<int64_t>(kernels::count_at_most(rows, bytes_per_sample, code));
    if (static_cast<int64_t>(plane.width) * (y + rows.height) - dark > allowed) return 0;
  }
  return dark * 1'000'000 / samples;
}

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
  for (int p = 0; p < planes && darkness->share_millionths > 0; ++p) {
    const int64_t share =
        dark_millionths(picture.planes[static_cast<size_t>(p)], picture.format.bytes_per_sample(), code);
    darkness->share_millionths = std::min(darkness->share_millionths, share);
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
