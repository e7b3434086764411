#include "worker.hpp"

#include <unistd.h>

#include <pier/core/log.hpp>
#include <pier/jobs/measured.hpp>
#include <pier/media/encode.hpp>

namespace pier::workflows::impl {
namespace {

using namespace std::chrono_literals;

constexpr auto kIdle = 300ms;    // what another process added to the queue is seen after so long
constexpr auto kAround = 5s;     // and what became of other workers
constexpr auto kSilence = 2min;  // a worker that was not heard of for so long counts as gone
constexpr auto kLasting = 2s;

/// Would the same work, done again, end otherwise? A disk that is full here may have room later, or elsewhere.
bool is_retryable(ErrorCode code) {
  return code == ErrorCode::kCrashed || code == ErrorCode::kTooLarge || code == ErrorCode::kTimeout ||
         code == ErrorCode::kIo || code == ErrorCode::kOverloaded || code == ErrorCode::kNoSpace;
}

/// May it be otherwise in a while, without anyone doing the work again?
bool is_passing(ErrorCode code) {
  return code == ErrorCode::kIo || code == ErrorCode::kOverloaded || code == ErrorCode::kNoSpace;
}

/// With what a task whose memory ran out is tried again: half as much more, at least what it had, and what its kind can
/// do to hold less.
jobs::OtherSettings after_memory_ran_out(const TaskRow& task, uint64_t peak_bytes) {
  jobs::OtherSettings next{std::max(task.memory_bytes + task.memory_bytes / 2, peak_bytes), task.settings};
  const TaskKind* kind = find_kind(task.kind);
  if (kind != nullptr && kind->thrifty != nullptr) next.settings = kind->thrifty();
  return next;
}

/// Is the error about the master, so that its name belongs to it?
bool is_about_input(ErrorCode code) {
  return code == ErrorCode::kInputDamaged || code == ErrorCode::kInputUnsupported || code == ErrorCode::kTruncated ||
         code == ErrorCode::kCrashed || code == ErrorCode::kTimeout || code == ErrorCode::kVerifyFailed;
}

/// What an attempt took until now, from its beginning on.
jobs::Run run_of(const TaskKind& kind, const json::object& result, const std::vector<ObjectInfo>& outputs,
                 std::chrono::steady_clock::time_point started) {
  jobs::Run run;
  run.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  run.cpu_seconds = kind.run == nullptr ? run.wall_seconds : double_or(result, "cpu_seconds", run.wall_seconds);
  run.peak_bytes = static_cast<uint64_t>(std::max<int64_t>(0, int_or(result, "peak_rss", 0)));
  for (const ObjectInfo& output : outputs) run.written_bytes += output.size;
  return run;
}

/// Jobs whose waiting task took this result over need its objects too.
Result<void> hold_for_twins(Transaction& tx, const std::vector<std::string>& twins,
                            const std::vector<ObjectInfo>& outputs) {
  for (const std::string& id : twins) {
    PIER_TRY(const TaskRow twin, jobs::show_task(tx, id));
    for (const ObjectInfo& output : outputs) PIER_CHECK(catalogue::add_reference(tx, output.key, {"job", twin.job_id}));
  }
  return {};
}

}  // namespace

void ChangeBell::ring() {
  std::lock_guard lock(x_mutex);
  x_count++;
  x_changed.notify_all();
}

void ChangeBell::wait(std::chrono::milliseconds timeout, const std::stop_token& stop) {
  std::unique_lock lock(x_mutex);
  const uint64_t before = x_count;
  x_changed.wait_for(lock, stop, timeout, [&] { return x_count != before; });
}

bool ChangeBell::sleep(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::unique_lock lock(x_mutex);
  x_changed.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

bool Trouble::tell(const Error& error) {
  std::lock_guard lock(x_mutex);
  if (x_error && x_error->message == error.message) return false;
  if (!x_error) x_since = std::chrono::steady_clock::now();
  x_error = error;
  return true;
}

void Trouble::end() {
  std::lock_guard lock(x_mutex);
  x_error.reset();
}

std::optional<Error> Trouble::lasting() const {
  std::lock_guard lock(x_mutex);
  if (!x_error || std::chrono::steady_clock::now() - x_since < kLasting) return std::nullopt;
  return x_error;
}

Worker::Worker(Context& context, sandbox::Spawner& spawner, ChangeBell& bell, Metrics& metrics,
               database::WorkerLocks& locks, WorkerOffer offer)
    : x_context(context),
      x_spawner(spawner),
      x_bell(bell),
      x_metrics(metrics),
      x_locks(locks),
      x_offer(std::move(offer)),
      x_hindrance(context.options.data) {}

Worker::~Worker() {
  stop();
}

void Worker::start() {
  x_threads.emplace_back([this](const std::stop_token& token) { keep(token); });
  for (int i = 0; i < x_offer.slots; i++) x_threads.emplace_back([this](const std::stop_token& token) { slot(token); });
}

void Worker::stop() {
  if (x_threads.empty()) return;
  for (std::jthread& thread : x_threads) thread.request_stop();
  x_bell.ring();
  x_threads.clear();
  if (x_id.empty()) return;
  const Result<void> released = x_context.database.write([&](Transaction& tx) -> Result<void> {
    PIER_CHECK(jobs::retire_worker(tx, x_id, false));
    return {};
  });
  if (!released) log::error("tasks could not be given back", released.error());
}

/// Makes this worker known, when it is not yet.
Result<void> Worker::introduce() {
  if (!x_id.empty()) return {};
  jobs::WorkerRow row;
  PIER_CHECK(x_context.database.write([&](Transaction& tx) -> Result<void> {
    jobs::WorkerRow wish;
    wish.name = x_offer.name;
    wish.place = x_locks.place();
    wish.process = ::getpid();
    wish.version = PIER_VERSION;
    wish.slots = x_offer.slots;
    wish.memory_bytes = x_offer.memory_bytes;
    wish.tags = x_offer.tags;
    wish.encoder = media::encoder_build();
    PIER_TRY(row, jobs::register_worker(tx, wish));
    return {};
  }));
  PIER_CHECK(x_locks.hold(row.number));
  x_id = row.id;
  return {};
}

/// Tells that this worker lives and hears what is asked of it; what dead workers of this machine ran is ready again at
/// once, what others lost after their leases.
Result<void> Worker::look_around() {
  std::vector<std::string> dead;
  {
    PIER_TRY(database::Snapshot snapshot, x_context.database.read());
    PIER_TRY(const std::vector<jobs::WorkerRow> workers, jobs::list_workers(snapshot));
    for (const jobs::WorkerRow& other : workers) {
      if (other.place != x_locks.place()) continue;
      PIER_TRY(const bool alive, x_locks.alive(other.number));
      if (!alive) dead.push_back(other.id);
    }
  }
  int64_t lost = 0;
  jobs::WorkerState asked = jobs::WorkerState::kActive;
  PIER_CHECK(x_context.database.write([&](Transaction& tx) -> Result<void> {
    PIER_TRY(asked, jobs::worker_seen(tx, x_id, x_hindrance.note()));
    for (const std::string& id : dead) {
      PIER_TRY(const int64_t tasks, jobs::retire_worker(tx, id, true));
      lost += tasks;
    }
    PIER_TRY(const int64_t expired, jobs::expire_leases(tx));
    lost += expired;
    PIER_CHECK(jobs::forget_silent_workers(tx, kSilence));
    return {};
  }));
  if (x_asked.exchange(asked) != asked)
    log::info("the worker was asked to change", {{"state", std::string(to_string(asked))}});
  if (lost > 0) {
    log::warn("tasks of lost workers go on", {{"tasks", std::to_string(lost)}});
    x_bell.ring();
  }
  return {};
}

void Worker::keep(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  while (!stop.stop_requested()) {
    bool known = false;
    {
      std::lock_guard lock(x_claim_mutex);
      known = !x_id.empty();
    }
    // Before, the slots tell what keeps the worker from being introduced.
    if (const Result<void> seen = known ? look_around() : Result<void>(); !seen)
      log::error("the worker could not tell that it lives", seen.error());
    else if (known)
      x_trouble.end();
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, known ? kAround : std::chrono::duration_cast<std::chrono::seconds>(1s),
                     [] { return false; });
  }
}

Result<std::optional<TaskRow>> Worker::claim() {
  std::lock_guard lock(x_claim_mutex);
  PIER_CHECK(introduce());
  if (x_asked != jobs::WorkerState::kActive || !x_hindrance.note().empty()) return std::optional<TaskRow>();
  jobs::ClaimFilter filter;
  static const std::vector<std::string> kKnown = known_kinds();
  filter.kinds = kKnown;  // a later version may have added others
  filter.tags = x_offer.tags;
  filter.refused = x_hindrance.refused(Clock::system().now());
  const uint64_t used = x_memory_used;
  // A task that alone wants more than the machine has is still tried, by itself.
  filter.memory_free = used == 0 ? UINT64_MAX : x_offer.memory_bytes > used ? x_offer.memory_bytes - used : 0;
  PIER_TRY(Transaction tx, x_context.database.begin());
  PIER_TRY(std::optional<TaskRow> task, jobs::claim(tx, x_id, filter, x_offer.lease));
  if (!task) return task;
  PIER_CHECK(tx.commit());
  x_memory_used += task->memory_bytes;
  ++x_running;
  return task;
}

void Worker::slot(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Result<std::optional<TaskRow>> task = claim();
    if (!task && x_trouble.tell(task.error())) log::error("no task could be claimed", task.error());
    if (task && *task) x_trouble.end();  // finding none has written nothing
    if (!task || !*task) {
      x_bell.wait(kIdle, stop);
      continue;
    }
    execute(**task, stop);
    x_memory_used -= (*task)->memory_bytes;
    --x_running;
    x_bell.ring();
  }
}

