#include <algorithm>
#include <array>
#include <thread>

#include <sys/sysinfo.h>
#include <unistd.h>

#include <pier/analysis/profile.hpp>
#include <pier/catalogue/organisation.hpp>
#include <pier/core/file.hpp>
#include <pier/core/log.hpp>
#include <pier/database/address.hpp>
#include <pier/sandbox/confine.hpp>
#include <pier/transcode/ladder.hpp>
#include <pier/workflows/engine.hpp>

#include "costs.hpp"
#include "engine_impl.hpp"
#include "hdr10_plus_file.hpp"
#include "judged.hpp"
#include "store_place.hpp"
#include "subtitle_files.hpp"

namespace pier::workflows {
namespace {

constexpr int64_t kGarbageDelayUs = 3600LL * 1'000'000;
constexpr auto kCollectEvery = std::chrono::minutes(10);
constexpr int64_t kWritingUs = 24 * 3600LL * 1'000'000;  // longer than any task writes at one object

/// Defaults where nothing was said.
EngineOptions filled(EngineOptions options) {
  if (options.ladders.empty()) options.ladders = share_directory() + "/ladders";
  if (options.slots == 0) options.slots = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  options.slots = std::max(0, options.slots);
  if (options.worker_name.empty()) {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) == 0) options.worker_name = name.data();
  }
  if (options.memory_bytes == 0) {
    struct sysinfo info{};
    sysinfo(&info);
    options.memory_bytes = static_cast<uint64_t>(info.totalram) * info.mem_unit / 2;
  }
  return options;
}

/// Tasks of workers that are dead are ready again. `quiet`: nobody, here or elsewhere, can be running any.
Result<int64_t> release_dead(database::Transaction& tx, const database::WorkerLocks& locks, bool quiet) {
  PIER_TRY(const std::vector<jobs::WorkerRow> workers, jobs::list_workers(tx));
  int64_t released = 0;
  for (const jobs::WorkerRow& worker : workers) {
    const bool here = worker.place == locks.place();
    if (!here && !quiet) continue;
    PIER_TRY(const bool alive, here && !quiet ? locks.alive(worker.number) : Result<bool>(false));
    if (alive) continue;
    PIER_TRY(const int64_t tasks, jobs::retire_worker(tx, worker.id, false));
    released += tasks;
  }
  if (!quiet) return released;
  PIER_TRY(const int64_t rest, jobs::release_all(tx));
  return released + rest;
}

Result<void> collect(database::Database& database, storage::ObjectStore& store, const EngineOptions& options) {
  PIER_CHECK(catalogue::collect_garbage(database, store, kGarbageDelayUs, {{"chunk", "part"}, options.keep_chunks_us}));
  return {};
}

/// What an earlier process left: tasks it ran are ready again, files without a row go, deleted things are collected.
Result<void> recover(database::Database& database, storage::ObjectStore& store, const database::WorkerLocks& locks,
                     const EngineOptions& options) {
  PIER_TRY(const std::optional<database::WorkerLocks::Hush> hush, locks.hush());
  const bool quiet = hush.has_value() && !database.shared();
  int64_t released = 0;
  PIER_CHECK(database.write([&](database::Transaction& tx) -> Result<void> {
    PIER_CHECK(catalogue::ensure_organisation(tx, catalogue::kDefaultOrganisation, "Default"));
    PIER_TRY(released, release_dead(tx, locks, quiet));
    return {};
  }));
  if (released > 0) log::info("tasks of a lost process go on", {{"tasks", std::to_string(released)}});
  // What a living worker writes has no row yet.
  PIER_TRY(const catalogue::GarbageCounts orphans, catalogue::sweep_orphans(database, store, quiet ? 0 : kWritingUs));
  if (orphans.objects > 0) log::info("unfinished objects removed", {{"objects", std::to_string(orphans.objects)}});
  return collect(database, store, options);
}

}  // namespace

/// What open() and attach() have in common; the lock of the directory tells them apart.
Result<std::unique_ptr<Engine::Impl>> Engine::Impl::make(EngineOptions options,
                                                         std::optional<database::DataDirectoryLock> lock) {
  PIER_TRY(database::WorkerLocks locks, database::WorkerLocks::open(options.data));
  PIER_TRY(auto database, database::Database::open(options.database));
  PIER_CHECK(impl::remember_records(options.data, options.database));
  PIER_TRY(options.store, impl::place_of_objects(*database, options.data, options.store));
  storage::StoreOptions store_options;
  store_options.spool_directory = options.data + "/spool";
  PIER_TRY(auto store, storage::open_store(options.store, store_options));
  PIER_CHECK(impl::claim_place(*database, *store));
  return std::make_unique<Impl>(std::move(options), std::move(lock), std::move(locks), std::move(database),
                                std::move(store));
}

