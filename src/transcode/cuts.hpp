#pragma once
// Where a programme is cut: chunks at the points of the grid nearest to shot boundaries, key pictures at hard cuts.

#include <span>
#include <vector>

#include <pier/analysis/analyse.hpp>
#include <pier/packaging/segment_grid.hpp>

namespace pier::transcode::impl {

/// A shot, in ticks of the source's picture stream.
struct Shot {
  int64_t pts = 0;
  int64_t end_pts = 0;
  bool cut = false;    // begins with a hard cut; else out of a dissolve or a fade, or where the pictures begin
  bool first = false;  // begins where the pictures begin
  double nits = 0;     // what 99.99 % of the pixels of no picture exceed; 0: not measured
};

/// The shots that the analysis found; none when they were not looked for.
std::vector<Shot> shots_of(const analysis::AnalysisResult& analysis);

inline constexpr size_t kMostChunks = 400;   // a descriptor each in the assembly
inline constexpr size_t kFewSegments = 100;  // up to here every segment is a chunk: work for all, little done twice
inline constexpr size_t kUsualSegments = 2;  // of a chunk of a longer programme
inline const Rational kShortestShot{2, 5};   // seconds; a shorter one (a flash, an insert) gets no key picture
inline const Rational kShortestGroup{1, 5};  // seconds between a key picture at a cut and any other key picture

/// First segments of the chunks. With n segments a chunk, boundary k lies among the n points around k * n: at the one
/// nearest to a shot boundary if one lies within half a segment of it, else at k * n. So a chunk has 1 to 2 n - 1
/// segments, and a change of one shot moves no boundary but those beside it. `boundaries`: ticks of the grid's times,
/// ascending.
std::vector<size_t> chunk_starts(const packaging::SegmentGrid& grid, std::span<const int64_t> boundaries);

/// Frames (positions in `times`) that become key pictures besides those of the grid: the first one of each shot that
/// begins with a hard cut and lasts kShortestShot, kShortestGroup away from every other key picture. `shots` in ticks
/// of `times`, ascending.
std::vector<size_t> cut_keys(const packaging::SegmentGrid& grid, std::span<const int64_t> times,
                             std::span<const Shot> shots);

/// How hard the pictures from `start` to `end` (seconds from the first access unit) are, 1 being the programme's mean:
/// by the coded size in the master, where the analysis measured it and it varies; within 0.5 to 2.
double complexity(const analysis::AnalysisResult& analysis, int stream_index, Rational start, Rational end);

}  // namespace pier::transcode::impl
