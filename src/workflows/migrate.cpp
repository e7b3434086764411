#include <algorithm>
#include <memory>
#include <utility>

#include <unistd.h>

#include <pier/catalogue/installation.hpp>
#include <pier/catalogue/object_rows.hpp>
#include <pier/core/file.hpp>
#include <pier/core/id.hpp>
#include <pier/database/address.hpp>
#include <pier/database/data_directory.hpp>
#include <pier/database/table_copy.hpp>
#include <pier/database/worker_locks.hpp>
#include <pier/workflows/migrate.hpp>

#include "migrate_plan.hpp"
#include "object_move.hpp"
#include "store_place.hpp"

namespace pier::workflows {
namespace {

using database::Database;
using impl::MovePlan;

constexpr int64_t kPage = 256;
constexpr uint64_t kRowUnits = 512;  // a row beside bytes, for the progress

Failure stopped() {
  return fail(ErrorCode::kCancelled, "stopped; the installation is where it was, the next `pier migrate` goes on");
}

/// The one row that is not copied but made: it says where the objects lie.
bool is_own_row(const database::Table& table) {
  return table.name == "installation";
}

/// One call that has not switched over yet.
class Move {
 public:
  Move(MovePlan plan, std::string url, Database& from, const OnMigrateProgress& on_progress)
      : x_plan(std::move(plan)), x_url(std::move(url)), x_from(from), x_on_progress(on_progress) {}

  Result<void> run() {
    PIER_CHECK(open_goals());
    PIER_CHECK(impl::claim_goals(x_plan, x_to.get(), x_new_store.get()));
    PIER_CHECK(measure());
    if (x_new_store) PIER_CHECK(move_objects());
    if (x_to) PIER_CHECK(move_rows());
    return step("switch", 0);
  }
  Migrated& outcome() { return x_outcome; }

 private:
  Result<void> open_goals() {
    PIER_CHECK(x_from.check_integrity());
    if (!x_url.empty()) {
      PIER_TRY(x_to, Database::open(x_url));
    }
    if (x_plan.store == x_plan.from) return {};
    storage::StoreOptions options;
    options.spool_directory = x_plan.data + "/spool";
    PIER_TRY(x_old_store, storage::open_store(x_plan.from, options));
    PIER_TRY(x_new_store, storage::open_store(x_plan.store, options));
    return {};
  }

  Result<void> measure() {
    PIER_TRY(x_tables, database::list_tables(x_from));
    PIER_TRY(auto session, x_from.read());
    PIER_TRY(const auto row, session.one("SELECT count(*), coalesce(sum(size), 0) FROM objects WHERE deleted = 0"));
    x_outcome.objects = row->integer(0);
    x_outcome.bytes = static_cast<uint64_t>(row->integer(1));
    std::erase_if(x_tables, is_own_row);
    x_outcome.tables = static_cast<int64_t>(x_tables.size());
    PIER_TRY(x_outcome.rows, database::count_rows(session, x_tables));
    x_now.total = (x_new_store ? 2 * x_outcome.bytes : 0) +
                  (x_to ? 2 * kRowUnits * static_cast<uint64_t>(x_outcome.rows) : 0) + 1;
    return {};
  }

  bool tell(const char* name, uint64_t units) {
    x_now.step = name;
    x_now.done = std::min(x_now.done + units, x_now.total);
    return !x_on_progress || x_on_progress(x_now);
  }
  Result<void> step(const char* name, uint64_t units) {
    return tell(name, units) ? Result<void>() : Result<void>(stopped());
  }

