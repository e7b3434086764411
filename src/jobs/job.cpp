#include <array>

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

json::value to_json(const Error& error) {
  json::object object{{"code", pier::to_string(error.code)}, {"message", error.message}};
  if (!error.detail.empty()) object["detail"] = error.detail;
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

json::object to_json(const TaskRow& task) {
  json::object object{{"id", task.id},
                      {"job", task.job_id},
                      {"kind", task.kind},
                      {"state", to_string(task.state)},
                      {"cost", task.cost},
                      {"attempt", task.attempt},
                      {"tries", task.tries},
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
