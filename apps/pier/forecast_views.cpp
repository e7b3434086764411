#include <cmath>
#include <cstdio>

#include "console.hpp"
#include "views.hpp"

namespace pier::app {
namespace {

std::string number_text(double value) {
  char text[32];
  const double size = std::abs(value);
  std::snprintf(text, sizeof text, size >= 100 ? "%.0f" : size >= 1 ? "%.2f" : "%.4f", value);
  return text;
}

/// "0.0042 (0.0036 to 0.0051)"
std::string range_text(const json::object& range) {
  return number_text(double_or(range, "likely", 0)) + " (" + number_text(double_or(range, "least", 0)) + " to " +
         number_text(double_or(range, "most", 0)) + ")";
}

std::string position_text(const json::object& position) {
  const int64_t jobs = int_or(position, "jobs_ahead", 0), tasks = int_or(position, "tasks_ahead", 0);
  if (tasks == 0) return "next in the queue";
  return std::to_string(tasks) + (tasks == 1 ? " step of " : " steps of ") + std::to_string(jobs) +
         (jobs == 1 ? " job ahead" : " jobs ahead");
}

std::string finish_text(const json::object& forecast) {
  const auto left = get_object(forecast, "seconds_left"), finish = get_object(forecast, "finish");
  if (!left || !finish) return "not finished while no active worker offers what it asks for";
  return "finished in " + duration_text(double_or(*left, "likely", 0)) + " (" +
         duration_text(double_or(*left, "least", 0)) + " to " + duration_text(double_or(*left, "most", 0)) +
         "), about " + string_or(*finish, "likely", "");
}

std::string basis_text(const json::object& forecast) {
  const std::string basis = string_or(forecast, "basis", "");
  if (basis == "measured") return "from measured runs of the same kind and raster";
  if (basis == "scaled") return "from measured runs of other rasters: rough";
  return "by formula, nothing of the kind was measured here yet: very rough";
}

}  // namespace

TimeLeft time_left(const json::object& view) {
  const auto forecast = get_object(view, "forecast");
  const auto left = forecast ? get_object(*forecast, "seconds_left") : Result<json::object>(json::object());
  if (!left) return {};
  return {double_or(*left, "least", -1), double_or(*left, "likely", -1), double_or(*left, "most", -1)};
}

std::vector<std::string> forecast_lines(const json::object& view) {
  std::vector<std::string> lines;
  const auto forecast = get_object(view, "forecast");
  if (!forecast) return lines;
  const auto position = get_object(*forecast, "position").value_or(json::object());
  lines.push_back("  forecast: " + finish_text(*forecast) + "; " + position_text(position));
  const auto hours = get_object(*forecast, "core_hours").value_or(json::object());
  lines.push_back("    " + range_text(hours) + " core-hours, " + bytes_text(int_or(*forecast, "peak_bytes", 0)) +
                  " stored at most, " + bytes_text(int_or(*forecast, "kept_bytes", 0)) + " kept");
  if (const auto money = get_object(*forecast, "money")) {
    const std::string currency = string_or(*money, "currency", "");
    const auto computing = get_object(*money, "computing").value_or(json::object());
    lines.push_back("    " + currency + " " + range_text(computing) + " of computing, " + currency + " " +
                    number_text(double_or(*money, "storage_month", 0)) + " a month of storage");
  }
  lines.push_back("    " + basis_text(*forecast));
  return lines;
}

}  // namespace pier::app
