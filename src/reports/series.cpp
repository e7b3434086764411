#include "series.hpp"

#include <algorithm>
#include <cmath>

namespace pier::reports {
namespace {

constexpr size_t kMaxRows = 20'000;

const json::value& null_value() {
  static const json::value kNull;
  return kNull;
}

const json::value& member(const json::value& value, std::string_view key) {
  const json::value* found = value.is_object() ? value.get_object().if_contains(key) : nullptr;
  return found != nullptr ? *found : null_value();
}

double number(const json::value& value) {
  return value.is_number() ? value.to_number<double>() : std::nan("");
}

}  // namespace

std::optional<size_t> Series::column(std::string_view beginning) const {
  const auto found = std::ranges::find_if(columns, [&](const auto& name) { return name.starts_with(beginning); });
  return found == columns.end() ? std::nullopt : std::optional(static_cast<size_t>(found - columns.begin()));
}

Axis axis_of(const Document& document) {
  Axis axis;
  const media::Facts& facts = document.facts;
  if (facts.main_video < 0) {
    axis.duration = facts.duration.value();
    return axis;
  }
  const media::VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  axis.frame_rate = video.frame_rate.value();
  axis.start = static_cast<double>(video.start_pts) * video.time_base.value();
  axis.duration = video.duration.num > 0 ? video.duration.value() : facts.duration.value();
  return axis;
}

const json::value& measure_at(const Document& document, std::string_view path) {
  if (!document.analysis) return null_value();
  const json::value* at = nullptr;
  while (!path.empty()) {
    const size_t dot = path.find('.');
    const std::string_view key = path.substr(0, dot);
    at = at == nullptr ? document.analysis->measures.if_contains(key) : &member(*at, key);
    if (at == nullptr) return null_value();
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return at != nullptr ? *at : null_value();
}

Series read_series(const json::value& owner, std::string_view name, std::string_view columns, const Axis& axis) {
  Series series;
  const json::value& rows = member(owner, name);
  const json::value& names = member(owner, columns);
  if (!rows.is_array() || !names.is_array() || names.get_array().size() < 2) return series;
  for (const json::value& column : names.get_array())
    series.columns.emplace_back(column.is_string() ? std::string(column.get_string()) : "");
  const std::string first = series.columns.front();
  series.columns.erase(series.columns.begin());
  const bool in_frames = first.ends_with("frame");
  if (!in_frames && !first.ends_with("seconds")) return series;
  for (const json::value& item : rows.get_array()) {
    if (!item.is_array() || item.get_array().size() != series.columns.size() + 1) continue;
    const json::array& cells = item.get_array();
    const double at = number(cells[0]);
    if (!std::isfinite(at) || series.rows.size() >= kMaxRows) continue;
    Series::Row row;
    row.seconds = in_frames ? axis.seconds_of_frame(at) : at - axis.start;
    for (size_t i = 1; i < cells.size(); ++i) row.values.push_back(number(cells[i]));
    series.rows.push_back(std::move(row));
  }
  return series;
}

Series read_steps(const json::value& owner, std::string_view name, std::string_view step) {
  Series series;
  const json::value& values = member(owner, name);
  const double seconds = number(member(owner, step));
  if (!values.is_array() || !(seconds > 0)) return series;
  series.columns.emplace_back(name);
  for (const json::value& value : values.get_array()) {
    if (series.rows.size() >= kMaxRows) break;
    series.rows.push_back({static_cast<double>(series.rows.size()) * seconds, {number(value)}});
  }
  return series;
}

std::vector<ShotPlace> shots_of(const analysis::AnalysisResult& result) {
  std::vector<ShotPlace> places;
  const json::value* shots = result.measures.if_contains("shots");
  if (shots == nullptr) return places;
  const Series list = read_series(*shots, "list", "columns", Axis{1, 0, 1});  // a frame a second
  const auto key = list.column("keyframe");
  for (const Series::Row& row : list.rows) {
    const auto first = static_cast<int64_t>(std::clamp(row.seconds, 0.0, 1e15));
    const double shown = key ? row.values[*key] : row.seconds;
    places.push_back({first, std::isfinite(shown) ? static_cast<int64_t>(std::clamp(shown, 0.0, 1e15)) : first});
  }
  std::ranges::sort(places, {}, &ShotPlace::first_frame);
  return places;
}

}  // namespace pier::reports
