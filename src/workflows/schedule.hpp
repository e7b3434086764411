#pragma once
// When will a job be finished? Arithmetic without records: tasks in groups, workers, and the rule by which the queue
// gives them out (jobs/queue.hpp: fair share, then priority, age of the job, cost), played through in time.

#include <cstdint>
#include <string>
#include <vector>

namespace pier::workflows::impl {

/// How much is known behind a figure.
enum class Basis : uint8_t {
  kMeasured,  // runs of the same kind and class
  kScaled,    // a formula, corrected by runs of the same kind
  kFormula,   // a formula alone
};
std::string_view to_string(Basis basis);  // "measured", "scaled", "formula"

/// Tasks of one job that are alike.
struct TaskGroup {
  size_t job = 0;
  std::string kind, cost_class;
  int64_t count = 1;
  double work = 0;  // each
  double cost = 0;  // each: the order of the queue among equal priorities of a job
  int64_t priority = 0;
  uint64_t memory_bytes = 0;      // each
  std::vector<std::string> tags;  // sorted
  bool running = false;           // a single one, in a slot already
  double progress = 0;            // of a running one, 0 to 1
  double elapsed_seconds = 0;     // of a running one
  std::vector<size_t> after;      // groups that must be done first; of the same job
  // What one of them takes.
  double wall_seconds = 0;  // of a running one: still
  double cpu_seconds = 0;   // all of it
  double spread = 0;        // standard deviation as a share, the same for all of kind and class in a job
  double writes_bytes = 0;
  Basis basis = Basis::kFormula;
};

struct JobInQueue {
  std::string organisation;
  double weight = 1;  // of the organisation
};

struct Slots {
  int64_t slots = 1;
  uint64_t memory_bytes = UINT64_MAX;
  std::vector<std::string> tags;  // sorted
};

struct Queue {
  std::vector<JobInQueue> jobs;   // oldest first
  std::vector<TaskGroup> groups;  // groups a group waits for stand before it
  std::vector<Slots> workers;
};

/// What happens to one job. Seconds from now.
struct Course {
  bool ends = false;        // false: something of it is never begun, for want of a worker that offers its tags
  double starts = 0;        // its next task that does not run yet
  double finish = 0;        // its last task
  int64_t tasks_ahead = 0;  // of other jobs: run now, or are begun before its next one
  int64_t jobs_ahead = 0;   // whose tasks these are
};

/// One course of things. `stretch`: one a group, by which its wall time is multiplied; empty: as foreseen.
Course play(const Queue& queue, size_t job, const std::vector<double>& stretch = {});

/// The place in the queue is told also where the job never ends. Finish by percentiles of many courses, in which every
/// kind and class of a job is as far off as its spread says. Deterministic.
struct Finish {
  Course likely;  // nothing is off
  double least = 0, most = 0;
};
Finish foresee_finish(const Queue& queue, size_t job);

}  // namespace pier::workflows::impl
