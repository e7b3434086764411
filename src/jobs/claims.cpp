#include <algorithm>
#include <cmath>
#include <limits>

#include <pier/jobs/queue.hpp>

#include "rows.hpp"

namespace pier::jobs {
namespace {

constexpr int64_t kMaxBackoffUs = 3600LL * 1'000'000;

/// The running task of that attempt, or why the caller has lost it.
Result<TaskRow> owned_task(Transaction& tx, std::string_view task_id, uint32_t attempt) {
  PIER_TRY(TaskRow task, impl::read_task(tx, task_id));
  if (task.attempt == attempt && task.state == TaskState::kRunning) return task;
  if (task.attempt == attempt && (task.state == TaskState::kCancelled || task.state == TaskState::kSuperseded)) {
    return fail(ErrorCode::kCancelled, "task " + task.id + " was " + std::string(to_string(task.state)));
  }
  return fail(ErrorCode::kConflict, "attempt " + std::to_string(attempt) + " of task " + task.id +
                                        " lost its lease (the task is " + std::string(to_string(task.state)) +
                                        ", attempt " + std::to_string(task.attempt) + "); its result is not taken");
}

std::string claim_sql(size_t kinds) {
  std::string chosen;
  for (size_t i = 0; i < kinds; ++i) chosen += (i == 0 ? " AND t.kind IN ($" : ", $") + std::to_string(i + 5);
  if (kinds > 0) chosen += ")";
  return "UPDATE tasks SET state = 'running', worker = $1, attempt = attempt + 1, lease_until = $2, started = $3,"
         " progress = 0, note = '', error = NULL WHERE id = (SELECT t.id FROM tasks t WHERE t.state = 'ready'"
         " AND t.run_at <= $3 AND t.memory_bytes <= $4" +
         chosen +
         " AND (t.name = '' OR NOT EXISTS (SELECT 1 FROM tasks r WHERE r.organisation = t.organisation AND"
         " r.name = t.name AND r.name <> '' AND r.state = 'running'))"
         " ORDER BY t.priority DESC, t.cost DESC, t.id LIMIT 1) RETURNING " +
         std::string(impl::kTaskColumns);
}

/// Puts a task that did not make it back into the queue, or ends it and its job.
Result<TaskState> after_bad_end(Transaction& tx, const TaskRow& task, const Error& error, int64_t max_tries,
                                int64_t backoff_us, bool retryable) {
  const int64_t tries = task.tries + 1;
  const std::string text = json::serialize(to_json(error));
  if (retryable && tries < max_tries) {
    const auto doublings = static_cast<int>(std::min<int64_t>(tries - 1, 30));
    const double wait = std::min(std::ldexp(static_cast<double>(backoff_us), doublings), double{kMaxBackoffUs});
    PIER_CHECK(
        tx.run("UPDATE tasks SET state = 'ready', worker = '', lease_until = 0, progress = 0, note = '', tries = $2,"
               " run_at = $3, error = $4 WHERE id = $1",
               {task.id, tries, tx.now() + static_cast<int64_t>(wait), text}));
    return TaskState::kReady;
  }
  PIER_CHECK(
      tx.run("UPDATE tasks SET state = 'failed', lease_until = 0, tries = $2, ended = $3, error = $4"
             " WHERE id = $1",
             {task.id, tries, tx.now(), text}));
  PIER_CHECK(impl::cancel_tasks(tx, task.job_id));
  PIER_CHECK(impl::set_job_state(tx, task.job_id, JobState::kFailed, &error));
  return TaskState::kFailed;
}

}  // namespace

Result<std::optional<TaskRow>> claim(Transaction& tx, std::string_view worker, const ClaimFilter& filter,
                                     Microseconds lease) {
  const uint64_t memory = std::min<uint64_t>(filter.memory_free, std::numeric_limits<int64_t>::max());
  const int64_t lease_until = tx.now() + lease.count();
  std::vector<database::Param> params{worker, lease_until, tx.now(), memory};
  for (const std::string& kind : filter.kinds) params.emplace_back(kind);
  PIER_TRY(const auto rows, tx.all(claim_sql(filter.kinds.size()), params));
  if (rows.empty()) return std::optional<TaskRow>();
  PIER_TRY(TaskRow task, impl::task_from(rows.front()));
  PIER_CHECK(tx.run("UPDATE jobs SET state = 'running', updated = $2 WHERE id = $1 AND state = 'queued'",
                    {task.job_id, tx.now()}));
  return std::optional(std::move(task));
}

Result<void> heartbeat(Transaction& tx, std::string_view task_id, uint32_t attempt, Microseconds lease, double progress,
                       std::string_view note) {
  PIER_CHECK(owned_task(tx, task_id, attempt));
  const double share = std::isfinite(progress) ? std::clamp(progress, 0.0, 1.0) : 0.0;
  PIER_CHECK(tx.run("UPDATE tasks SET lease_until = $2, progress = $3, note = $4 WHERE id = $1",
                    {task_id, tx.now() + lease.count(), share, note}));
  return {};
}

Result<std::vector<std::string>> complete(Transaction& tx, std::string_view task_id, uint32_t attempt,
                                          const json::value& result) {
  PIER_TRY(const TaskRow task, owned_task(tx, task_id, attempt));
  const std::string text = json::serialize(result);
  PIER_CHECK(
      tx.run("UPDATE tasks SET state = 'done', progress = 1, lease_until = 0, result = $2, error = NULL,"
             " ended = $3 WHERE id = $1",
             {task_id, text, tx.now()}));
  PIER_CHECK(impl::release_dependants(tx, task_id));
  std::vector<std::string> twins;
  if (task.name.empty()) return twins;
  PIER_TRY(const auto rows,
           tx.all("UPDATE tasks SET state = 'done', progress = 1, remaining_deps = 0, result = $4, error = NULL,"
                  " reused = 1, ended = $5 WHERE organisation = $1 AND name = $2 AND name <> '' AND kind = $3"
                  " AND state IN ('blocked', 'ready') RETURNING id",
                  {task.organisation, task.name, task.kind, text, tx.now()}));
  for (const auto& row : rows) {
    twins.push_back(row.text(0));
    PIER_CHECK(impl::release_dependants(tx, twins.back()));
  }
  return twins;
}

Result<TaskState> fail(Transaction& tx, std::string_view task_id, uint32_t attempt, const Error& error,
                       const RetryPolicy& policy, bool retryable) {
  PIER_TRY(const TaskRow task, owned_task(tx, task_id, attempt));
  return after_bad_end(tx, task, error, policy.max_tries, policy.backoff.count(), retryable);
}

Result<int64_t> release_worker(Transaction& tx, std::string_view worker) {
  return tx.run(
      "UPDATE tasks SET state = 'ready', worker = '', lease_until = 0, progress = 0, note = ''"
      " WHERE state = 'running' AND worker = $1",
      {worker});
}

Result<int64_t> release_all(Transaction& tx) {
  return tx.run(
      "UPDATE tasks SET state = 'ready', worker = '', lease_until = 0, progress = 0, note = ''"
      " WHERE state = 'running'");
}

Result<int64_t> expire_leases(Transaction& tx, int64_t max_lost) {
  static const std::string kSql =
      impl::select(impl::kTaskColumns, "tasks WHERE state = 'running' AND lease_until < $1");
  PIER_TRY(const auto rows, tx.all(kSql, {tx.now()}));
  PIER_TRY(const auto tasks, impl::tasks_from(rows));
  for (const TaskRow& lost : tasks) {
    // An earlier one of this loop may have failed the job of this one and cancelled it.
    PIER_TRY(const TaskRow task, impl::read_task(tx, lost.id));
    if (task.state != TaskState::kRunning) continue;
    const Error error{
        ErrorCode::kCrashed, "worker " + display_text(task.worker) + " was lost while it ran task " + task.kind, {}};
    PIER_CHECK(after_bad_end(tx, task, error, max_lost, 0, true));
  }
  return static_cast<int64_t>(tasks.size());
}

}  // namespace pier::jobs