Result<std::unique_ptr<Engine>> Engine::open(const EngineOptions& given) {
  EngineOptions options = filled(given);
  PIER_TRY(database::DataDirectoryLock lock, database::DataDirectoryLock::take(options.data, options.purpose));
  PIER_TRY(options.database, impl::place_of_records(options.data, options.database));
  PIER_TRY(auto impl, Impl::make(options, std::move(lock)));
  PIER_CHECK(recover(*impl->database, *impl->store, impl->locks, options));
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Result<std::unique_ptr<Engine>> Engine::attach(const EngineOptions& given) {
  EngineOptions options = filled(given);
  PIER_TRY(options.database, impl::place_of_records(options.data, options.database));
  if (database::is_server_url(options.database)) {
    PIER_CHECK(make_directories(options.data));
  } else if (::access((options.data + "/pier.db").c_str(), F_OK) != 0) {
    return fail(ErrorCode::kNotFound, display_text(options.data) +
                                          " is no data directory of Pier; start `pier serve` there first, name "
                                          "another with --data, or records on a server with --database");
  }
  PIER_TRY(auto impl, Impl::make(options, std::nullopt));
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Engine::Engine(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
Engine::~Engine() {
  stop();
}

void Engine::start() {
  if (x_impl->options.slots > 0) x_impl->worker.start();
  if (!x_impl->lock) return;
  x_impl->housekeeper = std::jthread([this](const std::stop_token& stop) {
    while (x_impl->bell.sleep(kCollectEvery, stop)) {
      const Result<void> collected = collect(*x_impl->database, *x_impl->store, x_impl->options);
      if (!collected) log::error("deleted things could not be collected", collected.error());
    }
  });
}
void Engine::stop() {
  x_impl->housekeeper = {};
  x_impl->worker.stop();
}
database::Database& Engine::database() {
  return *x_impl->database;
}
storage::ObjectStore& Engine::store() {
  return *x_impl->store;
}
Metrics& Engine::metrics() {
  return x_impl->metrics;
}
const EngineOptions& Engine::options() const {
  return x_impl->options;
}
void Engine::wait_for_change(std::chrono::milliseconds timeout) {
  x_impl->bell.wait(timeout);
}

std::vector<sandbox::Layer> Engine::layers() const {
  std::vector<sandbox::Layer> layers = sandbox::available_layers();
  layers.push_back(x_impl->spawner.memory_layer());
  return layers;
}

namespace {

/// That the ladder has such a rung; whether the source gets it shows once it is planned.
Result<void> check_first(const std::string& first, const transcode::Ladder& ladder) {
  if (first == "auto" || first == "no") return {};
  for (const transcode::Rung& rung : ladder.rungs) {
    if (rung.name == first && rung.kind == transcode::RungKind::kVideo) return {};
  }
  return fail(ErrorCode::kInvalidArgument,
              "ladder " + ladder.name + " has no video rung \"" + display_text(first) + "\" to be published first");
}

jobs::NewJob publish_job(const PublishRequest& request, const json::value& expected) {
  jobs::NewJob job;
  job.organisation = request.organisation;
  job.kind = "publish";
  job.expected = expected;
  job.request = to_json(request);
  job.idempotency_key = request.idempotency_key;
  return job;
}

/// `bytes`: of the master.
Result<void> begin_publish_job(database::Transaction& tx, const std::string& job_id, uint64_t bytes,
                               const impl::TakenSubtitles& taken,
                               const std::optional<storage::ObjectInfo>& hdr10_plus) {
  for (const storage::ObjectInfo& object : taken.objects)
    PIER_CHECK(catalogue::add_object(tx, object, catalogue::Reference{"job", job_id}));
  json::object params;
  if (!taken.texts.empty()) params["texts"] = taken.texts;
  if (hdr10_plus) params["hdr10_plus"] = storage::to_string(hdr10_plus->key);
  jobs::NewTask probe = impl::plain_task(impl::kProbeTask, params);
  probe.priority = 1;  // a master that cannot be read is said at once, and what the job costs is known
  impl::apply(impl::probe_demand(bytes), probe);
  PIER_CHECK(jobs::add_task(tx, job_id, probe));
  return {};
}

}  // namespace

Result<Submitted> Engine::publish(const PublishRequest& request) {
  uint64_t bytes = 0;
  {
    PIER_TRY(const media::Source source, media::open_source(request.path));
    bytes = source.total_bytes();
  }
  if (!request.ladder.empty()) {
    PIER_TRY(const transcode::Ladder ladder, transcode::load_ladder(x_impl->options.ladders, request.ladder));
    PIER_CHECK(check_first(request.first, ladder));
  }
  if (!request.profile.empty()) PIER_CHECK(analysis::load_profile(request.profile));
  PIER_TRY(impl::ReadSubtitles read, impl::read_subtitles(x_impl->spawner, request));
  PIER_TRY(const std::string runs, impl::read_hdr10_plus(x_impl->spawner, request.hdr10_plus));
  json::value expected;
  if (x_impl->options.look_ahead) expected = impl::look_ahead(x_impl->spawner, request, x_impl->options);
  PIER_TRY(impl::TakenSubtitles taken, impl::take_subtitles(x_impl->context, request.organisation, std::move(read)));
  std::optional<storage::ObjectInfo> hdr10_plus;
  if (!runs.empty()) {
    auto object = impl::take_hdr10_plus(x_impl->context, request.organisation, runs);
    if (!object) {
      impl::discard(x_impl->context, taken);
      return Failure(std::move(object).error());
    }
    taken.objects.push_back(*object);
    hdr10_plus = *object;
  }
  Submitted submitted;
  bool used = false;
  const Result<void> written = x_impl->database->write([&](database::Transaction& tx) -> Result<void> {
    PIER_TRY(const jobs::JobRow row, jobs::create_job(tx, publish_job(request, expected)));
    submitted.job_id = row.id;
    PIER_TRY(const std::vector<jobs::TaskRow> before, jobs::list_tasks(tx, row.id));
    if (!before.empty()) return {};  // the job of an equal request with this key
    PIER_CHECK(begin_publish_job(tx, row.id, bytes, taken, hdr10_plus));
    used = true;
    return {};
  });
  if (!used) impl::discard(x_impl->context, taken);
  PIER_CHECK(written);
  x_impl->bell.ring();
  return submitted;
}

namespace {

Result<std::vector<std::string>> published_assets(database::Database& database, const std::string& organisation) {
  PIER_TRY(database::Snapshot snapshot, database.read());
  std::vector<std::string> ids;
  std::string cursor;
  catalogue::AssetFilter filter;
  filter.state = catalogue::AssetState::kPublished;
  do {
    PIER_TRY(const catalogue::AssetPage page, catalogue::list_assets(snapshot, organisation, filter, 500, cursor));
    for (const catalogue::AssetRow& asset : page.assets) ids.push_back(asset.id);
    cursor = page.next;
  } while (!cursor.empty());
  return ids;
}

}  // namespace

Result<Submitted> Engine::verify(const std::string& organisation, const std::string& asset_id) {
  std::vector<std::string> ids{asset_id};
  if (asset_id.empty()) {
    PIER_TRY(ids, published_assets(*x_impl->database, organisation));
  }
  Submitted submitted;
  submitted.asset_id = asset_id;
  PIER_CHECK(x_impl->database->write([&](database::Transaction& tx) -> Result<void> {
    jobs::NewJob job;
    job.organisation = organisation;
    job.kind = "verify";
    job.request = json::object{{"asset", asset_id}};
    PIER_TRY(const jobs::JobRow row, jobs::create_job(tx, job));
    jobs::NewTask last = impl::plain_task(impl::kVerifiedTask, {});
    impl::apply(impl::small_demand(static_cast<double>(ids.size())), last);
    uint64_t bytes = 0;
    for (const std::string& id : ids) {
      PIER_CHECK(catalogue::show_asset(tx, organisation, id));
      PIER_TRY(const std::vector<catalogue::TrackRow> tracks, catalogue::list_tracks(tx, organisation, id));
      for (const catalogue::TrackRow& track : tracks) {
        jobs::NewTask check = impl::plain_task(impl::kCheckTask, {{"track", track.id}});
        impl::apply(impl::check_demand(track.codec, track.width, track.height, track.frames,
                                       static_cast<uint64_t>(track.bytes)),
                    check);
        bytes += static_cast<uint64_t>(track.bytes);
        PIER_TRY(const jobs::TaskRow task, jobs::add_task(tx, row.id, check));
        last.after.push_back(task.id);
      }
    }
    jobs::NewTask objects = impl::plain_task(impl::kFixityTask, {});
    impl::apply(impl::fixity_demand(bytes), objects);
    PIER_TRY(const jobs::TaskRow fixity, jobs::add_task(tx, row.id, objects));
    last.after.push_back(fixity.id);
    PIER_CHECK(jobs::add_task(tx, row.id, last));
    submitted.job_id = row.id;
    return {};
  }));
  x_impl->bell.ring();
  return submitted;
}

Result<void> Engine::cancel(const std::string& organisation, const std::string& job_id) {
  PIER_CHECK(x_impl->database->write([&](database::Transaction& tx) -> Result<void> {
    PIER_CHECK(jobs::show_job(tx, organisation, job_id));
    PIER_CHECK(jobs::cancel_job(tx, job_id));
    PIER_TRY(const std::string asset, impl::asset_of_job(tx, job_id));
    if (asset.empty()) return {};
    const Result<void> marked =
        catalogue::fail_publication(tx, organisation, asset, {ErrorCode::kCancelled, "cancelled", {}});
    if (!marked && marked.error().code != ErrorCode::kConflict) return marked;
    return {};
  }));
  x_impl->bell.ring();
  return {};
}

Result<void> Engine::retry(const std::string& organisation, const std::string& job_id) {
  PIER_CHECK(x_impl->database->write([&](database::Transaction& tx) -> Result<void> {
    PIER_CHECK(jobs::show_job(tx, organisation, job_id));
    PIER_CHECK(jobs::resume_job(tx, job_id));
    PIER_TRY(const jobs::JobRow job, jobs::show_job(tx, organisation, job_id));
    PIER_TRY(const std::string asset, impl::asset_of_job(tx, job_id));
    // Without an asset the probe has not been: it begins the publication itself.
    return job.kind == "publish" && !asset.empty() ? catalogue::begin_publication(tx, organisation, asset)
                                                   : Result<void>();
  }));
  x_impl->bell.ring();
  return {};
}

Result<void> Engine::delete_asset(const std::string& organisation, const std::string& asset_id) {
  PIER_CHECK(x_impl->database->write([&](database::Transaction& tx) -> Result<void> {
    PIER_CHECK(catalogue::delete_asset(tx, organisation, asset_id));
    return catalogue::drop_references(tx, {"asset", asset_id});
  }));
  x_impl->bell.ring();
  return {};
}

Result<json::object> Engine::judge(const std::string& organisation, const std::string& asset_id,
                                   const std::string& profile) {
  catalogue::AssetRow asset;
  catalogue::AnalysisRow analysed;
  std::vector<catalogue::ReportRow> reports;
  {
    PIER_TRY(database::Snapshot snapshot, x_impl->database->read());
    PIER_TRY(asset, catalogue::show_asset(snapshot, organisation, asset_id));
    PIER_TRY(analysed, catalogue::find_analysis(snapshot, organisation, asset_id));
    PIER_TRY(reports, catalogue::list_reports(snapshot, organisation, asset_id));
  }
  PIER_TRY(const media::Facts facts, impl::facts_with(asset.facts, analysed.by_hand));
  PIER_TRY(const analysis::AnalysisResult result, impl::read_analysis(*x_impl->store, analysed.result));
  PIER_TRY(const analysis::Report report, impl::judge(x_impl->options.data, profile, facts, result));
  const catalogue::ReportRow row = impl::report_row(asset_id, analysis::to_json(report));
  PIER_TRY(const json::value as_read, parse_json(json::serialize(row.body)));  // as a stored one comes back
  const auto same = std::ranges::find(reports, row.profile, &catalogue::ReportRow::profile);
  if (same != reports.end() && same->body == as_read) {
    json::object view = catalogue::to_json(*same);
    view["stored"] = false;
    return view;
  }
  json::object view;
  PIER_CHECK(x_impl->database->write([&](database::Transaction& tx) -> Result<void> {
    PIER_TRY(const std::string id, catalogue::add_report(tx, organisation, row));
    PIER_TRY(const catalogue::ReportRow stored, catalogue::show_report(tx, organisation, id));
    view = catalogue::to_json(stored);
    return {};
  }));
  view["stored"] = true;
  return view;
}

bool Engine::drained() const {
  return x_impl->worker.drained();
}

Result<bool> Engine::busy() {
  PIER_TRY(database::Snapshot snapshot, x_impl->database->read());
  PIER_TRY(const std::vector<jobs::JobRow> rows, jobs::unfinished_jobs(snapshot));
  return !rows.empty();
}

}  // namespace pier::workflows
