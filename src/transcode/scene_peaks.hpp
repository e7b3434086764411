#pragma once
// How much light the tone mapping of each scene makes room for.

#include <span>
#include <vector>

#include <pier/analysis/analyse.hpp>
#include <pier/transcode/ladder.hpp>

namespace pier::transcode::impl {

/// Pictures that are mapped alike, from one hard cut to the next: who sees two shots at once must not see the light
/// jump.
struct Scene {
  int64_t pts = 0, end_pts = 0;  // ticks of the source's picture stream
  double nits = 0;               // what 99.99 % of the pixels of no picture exceed
};

/// Scenes of the whole master; none when shots were not looked for, or not all are listed.
std::vector<Scene> scenes(const analysis::AnalysisResult& analysis);

inline const Rational kShortestScene{1};  // seconds; a shorter one never lowers the peak

/// A peak changes where a scene begins and nowhere else, and takes values of the series R 10 of ISO 3 from 400 cd/m2 to
/// `programme`. It rises as soon as a scene needs more. It falls only to at most half, and not for a short scene: the
/// same set seen from two sides, or an insert, does not change the brightness of the rest. `tick` in seconds.
std::vector<PeakFrom> scene_peaks(std::span<const Scene> scenes, double programme, Rational tick);

/// Those that count from `pts` to `end_pts`, the first of them at `pts`.
std::vector<PeakFrom> peaks_within(std::span<const PeakFrom> peaks, int64_t pts, int64_t end_pts);

}  // namespace pier::transcode::impl
