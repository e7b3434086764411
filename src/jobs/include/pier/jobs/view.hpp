#pragma once
// Reading the queue: one job, lists, progress. Every function takes the organisation it looks for: what belongs to
// another one is kNotFound.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/result.hpp>
#include <pier/database/database.hpp>
#include <pier/jobs/job.hpp>

namespace pier::jobs {

using database::Session;

Result<JobRow> show_job(Session& session, std::string_view organisation, std::string_view job_id);

struct JobFilter {
  std::optional<JobState> state{};
  std::string kind{};  // empty: any
};
struct JobPage {
  std::vector<JobRow> jobs;  // newest first
  std::string next;          // cursor of the following page; empty: the last one
};
/// `limit` 1..500; `cursor` as `next` gave it, empty for the first page; kInvalidArgument when it is none.
Result<JobPage> list_jobs(Session& session, std::string_view organisation, const JobFilter& filter, size_t limit,
                          std::string_view cursor = {});

/// Jobs that have not ended, of all organisations, oldest first: what a starting server goes on with.
Result<std::vector<JobRow>> unfinished_jobs(Session& session);

/// All tasks of a job in the order they were added.
Result<std::vector<TaskRow>> list_tasks(Session& session, std::string_view job_id);
Result<TaskRow> show_task(Session& session, std::string_view task_id);
/// The tasks this one waits for, in the order they were added: its inputs are their results.
Result<std::vector<TaskRow>> dependencies(Session& session, std::string_view task_id);

/// Ready tasks that nobody will start: no active worker offers all they ask for, or those that do are kept from it.
struct UnservedTasks {
  std::vector<std::string> tags;  // what they ask for; empty: no worker is active at all
  int64_t tasks = 0;
  WallTime since = 0;                     // when the first of them was ready
  std::vector<std::string> hindrances{};  // "NAME: why", of the active workers that offer the tags
};
Result<std::vector<UnservedTasks>> unserved_tasks(Session& session, std::string_view job_id);
json::object to_json(const UnservedTasks& unserved);

/// Tasks of the job of which an attempt ended badly, those that failed first; at most `limit`.
Result<std::vector<TaskRow>> tasks_with_bad_ends(Session& session, std::string_view job_id, size_t limit);

/// How much of the job's tasks of this kind and priority is done, 0..1, weighted by cost; 0 when there are none.
Result<double> fraction_of(Session& session, std::string_view job_id, std::string_view kind, int64_t priority);

struct JobProgress {
  JobState state = JobState::kQueued;
  int64_t tasks_done = 0;  // superseded ones are left out of both
  int64_t tasks_total = 0;
  int64_t tasks_running = 0;
  double fraction = 0;  // weighted by cost, running tasks by their own progress; 1 only when all is done
  /// Remaining cost at the measured rate: cost done by this job (reused results do not count) over the time in which
  /// at least one of its tasks ran. Absent until there is enough to measure (2 s and 1 % of the cost).
  std::optional<double> eta_seconds;
  std::string note;  // of the running task that started last
};
Result<JobProgress> progress(Session& session, std::string_view job_id);
json::object to_json(const JobProgress& progress);

}  // namespace pier::jobs