  Result<void> move_objects() {
    // What an earlier call left unfinished, and what it copied and has no row any more.
    PIER_CHECK(catalogue::sweep_orphans(x_from, *x_new_store, 0));
    impl::ObjectMove move(*x_old_store, *x_new_store, [this](uint64_t bytes) { return tell("objects", bytes); });
    for (std::string after;;) {
      PIER_TRY(auto session, x_from.read());
      PIER_TRY(const auto page, catalogue::list_objects_after(session, after, kPage));
      if (page.empty()) break;
      const Result<void> moved = move.run(page);
      if (!moved) return moved.error().code == ErrorCode::kCancelled ? stopped() : Failure(moved.error());
      after = storage::to_string(page.back().key);
    }
    x_outcome.copied = move.copied();
    return {};
  }

  Result<void> move_rows() {
    PIER_CHECK(database::tables_of_both(x_from, *x_to));
    PIER_TRY(auto session, x_from.read());
    std::vector<database::TableDigest> ours;
    const Result<void> copied = x_to->write([&](database::Transaction& tx) -> Result<void> {
      int64_t before = 0;
      PIER_TRY(ours, database::copy_tables(session, tx, x_tables, [&](int64_t rows) {
                 return tell("rows", kRowUnits * static_cast<uint64_t>(rows - std::exchange(before, rows)));
               }));
      return {};
    });
    if (!copied) return copied.error().code == ErrorCode::kCancelled ? stopped() : Failure(copied.error());
    return compare(ours);
  }

  Result<void> compare(const std::vector<database::TableDigest>& ours) {
    PIER_TRY(auto session, x_to->read());
    int64_t before = 0;
    const auto theirs = database::digest_tables(session, x_tables, [&](int64_t rows) {
      return tell("checks", kRowUnits * static_cast<uint64_t>(rows - std::exchange(before, rows)));
    });
    if (!theirs) return theirs.error().code == ErrorCode::kCancelled ? stopped() : Failure(theirs.error());
    for (size_t i = 0; i < ours.size(); ++i) {
      if ((*theirs)[i] == ours[i]) continue;
      return fail(ErrorCode::kVerifyFailed, "table " + ours[i].table + " has " + std::to_string((*theirs)[i].rows) +
                                                " rows at its new place and " + std::to_string(ours[i].rows) +
                                                " here, or their contents differ; nothing was switched over");
    }
    return x_to->check_integrity();
  }

