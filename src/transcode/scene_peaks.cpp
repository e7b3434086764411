#include "scene_peaks.hpp"

#include <algorithm>
#include <array>

#include "cuts.hpp"

namespace pier::transcode::impl {
namespace {

constexpr std::array kSeries{400.0,  500.0,  630.0,  800.0,  1000.0, 1250.0, 1600.0, 2000.0,
                             2500.0, 3150.0, 4000.0, 5000.0, 6300.0, 8000.0, 10000.0};
constexpr double kWorthFalling = 0.5;

double peak_for(double nits, double programme) {
  const auto enough = std::ranges::lower_bound(kSeries, nits);
  return std::min(enough == kSeries.end() ? kSeries.back() : *enough, programme);
}

}  // namespace

std::vector<Scene> scenes(const analysis::AnalysisResult& analysis) {
  std::vector<Scene> found;
  const auto list = get_object(analysis.measures, "shots");
  if (!list || int_or(*list, "listed", 0) < int_or(*list, "count", 0)) return found;
  for (const Shot& shot : shots_of(analysis)) {
    if (shot.nits <= 0) return {};
    if (shot.cut || found.empty()) found.push_back({shot.pts, shot.end_pts, 0});
    found.back().end_pts = shot.end_pts;
    found.back().nits = std::max(found.back().nits, shot.nits);
  }
  return found;
}

std::vector<PeakFrom> scene_peaks(std::span<const Scene> scenes, double programme, Rational tick) {
  std::vector<PeakFrom> peaks;
  for (const Scene& scene : scenes) {
    const double wanted = peak_for(scene.nits, programme);
    const bool lasts = Rational(scene.end_pts - scene.pts) * tick >= kShortestScene;
    const double now = peaks.empty() ? 0 : peaks.back().nits;
    if (wanted > now || (lasts && wanted <= kWorthFalling * now)) peaks.push_back({scene.pts, wanted});
  }
  return peaks;
}

std::vector<PeakFrom> peaks_within(std::span<const PeakFrom> peaks, int64_t pts, int64_t end_pts) {
  std::vector<PeakFrom> within;
  for (const PeakFrom& peak : peaks) {
    if (peak.pts >= end_pts) break;
    if (peak.pts <= pts) within.clear();
    within.push_back({std::max(peak.pts, pts), peak.nits});
  }
  if (!within.empty()) within.front().pts = pts;
  return within;
}

}  // namespace pier::transcode::impl
