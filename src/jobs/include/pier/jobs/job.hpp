#pragma once
// What a user asked for (job) and its retryable steps (tasks), as rows. The queue knows no kind of either.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/clock.hpp>
#include <pier/core/json.hpp>
#include <pier/core/result.hpp>

namespace pier::jobs {

enum class JobState { kQueued, kRunning, kDone, kFailed, kCancelled };

/// kBlocked waits for other tasks, kReady for a worker (or for run_at); kSuperseded: no longer wanted, counts as ended.
enum class TaskState { kBlocked, kReady, kRunning, kDone, kFailed, kCancelled, kSuperseded };

std::string_view to_string(JobState state);   // "queued" ...
std::string_view to_string(TaskState state);  // "blocked" ...
/// kInvalidArgument when there is no state of that name.
Result<JobState> job_state_from(std::string_view name);
Result<TaskState> task_state_from(std::string_view name);
bool is_ended(JobState state);
bool is_ended(TaskState state);

struct JobRow {
  std::string id;  // job_...
  std::string organisation;
  std::string kind;
  JobState state = JobState::kQueued;
  json::value request;
  json::value result;          // null until done
  std::optional<Error> error;  // message and code; of a failed job
  WallTime created = 0;
  WallTime updated = 0;
};

/// An attempt that failed or was lost, and with what it ran.
struct BadEnd {
  uint32_t attempt = 0;
  std::string worker;
  WallTime at = 0;
  Error error;
  uint64_t memory_bytes = 0;
  json::value settings;
};

struct TaskRow {
  std::string id;  // tsk_...
  std::string job_id;
  std::string organisation;
  std::string kind;
  std::string name;  // hash of everything its result depends on; empty: never reused
  json::value params;
  TaskState state = TaskState::kBlocked;
  int64_t priority = 0;
  double cost = 1;  // any unit, the same within a job; the weight in progress and the rate behind eta
  uint64_t memory_bytes = 0;
  std::string cost_class;         // with kind and work what its cost depends on (measured.hpp); empty: not said
  double work = 0;                // in units of its kind
  uint64_t writes_bytes = 0;      // what it is expected to store
  double cpu_seconds = 0;         // of the attempt that completed it
  std::vector<std::string> tags;  // what its worker must offer, sorted
  json::value settings;           // what its next attempt does otherwise than planned; null: nothing
  std::vector<BadEnd> bad_ends;   // the last few, oldest first
  uint32_t attempt = 0;           // fencing token: raised by every claim, carried by every write of the worker
  std::string worker;
  WallTime lease_until = 0;
  int64_t remaining_deps = 0;
  int64_t tries = 0;    // attempts that ended badly (failed, or worker lost)
  WallTime run_at = 0;  // not before
  double progress = 0;  // 0..1
  std::string note;
  json::value result;
  std::optional<Error> error;
  bool reused = false;  // done with the result of another task of the same name
  WallTime created = 0;
  WallTime started = 0;  // of the last attempt; 0 = never
  WallTime ended = 0;    // 0 = not yet
};

/// Tags say what a worker has and what a task asks for. "8k,gpu" as a sorted list without repeats. kInvalidArgument: a
/// tag has 1 to 32 of a-z, 0-9, - and _; at most kMaxTags.
inline constexpr size_t kMaxTags = 6;
Result<std::vector<std::string>> tags_from(std::string_view text);
std::string tags_text(const std::vector<std::string>& tags);

/// An error as it is stored: {"code", "message", "detail"}. The detail is for the log: the rows' to_json leave it out.
json::value to_json(const Error& error);
Error error_from_json(const json::value& value);

/// For --json and /v1.
json::object to_json(const JobRow& job);
json::object to_json(const TaskRow& task);
json::object to_json(const BadEnd& end);

}  // namespace pier::jobs
