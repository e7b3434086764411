#pragma once
// The parts of an Engine, in the order they must be made and (reversed) taken down.

#include <chrono>
#include <map>
#include <mutex>
#include <optional>

#include <pier/database/worker_locks.hpp>

#include "worker.hpp"

namespace pier::workflows {

struct Engine::Impl {
  Impl(EngineOptions given, std::optional<database::DataDirectoryLock> held, database::WorkerLocks workers,
       std::unique_ptr<database::Database> records, std::unique_ptr<storage::ObjectStore> objects)
      : options(std::move(given)),
        lock(std::move(held)),
        locks(std::move(workers)),
        database(std::move(records)),
        store(std::move(objects)),
        copies(options.data + "/spool", options.copies_bytes),
        context{*database, *store, options, copies},
        worker(context, spawner, bell, metrics, locks,
               {options.worker_name, options.slots, options.memory_bytes, options.tags, options.lease}) {}

  static Result<std::unique_ptr<Impl>> make(EngineOptions options, std::optional<database::DataDirectoryLock> lock);

  EngineOptions options;
  std::optional<database::DataDirectoryLock> lock;  // none of a worker that was attached
  database::WorkerLocks locks;
  std::unique_ptr<database::Database> database;
  std::unique_ptr<storage::ObjectStore> store;
  storage::LocalCopies copies;
  Metrics metrics;
  sandbox::Spawner spawner;
  impl::ChangeBell bell;
  impl::Context context;
  impl::Worker worker;
  std::jthread housekeeper;

  /// Forecasts are asked for several times a second by everybody who follows a job, and change slowly.
  struct Foreseen {
    std::chrono::steady_clock::time_point at;
    json::object forecast;
  };
  std::mutex foreseen_mutex;
  std::map<std::string, Foreseen> foreseen;  // by job
  Result<json::object> forecast(database::Session& session, const std::string& job_id);
};

namespace impl {

/// The asset a job is about, empty when it has none (yet).
Result<std::string> asset_of_job(Session& session, const std::string& job_id);

/// The tasks a job of this request is expected to have, after a glance at its master; null when that cannot be told.
json::value look_ahead(sandbox::Spawner& spawner, const PublishRequest& request, const EngineOptions& options);

}  // namespace impl
}  // namespace pier::workflows
