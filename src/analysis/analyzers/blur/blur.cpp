#include "blur.hpp"

#include <algorithm>

#include "json_io.hpp"
#include "signal.hpp"

namespace pier::analysis {

namespace {

constexpr int kBlock = 16;           // in the quarter view
constexpr int kWide = 4;             // the coarse scale against the fine one of 1
constexpr int kContrast = 50;        // curvature of 1/50 of black to peak (root of the mean square) makes a block count
constexpr int64_t kLeastShare = 50;  // one block in so many must count

struct Sharpness final : Measured {
  int64_t millionths = -1;  // -1: too little contrast to say
};

struct Curvature {
  uint64_t fine = 0, coarse = 0;
  uint64_t count = 0;
};

inline uint64_t square_of_curve(int before, int here, int after) {
  const int64_t curve = int64_t{before} + after - 2 * int64_t{here};
  return static_cast<uint64_t>(curve * curve);
}

/// Along the row and down the column around every sample of every second row of a block.
template <typename Sample>
Curvature curvature_of(const Plane& plane, int left, int top) {
  Curvature sum;
  for (int y = top; y < top + kBlock; y += 2) {
    const Sample* row = plane.row<Sample>(y);
    const Sample* up = plane.row<Sample>(y - 1);
    const Sample* down = plane.row<Sample>(y + 1);
    const Sample* far_up = plane.row<Sample>(y - kWide);
    const Sample* far_down = plane.row<Sample>(y + kWide);
    for (int x = left; x < left + kBlock; ++x) {
      sum.fine += square_of_curve(row[x - 1], row[x], row[x + 1]) + square_of_curve(up[x], row[x], down[x]);
      sum.coarse +=
          square_of_curve(row[x - kWide], row[x], row[x + kWide]) + square_of_curve(far_up[x], row[x], far_down[x]);
      sum.count += 2;
    }
  }
  return sum;
}

/// Fine to coarse curvature of the sharpest blocks: the 95th percentile of those with contrast.
template <typename Sample>
int64_t sharpness_of(const Plane& plane, int span) {
  std::vector<int64_t> ratios;
  int64_t blocks = 0;
  const auto contrast = static_cast<uint64_t>(span) * static_cast<uint64_t>(span) / (kContrast * kContrast);
  for (int top = kWide; top + kBlock + kWide <= plane.height; top += kBlock) {
    for (int left = kWide; left + kBlock + kWide <= plane.width; left += kBlock) {
      ++blocks;
      const Curvature c = curvature_of<Sample>(plane, left, top);
      if (c.coarse < contrast * c.count || c.coarse == 0) continue;
      ratios.push_back(static_cast<int64_t>(c.fine * 1'000'000 / c.coarse));
    }
  }
  const auto counted = static_cast<int64_t>(ratios.size());
  if (counted == 0 || counted * kLeastShare < blocks) return -1;
  const auto at = ratios.begin() + static_cast<ptrdiff_t>(ratios.size() * 95 / 100);
  std::nth_element(ratios.begin(), at, ratios.end());
  return *at;
}

}  // namespace

BlurAnalyzer::BlurAnalyzer(const AnalyzerContext& context)
    : x_video(context.video.value_or(VideoContext{})), x_runs({.kind = "blur", .severity = Severity::kInfo}) {
  if (!context.video) return;
  const Rational ticks = Rational(kMinMilliseconds, 1000) / context.video->time_base;
  x_runs = impl::RunCollector({.kind = "blur",
                               .severity = Severity::kInfo,
                               .min_length = rescale(1, ticks, Rational(1), Rounding::kDown),
                               .max_gap = kEvery - 1});
}

std::unique_ptr<Analyzer> BlurAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<BlurAnalyzer>(context);
}

std::unique_ptr<Measured> BlurAnalyzer::measure(const FrameViews& views) const {
  auto sharpness = std::make_unique<Sharpness>();
  const PictureView& quarter = views.luma_quarter();
  const int span = views.signal().peak() - views.signal().black();
  sharpness->millionths = quarter.format.bytes_per_sample() == 1 ? sharpness_of<uint8_t>(quarter.planes[0], span)
                                                                 : sharpness_of<uint16_t>(quarter.planes[0], span);
  return sharpness;
}

void BlurAnalyzer::observe(const FrameTime& time, const Measured& measured) {
  const int64_t sharpness = static_cast<const Sharpness&>(measured).millionths;
  ++x_frames;
  if (sharpness >= 0) {
    ++x_judged;
    x_sum += sharpness;
    x_least = std::min(x_least, sharpness);
  }
  x_runs.mark(time, sharpness >= 0 && sharpness <= kBlurredMillionths, sharpness);
}

Outcome BlurAnalyzer::finish() {
  Outcome outcome;
  outcome.measures = {{"frames", x_frames}, {"frames_with_contrast", x_judged}};
  if (x_judged > 0) {
    const auto mean = x_sum / x_judged;
    outcome.measures["mean_sharpness"] = static_cast<double>(mean) / 1e6;
    outcome.measures["least_sharpness"] = static_cast<double>(x_least) / 1e6;
  }
  impl::report_runs(
      x_runs, x_video.stream_index, x_video.time_base, true, outcome, [](const impl::Run& run, Finding& finding) {
        finding.measures = {{"frames_seen", run.hits}, {"sharpness_at_most", static_cast<double>(run.worst) / 1e6}};
      });
  return outcome;
}

Result<json::value> BlurAnalyzer::save() const {
  return json::value(
      json::object{{"runs", x_runs.save()}, {"counts", json::array{x_frames, x_judged, x_sum, x_least}}});
}

Result<void> BlurAnalyzer::load(const json::value& state) {
  PIER_TRY(const auto counts, impl::integers(impl::member(state, "counts"), 4));
  PIER_CHECK(x_runs.load(impl::member(state, "runs")));
  x_frames = counts[0];
  x_judged = counts[1];
  x_sum = counts[2];
  x_least = counts[3];
  return {};
}

Result<void> BlurAnalyzer::merge(const json::value& later) {
  PIER_TRY(const auto counts, impl::integers(impl::member(later, "counts"), 4));
  PIER_CHECK(x_runs.merge(impl::member(later, "runs")));
  x_frames += counts[0];
  x_judged += counts[1];
  x_sum += counts[2];
  x_least = std::min(x_least, counts[3]);
  return {};
}

}  // namespace pier::analysis
