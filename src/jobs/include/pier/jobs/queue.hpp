#pragma once
// The durable queue: leases, fencing, dependencies, reuse of results by name.
//
// Every change takes the caller's Transaction, so that result rows, task state and events commit as one; time is
// tx.now(). Free functions without state: thread-safe as far as the Transaction is. Several transactions may change the
// queue at once (PostgreSQL); a claim never waits for another one. What they hold they hold in the order job, name,
// task: a caller changes the queue before its own rows, through Database::write, which does a clash again.
//
// A worker: claim -> heartbeat at a third of the lease -> complete or fail, each with the attempt it was given.
// Whoever lost its lease gets kConflict from all three and must throw its work away; a worker whose task was
// cancelled gets kCancelled.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/result.hpp>
#include <pier/database/database.hpp>
#include <pier/jobs/job.hpp>

namespace pier::jobs {

using database::Session;
using database::Transaction;
using Microseconds = std::chrono::microseconds;

struct NewJob {
  std::string organisation{};  // must exist, else kNotFound
  std::string kind{};
  json::value request{};
  std::string idempotency_key{};  // empty: none. Equal key and request: the job that exists; other request: kConflict
  json::value expected{};         // kept as it is given: what its caller foresees before it has tasks that tell
};
Result<JobRow> create_job(Transaction& tx, const NewJob& job);

struct NewTask {
  std::string kind{};
  std::string name{};
  json::value params{};
  int64_t priority = 0;
  double cost = 1;
  std::string cost_class{};         // of what it costs (measured.hpp); empty: not measured
  double work = 0;                  // so many units of it
  uint64_t writes_bytes = 0;        // expected to be stored
  uint64_t memory_bytes = 0;        // as planned: what was measured of its class corrects it
  std::vector<std::string> tags{};  // it is run only by a worker that offers them all
  WallTime run_at = 0;
  std::vector<std::string> after{};  // ids of tasks whose end it waits for
  /// Asked before a result of equal name is taken over ("do its objects still exist?"); false: that result is never
  /// offered again and the task is done anew. Empty: always usable.
  std::function<bool(Transaction&, const json::value& result)> usable{};
};

/// A DONE task of the same organisation and name: the new one is born done with its result (its dependencies do not
/// matter). kConflict when the job has ended or a dependency failed; kNotFound for unknown ids.
Result<TaskRow> add_task(Transaction& tx, std::string_view job_id, const NewTask& task);

/// `task` (not yet running) also waits for `after`, of the same job. For steps that plan further steps. kConflict when
/// it runs or has ended, or when it would wait for itself.
Result<void> add_dependency(Transaction& tx, std::string_view task_id, std::string_view after);

struct ClaimFilter {
  std::vector<std::string> kinds{};    // empty: any
  uint64_t memory_free = UINT64_MAX;   // tasks that say they need more are passed over
  std::vector<std::string> tags{};     // what the worker offers; tasks that ask for others are passed over
  std::vector<std::string> refused{};  // jobs that it leaves to others
};

/// Of the organisation that runs the fewest tasks for its weight (among those with a task that may be run) the ready
/// task with the highest priority, then of the oldest job, then with the highest cost, now running under the lease;
/// nullopt when there is none.
/// Between organisations of equal share the same order decides. Claims that meet may be one another's number of tasks
/// off. While a task of the same organisation and name runs, its twins wait (and are done with its result).
Result<std::optional<TaskRow>> claim(Transaction& tx, std::string_view worker, const ClaimFilter& filter,
                                     Microseconds lease);

/// Prolongs the lease from now. kConflict, kCancelled as above.
Result<void> heartbeat(Transaction& tx, std::string_view task_id, uint32_t attempt, Microseconds lease, double progress,
                       std::string_view note = {});

/// Done: dependants count down and become ready, twins that wait are done with the same result. Gives the ids of those
/// twins, so that the caller can refer to the result's objects for them too.
Result<std::vector<std::string>> complete(Transaction& tx, std::string_view task_id, uint32_t attempt,
                                          const json::value& result);

/// What another try does otherwise; kept by the task, also when its job is taken up again.
struct OtherSettings {
  uint64_t memory_bytes = 0;
  json::value settings{};
};

struct RetryPolicy {
  int64_t max_tries = 3;
  std::chrono::microseconds backoff = std::chrono::seconds(2);  // doubled with each further try, at most an hour
  std::optional<OtherSettings> otherwise{};                     // of a task that is tried again
};
/// Retryable and tries left: ready again after the backoff (kReady). Else failed, and with it the job; its other
/// tasks are cancelled (kFailed). The last few bad ends are kept with the task.
Result<TaskState> fail(Transaction& tx, std::string_view task_id, uint32_t attempt, const Error& error,
                       const RetryPolicy& policy, bool retryable);

/// Ready again at once, without counting as a try: another worker may be able to do what this one cannot. kConflict,
/// kCancelled as above.
Result<void> give_back(Transaction& tx, std::string_view task_id, uint32_t attempt);

/// Not wanted any more; dependants go on without its result. A running one hears of it by heartbeat (kCancelled).
Result<void> supersede(Transaction& tx, std::string_view task_id);

/// What holds for all tasks of a job once it is said: the value said first. kNotFound.
Result<std::string> pin(Transaction& tx, std::string_view job_id, std::string_view name, std::string_view value);
Result<std::optional<std::string>> pinned(Session& session, std::string_view job_id, std::string_view name);
/// From now on another one.
Result<void> repin(Transaction& tx, std::string_view job_id, std::string_view name, std::string_view value);

/// Done tasks of a kind with an outdated result are ready again, unless one that waited for them has begun; what waits
/// for them waits again. No task of that kind in the job gives its result to others of its name any more, but those
/// that stay done. Gives how many are done anew.
Result<int64_t> redo(Transaction& tx, std::string_view job_id, std::string_view kind,
                     const std::function<bool(const json::value& result)>& outdated);

/// The job is done; kConflict while tasks have not ended, or when it ended otherwise.
Result<void> end_job(Transaction& tx, std::string_view job_id, const json::value& result);
/// The job failed for a reason outside its tasks; what is left of them is cancelled.
Result<void> fail_job(Transaction& tx, std::string_view job_id, const Error& error);
/// Idempotent on a cancelled job; kConflict when it is done or failed.
Result<void> cancel_job(Transaction& tx, std::string_view job_id);
/// Takes a failed or cancelled job up again: done tasks stay done, all others start over with fresh tries.
Result<void> resume_job(Transaction& tx, std::string_view job_id);

/// Running tasks of this worker are ready again at once, without counting as a try; gives how many.
Result<int64_t> release_worker(Transaction& tx, std::string_view worker);
/// The same for all workers: at start, under the DataDirectoryLock, nobody can be running anything. Not on records that
/// others share (Database::shared): there their leases pass.
Result<int64_t> release_all(Transaction& tx);
/// Tasks whose lease has passed are ready again; one lost for the `max_lost`-th time fails with kCrashed.
Result<int64_t> expire_leases(Transaction& tx, int64_t max_lost = 5);

}  // namespace pier::jobs
