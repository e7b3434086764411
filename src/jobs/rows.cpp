#include "rows.hpp"

namespace pier::jobs::impl {
namespace {

constexpr size_t kMostBadEnds = 8;
constexpr size_t kLongestDetail = 2000;

Result<json::value> json_at(const Row& row, size_t column) {
  if (row.is_null(column)) return json::value(nullptr);
  auto value = parse_json(row.text(column));
  if (!value) return fail_in("record " + row.text(0), std::move(value).error());
  return value;
}

Result<std::optional<Error>> error_at(const Row& row, size_t column) {
  PIER_TRY(const json::value value, json_at(row, column));
  if (value.is_null()) return std::optional<Error>();
  return std::optional(error_from_json(value));
}

Result<std::vector<BadEnd>> bad_ends_at(const Row& row, size_t column) {
  PIER_TRY(const json::value list, json_at(row, column));
  std::vector<BadEnd> ends;
  if (!list.is_array()) return ends;
  for (const json::value& value : list.as_array()) {
    if (!value.is_object()) continue;
    const json::object& one = value.as_object();
    BadEnd end;
    end.attempt = static_cast<uint32_t>(int_or(one, "attempt", 0));
    end.worker = string_or(one, "worker", "");
    end.at = int_or(one, "at", 0);
    if (const json::value* error = one.if_contains("error")) end.error = error_from_json(*error);
    end.memory_bytes = static_cast<uint64_t>(int_or(one, "memory_bytes", 0));
    if (const json::value* settings = one.if_contains("settings")) end.settings = *settings;
    ends.push_back(std::move(end));
  }
  return ends;
}

json::object stored(const BadEnd& end) {
  Error error = end.error;
  error.detail = display_text(std::string_view(error.detail).substr(0, kLongestDetail));
  return {{"attempt", end.attempt},           {"worker", end.worker},    {"at", end.at}, {"error", to_json(error)},
          {"memory_bytes", end.memory_bytes}, {"settings", end.settings}};
}

}  // namespace

std::string with_bad_end(const TaskRow& task, const BadEnd& end) {
  json::array ends;
  const size_t left_out = task.bad_ends.size() < kMostBadEnds ? 0 : task.bad_ends.size() + 1 - kMostBadEnds;
  for (size_t i = left_out; i < task.bad_ends.size(); ++i) ends.emplace_back(stored(task.bad_ends[i]));
  ends.emplace_back(stored(end));
  return json::serialize(ends);
}

std::string select(std::string_view columns, std::string_view rest) {
  return "SELECT " + std::string(columns) + " FROM " + std::string(rest);
}

Result<JobRow> job_from(const Row& row) {
  JobRow job;
  job.id = row.text(0);
  job.organisation = row.text(1);
  job.kind = row.text(2);
  PIER_TRY(job.state, job_state_from(row.text(3)));
  PIER_TRY(job.request, json_at(row, 4));
  PIER_TRY(job.result, json_at(row, 5));
  PIER_TRY(job.error, error_at(row, 6));
  job.created = row.integer(7);
  job.updated = row.integer(8);
  return job;
}

Result<TaskRow> task_from(const Row& row) {
  TaskRow task;
  task.id = row.text(0);
  task.job_id = row.text(1);
  task.organisation = row.text(2);
  task.kind = row.text(3);
  task.name = row.text(4);
  PIER_TRY(task.params, json_at(row, 5));
  PIER_TRY(task.state, task_state_from(row.text(6)));
  task.priority = row.integer(7);
  task.cost = row.real(8);
  task.memory_bytes = static_cast<uint64_t>(row.integer(9));
  task.attempt = static_cast<uint32_t>(row.integer(10));
  task.worker = row.text(11);
  task.lease_until = row.integer(12);
  task.remaining_deps = row.integer(13);
  task.tries = row.integer(14);
  task.run_at = row.integer(15);
  task.progress = row.real(16);
  task.note = row.text(17);
  PIER_TRY(task.result, json_at(row, 18));
  PIER_TRY(task.error, error_at(row, 19));
  task.reused = row.integer(20) != 0;
  task.created = row.integer(21);
  task.started = row.integer(22);
  task.ended = row.integer(23);
  PIER_TRY(task.tags, tags_from(row.text(24)));
  PIER_TRY(task.settings, json_at(row, 25));
  PIER_TRY(task.bad_ends, bad_ends_at(row, 26));
  task.cost_class = row.text(27);
  task.work = row.real(28);
  task.writes_bytes = static_cast<uint64_t>(row.integer(29));
  task.cpu_seconds = row.real(30);
  return task;
}

Result<std::vector<TaskRow>> tasks_from(const std::vector<Row>& rows) {
  std::vector<TaskRow> tasks;
  tasks.reserve(rows.size());
  for (const Row& row : rows) {
    PIER_TRY(TaskRow task, task_from(row));
    tasks.push_back(std::move(task));
  }
  return tasks;
}

Result<JobRow> read_job(Session& session, std::string_view job_id) {
  static const std::string kSql = select(kJobColumns, "jobs WHERE id = $1");
  PIER_TRY(const auto row, session.one(kSql, {job_id}));
  if (!row) return fail(ErrorCode::kNotFound, "there is no job " + display_text(job_id));
  return job_from(*row);
}

Result<TaskRow> read_task(Session& session, std::string_view task_id) {
  static const std::string kSql = select(kTaskColumns, "tasks WHERE id = $1");
  PIER_TRY(const auto row, session.one(kSql, {task_id}));
  if (!row) return fail(ErrorCode::kNotFound, "there is no task " + display_text(task_id));
  return task_from(*row);
}

Result<JobRow> hold_job(Transaction& tx, std::string_view job_id, database::RowLock lock) {
  PIER_TRY(const auto row, tx.one(select(kJobColumns, "jobs WHERE id = $1" + tx.locking(lock)), {job_id}));
  if (!row) return fail(ErrorCode::kNotFound, "there is no job " + display_text(job_id));
  return job_from(*row);
}

Result<TaskRow> hold_task(Transaction& tx, std::string_view task_id) {
  const std::string held = tx.locking(database::RowLock::kUpdate);
  PIER_TRY(const auto row, tx.one(select(kTaskColumns, "tasks WHERE id = $1" + held), {task_id}));
  if (!row) return fail(ErrorCode::kNotFound, "there is no task " + display_text(task_id));
  return task_from(*row);
}

Result<TaskIdentity> hold_job_of(Transaction& tx, std::string_view task_id, database::RowLock lock) {
  PIER_TRY(const auto row, tx.one("SELECT j.id, t.organisation, t.kind, t.name FROM tasks t JOIN jobs j"
                                  " ON j.id = t.job_id WHERE t.id = $1" +
                                      tx.locking(lock, "j"),
                                  {task_id}));
  if (!row) return fail(ErrorCode::kNotFound, "there is no task " + display_text(task_id));
  return TaskIdentity{row->text(0), row->text(1), row->text(2), row->text(3)};
}

std::string name_to_hold(std::string_view organisation, std::string_view name) {
  return "tasks of " + std::string(organisation) + " named " + std::string(name);
}

Result<void> release_dependants(Transaction& tx, std::string_view task_id) {
  PIER_CHECK(
      tx.run("UPDATE tasks SET remaining_deps = remaining_deps - 1,"
             " state = CASE WHEN state = 'blocked' AND remaining_deps = 1 THEN 'ready' ELSE state END"
             " WHERE remaining_deps > 0 AND id IN (SELECT task_id FROM task_deps WHERE waits_for = $1)",
             {task_id}));
  return {};
}

Result<void> cancel_tasks(Transaction& tx, std::string_view job_id) {
  PIER_CHECK(
      tx.run("UPDATE tasks SET state = 'cancelled', ended = $2"
             " WHERE job_id = $1 AND state IN ('blocked', 'ready', 'running')",
             {job_id, tx.now()}));
  return {};
}

Result<void> set_job_state(Transaction& tx, std::string_view job_id, JobState state, const Error* error) {
  std::optional<std::string> text;
  if (error != nullptr) text = json::serialize(to_json(*error));
  PIER_CHECK(tx.run("UPDATE jobs SET state = $2, error = $3, updated = $4 WHERE id = $1",
                    {job_id, to_string(state), text, tx.now()}));
  return {};
}

}  // namespace pier::jobs::impl
