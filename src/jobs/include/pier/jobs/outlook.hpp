#pragma once
// What the queue still has to do, in sums: behind forecasts. As many rows as there are kinds and classes of tasks in
// the jobs that have not ended, not as many as there are tasks. Free functions without state.

#include <string>
#include <string_view>
#include <vector>

#include <pier/core/result.hpp>
#include <pier/jobs/queue.hpp>

namespace pier::jobs {

struct OpenJob {
  std::string id;
  std::string organisation;
  double weight = 1;     // of the organisation
  json::value expected;  // as create_job() was given it
};
/// Jobs that have not ended, of all organisations, oldest first.
Result<std::vector<OpenJob>> open_jobs(Session& session);

/// Tasks of one job that are alike as far as their cost and place in the queue go. Amounts are those of all together.
struct TasksAlike {
  std::string job_id;
  std::string kind;
  std::string cost_class;
  int64_t priority = 0;
  std::vector<std::string> tags;
  int64_t tasks = 0;
  double work = 0;
  double cost = 0;
  uint64_t memory_bytes = 0;  // the most one of them declares
  uint64_t writes_bytes = 0;
  double cpu_seconds = 0;   // of done ones
  double wall_seconds = 0;  // of done and of running ones, until now
  double progress = 0;      // of a running one
};
/// Blocked and ready tasks of open jobs.
Result<std::vector<TasksAlike>> waiting_tasks(Session& session);
/// Running tasks, each by itself.
Result<std::vector<TasksAlike>> running_tasks(Session& session);
/// Done tasks of a job that were not reused results.
Result<std::vector<TasksAlike>> done_tasks(Session& session, std::string_view job_id);

}  // namespace pier::jobs
