#include <pier/jobs/outlook.hpp>

#include "rows.hpp"

namespace pier::jobs {
namespace {

constexpr std::string_view kSums =
    "SELECT t.job_id, t.kind, t.cost_class, t.priority, t.tags, count(*), sum(t.work), sum(t.cost),"
    " max(t.memory_bytes), CAST(sum(t.writes_bytes) AS BIGINT), sum(t.cpu_seconds),"
    " CAST(sum(t.ended - t.started) AS BIGINT), max(t.progress) FROM tasks t WHERE ";
constexpr std::string_view kAlike = " GROUP BY t.job_id, t.kind, t.cost_class, t.priority, t.tags";

Result<TasksAlike> alike_from(const database::Row& row) {
  TasksAlike alike;
  alike.job_id = row.text(0);
  alike.kind = row.text(1);
  alike.cost_class = row.text(2);
  alike.priority = row.integer(3);
  PIER_TRY(alike.tags, tags_from(row.text(4)));
  alike.tasks = row.integer(5);
  alike.work = row.real(6);
  alike.cost = row.real(7);
  alike.memory_bytes = static_cast<uint64_t>(row.integer(8));
  alike.writes_bytes = static_cast<uint64_t>(row.integer(9));
  alike.cpu_seconds = row.real(10);
  alike.wall_seconds = static_cast<double>(row.integer(11)) / 1e6;
  alike.progress = row.real(12);
  return alike;
}

Result<std::vector<TasksAlike>> all_from(const std::vector<database::Row>& rows) {
  std::vector<TasksAlike> all;
  all.reserve(rows.size());
  for (const database::Row& row : rows) {
    PIER_TRY(TasksAlike alike, alike_from(row));
    all.push_back(std::move(alike));
  }
  return all;
}

}  // namespace

Result<std::vector<OpenJob>> open_jobs(Session& session) {
  PIER_TRY(const auto rows,
           session.all("SELECT j.id, j.organisation, o.weight, j.expected FROM jobs j JOIN organisations o ON"
                       " o.id = j.organisation WHERE j.state IN ('queued', 'running') ORDER BY j.id"));
  std::vector<OpenJob> jobs;
  for (const database::Row& row : rows) {
    OpenJob job{row.text(0), row.text(1), row.real(2), nullptr};
    if (!row.is_null(3)) {
      PIER_TRY(job.expected, parse_json(row.text(3)));
    }
    jobs.push_back(std::move(job));
  }
  return jobs;
}

Result<std::vector<TasksAlike>> waiting_tasks(Session& session) {
  static const std::string kSql = std::string(kSums) +
                                  "t.state IN ('blocked', 'ready') AND t.job_id IN (SELECT j.id FROM jobs j WHERE"
                                  " j.state IN ('queued', 'running'))" +
                                  std::string(kAlike) + " ORDER BY t.job_id, t.kind, t.cost_class";
  PIER_TRY(const auto rows, session.all(kSql));
  return all_from(rows);
}

Result<std::vector<TasksAlike>> running_tasks(Session& session) {
  PIER_TRY(
      const auto rows,
      session.all(
          "SELECT job_id, kind, cost_class, priority, tags, CAST(1 AS BIGINT), work, cost, memory_bytes, writes_bytes,"
          " cpu_seconds, $1 - started, progress FROM tasks WHERE state = 'running' ORDER BY id",
          {session.now()}));
  return all_from(rows);
}

Result<std::vector<TasksAlike>> done_tasks(Session& session, std::string_view job_id) {
  static const std::string kSql = std::string(kSums) + "t.job_id = $1 AND t.state = 'done' AND t.reused = 0" +
                                  std::string(kAlike) + " ORDER BY t.kind, t.cost_class";
  PIER_TRY(const auto rows, session.all(kSql, {job_id}));
  return all_from(rows);
}

}  // namespace pier::jobs
