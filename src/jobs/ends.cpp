#include <pier/jobs/queue.hpp>

#include "rows.hpp"

namespace pier::jobs {
namespace {

Failure ended_otherwise(const JobRow& job) {
  return fail(ErrorCode::kConflict, "job " + job.id + " has ended already: " + std::string(to_string(job.state)));
}

}  // namespace

Result<void> supersede(Transaction& tx, std::string_view task_id) {
  PIER_CHECK(impl::hold_job_of(tx, task_id, database::RowLock::kKeyShare));
  PIER_TRY(const TaskRow task, impl::hold_task(tx, task_id));
  if (is_ended(task.state)) return {};
  PIER_CHECK(tx.run("UPDATE tasks SET state = 'superseded', ended = $2 WHERE id = $1", {task_id, tx.now()}));
  return impl::release_dependants(tx, task_id);
}

Result<void> end_job(Transaction& tx, std::string_view job_id, const json::value& result) {
  PIER_TRY(const JobRow job, impl::hold_job(tx, job_id, database::RowLock::kUpdate));
  if (is_ended(job.state)) return ended_otherwise(job);
  PIER_TRY(
      const auto open,
      tx.one("SELECT count(*) FROM tasks WHERE job_id = $1 AND state IN ('blocked', 'ready', 'running')", {job_id}));
  if (open->integer(0) > 0) {
    return fail(ErrorCode::kConflict,
                "job " + job.id + " cannot end: " + std::to_string(open->integer(0)) + " of its tasks have not ended");
  }
  PIER_CHECK(tx.run("UPDATE jobs SET state = 'done', result = $2, error = NULL, updated = $3 WHERE id = $1",
                    {job_id, json::serialize(result), tx.now()}));
  return {};
}

Result<void> fail_job(Transaction& tx, std::string_view job_id, const Error& error) {
  PIER_TRY(const JobRow job, impl::hold_job(tx, job_id, database::RowLock::kUpdate));
  if (is_ended(job.state)) return ended_otherwise(job);
  PIER_CHECK(impl::cancel_tasks(tx, job_id));
  return impl::set_job_state(tx, job_id, JobState::kFailed, &error);
}

Result<void> cancel_job(Transaction& tx, std::string_view job_id) {
  PIER_TRY(const JobRow job, impl::hold_job(tx, job_id, database::RowLock::kUpdate));
  if (job.state == JobState::kCancelled) return {};
  if (is_ended(job.state)) return ended_otherwise(job);
  PIER_CHECK(impl::cancel_tasks(tx, job_id));
  return impl::set_job_state(tx, job_id, JobState::kCancelled);
}

Result<void> resume_job(Transaction& tx, std::string_view job_id) {
  PIER_TRY(const JobRow job, impl::hold_job(tx, job_id, database::RowLock::kUpdate));
  if (job.state != JobState::kFailed && job.state != JobState::kCancelled) {
    return fail(ErrorCode::kConflict, "job " + job.id + " is " + std::string(to_string(job.state)) +
                                          ": only a failed or cancelled one is taken up again");
  }
  PIER_CHECK(
      tx.run("UPDATE tasks SET state = CASE WHEN remaining_deps > 0 THEN 'blocked' ELSE 'ready' END, worker = '',"
             " lease_until = 0, tries = 0, run_at = $2, progress = 0, note = '', error = NULL, ended = 0"
             " WHERE job_id = $1 AND state IN ('failed', 'cancelled')",
             {job_id, tx.now()}));
  return impl::set_job_state(tx, job_id, JobState::kQueued);
}

}  // namespace pier::jobs