void Worker::execute(const TaskRow& task, const std::stop_token& stop) {
  const auto started = std::chrono::steady_clock::now();
  log::debug("task starts", {{"task", task.id}, {"kind", task.kind}, {"attempt", std::to_string(task.attempt)}});
  AttemptCourse course;
  const Result<void> done = guarded_attempt(task, stop, course);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  x_metrics
      .histogram("pier_task_seconds", "Wall time of tasks by kind", {0.1, 1, 10, 60, 600, 3600}, {{"kind", task.kind}})
      .observe(seconds);
  x_metrics
      .counter("pier_tasks_total", "Tasks ended, by kind and outcome",
               {{"kind", task.kind}, {"outcome", done ? "done" : std::string(to_string(done.error().code))}})
      .add();
  if (done) return;
  Error error = explain(task, done.error());
  if (!hand_over(task, error, course, stop)) report(task, error, course.use, stop);
}

/// A mistake of ours in one task must not take the server down.
Result<void> Worker::guarded_attempt(const TaskRow& task, const std::stop_token& stop, AttemptCourse& course) try {
  return attempt(task, stop, course);
} catch (const std::exception& error) {
  return fail(ErrorCode::kInternal, "task " + task.kind + " met an unexpected error; please report it", error.what());
}

Result<void> Worker::attempt(const TaskRow& task, const std::stop_token& stop, AttemptCourse& course) {
  const TaskKind* kind = find_kind(task.kind);
  if (kind == nullptr)
    return fail(ErrorCode::kInternal, "this version of Pier does not know tasks of kind " + task.kind);
  course.free_before = x_hindrance.free_bytes();
  const auto started = std::chrono::steady_clock::now();
  if (kind == &kEncodeTask) PIER_CHECK(settle_encoder(task, stop));
  PIER_TRY(Work work, kind->prepare(x_context, task));
  json::object result = kind->run == nullptr ? std::move(work.params) : json::object();
  if (kind->run != nullptr) {
    // Records that cannot be reached for a while do not end the work: the task is this worker's until its lease passes.
    auto lost_at = std::chrono::steady_clock::now() + x_offer.lease;
    const Beat beat = [&](double fraction, int64_t frames) -> Result<void> {
      const std::string note = frames > 0 ? std::to_string(frames) + " frames" : "";
      const auto now = std::chrono::steady_clock::now();
      const Result<void> written = x_context.database.write(
          [&](Transaction& tx) { return jobs::heartbeat(tx, task.id, task.attempt, x_offer.lease, fraction, note); });
      x_bell.ring();
      if (written)
        lost_at = now + x_offer.lease;
      else if (is_lost(written.error()) || now >= lost_at)
        return written;
      return {};
    };
    const uint64_t promised = x_memory_used;
    work.memory_spare = x_offer.memory_bytes > promised ? x_offer.memory_bytes - promised : 0;
    PIER_TRY(result, run_child(x_spawner, *kind, task, work, beat, stop, &course.use));
  }
  course.committing = true;
  std::vector<ObjectInfo> outputs;
  for (const auto& output : work.outputs) {
    PIER_TRY(ObjectInfo info, output->commit());
    outputs.push_back(std::move(info));
  }
  return insist([&] { return commit(*kind, task, result, outputs, started); }, stop);
}

