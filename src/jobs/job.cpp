#include <algorithm>
#include <array>

#include <pier/core/bytes.hpp>
#include <pier/jobs/job.hpp>

namespace pier::jobs {
namespace {

template <typename State>
using Names = std::pair<State, std::string_view>;

constexpr std::array kJobNames{
    Names<JobState>{JobState::kQueued, "queued"},       Names<JobState>{JobState::kRunning, "running"},
    Names<JobState>{JobState::kDone, "done"},           Names<JobState>{JobState::kFailed, "failed"},
    Names<JobState>{JobState::kCancelled, "cancelled"},
};
constexpr std::array kTaskNames{
    Names<TaskState>{TaskState::kBlocked, "blocked"},       Names<TaskState>{TaskState::kReady, "ready"},
    Names<TaskState>{TaskState::kRunning, "running"},       Names<TaskState>{TaskState::kDone, "done"},
    Names<TaskState>{TaskState::kFailed, "failed"},         Names<TaskState>{TaskState::kCancelled, "cancelled"},
    Names<TaskState>{TaskState::kSuperseded, "superseded"},
};

template <typename Table, typename State>
std::string_view name_in(const Table& table, State state) {
  for (const auto& [value, name] : table) {
    if (value == state) return name;
  }
  return "";
}

template <typename Table>
auto state_in(const Table& table, std::string_view text) -> Result<typename Table::value_type::first_type> {
  for (const auto& [value, name] : table) {
    if (name == text) return value;
  }
  return fail(ErrorCode::kInvalidArgument, "there is no state \"" + std::string(text) + "\"");
}

json::value time_or_null(WallTime time) {
  return time == 0 ? json::value(nullptr) : json::value(to_rfc3339(time));
}

bool is_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= 32 && std::ranges::all_of(tag, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

std::string_view to_string(JobState state) {
  return name_in(kJobNames, state);
}

std::string_view to_string(TaskState state) {
  return name_in(kTaskNames, state);
}

Result<JobState> job_state_from(std::string_view name) {
  return state_in(kJobNames, name);
}

Result<TaskState> task_state_from(std::string_view name) {
  return state_in(kTaskNames, name);
}

bool is_ended(JobState state) {
  return state != JobState::kQueued && state != JobState::kRunning;
}

bool is_ended(TaskState state) {
  return state != TaskState::kBlocked && state != TaskState::kReady && state != TaskState::kRunning;
}

Result<std::vector<std::string>> tags_from(std::string_view text) {
  std::vector<std::string> tags;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view tag = text.substr(0, comma);
    if (!is_tag(tag)) {
      return fail(ErrorCode::kInvalidArgument,
                  "\"" + display_text(tag) + "\" is no tag: one has 1 to 32 of a-z, 0-9, - and _");
    }
    tags.emplace_back(tag);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  std::ranges::sort(tags);
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  if (tags.size() > kMaxTags)
    return fail(ErrorCode::kInvalidArgument, "there are at most " + std::to_string(kMaxTags) + " tags");
  return tags;
}

std::string tags_text(const std::vector<std::string>& tags) {
  std::string text;
  for (const std::string& tag : tags) text += (text.empty() ? "" : ",") + tag;
  return text;
}

json::value to_json(const Error& error) {
  json::object object{{"code", pier::to_string(error.code)}, {"message", display_text(error.message)}};
  // What a child wrote before it died may be any bytes, and may end inside a character.
  if (!error.detail.empty()) object["detail"] = display_text(error.detail);
  return object;
}

Error error_from_json(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) return {ErrorCode::kInternal, "unknown error", {}};
  return {error_code_from(string_or(*object, "code", "internal")), string_or(*object, "message", "unknown error"),
          string_or(*object, "detail", "")};
}

json::object to_json(const JobRow& job) {
  json::object object{{"id", job.id},
                      {"organisation", job.organisation},
                      {"kind", job.kind},
                      {"state", to_string(job.state)},
                      {"request", job.request},
                      {"result", job.result},
                      {"error", nullptr},
                      {"created", to_rfc3339(job.created)},
                      {"updated", to_rfc3339(job.updated)}};
  if (job.error) object["error"] = {{"code", pier::to_string(job.error->code)}, {"message", job.error->message}};
  return object;
}

json::object to_json(const BadEnd& end) {
  return {{"attempt", end.attempt},
          {"worker", end.worker},
          {"at", to_rfc3339(end.at)},
          {"error", {{"code", pier::to_string(end.error.code)}, {"message", end.error.message}}},
          {"memory_bytes", end.memory_bytes},
          {"settings", end.settings}};
}

json::object to_json(const TaskRow& task) {
  json::object object{{"id", task.id},
                      {"job", task.job_id},
                      {"kind", task.kind},
                      {"state", to_string(task.state)},
                      {"cost", task.cost},
                      {"tags", json::array(task.tags.begin(), task.tags.end())},
                      {"attempt", task.attempt},
                      {"tries", task.tries},
                      {"memory_bytes", task.memory_bytes},
                      {"settings", task.settings},
                      {"worker", task.worker},
                      {"progress", task.progress},
                      {"note", task.note},
                      {"reused", task.reused},
                      {"error", nullptr},
                      {"created", to_rfc3339(task.created)},
                      {"started", time_or_null(task.started)},
                      {"ended", time_or_null(task.ended)}};
  if (task.error) object["error"] = {{"code", pier::to_string(task.error->code)}, {"message", task.error->message}};
  return object;
}

}  // namespace pier::jobs
