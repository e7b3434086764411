#pragma once
// What a comparison found, for people: one HTML file that opens offline. Pure; everything a file says is escaped.

#include <string>

#include <pier/core/json.hpp>

namespace pier::reports {

/// `comparison` as workflows::compare_files gives it. A plot a metric over time with the shots, and the worst pictures
/// side by side. What is missing in it is left out.
std::string render_comparison(const json::object& comparison);

}  // namespace pier::reports
