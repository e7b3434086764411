#pragma once
// Timelines out of the measures of an analysis, read with distrust: a measure that is absent or of another shape gives
// nothing.

#include <optional>
#include <string_view>
#include <vector>

#include <pier/reports/document.hpp>

namespace pier::reports {

/// One row a point: seconds from the first picture of the file, then values (NaN: not measured).
struct Series {
  struct Row {
    double seconds = 0;
    std::vector<double> values;
  };
  std::vector<std::string> columns;  // of the values
  std::vector<Row> rows;
  bool empty() const { return rows.empty(); }
  /// Index of the first column whose name begins so.
  std::optional<size_t> column(std::string_view beginning) const;
};

/// The time axis of a document: the main picture stream.
struct Axis {
  double duration = 0;    // seconds; 0: nothing to draw over
  double start = 0;       // of the first picture, on the stream's timeline
  double frame_rate = 0;  // 0: unknown
  double seconds_of_frame(double frame) const { return frame_rate > 0 ? frame / frame_rate : 0; }
};
Axis axis_of(const Document& document);

/// A member by dotted path, null when there is none.
const json::value& measure_at(const Document& document, std::string_view path);

/// Rows of `owner[name]` with their names in `owner[columns]`; the first column ends in "frame", or in "seconds" on the
/// stream's timeline. A text in a row counts as not measured.
Series read_series(const json::value& owner, std::string_view name, std::string_view columns, const Axis& axis);

/// Values every `step` seconds from the first picture: `owner[name]`, `owner[step]`. The column has the name.
Series read_steps(const json::value& owner, std::string_view name, std::string_view step);

struct ShotPlace {
  int64_t first_frame = 0, key_frame = 0;
};
/// In order of time; empty when none were looked for.
std::vector<ShotPlace> shots_of(const analysis::AnalysisResult& result);

}  // namespace pier::reports
