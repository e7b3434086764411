#include <algorithm>
#include <cmath>

#include <pier/jobs/queue.hpp>

#include "lanes.hpp"
#include "rows.hpp"

namespace pier::jobs {
namespace {

constexpr int kMostCandidates = 64;  // names passed over in one claim
constexpr int64_t kMaxBackoffUs = 3600LL * 1'000'000;

/// Why the caller has lost the running task of that attempt.
Failure not_owned(const TaskRow& task, uint32_t attempt) {
  if (task.attempt == attempt && (task.state == TaskState::kCancelled || task.state == TaskState::kSuperseded)) {
    return fail(ErrorCode::kCancelled, "task " + task.id + " was " + std::string(to_string(task.state)));
  }
  return fail(ErrorCode::kConflict, "attempt " + std::to_string(attempt) + " of task " + task.id +
                                        " lost its lease (the task is " + std::string(to_string(task.state)) +
                                        ", attempt " + std::to_string(task.attempt) + "); its result is not taken");
}

/// For a change that found no running task of that attempt.
Failure not_owned(Transaction& tx, std::string_view task_id, uint32_t attempt) {
  const Result<TaskRow> task = impl::read_task(tx, task_id);
  return task ? not_owned(*task, attempt) : Failure(task.error());
}

/// Whoever holds the job now either does the same or ends it: no reason to wait.
Result<void> mark_job_running(Transaction& tx, std::string_view job_id) {
  const std::string held = tx.locking(database::RowLock::kNoKeyUpdate, {}, database::IfHeld::kSkip);
  PIER_TRY(const auto queued, tx.one("SELECT 1 FROM jobs WHERE id = $1 AND state = 'queued'" + held, {job_id}));
  if (!queued) return {};
  PIER_CHECK(tx.run("UPDATE jobs SET state = 'running', updated = $2 WHERE id = $1", {job_id, tx.now()}));
  return {};
}

/// Claims a held candidate; nullopt when somebody is about its name, or a twin of it began to run meanwhile.
Result<std::optional<TaskRow>> claim_candidate(Transaction& tx, const impl::Candidate& candidate,
                                               std::string_view worker, WallTime lease_until) {
  if (!candidate.name.empty()) {
    PIER_TRY(const bool held, tx.try_hold(impl::name_to_hold(candidate.organisation, candidate.name)));
    if (!held) return std::optional<TaskRow>();
  }
  static const std::string kSql =
      "UPDATE tasks SET state = 'running', worker = $2, attempt = attempt + 1, lease_until = $3, started = $4,"
      " progress = 0, note = '', error = NULL WHERE id = $1 AND (name = '' OR NOT EXISTS (SELECT 1 FROM tasks r WHERE"
      " r.organisation = tasks.organisation AND r.name = tasks.name AND r.name <> '' AND r.state = 'running'))"
      " RETURNING " +
      std::string(impl::kTaskColumns);
  PIER_TRY(const auto row, tx.one(kSql, {candidate.id, worker, lease_until, tx.now()}));
  if (!row) return std::optional<TaskRow>();
  PIER_TRY(TaskRow task, impl::task_from(*row));
  if (candidate.job_queued) PIER_CHECK(mark_job_running(tx, task.job_id));
  return std::optional(std::move(task));
}

/// Puts a task that did not make it back into the queue, or ends it and its job.
Result<TaskState> after_bad_end(Transaction& tx, const TaskRow& task, const Error& error, const RetryPolicy& policy,
                                bool retryable) {
  const int64_t tries = task.tries + 1;
  const std::string text = json::serialize(to_json(error));
  const std::string ends =
      impl::with_bad_end(task, {task.attempt, task.worker, tx.now(), error, task.memory_bytes, task.settings});
  if (retryable && tries < policy.max_tries) {
    const auto doublings = static_cast<int>(std::min<int64_t>(tries - 1, 30));
    const double wait =
        std::min(std::ldexp(static_cast<double>(policy.backoff.count()), doublings), double{kMaxBackoffUs});
    const OtherSettings next = policy.otherwise.value_or(OtherSettings{task.memory_bytes, task.settings});
    std::optional<std::string> settings;
    if (!next.settings.is_null()) settings = json::serialize(next.settings);
    PIER_CHECK(
        tx.run("UPDATE tasks SET state = 'ready', worker = '', lease_until = 0, progress = 0, note = '', tries = $2,"
               " run_at = $3, error = $4, bad_ends = $5, memory_bytes = $6, settings = $7 WHERE id = $1",
               {task.id, tries, tx.now() + static_cast<int64_t>(wait), text, ends, next.memory_bytes, settings}));
    return TaskState::kReady;
  }
  PIER_CHECK(
      tx.run("UPDATE tasks SET state = 'failed', lease_until = 0, tries = $2, ended = $3, error = $4, bad_ends = $5"
             " WHERE id = $1",
             {task.id, tries, tx.now(), text, ends}));
  PIER_CHECK(impl::cancel_tasks(tx, task.job_id));
  PIER_CHECK(impl::set_job_state(tx, task.job_id, JobState::kFailed, &error));
  return TaskState::kFailed;
}

/// Holds the jobs whose waiting tasks are about to be done with the same result; false when there are none.
Result<bool> hold_jobs_of_twins(Transaction& tx, const impl::TaskIdentity& task) {
  PIER_TRY(const auto jobs,
           tx.all("SELECT id FROM jobs WHERE id IN (SELECT job_id FROM tasks WHERE organisation = $1 AND name = $2 AND"
                  " name <> '' AND kind = $3 AND state IN ('blocked', 'ready')) ORDER BY id" +
                      tx.locking(database::RowLock::kKeyShare),
                  {task.organisation, task.name, task.kind}));
  return !jobs.empty();
}

}  // namespace

Result<std::optional<TaskRow>> claim(Transaction& tx, std::string_view worker, const ClaimFilter& filter,
                                     Microseconds lease) {
  PIER_TRY(impl::Lanes lanes, impl::Lanes::of(tx, filter));
  PIER_TRY(const std::vector<impl::Lane> in_order, lanes.in_order());
  std::string passed_over;
  int tries = 0;
  for (const impl::Lane& lane : in_order) {
    while (tries < kMostCandidates) {
      PIER_TRY(const auto candidate, lanes.first_free(lane, passed_over));
      if (!candidate) break;
      PIER_TRY(auto task, claim_candidate(tx, *candidate, worker, tx.now() + lease.count()));
      if (task) return task;
      passed_over += "|" + candidate->name + "|";
      ++tries;
    }
  }
  return std::optional<TaskRow>();
}

Result<void> heartbeat(Transaction& tx, std::string_view task_id, uint32_t attempt, Microseconds lease, double progress,
                       std::string_view note) {
  PIER_CHECK(impl::hold_job_of(tx, task_id, database::RowLock::kKeyShare));
  const double share = std::isfinite(progress) ? std::clamp(progress, 0.0, 1.0) : 0.0;
  PIER_TRY(const int64_t owned, tx.run("UPDATE tasks SET lease_until = $3, progress = $4, note = $5"
                                       " WHERE id = $1 AND attempt = $2 AND state = 'running'",
                                       {task_id, attempt, tx.now() + lease.count(), share, note}));
  if (owned == 0) return not_owned(tx, task_id, attempt);
  return {};
}

Result<std::vector<std::string>> complete(Transaction& tx, std::string_view task_id, uint32_t attempt,
                                          const json::value& result) {
  PIER_TRY(const impl::TaskIdentity task, impl::hold_job_of(tx, task_id, database::RowLock::kKeyShare));
  // A task of this name that is being added sees the result, or is seen here.
  if (!task.name.empty()) PIER_CHECK(tx.hold(impl::name_to_hold(task.organisation, task.name)));
  const std::string text = json::serialize(result);
  PIER_TRY(const int64_t owned,
           tx.run("UPDATE tasks SET state = 'done', progress = 1, lease_until = 0, result = $3, error = NULL,"
                  " ended = $4 WHERE id = $1 AND attempt = $2 AND state = 'running'",
                  {task_id, attempt, text, tx.now()}));
  if (owned == 0) return not_owned(tx, task_id, attempt);
  PIER_CHECK(impl::release_dependants(tx, task_id));
  std::vector<std::string> twins;
  if (task.name.empty()) return twins;
  PIER_TRY(const bool waiting, hold_jobs_of_twins(tx, task));
  if (!waiting) return twins;
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
  PIER_CHECK(impl::hold_job_of(tx, task_id, database::RowLock::kUpdate));
  PIER_TRY(const TaskRow task, impl::hold_task(tx, task_id));
  if (task.attempt != attempt || task.state != TaskState::kRunning) return not_owned(task, attempt);
  return after_bad_end(tx, task, error, policy, retryable);
}

Result<void> give_back(Transaction& tx, std::string_view task_id, uint32_t attempt) {
  PIER_CHECK(impl::hold_job_of(tx, task_id, database::RowLock::kKeyShare));
  PIER_TRY(const int64_t owned,
           tx.run("UPDATE tasks SET state = 'ready', worker = '', lease_until = 0, progress = 0, note = ''"
                  " WHERE id = $1 AND attempt = $2 AND state = 'running'",
                  {task_id, attempt}));
  if (owned == 0) return not_owned(tx, task_id, attempt);
  return {};
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
  PIER_TRY(const auto rows, tx.all("SELECT id, job_id FROM tasks WHERE state = 'running' AND lease_until < $1"
                                   " ORDER BY job_id, id",
                                   {tx.now()}));
  int64_t expired = 0;
  for (const auto& row : rows) {
    PIER_CHECK(impl::hold_job(tx, row.text(1), database::RowLock::kUpdate));
    PIER_TRY(const TaskRow task, impl::hold_task(tx, row.text(0)));
    // Its worker was heard again, another server was quicker, or an earlier one of this loop failed the job.
    if (task.state != TaskState::kRunning || task.lease_until >= tx.now()) continue;
    const Error error{
        ErrorCode::kCrashed, "worker " + display_text(task.worker) + " was lost while it ran task " + task.kind, {}};
    PIER_CHECK(after_bad_end(tx, task, error, {.max_tries = max_lost, .backoff = Microseconds(0)}, true));
    ++expired;
  }
  return expired;
}

}  // namespace pier::jobs