/// Work that is done is not thrown away because records cannot be reached for a while.
Result<void> Worker::insist(const std::function<Result<void>()>& write, const std::stop_token& stop) {
  while (true) {
    const Result<void> written = write();
    if (written) x_trouble.end();
    if (written || !is_passing(written.error().code) || stop.stop_requested()) return written;
    if (x_trouble.tell(written.error())) log::error("a result could not be recorded", written.error());
    x_bell.wait(kIdle, stop);
  }
}

Result<void> Worker::commit(const TaskKind& kind, const TaskRow& task, const json::object& result,
                            const std::vector<ObjectInfo>& outputs, std::chrono::steady_clock::time_point started) {
  return x_context.database.write([&](Transaction& tx) -> Result<void> {
    // The fencing token is checked first: a stale worker must not add rows.
    PIER_CHECK(jobs::heartbeat(tx, task.id, task.attempt, x_offer.lease, 1));
    for (const ObjectInfo& output : outputs)
      PIER_CHECK(catalogue::add_object(tx, output, catalogue::Reference{"job", task.job_id}));
    PIER_TRY(const json::object value, kind.commit(x_context, tx, task, result, outputs));
    PIER_TRY(const std::vector<std::string> twins, jobs::complete(tx, task.id, task.attempt, value));
    PIER_CHECK(hold_for_twins(tx, twins, outputs));
    if (kind.ends_job) {
      PIER_CHECK(jobs::end_job(tx, task.job_id, value));
      PIER_CHECK(catalogue::drop_references(tx, {"job", task.job_id}));
    }
    return jobs::record_run(tx, task, run_of(kind, result, outputs, started));
  });
}

