#include "worker.hpp"

#include <pier/core/log.hpp>

namespace pier::workflows::impl {
namespace {

using namespace std::chrono_literals;

constexpr auto kLease = 60s;
constexpr auto kIdle = 1s;
constexpr auto kLasting = 2s;

/// Would the same work, done again, end otherwise?
bool is_retryable(ErrorCode code) {
  return code == ErrorCode::kCrashed || code == ErrorCode::kTooLarge || code == ErrorCode::kTimeout ||
         code == ErrorCode::kIo || code == ErrorCode::kOverloaded;
}

/// Is the error about the master, so that its name belongs to it?
bool is_about_input(ErrorCode code) {
  return code == ErrorCode::kInputDamaged || code == ErrorCode::kInputUnsupported || code == ErrorCode::kTruncated ||
         code == ErrorCode::kCrashed || code == ErrorCode::kTimeout || code == ErrorCode::kVerifyFailed;
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

Worker::Worker(Context& context, sandbox::Spawner& spawner, ChangeBell& bell, Metrics& metrics, std::string name)
    : x_context(context), x_spawner(spawner), x_bell(bell), x_metrics(metrics), x_name(std::move(name)) {}

Worker::~Worker() {
  stop();
}

void Worker::start(int slots, uint64_t memory_bytes) {
  x_memory_bytes = memory_bytes;
  for (int i = 0; i < slots; i++) x_slots.emplace_back([this](const std::stop_token& token) { slot(token); });
}

void Worker::stop() {
  if (x_slots.empty()) return;
  for (std::jthread& thread : x_slots) thread.request_stop();
  x_bell.ring();
  x_slots.clear();
  const Result<void> released = x_context.database.write([&](Transaction& tx) -> Result<void> {
    PIER_CHECK(jobs::release_worker(tx, x_name));
    return {};
  });
  if (!released) log::error("tasks could not be given back", released.error());
}

Result<std::optional<TaskRow>> Worker::claim() {
  std::lock_guard lock(x_claim_mutex);
  jobs::ClaimFilter filter;
  const uint64_t used = x_memory_used;
  // A task that alone wants more than the machine has is still tried, by itself.
  filter.memory_free = used == 0 ? UINT64_MAX : x_memory_bytes > used ? x_memory_bytes - used : 0;
  PIER_TRY(Transaction tx, x_context.database.begin());
  PIER_TRY(std::optional<TaskRow> task, jobs::claim(tx, x_name, filter, kLease));
  if (!task) return task;
  PIER_CHECK(tx.commit());
  x_memory_used += task->memory_bytes;
  return task;
}

void Worker::slot(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Result<std::optional<TaskRow>> task = claim();
    if (task)
      x_trouble.end();
    else if (x_trouble.tell(task.error()))
      log::error("no task could be claimed", task.error());
    if (!task || !*task) {
      x_bell.wait(kIdle, stop);
      continue;
    }
    execute(**task, stop);
    x_memory_used -= (*task)->memory_bytes;
    x_bell.ring();
  }
}

void Worker::execute(const TaskRow& task, const std::stop_token& stop) {
  const auto started = std::chrono::steady_clock::now();
  log::debug("task starts", {{"task", task.id}, {"kind", task.kind}, {"attempt", std::to_string(task.attempt)}});
  const Result<void> done = guarded_attempt(task, stop);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  x_metrics
      .histogram("pier_task_seconds", "Wall time of tasks by kind", {0.1, 1, 10, 60, 600, 3600}, {{"kind", task.kind}})
      .observe(seconds);
  x_metrics
      .counter("pier_tasks_total", "Tasks ended, by kind and outcome",
               {{"kind", task.kind}, {"outcome", done ? "done" : std::string(to_string(done.error().code))}})
      .add();
  if (!done) report(task, explain(task, done.error()), stop);
}

/// A mistake of ours in one task must not take the server down.
Result<void> Worker::guarded_attempt(const TaskRow& task, const std::stop_token& stop) try {
  return attempt(task, stop);
} catch (const std::exception& error) {
  return fail(ErrorCode::kInternal, "task " + task.kind + " met an unexpected error; please report it", error.what());
}

Result<void> Worker::attempt(const TaskRow& task, const std::stop_token& stop) {
  const TaskKind* kind = find_kind(task.kind);
  if (kind == nullptr)
    return fail(ErrorCode::kInternal, "this version of Pier does not know tasks of kind " + task.kind);
  PIER_TRY(Work work, kind->prepare(x_context, task));
  json::object result = kind->run == nullptr ? std::move(work.params) : json::object();
  if (kind->run != nullptr) {
    const Beat beat = [&](double fraction, int64_t frames) {
      const std::string note = frames > 0 ? std::to_string(frames) + " frames" : "";
      const Result<void> written = x_context.database.write(
          [&](Transaction& tx) { return jobs::heartbeat(tx, task.id, task.attempt, kLease, fraction, note); });
      x_bell.ring();
      return written;
    };
    PIER_TRY(result, run_child(x_spawner, *kind, task, work, beat, stop));
  }
  std::vector<ObjectInfo> outputs;
  for (const auto& output : work.outputs) {
    PIER_TRY(ObjectInfo info, output->commit());
    outputs.push_back(std::move(info));
  }
  return commit(*kind, task, result, std::move(outputs));
}

Result<void> Worker::commit(const TaskKind& kind, const TaskRow& task, const json::object& result,
                            std::vector<ObjectInfo> outputs) {
  return x_context.database.write([&](Transaction& tx) -> Result<void> {
    // The fencing token is checked first: a stale worker must not add rows.
    PIER_CHECK(jobs::heartbeat(tx, task.id, task.attempt, kLease, 1));
    for (const ObjectInfo& output : outputs)
      PIER_CHECK(catalogue::add_object(tx, output, catalogue::Reference{"job", task.job_id}));
    PIER_TRY(const json::object value, kind.commit(x_context, tx, task, result, outputs));
    PIER_TRY(const std::vector<std::string> twins, jobs::complete(tx, task.id, task.attempt, value));
    PIER_CHECK(hold_for_twins(tx, twins, outputs));
    if (kind.ends_job) {
      PIER_CHECK(jobs::end_job(tx, task.job_id, value));
      PIER_CHECK(catalogue::drop_references(tx, {"job", task.job_id}));
    }
    return {};
  });
}

/// A master that changed under a task says more than what the decoder met, and the name of the master belongs to it.
Error Worker::explain(const TaskRow& task, Error error) {
  if (error.code == ErrorCode::kCancelled || error.code == ErrorCode::kConflict) return error;
  const Result<catalogue::AssetRow> asset = asset_of(x_context, task);
  if (!asset) return error;
  const auto master = open_master(x_context, *asset);
  if (!master && master.error().code == ErrorCode::kInputChanged) return master.error();
  const std::string path = asset->facts.is_object() ? string_or(asset->facts.as_object(), "path", "") : "";
  if (is_about_input(error.code) && error.message.find(path) == std::string::npos)
    error.message = path + ": " + error.message;
  return error;
}

void Worker::report(const TaskRow& task, const Error& error, const std::stop_token& stop) {
  if (stop.stop_requested() || error.code == ErrorCode::kConflict) return;  // given back by stop(), or no longer ours
  log::warn("task failed", {{"task", task.id},
                            {"kind", task.kind},
                            {"code", std::string(to_string(error.code))},
                            {"message", error.message},
                            {"detail", error.detail}});
  while (!stop.stop_requested()) {
    const Result<void> written = record(task, error);
    if (written || written.error().code == ErrorCode::kConflict || written.error().code == ErrorCode::kCancelled) {
      x_trouble.end();
      return;
    }
    if (x_trouble.tell(written.error())) log::error("a failure could not be recorded", written.error());
    x_bell.wait(kIdle, stop);
  }
}

Result<void> Worker::record(const TaskRow& task, const Error& error) {
  return x_context.database.write([&](Transaction& tx) -> Result<void> {
    jobs::RetryPolicy policy;
    policy.max_tries = 3;
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
