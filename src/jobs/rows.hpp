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
    "remaining_deps, tries, run_at, progress, note, result, error, reused, created, started, ended";

/// "SELECT <columns> FROM <rest>"
std::string select(std::string_view columns, std::string_view rest);

Result<JobRow> job_from(const Row& row);
Result<TaskRow> task_from(const Row& row);
Result<std::vector<TaskRow>> tasks_from(const std::vector<Row>& rows);

/// kNotFound when there is none.
Result<JobRow> read_job(Session& session, std::string_view job_id);
Result<TaskRow> read_task(Session& session, std::string_view task_id);

/// The tasks that waited for this one have one dependency less; those with none left are ready.
Result<void> release_dependants(Transaction& tx, std::string_view task_id);

/// Every task of the job that has not ended is cancelled.
Result<void> cancel_tasks(Transaction& tx, std::string_view job_id);

/// Puts the job into `state` with an error (kFailed) or none.
Result<void> set_job_state(Transaction& tx, std::string_view job_id, JobState state, const Error* error = nullptr);

}  // namespace pier::jobs::impl