/// A master that changed under a task says more than what the decoder met, and the name of the master belongs to it.
Error Worker::explain(const TaskRow& task, Error error) {
  if (is_lost(error)) return error;
  const Result<catalogue::AssetRow> asset = asset_of(x_context, task);
  if (!asset) return error;
  const auto master = open_master(x_context, *asset);
  if (!master && master.error().code == ErrorCode::kInputChanged) return master.error();
  const std::string path = asset->facts.is_object() ? string_or(asset->facts.as_object(), "path", "") : "";
  if (is_about_input(error.code) && error.message.find(path) == std::string::npos)
    error.message = path + ": " + error.message;
  return error;
}

void Worker::report(const TaskRow& task, const Error& error, const ChildUse& use, const std::stop_token& stop) {
  if (stop.stop_requested() || error.code == ErrorCode::kConflict) return;  // given back by stop(), or no longer ours
  log::warn("task failed", {{"task", task.id},
                            {"kind", task.kind},
                            {"code", std::string(to_string(error.code))},
                            {"message", error.message},
                            {"detail", error.detail}});
  while (!stop.stop_requested()) {
    const Result<void> written = record(task, error, use);
    if (written || is_lost(written.error())) {
      x_trouble.end();
      return;
    }
    if (x_trouble.tell(written.error())) log::error("a failure could not be recorded", written.error());
    x_bell.wait(kIdle, stop);
  }
}

Result<void> Worker::record(const TaskRow& task, const Error& error, const ChildUse& use) {
  return x_context.database.write([&](Transaction& tx) -> Result<void> {
    jobs::RetryPolicy policy;
    policy.max_tries = 3;
    if (use.out_of_memory) {
      policy.otherwise = after_memory_ran_out(task, use.peak_bytes);
      if (task.settings.is_null()) PIER_CHECK(jobs::record_peak(tx, task.kind, task.cost_class, use.peak_bytes));
    }
    PIER_TRY(const jobs::TaskState state,
             jobs::fail(tx, task.id, task.attempt, error, policy, is_retryable(error.code)));
    const json::object* params = task.params.if_object();
    const std::string asset = params == nullptr ? "" : string_or(*params, "asset", "");
    if (state != jobs::TaskState::kFailed || asset.empty()) return {};
    const Result<void> marked = catalogue::fail_publication(tx, task.organisation, asset, error);
    if (!marked && marked.error().code != ErrorCode::kConflict && marked.error().code != ErrorCode::kNotFound)
      return marked;
    return {};
  });
}

}  // namespace pier::workflows::impl
