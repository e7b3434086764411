#include <cstdio>

#include "console.hpp"
#include "views.hpp"

namespace pier::app {
namespace {

std::string tags_of(const json::object& wait) {
  std::string text;
  const auto tags = get_array(wait, "tags");
  for (size_t i = 0; tags && i < tags->size(); i++)
    text += (text.empty() ? "" : ",") + std::string((*tags)[i].as_string());
  return text;
}

std::string wait_text(const json::object& wait) {
  const std::string tags = tags_of(wait);
  const int64_t tasks = int_or(wait, "tasks", 0);
  std::string hindrances;
  const auto list = get_array(wait, "hindrances");
  for (size_t i = 0; list && i < list->size(); i++)
    hindrances += (hindrances.empty() ? "" : "; ") + std::string((*list)[i].as_string());
  if (!hindrances.empty()) {
    return "a worker that is not kept from it (" + hindrances + "); " + std::to_string(tasks) +
           (tasks == 1 ? " step" : " steps") + " since " + string_or(wait, "since", "");
  }
  return (tags.empty() ? "a worker, none is active" : "a worker that offers " + tags + ", no active one does") + "; " +
         std::to_string(tasks) + (tasks == 1 ? " step" : " steps") + " since " + string_or(wait, "since", "") +
         "; start one: pier worker" + (tags.empty() ? "" : " --tags " + tags);
}

void print_progress(const json::object& progress) {
  std::printf("  %.0f %%, %ld of %ld steps done, %ld running", 100 * double_or(progress, "fraction", 0),
              static_cast<long>(int_or(progress, "tasks_done", 0)),
              static_cast<long>(int_or(progress, "tasks_total", 0)),
              static_cast<long>(int_or(progress, "tasks_running", 0)));
  const std::string note = string_or(progress, "note", "");
  std::printf("%s\n", note.empty() ? "" : (", " + note).c_str());
}

/// "12.0 GB and 1 thread": with what an attempt ran, as far as it was not as planned.
std::string settings_text(const json::object& holder) {
  std::string text = bytes_text(int_or(holder, "memory_bytes", 0));
  const auto settings = get_object(holder, "settings");
  if (!settings) return text;
  const int64_t threads = int_or(*settings, "threads", 0);
  if (threads > 0) text += " and " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
  if (int_or(*settings, "rungs_at_once", 0) == 1) text += ", one rung at a time";
  return text;
}

/// Every attempt that ended badly, and with what the task is tried again after it.
void print_tries(const json::object& task) {
  const std::string state = string_or(task, "state", "");
  std::printf("  %s %s %s, attempt %ld\n", string_or(task, "kind", "").c_str(), string_or(task, "id", "").c_str(),
              state.c_str(), static_cast<long>(int_or(task, "attempt", 0)));
  const auto ends = get_array(task, "bad_ends");
  for (size_t i = 0; ends && i < ends->size(); i++) {
    const json::object& end = (*ends)[i].as_object();
    const auto error = get_object(end, "error").value_or(json::object());
    std::printf("    attempt %ld, %s, with %s: %s: %s\n", static_cast<long>(int_or(end, "attempt", 0)),
                string_or(end, "at", "").c_str(), settings_text(end).c_str(), string_or(error, "code", "").c_str(),
                string_or(error, "message", "").c_str());
    const bool last = i + 1 == ends->size();
    const json::object& after = last ? task : (*ends)[i + 1].as_object();
    if (!last || state != "failed") std::printf("    tried again with %s\n", settings_text(after).c_str());
  }
}

}  // namespace

std::string waits_text(const json::object& view) {
  const auto waits = get_array(view, "waits_for");
  return waits && !waits->empty() ? wait_text((*waits)[0].as_object()) : "";
}

void print_job(const json::object& view) {
  const json::object& job = view.at("job").as_object();
  const std::string asset = string_or(view, "asset_id", "");
  std::printf("%s  %s %s%s%s\n  asked for %s\n", string_or(job, "id", "").c_str(), string_or(job, "kind", "").c_str(),
              string_or(job, "state", "").c_str(), asset.empty() ? "" : "  ", asset.c_str(),
              string_or(job, "created", "").c_str());
  if (const auto progress = get_object(view, "progress")) print_progress(*progress);
  if (const std::string partly = partly_text(view); !partly.empty()) std::printf("  %s\n", partly.c_str());
  const auto waits = get_array(view, "waits_for");
  for (const std::string& line : forecast_lines(view)) std::printf("%s\n", line.c_str());
  for (size_t i = 0; waits && i < waits->size(); i++)
    std::printf("  waits for %s\n", wait_text((*waits)[i].as_object()).c_str());
  const auto tried = get_array(view, "tried");
  for (size_t i = 0; tried && i < tried->size(); i++) print_tries((*tried)[i].as_object());
  for (const char* what : {"trouble", "error"}) {
    const auto error = get_object(what == std::string_view("error") ? job : view, what);
    if (error)
      std::printf("  %s: %s\n", string_or(*error, "code", "").c_str(), string_or(*error, "message", "").c_str());
  }
}

}  // namespace pier::app
