#include <algorithm>

#include <pier/core/id.hpp>
#include <pier/jobs/view.hpp>
#include <pier/jobs/workers.hpp>

#include "rows.hpp"

namespace pier::jobs {
namespace {

constexpr size_t kMaxPage = 500;
constexpr double kMinMeasuredSeconds = 2;
constexpr double kMinMeasuredShare = 0.01;

/// What the tasks of a job add up to.
struct Sums {
  double total = 0;
  double done = 0;      // with reused results and the running share
  double measured = 0;  // without reused results
  int64_t busy_us = 0;  // time in which at least one task ran
};

/// Length of the union of the intervals in which tasks that still count were running.
int64_t busy_time(const std::vector<TaskRow>& tasks, WallTime now) {
  std::vector<std::pair<WallTime, WallTime>> spans;
  for (const TaskRow& task : tasks) {
    if (task.started == 0 || task.reused) continue;
    if (task.state == TaskState::kDone) spans.emplace_back(task.started, task.ended);
    if (task.state == TaskState::kRunning) spans.emplace_back(task.started, now);
  }
  std::sort(spans.begin(), spans.end());
  int64_t busy = 0;
  WallTime reached = 0;
  for (const auto& [from, to] : spans) {
    busy += std::max<int64_t>(0, to - std::max(from, reached));
    reached = std::max(reached, to);
  }
  return busy;
}

Sums add_up(const std::vector<TaskRow>& tasks, WallTime now, JobProgress& view) {
  Sums sums;
  WallTime latest = 0;
  for (const TaskRow& task : tasks) {
    if (task.state == TaskState::kSuperseded) continue;
    ++view.tasks_total;
    sums.total += task.cost;
    double share = 0;
    if (task.state == TaskState::kDone) {
      ++view.tasks_done;
      share = task.cost;
    } else if (task.state == TaskState::kRunning) {
      ++view.tasks_running;
      share = task.cost * task.progress;
      if (task.started >= latest) {
        latest = task.started;
        view.note = task.note;
      }
    }
    sums.done += share;
    if (!task.reused) sums.measured += share;
  }
  sums.busy_us = busy_time(tasks, now);
  return sums;
}

std::string hindrance_of(const WorkerRow& worker, std::string_view job_id) {
  if (!worker.note.empty()) return worker.note;
  const auto refused = std::ranges::find(worker.refusals, job_id, &Refusal::job_id);
  return refused == worker.refusals.end() ? std::string() : refused->reason;
}

}  // namespace

Result<JobRow> show_job(Session& session, std::string_view organisation, std::string_view job_id) {
  PIER_TRY(JobRow job, impl::read_job(session, job_id));
  if (job.organisation != organisation) return fail(ErrorCode::kNotFound, "there is no job " + display_text(job_id));
  return job;
}

Result<JobPage> list_jobs(Session& session, std::string_view organisation, const JobFilter& filter, size_t limit,
                          std::string_view cursor) {
  if (limit == 0 || limit > kMaxPage) return fail(ErrorCode::kInvalidArgument, "a page has 1 to 500 entries");
  if (!cursor.empty() && !is_id("job", cursor)) return fail(ErrorCode::kInvalidArgument, "this is no cursor of jobs");
  static const std::string kSql =
      impl::select(impl::kJobColumns,
                   "jobs WHERE organisation = $1 AND ($2 = '' OR id < $2) AND ($3 = '' OR state = $3)"
                   " AND ($4 = '' OR kind = $4) ORDER BY id DESC LIMIT $5");
  const std::string_view state = filter.state ? to_string(*filter.state) : "";
  PIER_TRY(const auto rows, session.all(kSql, {organisation, cursor, state, filter.kind, limit + 1}));
  JobPage page;
  for (const auto& row : rows) {
    if (page.jobs.size() == limit) {
      page.next = page.jobs.back().id;
      break;
    }
    PIER_TRY(JobRow job, impl::job_from(row));
    page.jobs.push_back(std::move(job));
  }
  return page;
}

Result<std::vector<JobRow>> unfinished_jobs(Session& session) {
  static const std::string kSql =
      impl::select(impl::kJobColumns, "jobs WHERE state IN ('queued', 'running') ORDER BY id");
  PIER_TRY(const auto rows, session.all(kSql));
  std::vector<JobRow> jobs;
  for (const auto& row : rows) {
    PIER_TRY(JobRow job, impl::job_from(row));
    jobs.push_back(std::move(job));
  }
  return jobs;
}

Result<std::vector<TaskRow>> list_tasks(Session& session, std::string_view job_id) {
  static const std::string kSql = impl::select(impl::kTaskColumns, "tasks WHERE job_id = $1 ORDER BY id");
  PIER_TRY(const auto rows, session.all(kSql, {job_id}));
  return impl::tasks_from(rows);
}

Result<TaskRow> show_task(Session& session, std::string_view task_id) {
  return impl::read_task(session, task_id);
}

Result<std::vector<TaskRow>> dependencies(Session& session, std::string_view task_id) {
  static const std::string kSql = impl::select(
      impl::kTaskColumns, "tasks JOIN task_deps ON waits_for = id WHERE task_id = $1 ORDER BY task_deps.ordinal");
  PIER_TRY(const auto rows, session.all(kSql, {task_id}));
  return impl::tasks_from(rows);
}

Result<std::vector<UnservedTasks>> unserved_tasks(Session& session, std::string_view job_id) {
  PIER_TRY(const auto groups,
           session.all("SELECT r.tags, count(*), min(CASE WHEN r.run_at > r.ready THEN r.run_at ELSE r.ready END) FROM"
                       " (SELECT t.tags, t.run_at, coalesce((SELECT max(w.ended) FROM task_deps d JOIN tasks w ON"
                       " w.id = d.waits_for WHERE d.task_id = t.id), t.created) AS ready FROM tasks t WHERE"
                       " t.job_id = $1 AND t.state = 'ready' AND t.run_at <= $2) r GROUP BY r.tags ORDER BY r.tags",
                       {job_id, session.now()}));
  std::vector<UnservedTasks> unserved;
  if (groups.empty()) return unserved;
  PIER_TRY(const std::vector<WorkerRow> workers, list_workers(session));
  for (const auto& group : groups) {
    UnservedTasks tasks{.tags = {}, .tasks = group.integer(1), .since = group.integer(2), .hindrances = {}};
    PIER_TRY(tasks.tags, tags_from(group.text(0)));
    bool served = false;
    for (const WorkerRow& worker : workers) {
      if (worker.state != WorkerState::kActive || !std::ranges::includes(worker.tags, tasks.tags)) continue;
      const std::string why = hindrance_of(worker, job_id);
      served = served || why.empty();
      if (!why.empty()) tasks.hindrances.push_back(display_text(worker.name) + ": " + why);
    }
    if (!served) unserved.push_back(std::move(tasks));
  }
  return unserved;
}

Result<std::vector<TaskRow>> tasks_with_bad_ends(Session& session, std::string_view job_id, size_t limit) {
  static const std::string kSql = impl::select(impl::kTaskColumns,
                                               "tasks WHERE job_id = $1 AND bad_ends IS NOT NULL ORDER BY"
                                               " CASE WHEN state = 'failed' THEN 0 ELSE 1 END, id LIMIT $2");
  PIER_TRY(const auto rows, session.all(kSql, {job_id, limit}));
  return impl::tasks_from(rows);
}

json::object to_json(const UnservedTasks& unserved) {
  return {{"tags", json::array(unserved.tags.begin(), unserved.tags.end())},
          {"tasks", unserved.tasks},
          {"since", to_rfc3339(unserved.since)},
          {"hindrances", json::array(unserved.hindrances.begin(), unserved.hindrances.end())}};
}

Result<double> fraction_of(Session& session, std::string_view job_id, std::string_view kind, int64_t priority) {
  PIER_TRY(
      const auto row,
      session.one("SELECT coalesce(sum(CASE state WHEN 'done' THEN cost WHEN 'running' THEN cost * progress ELSE 0.0"
                  " END), 0.0), coalesce(sum(cost), 0.0) FROM tasks"
                  " WHERE job_id = $1 AND kind = $2 AND priority = $3 AND state <> 'superseded'",
                  {job_id, kind, priority}));
  return row && row->real(1) > 0 ? row->real(0) / row->real(1) : 0;
}

Result<JobProgress> progress(Session& session, std::string_view job_id) {
  PIER_TRY(const JobRow job, impl::read_job(session, job_id));
  PIER_TRY(const auto tasks, list_tasks(session, job_id));
  JobProgress view;
  view.state = job.state;
  const Sums sums = add_up(tasks, session.now(), view);
  const bool all_done = job.state == JobState::kDone || (view.tasks_total > 0 && view.tasks_done == view.tasks_total);
  view.fraction = sums.total > 0 ? std::min(sums.done / sums.total, 0.999) : 0;
  if (all_done) view.fraction = 1;
  const double seconds = static_cast<double>(sums.busy_us) / 1e6;
  const bool enough = seconds >= kMinMeasuredSeconds && sums.measured >= kMinMeasuredShare * sums.total;
  if (all_done) {
    view.eta_seconds = 0;
  } else if (!is_ended(job.state) && enough && sums.measured > 0) {
    view.eta_seconds = (sums.total - sums.done) * seconds / sums.measured;
  }
  return view;
}

json::object to_json(const JobProgress& progress) {
  json::object object{{"state", to_string(progress.state)},
                      {"tasks_done", progress.tasks_done},
                      {"tasks_total", progress.tasks_total},
                      {"tasks_running", progress.tasks_running},
                      {"fraction", progress.fraction},
                      {"eta_seconds", nullptr},
                      {"note", progress.note}};
  if (progress.eta_seconds) object["eta_seconds"] = *progress.eta_seconds;
  return object;
}

}  // namespace pier::jobs
