#pragma once
// Who runs tasks: a server's own slots and every `pier worker`, as rows. A row says what its process offers and what is
// asked of it; it grants nothing: a worker whose row is gone keeps its tasks until their leases pass.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/json.hpp>
#include <pier/jobs/queue.hpp>

namespace pier::jobs {

/// kPaused and kDraining claim nothing; a draining one ends when its tasks have. kGone: it ended, or was not heard of.
enum class WorkerState { kActive, kPaused, kDraining, kGone };
std::string_view to_string(WorkerState state);  // "active" ...
Result<WorkerState> worker_state_from(std::string_view name);

/// A job that a worker leaves to others for a while: it cannot read the master.
struct Refusal {
  std::string job_id;
  std::string reason;  // a phrase: "/mnt/a/b.mov: no such file"
  WallTime until = 0;
};

struct WorkerRow {
  int64_t number = 0;  // never used twice
  std::string id;      // wrk_...: what tasks name
  std::string name;    // for people
  std::string place;   // machine and lock file: where `number` says whether it lives
  int64_t process = 0;
  std::string version;
  int64_t slots = 0;
  uint64_t memory_bytes = 0;
  std::vector<std::string> tags;  // sorted
  std::string encoder;            // build of the encoders it has
  WorkerState state = WorkerState::kActive;
  WallTime started = 0;
  WallTime seen = 0;
  std::string note;               // why it claims nothing now although it is active; empty: it does
  std::vector<Refusal> refusals;  // that still hold, when read
  int64_t running = 0;            // tasks, when listed
};
json::object to_json(const WorkerRow& worker);

/// Number, id, state and times are set here. kInvalidArgument for tags that are none.
Result<WorkerRow> register_worker(Transaction& tx, const WorkerRow& worker);

/// The worker lives, and says what keeps it from work; gives what is asked of it. One that was taken for gone is active
/// again: its tasks are not its own any more, which their attempt numbers tell it.
Result<WorkerState> worker_seen(Transaction& tx, std::string_view id, std::string_view note = {});

/// The worker leaves this job to others until then. Refusals whose time is over are dropped.
Result<void> refuse_job(Transaction& tx, std::string_view id, const Refusal& refusal);

/// Asked from outside. kNotFound; kConflict when it is gone.
Result<WorkerRow> set_worker_state(Transaction& tx, std::string_view id, WorkerState state);

/// It ended, or its process is known to be dead: its running tasks are ready again at once. `lost`: this counts as a
/// lost attempt of each, and the fifth fails the task. Gives how many there were. Idempotent.
Result<int64_t> retire_worker(Transaction& tx, std::string_view id, bool lost);

/// All that are not gone, oldest first; `with_gone`: those too, the newest hundred.
Result<std::vector<WorkerRow>> list_workers(Session& session, bool with_gone = false);

/// Workers that were not heard of for `silence` count as gone; their tasks keep their leases.
Result<int64_t> forget_silent_workers(Transaction& tx, Microseconds silence);

}  // namespace pier::jobs
