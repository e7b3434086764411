// What holds for all tasks of a job once it is said, and what is done when it no longer can.

#include <pier/jobs/queue.hpp>

#include "rows.hpp"

namespace pier::jobs {
namespace {

/// Nothing that waited for the task has begun.
Result<bool> may_be_redone(Transaction& tx, std::string_view task_id) {
  PIER_TRY(const auto begun, tx.one("SELECT 1 FROM task_deps d JOIN tasks t ON t.id = d.task_id WHERE d.waits_for = $1"
                                    " AND t.state NOT IN ('blocked', 'ready') LIMIT 1",
                                    {task_id}));
  return !begun;
}

Result<void> start_over(Transaction& tx, std::string_view task_id) {
  PIER_CHECK(
      tx.run("UPDATE tasks SET state = 'ready', name = '', result = NULL, reused = $3, worker = '', lease_until = 0,"
             " tries = 0, run_at = $2, progress = 0, note = '', ended = 0 WHERE id = $1",
             {task_id, tx.now(), false}));
  PIER_CHECK(
      tx.run("UPDATE tasks SET state = 'blocked', remaining_deps = remaining_deps + 1 WHERE id IN"
             " (SELECT task_id FROM task_deps WHERE waits_for = $1)",
             {task_id}));
  return {};
}

}  // namespace

Result<std::string> pin(Transaction& tx, std::string_view job_id, std::string_view name, std::string_view value) {
  PIER_CHECK(impl::hold_job(tx, job_id, database::RowLock::kNoKeyUpdate));
  PIER_TRY(const auto said, pinned(tx, job_id, name));
  if (said) return *said;
  PIER_CHECK(tx.run("INSERT INTO job_pins (job_id, name, value) VALUES ($1, $2, $3)", {job_id, name, value}));
  return std::string(value);
}

Result<std::optional<std::string>> pinned(Session& session, std::string_view job_id, std::string_view name) {
  PIER_TRY(const auto said, session.one("SELECT value FROM job_pins WHERE job_id = $1 AND name = $2", {job_id, name}));
  return said ? std::optional(said->text(0)) : std::nullopt;
}

Result<void> repin(Transaction& tx, std::string_view job_id, std::string_view name, std::string_view value) {
  PIER_CHECK(impl::hold_job(tx, job_id, database::RowLock::kNoKeyUpdate));
  PIER_CHECK(tx.run("UPDATE job_pins SET value = $3 WHERE job_id = $1 AND name = $2", {job_id, name, value}));
  return {};
}

Result<int64_t> redo(Transaction& tx, std::string_view job_id, std::string_view kind,
                     const std::function<bool(const json::value& result)>& outdated) {
  PIER_CHECK(impl::hold_job(tx, job_id, database::RowLock::kUpdate));
  PIER_CHECK(
      tx.run("UPDATE tasks SET name = '' WHERE job_id = $1 AND kind = $2 AND state IN ('blocked', 'ready', 'running')",
             {job_id, kind}));
  static const std::string kDone =
      impl::select(impl::kTaskColumns, "tasks WHERE job_id = $1 AND kind = $2 AND state = 'done' ORDER BY id");
  PIER_TRY(const auto rows, tx.all(kDone, {job_id, kind}));
  PIER_TRY(const auto done, impl::tasks_from(rows));
  int64_t count = 0;
  for (const TaskRow& task : done) {
    if (!outdated(task.result)) continue;
    PIER_TRY(const bool may, may_be_redone(tx, task.id));
    if (!may) continue;
    PIER_CHECK(start_over(tx, task.id));
    ++count;
  }
  return count;
}

}  // namespace pier::jobs
