#include "freeze.hpp"

#include <algorithm>
#include <cstdlib>

#include "signal.hpp"

namespace pier::analysis {

namespace {

struct Change final : Measured {
  int64_t largest_millionths = INT64_MAX;  // of all blocks; INT64_MAX: nothing to compare with
};

template <typename Sample>
uint32_t difference(const Sample* a, const Sample* b, int count) {
  uint32_t sum = 0;
  for (int i = 0; i < count; ++i)
    sum += static_cast<uint32_t>(std::abs(static_cast<int>(a[i]) - static_cast<int>(b[i])));
  return sum;
}

/// Largest mean difference of any block, in millionths of `span` codes. The last blocks of a row or column are
/// narrower.
template <typename Sample>
int64_t largest_change(const Plane& a, const Plane& b, int span) {
  constexpr int kBlock = FreezeAnalyzer::kBlock;
  int64_t largest = 0;
  for (int top = 0; top < a.height; top += kBlock) {
    const int rows = std::min(kBlock, a.height - top);
    for (int left = 0; left < a.width; left += kBlock) {
      const int columns = std::min(kBlock, a.width - left);
      uint64_t sum = 0;
      for (int y = top; y < top + rows; ++y) {
        sum += difference(a.row<Sample>(y) + left, b.row<Sample>(y) + left, columns);
      }
      largest = std::max(largest,
                         static_cast<int64_t>(sum * 1'000'000 /
                                              (static_cast<uint64_t>(rows * columns) * static_cast<uint64_t>(span))));
    }
  }
  return largest;
}

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
  if (views.previous() == nullptr) return change;
  const PictureView& now = views.luma_quarter();
  const PictureView& before = views.previous()->luma_quarter();
  if (now.width != before.width || now.height != before.height || now.format != before.format || now.width == 0)
    return change;
  const int span = views.signal().peak() - views.signal().black();
  change->largest_millionths = now.format.bytes_per_sample() == 1
                                   ? largest_change<uint8_t>(now.planes[0], before.planes[0], span)
                                   : largest_change<uint16_t>(now.planes[0], before.planes[0], span);
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
