#pragma once
// The parts of an Engine, in the order they must be made and (reversed) taken down.

#include <unistd.h>

#include "worker.hpp"

namespace pier::workflows {

struct Engine::Impl {
  Impl(EngineOptions given, database::DataDirectoryLock held, std::unique_ptr<database::Database> records,
       std::unique_ptr<storage::ObjectStore> objects)
      : options(std::move(given)),
        lock(std::move(held)),
        database(std::move(records)),
        store(std::move(objects)),
        context{*database, *store, options},
        worker(context, spawner, bell, metrics, "embedded-" + std::to_string(::getpid())) {}

  EngineOptions options;
  database::DataDirectoryLock lock;
  std::unique_ptr<database::Database> database;
  std::unique_ptr<storage::ObjectStore> store;
  Metrics metrics;
  sandbox::Spawner spawner;
  impl::ChangeBell bell;
  impl::Context context;
  impl::Worker worker;
};

namespace impl {

/// The asset a job is about, empty when it has none (yet).
Result<std::string> asset_of_job(Session& session, const std::string& job_id);

}  // namespace impl
}  // namespace pier::workflows
