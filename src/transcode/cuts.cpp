#include "cuts.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

namespace pier::transcode::impl {
namespace {

using packaging::SegmentGrid;

/// Place of a named column in the analyzer's list of shots.
std::optional<size_t> column(const json::object& shots, std::string_view name) {
  const auto columns = get_array(shots, "columns");
  if (!columns) return std::nullopt;
  for (size_t i = 0; i < columns->size(); i++) {
    if ((*columns)[i].is_string() && (*columns)[i].as_string() == name) return i;
  }
  return std::nullopt;
}

int64_t nearest_distance(std::span<const int64_t> sorted, int64_t value) {
  const auto after = std::ranges::lower_bound(sorted, value);
  int64_t nearest = INT64_MAX;
  if (after != sorted.end()) nearest = *after - value;
  if (after != sorted.begin()) nearest = std::min(nearest, value - *std::prev(after));
  return nearest;
}

/// The one of the points around `anchor` that lies nearest to a shot boundary.
size_t boundary_near(const SegmentGrid& grid, std::span<const int64_t> boundaries, size_t anchor, size_t step) {
  const int64_t reach = rescale(1, grid.nominal_duration / Rational(2), grid.time_base);
  const size_t first = anchor - (step - 1) / 2;
  const size_t last = std::min(anchor + step / 2, grid.segments.size() - 1);
  const auto distance_of = [&](size_t point) { return nearest_distance(boundaries, grid.segments[point].first_pts); };
  size_t best = anchor;
  int64_t least = distance_of(anchor);
  for (size_t point = first; point <= last; point++) {
    const int64_t distance = distance_of(point);
    if (distance < least && distance <= reach) {
      best = point;
      least = distance;
    }
  }
  return best;
}

}  // namespace

std::vector<Shot> shots_of(const analysis::AnalysisResult& analysis) {
  std::vector<Shot> found;
  const auto shots = get_object(analysis.measures, "shots");
  if (!shots) return found;
  const auto start = column(*shots, "start_seconds"), end = column(*shots, "end_seconds");
  const auto how = column(*shots, "begins_with"), light = column(*shots, "max_nits_99_99");
  const auto list = get_array(*shots, "list");
  const double tick = analysis.frames.time_base.value();
  if (!start || !end || !how || !list || !(tick > 0)) return found;
  for (const json::value& row : *list) {
    const json::array* shot = row.if_array();
    if (shot == nullptr || shot->size() <= std::max({*start, *end, *how, light.value_or(0)})) continue;
    const json::value &from = (*shot)[*start], &to = (*shot)[*end], &begins = (*shot)[*how];
    if (!from.is_number() || !to.is_number() || !begins.is_string()) continue;
    const double nits = light && (*shot)[*light].is_number() ? (*shot)[*light].to_number<double>() : 0;
    found.push_back({std::llround(from.to_number<double>() / tick), std::llround(to.to_number<double>() / tick),
                     begins.as_string() == "cut", begins.as_string() == "start", nits});
  }
  std::ranges::sort(found, {}, &Shot::pts);
  return found;
}

std::vector<size_t> chunk_starts(const SegmentGrid& grid, std::span<const int64_t> boundaries) {
  const size_t segments = grid.segments.size();
  const size_t usual = segments <= kFewSegments ? 1 : kUsualSegments;
  const size_t step = std::max(usual, (segments + kMostChunks - 1) / kMostChunks);
  std::vector<size_t> starts{0};
  for (size_t anchor = step; anchor < segments; anchor += step) {
    starts.push_back(boundary_near(grid, boundaries, anchor, step));
  }
  return starts;
}

std::vector<size_t> cut_keys(const SegmentGrid& grid, std::span<const int64_t> times, std::span<const Shot> shots) {
  const auto ticks = [&](Rational seconds) { return rescale(1, seconds, grid.time_base, Rounding::kUp); };
  const int64_t shortest_shot = ticks(kShortestShot), shortest_group = ticks(kShortestGroup);
  std::vector<int64_t> grid_keys;
  for (const auto& fragment : grid.fragments) grid_keys.push_back(times[static_cast<size_t>(fragment.first_frame)]);
  std::vector<size_t> keys;
  for (const Shot& shot : shots) {
    if (!shot.cut || shot.end_pts - shot.pts < shortest_shot) continue;
    const auto at = std::ranges::lower_bound(times, shot.pts);
    if (at == times.end() || at == times.begin()) continue;
    if (nearest_distance(grid_keys, *at) < shortest_group) continue;
    if (!keys.empty() && *at - times[keys.back()] < shortest_group) continue;
    keys.push_back(static_cast<size_t>(at - times.begin()));
  }
  return keys;
}

double complexity(const analysis::AnalysisResult& analysis, int stream_index, Rational start, Rational end) {
  const auto bitrate = get_object(analysis.measures, "bitrate");
  const auto streams = bitrate ? get_array(*bitrate, "streams") : Result<json::array>(json::array());
  for (size_t i = 0; streams && i < streams->size(); i++) {
    if (!(*streams)[i].is_object() || int_or((*streams)[i].as_object(), "stream", -1) != stream_index) continue;
    const json::object& stream = (*streams)[i].as_object();
    const double step = double_or(stream, "timeline_step_seconds", 0), mean = double_or(stream, "average_kbps", 0);
    const auto timeline = get_array(stream, "timeline_kbps");
    if (!timeline || timeline->empty() || !(step > 0) || !(mean > 0)) return 1;
    const auto point = [&](Rational seconds) {
      return std::min(static_cast<size_t>(std::max(0.0, seconds.value() / step)), timeline->size() - 1);
    };
    double sum = 0;
    const size_t first = point(start), last = std::max(first, point(end));
    for (size_t p = first; p <= last; p++)
      sum += (*timeline)[p].is_number() ? (*timeline)[p].to_number<double>() : mean;
    return std::clamp(sum / static_cast<double>(last - first + 1) / mean, 0.5, 2.0);
  }
  return 1;
}

}  // namespace pier::transcode::impl