  const MovePlan x_plan;
  const std::string x_url;
  Database& x_from;
  const OnMigrateProgress& x_on_progress;
  std::unique_ptr<Database> x_to;                                  // only when records move
  std::unique_ptr<storage::ObjectStore> x_old_store, x_new_store;  // only when objects do
  std::vector<database::Table> x_tables;
  MigrateProgress x_now;
  Migrated x_outcome;
};

/// The plan of this call; that of an earlier one where it goes on.
Result<MovePlan> plan_of(const MigrateOptions& options, Database& from) {
  MovePlan plan;
  plan.data = options.data;
  if (!options.database.empty()) {
    PIER_TRY(plan.database, database::remembered_url(options.database));
  }
  PIER_TRY(plan.from, impl::place_of_objects(from, options.data, ""));
  PIER_TRY(plan.from, impl::store_named(plan.from));
  PIER_TRY(plan.store, impl::store_named(options.store));
  PIER_TRY(const std::string own, impl::store_named(options.data + "/objects"));
  if (plan.store.empty() && plan.from == own) {
    return fail(ErrorCode::kInvalidArgument,
                "records on a server want objects that every machine reaches: name --store s3://bucket/prefix?"
                "endpoint=URL too, or --store " +
                    display_text(own) + " when all will mount it at that place");
  }
  if (plan.store.empty()) plan.store = plan.from;
  if (plan.database.empty() && plan.store == plan.from) {
    return fail(ErrorCode::kInvalidArgument, "the objects lie in " + display_text(plan.store) + " already");
  }
  PIER_TRY(auto session, from.read());
  PIER_TRY(const auto known, catalogue::find_installation(session));
  PIER_TRY(const auto before, impl::read_plan(options.data));
  if (before && (before->database != plan.database || before->store != plan.store)) {
    return fail(ErrorCode::kConflict,
                "a move to " +
                    display_text(before->database + (before->database.empty() ? "" : " and ") + before->store) +
                    " was begun; call `pier migrate` with these to go on, or remove " +
                    display_text(impl::plan_file(options.data)) + " to give it up (what was copied stays there)");
  }
  plan.claimed = before && before->claimed;
  plan.id = known ? known->id : before ? before->id : new_uuid7();
  return plan;
}

Result<Migrated> begin_or_go_on(const MigrateOptions& options, const OnMigrateProgress& on_progress) {
  const std::string own = options.data + "/pier.db";
  PIER_TRY(auto from, Database::open("sqlite:" + own));
  PIER_TRY(const MovePlan plan, plan_of(options, *from));
  Move move(plan, options.database, *from, on_progress);
  PIER_CHECK(move.run());
  if (plan.database.empty()) {
    PIER_CHECK(impl::switch_store(plan, *from));
  } else {
    PIER_CHECK(from->checkpoint());
    PIER_CHECK(impl::remember_records(options.data, plan.database));
  }
  from.reset();
  MigrateProgress last{"tidy", 1, 1};
  if (on_progress && !on_progress(last)) {
    return fail(ErrorCode::kCancelled, "stopped after the installation was switched over; call `pier migrate` again");
  }
  PIER_TRY(move.outcome().kept, impl::finish_move(plan, options.database));
  return move.outcome();
}

Failure nothing_here(const MigrateOptions& options) {
  return fail(ErrorCode::kNotFound, display_text(options.data) +
                                        " holds no records of its own (pier.db); `pier migrate` moves an embedded "
                                        "installation, name its directory with --data");
}

Result<void> check_wish(const MigrateOptions& options) {
  if (options.database.empty() && options.store.empty())
    return fail(ErrorCode::kInvalidArgument, "nothing to move: name --database, --store, or both");
  if (options.database.empty() || database::is_server_url(options.database)) return {};
  return fail(ErrorCode::kInvalidArgument, "--database names records on a server: postgresql://user@host:port/name");
}

}  // namespace

Result<Migrated> migrate(const MigrateOptions& options, const OnMigrateProgress& on_progress) {
  PIER_TRY(const auto before, impl::read_plan(options.data));
  const bool has_records = ::access((options.data + "/pier.db").c_str(), F_OK) == 0;
  if (!before && !has_records) return nothing_here(options);
  PIER_TRY(const auto lock, database::DataDirectoryLock::take(options.data, "pier migrate"));
  PIER_TRY(const auto locks, database::WorkerLocks::open(options.data));
  PIER_TRY(const auto hush, locks.hush());
  if (!hush) {
    return fail(ErrorCode::kInUse,
                "a worker of data directory " + display_text(options.data) +
                    " runs; let it end (`pier workers drain`, or stop its process), then call again");
  }
  PIER_TRY(const bool switched, before ? impl::is_switched(*before) : Result<bool>(false));
  Migrated outcome;
  if (switched) {
    PIER_TRY(outcome.kept, impl::finish_move(*before, options.database));
    outcome.database = before->database;
    outcome.store = before->store;
    return outcome;
  }
  PIER_TRY(const auto elsewhere, impl::remembered(options.data + "/" + impl::kRecordsFile));
  if (elsewhere) {
    return fail(ErrorCode::kInvalidArgument, "the records of this data directory lie on a server already: " +
                                                 display_text(string_or(*elsewhere, "url", "")));
  }
  if (!has_records) return nothing_here(options);
  PIER_CHECK(check_wish(options));
  PIER_TRY(outcome, begin_or_go_on(options, on_progress));
  PIER_TRY(outcome.store, impl::store_named(options.store));
  if (!options.database.empty()) {
    PIER_TRY(outcome.database, database::remembered_url(options.database));
  }
  return outcome;
}

}  // namespace pier::workflows
