#pragma once
// Slots that claim tasks and run them. The queue decides what; a slot holds no state of its own.

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include <pier/core/metrics.hpp>
#include <pier/database/worker_locks.hpp>
#include <pier/jobs/workers.hpp>

#include "child.hpp"
#include "hindrance.hpp"

namespace pier::workflows::impl {

/// Wakes those who wait for a change of the queue in this process. Thread-safe.
class ChangeBell {
 public:
  void ring();
  void wait(std::chrono::milliseconds timeout, const std::stop_token& stop = {});
  /// The whole time, whatever rings; false when asked to stop.
  bool sleep(std::chrono::milliseconds time, const std::stop_token& stop);

 private:
  std::mutex x_mutex;
  std::condition_variable_any x_changed;
  uint64_t x_count = 0;
};

/// Why nothing goes on while records cannot be written: a full disk, for one. Thread-safe.
class Trouble {
 public:
  /// True when this is news.
  bool tell(const Error& error);
  void end();
  /// What has lasted for two seconds or more.
  std::optional<Error> lasting() const;

 private:
  mutable std::mutex x_mutex;
  std::optional<Error> x_error;
  std::chrono::steady_clock::time_point x_since;
};

/// What a worker offers.
struct WorkerOffer {
  std::string name;
  int slots = 1;
  uint64_t memory_bytes = 0;
  std::vector<std::string> tags;
  std::chrono::microseconds lease = std::chrono::seconds(60);
};

/// Do records say that the task is not this worker's any more?
inline bool is_lost(const Error& error) {
  return error.code == ErrorCode::kConflict || error.code == ErrorCode::kCancelled;
}

/// What is known of an attempt beside its outcome.
struct AttemptCourse {
  ChildUse use;
  uint64_t free_before = 0;  // bytes where this worker writes
  bool committing = false;   // the work is done; its outputs are being stored
};

/// Thread-safe.
class Worker {
 public:
  Worker(Context& context, sandbox::Spawner& spawner, ChangeBell& bell, Metrics& metrics, database::WorkerLocks& locks,
         WorkerOffer offer);
  ~Worker();
  void start();
  /// Ends running children, gives their tasks back, joins.
  void stop();
  std::optional<Error> trouble() const { return x_trouble.lasting(); }
  /// It was asked to drain, and nothing runs any more.
  bool drained() const { return x_asked == jobs::WorkerState::kDraining && x_running == 0; }

 private:
  void slot(const std::stop_token& stop);
  void keep(const std::stop_token& stop);
  Result<void> introduce();
  Result<void> look_around();
  Result<std::optional<TaskRow>> claim();
  void execute(const TaskRow& task, const std::stop_token& stop);
  Result<void> guarded_attempt(const TaskRow& task, const std::stop_token& stop, AttemptCourse& course);
  Result<void> attempt(const TaskRow& task, const std::stop_token& stop, AttemptCourse& course);
  Result<void> commit(const TaskKind& kind, const TaskRow& task, const json::object& result,
                      const std::vector<ObjectInfo>& outputs, std::chrono::steady_clock::time_point started);
  Result<void> insist(const std::function<Result<void>()>& write, const std::stop_token& stop);
  Error explain(const TaskRow& task, Error error);
  Result<void> settle_encoder(const TaskRow& task, const std::stop_token& stop);
  bool hand_over(const TaskRow& task, Error& error, const AttemptCourse& course, const std::stop_token& stop);
  Result<bool> give_back(const TaskRow& task);
  Result<bool> leave_to_others(const TaskRow& task, const Error& unreadable, Error& error);
  void report(const TaskRow& task, const Error& error, const ChildUse& use, const std::stop_token& stop);
  Result<void> record(const TaskRow& task, const Error& error, const ChildUse& use);

  Context& x_context;
  sandbox::Spawner& x_spawner;
  ChangeBell& x_bell;
  Metrics& x_metrics;
  database::WorkerLocks& x_locks;
  const WorkerOffer x_offer;
  std::mutex x_claim_mutex;  // also of what follows
  std::string x_id;          // empty until the records know this worker
  std::atomic<jobs::WorkerState> x_asked = jobs::WorkerState::kActive;
  std::atomic<uint64_t> x_memory_used = 0;
  std::atomic<int> x_running = 0;
  Trouble x_trouble;
  Hindrance x_hindrance;
  std::vector<std::jthread> x_threads;
};

}  // namespace pier::workflows::impl
