#pragma once
// Rows of jobs and tasks as they lie in the tables, and the few steps every change shares.

#include <string>
#include <string_view>
#include <vector>

#include <pier/core/result.hpp>
#include <pier/database/database.hpp>
#include <pier/jobs/job.hpp>

namespace pier::jobs::impl {

using database::Row;
using database::Session;
using database::Transaction;

inline constexpr std::string_view kJobColumns =
    "id, organisation, kind, state, request, result, error, created, updated";
inline constexpr std::string_view kTaskColumns =
    "id, job_id, organisation, kind, name, params, state, priority, cost, memory_bytes, attempt, worker, lease_until, "
    "remaining_deps, tries, run_at, progress, note, result, error, reused, created, started, ended, tags, settings, "
    "bad_ends, cost_class, work, writes_bytes, cpu_seconds";

/// "SELECT <columns> FROM <rest>"
std::string select(std::string_view columns, std::string_view rest);

Result<JobRow> job_from(const Row& row);
Result<TaskRow> task_from(const Row& row);
Result<std::vector<TaskRow>> tasks_from(const std::vector<Row>& rows);

/// kNotFound when there is none.
Result<JobRow> read_job(Session& session, std::string_view job_id);
Result<TaskRow> read_task(Session& session, std::string_view task_id);

// What a change reads before it decides, it holds until its transaction ends. Where several transactions write at once
// they all take their holds in this order, so that none waits for one that waits for it: the job (kKeyShare keeps it
// open: who ends, fails, cancels or resumes it wants it alone), the name of a task, its row, the rows that wait for it.

/// The job, held.
Result<JobRow> hold_job(Transaction& tx, std::string_view job_id, database::RowLock lock);
/// The task, held alone. Its job is held already.
Result<TaskRow> hold_task(Transaction& tx, std::string_view task_id);

/// What never changes in a task.
struct TaskIdentity {
  std::string job_id;
  std::string organisation;
  std::string kind;
  std::string name;
};
/// Holds the job of a task; kNotFound when there is no such task.
Result<TaskIdentity> hold_job_of(Transaction& tx, std::string_view task_id, database::RowLock lock);

/// What hold() and try_hold() call the results of one name: none is claimed, given out or looked for meanwhile.
std::string name_to_hold(std::string_view organisation, std::string_view name);

/// The tasks that waited for this one have one dependency less; those with none left are ready.
Result<void> release_dependants(Transaction& tx, std::string_view task_id);

/// The bad ends of a task with one more, as they are stored: the last few, each not too long.
std::string with_bad_end(const TaskRow& task, const BadEnd& end);

/// Every task of the job that has not ended is cancelled.
Result<void> cancel_tasks(Transaction& tx, std::string_view job_id);

/// Puts the job into `state` with an error (kFailed) or none.
Result<void> set_job_state(Transaction& tx, std::string_view job_id, JobState state, const Error* error = nullptr);

}  // namespace pier::jobs::impl
