#include <algorithm>
#include <cmath>
#include <limits>

#include <pier/core/id.hpp>
#include <pier/jobs/measured.hpp>

#include "rows.hpp"

namespace pier::jobs {
namespace {

/// A result (JSON text) of equal name that still may be used.
Result<std::optional<std::string>> result_by_name(Transaction& tx, std::string_view organisation, const NewTask& task) {
  if (task.name.empty()) return std::optional<std::string>();
  while (true) {
    PIER_TRY(const auto row,
             tx.one("SELECT id, result FROM tasks WHERE organisation = $1 AND name = $2 AND name <> '' AND"
                    " state = 'done' AND usable = 1 AND kind = $3 ORDER BY id DESC LIMIT 1",
                    {organisation, task.name, task.kind}));
    if (!row) return std::optional<std::string>();
    PIER_TRY(const json::value result, parse_json(row->text(1)));
    if (!task.usable || task.usable(tx, result)) return std::optional(row->text(1));
    PIER_CHECK(tx.run("UPDATE tasks SET usable = 0 WHERE id = $1", {row->text(0)}));
  }
}

/// How many of `after` have not ended; kConflict when one can never be done. They are held: one that ends meanwhile
/// would not see who waits for it.
Result<int64_t> count_waiting(Transaction& tx, std::string_view job_id, std::vector<std::string> after) {
  std::sort(after.begin(), after.end());
  const std::string sql =
      "SELECT state FROM tasks WHERE id = $1 AND job_id = $2" + tx.locking(database::RowLock::kShare);
  int64_t waiting = 0;
  for (const std::string& id : after) {
    PIER_TRY(const auto row, tx.one(sql, {id, job_id}));
    if (!row) return fail(ErrorCode::kNotFound, "there is no task " + display_text(id) + " in this job to wait for");
    PIER_TRY(const TaskState state, task_state_from(row->text(0)));
    if (state == TaskState::kFailed || state == TaskState::kCancelled) {
      return fail(ErrorCode::kConflict, "task " + id + " was " + row->text(0) + ": nothing can wait for it");
    }
    if (!is_ended(state)) ++waiting;
  }
  return waiting;
}

Result<void> insert_dependency(Transaction& tx, std::string_view task_id, std::string_view after) {
  PIER_CHECK(
      tx.run("INSERT INTO task_deps (task_id, waits_for, ordinal)"
             " SELECT $1, $2, (SELECT count(*) FROM task_deps WHERE task_id = $1)"
             " WHERE NOT EXISTS (SELECT 1 FROM task_deps WHERE task_id = $1 AND waits_for = $2)",
             {task_id, after}));
  return {};
}

Result<void> check_job_open(Transaction& tx, std::string_view job_id, std::string& organisation) {
  PIER_TRY(const JobRow job, impl::hold_job(tx, job_id, database::RowLock::kKeyShare));
  if (is_ended(job.state)) {
    return fail(ErrorCode::kConflict,
                "job " + job.id + " has ended (" + std::string(to_string(job.state)) + "): nothing can be added to it");
  }
  organisation = job.organisation;
  return {};
}

Result<void> check_task(const NewTask& task) {
  if (task.kind.empty()) return fail(ErrorCode::kInvalidArgument, "a task needs a kind");
  if (!std::isfinite(task.cost) || task.cost < 0) {
    return fail(ErrorCode::kInvalidArgument, "the cost of a task must be a number from 0");
  }
  if (!std::isfinite(task.work) || task.work < 0) {
    return fail(ErrorCode::kInvalidArgument, "the work of a task must be a number from 0");
  }
  if (task.memory_bytes > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return fail(ErrorCode::kInvalidArgument, "a task cannot need that much memory");
  }
  return {};
}

Result<uint64_t> declared_memory(Transaction& tx, const NewTask& task) {
  if (task.cost_class.empty()) return task.memory_bytes;
  PIER_TRY(const auto measured, measured_class(tx, task.kind, task.cost_class));
  return memory_to_declare(task.memory_bytes, measured);
}

std::vector<std::string> without_doubles(const std::vector<std::string>& ids) {
  std::vector<std::string> unique;
  for (const std::string& id : ids) {
    if (std::find(unique.begin(), unique.end(), id) == unique.end()) unique.push_back(id);
  }
  return unique;
}

}  // namespace

Result<JobRow> create_job(Transaction& tx, const NewJob& job) {
  PIER_TRY(const auto known, tx.one("SELECT 1 FROM organisations WHERE id = $1", {job.organisation}));
  if (!known) return fail(ErrorCode::kNotFound, "there is no organisation " + display_text(job.organisation));
  std::optional<std::string> key;
  if (!job.idempotency_key.empty()) key = job.idempotency_key;
  std::optional<std::string> expected;
  if (!job.expected.is_null()) expected = json::serialize(job.expected);
  const std::string id = new_id("job");
  PIER_TRY(const int64_t made,
           tx.run("INSERT INTO jobs (id, organisation, kind, state, request, idempotency_key, created, updated,"
                  " expected) VALUES ($1, $2, $3, 'queued', $4, $5, $6, $6, $7)"
                  " ON CONFLICT (organisation, idempotency_key) DO NOTHING",
                  {id, job.organisation, job.kind, json::serialize(job.request), key, tx.now(), expected}));
  if (made > 0) return impl::read_job(tx, id);
  PIER_TRY(const auto row,
           tx.one("SELECT id FROM jobs WHERE organisation = $1 AND idempotency_key = $2", {job.organisation, key}));
  if (!row) return fail(ErrorCode::kOverloaded, "the job of this idempotency key was just erased; try again");
  PIER_TRY(JobRow found, impl::read_job(tx, row->text(0)));
  if (found.kind == job.kind && found.request == job.request) return found;
  return fail(ErrorCode::kConflict, "this idempotency key was used for another request (job " + found.id + ")");
}

Result<TaskRow> add_task(Transaction& tx, std::string_view job_id, const NewTask& task) {
  PIER_CHECK(check_task(task));
  PIER_TRY(const std::vector<std::string> tags, tags_from(tags_text(task.tags)));
  std::string organisation;
  PIER_CHECK(check_job_open(tx, job_id, organisation));
  // A task of this name that ends now is seen done here, or sees this one.
  if (!task.name.empty()) PIER_CHECK(tx.hold(impl::name_to_hold(organisation, task.name)));
  const std::vector<std::string> after = without_doubles(task.after);
  PIER_TRY(int64_t waiting, count_waiting(tx, job_id, after));
  PIER_TRY(const auto result, result_by_name(tx, organisation, task));

  PIER_TRY(const uint64_t memory_bytes, declared_memory(tx, task));
  const bool reused = result.has_value();
  if (reused) waiting = 0;
  const TaskState state = reused ? TaskState::kDone : waiting > 0 ? TaskState::kBlocked : TaskState::kReady;
  const std::string id = new_id("tsk");
  PIER_CHECK(
      tx.run("INSERT INTO tasks (id, job_id, organisation, kind, name, params, state, priority, cost, memory_bytes,"
             " remaining_deps, run_at, progress, result, reused, created, ended, tags, cost_class, work,"
             " writes_bytes)"
             " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
             {id,
              job_id,
              organisation,
              task.kind,
              task.name,
              json::serialize(task.params),
              to_string(state),
              task.priority,
              task.cost,
              memory_bytes,
              waiting,
              task.run_at,
              reused ? 1.0 : 0.0,
              result,
              reused,
              tx.now(),
              reused ? tx.now() : 0,
              tags_text(tags),
              task.cost_class,
              task.work,
              task.writes_bytes}));
  for (const std::string& dependency : after) PIER_CHECK(insert_dependency(tx, id, dependency));
  return impl::read_task(tx, id);
}

Result<void> add_dependency(Transaction& tx, std::string_view task_id, std::string_view after) {
  // Two at once could close a circle that neither sees.
  PIER_TRY(const impl::TaskIdentity known_as, impl::hold_job_of(tx, task_id, database::RowLock::kNoKeyUpdate));
  PIER_TRY(const int64_t waiting, count_waiting(tx, known_as.job_id, {std::string(after)}));
  PIER_TRY(const TaskRow task, impl::hold_task(tx, task_id));
  if (task.state != TaskState::kBlocked && task.state != TaskState::kReady) {
    return fail(ErrorCode::kConflict,
                "task " + task.id + " is " + std::string(to_string(task.state)) + ": it cannot wait for more");
  }
  PIER_TRY(
      const auto circle,
      tx.one(
          "WITH RECURSIVE before (id) AS (SELECT id FROM tasks WHERE id = $1 UNION SELECT d.waits_for FROM task_deps d"
          " JOIN before b ON d.task_id = b.id) SELECT 1 FROM before WHERE id = $2",
          {after, task_id}));
  if (circle) return fail(ErrorCode::kConflict, "task " + task.id + " would wait for itself");
  PIER_TRY(const auto known, tx.one("SELECT 1 FROM task_deps WHERE task_id = $1 AND waits_for = $2", {task_id, after}));
  if (known) return {};
  PIER_CHECK(insert_dependency(tx, task_id, after));
  if (waiting == 0) return {};
  PIER_CHECK(
      tx.run("UPDATE tasks SET state = 'blocked', remaining_deps = remaining_deps + 1 WHERE id = $1", {task_id}));
  return {};
}

}  // namespace pier::jobs
