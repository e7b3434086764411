#include "migrate_plan.hpp"

#include <filesystem>

#include <pier/catalogue/installation.hpp>
#include <pier/core/file.hpp>
#include <pier/core/json.hpp>
#include <pier/database/address.hpp>
#include <pier/database/table_copy.hpp>

#include "store_place.hpp"

namespace pier::workflows::impl {
namespace {

namespace fs = std::filesystem;

using catalogue::Installation;
using database::Database;

constexpr const char* kSeeded = "organisations";  // the only rows of a fresh schema

Result<void> write_plan(const MovePlan& plan) {
  json::object object{{"id", plan.id}, {"database", plan.database}, {"claimed", plan.claimed}};
  put_path(object, "store", plan.store);
  put_path(object, "from", plan.from);
  return replace_file(plan_file(plan.data), as_bytes(json::serialize(object) + "\n"));
}

Result<void> forget_plan(const MovePlan& plan) {
  std::error_code error;
  fs::remove(plan_file(plan.data), error);
  return sync_directory(plan.data);
}

Failure taken(const std::string& what, const std::string& why) {
  return fail(ErrorCode::kInvalidArgument, "the new place (" + what + ") " + why);
}

/// Rows that no fresh schema has.
Result<int64_t> foreign_rows(Database& records) {
  PIER_TRY(auto tables, database::list_tables(records));
  std::erase_if(tables, [](const database::Table& table) { return table.name == kSeeded; });
  PIER_TRY(auto session, records.read());
  PIER_TRY(const int64_t rows, database::count_rows(session, tables));
  PIER_TRY(const auto seeded, session.one("SELECT count(*) FROM organisations WHERE id <> 'default'"));
  return rows + seeded->integer(0);
}

/// Is it ours from an earlier call? kInvalidArgument: it is neither ours nor empty.
Result<bool> look_at(const MovePlan& plan, Database& records) {
  std::optional<Installation> there;
  {
    PIER_TRY(auto session, records.read());
    PIER_TRY(there, catalogue::find_installation(session));
  }
  if (there && there->id == plan.id && there->moving) return true;
  if (there) return taken(plan.database, "holds the records of an installation; choose an empty database");
  PIER_TRY(const int64_t rows, foreign_rows(records));
  if (rows == 0) return false;
  return taken(plan.database, "holds " + std::to_string(rows) + " rows; choose an empty database");
}

Result<void> look_at(const MovePlan& plan, storage::ObjectStore& store) {
  if (plan.claimed) return {};
  bool empty = true;
  PIER_CHECK(store.list("", [&](const storage::ObjectStat&) { return empty = false; }));
  if (!storage::is_remote_store(plan.store)) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(plan.store, ignored))
      empty = empty && entry.path().filename() == kStoreMark;
  }
  return empty ? Result<void>() : Result<void>(taken(store.describe(), "is not empty; choose an empty one"));
}

/// A name beside `path` that nothing has.
std::string kept_name(const std::string& path) {
  std::string name = path + ".migrated";
  for (int number = 2; fs::exists(name); ++number) name = path + ".migrated-" + std::to_string(number);
  return name;
}

Result<void> rename_to(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (!error) return {};
  return Failure(errno_error(error.value(), "cannot rename " + display_text(from) + " to " + display_text(to)));
}

Result<void> keep_records(const MovePlan& plan, std::vector<std::string>& kept) {
  const std::string own = plan.data + "/pier.db";
  if (!fs::exists(own)) return {};
  const std::string name = kept_name(own);
  // What SQLite has beside the file belongs to it under its new name too; the file comes last.
  for (const char* part : {"-wal", "-shm", ""}) {
    if (fs::exists(own + part)) PIER_CHECK(rename_to(own + part, name + part));
  }
  kept.push_back(name);
  return {};
}

/// A copy with our mark would be taken for the place the objects were moved to: it loses the mark.
Result<void> keep_objects(const MovePlan& plan, std::vector<std::string>& kept) {
  if (plan.store == plan.from || storage::is_remote_store(plan.from) || !fs::exists(plan.from)) return {};
  const std::string mark = plan.from + "/" + kStoreMark;
  if (fs::exists(mark)) PIER_CHECK(rename_to(mark, mark + ".migrated"));
  PIER_TRY(const std::string own, store_named(plan.data + "/objects"));
  if (plan.from != own) {
    kept.push_back(plan.from);
    return {};
  }
  kept.push_back(kept_name(plan.from));
  return rename_to(plan.from, kept.back());
}

Result<void> open_to_all(const MovePlan& plan, const std::string& url) {
  PIER_TRY(auto records, Database::open(url.empty() ? plan.database : url));
  std::optional<Installation> there;
  {
    PIER_TRY(auto session, records->read());
    PIER_TRY(there, catalogue::find_installation(session));
  }
  if (!there || there->id != plan.id) return taken(plan.database, "is not the one the records were moved to");
  if (!there->moving) return {};
  there->moving = false;
  return records->write([&](database::Transaction& tx) { return catalogue::change_installation(tx, *there); });
}

}  // namespace

std::string plan_file(const std::string& data) {
  return data + "/migration.json";
}

Result<std::optional<MovePlan>> read_plan(const std::string& data) {
  PIER_TRY(const auto object, remembered(plan_file(data)));
  if (!object) return std::nullopt;
  MovePlan plan;
  plan.data = data;
  PIER_TRY(plan.id, get_string(*object, "id"));
  PIER_TRY(plan.database, get_string(*object, "database"));
  PIER_TRY(plan.store, get_path(*object, "store"));
  PIER_TRY(plan.from, get_path(*object, "from"));
  plan.claimed = bool_or(*object, "claimed", false);
  return std::optional(std::move(plan));
}

Result<void> claim_goals(MovePlan plan, Database* records, storage::ObjectStore* store) {
  bool ours = true;
  if (records != nullptr) {
    PIER_TRY(ours, look_at(plan, *records));
  }
  if (store != nullptr) PIER_CHECK(look_at(plan, *store));
  // The id is written down before anything carries it.
  PIER_CHECK(write_plan(plan));
  if (records != nullptr && !ours) {
    Installation stands;
    PIER_CHECK(records->write([&](database::Transaction& tx) -> Result<void> {
      PIER_TRY(stands, catalogue::begin_installation(tx, {plan.id, plan.store, true, true}));
      return {};
    }));
    if (stands.id != plan.id) return taken(plan.database, "was taken by another installation just now");
  }
  std::unique_ptr<storage::ObjectStore> stays;
  if (store == nullptr && !storage::is_remote_store(plan.store)) {
    // Records on a server name their directory by a mark, also one that was in a data directory until now.
    PIER_TRY(stays, storage::open_store(plan.store));
    store = stays.get();
  }
  if (store != nullptr) {
    PIER_TRY(const std::string owner, store->claim(plan.id));
    if (owner != plan.id) return taken(store->describe(), "belongs to another installation; choose another");
  }
  plan.claimed = true;
  return write_plan(plan);
}

Result<void> switch_store(const MovePlan& plan, Database& records) {
  return records.write([&](database::Transaction& tx) -> Result<void> {
    PIER_CHECK(catalogue::begin_installation(tx, {plan.id, plan.store, true}));
    return catalogue::change_installation(tx, {plan.id, plan.store, true});
  });
}

Result<bool> is_switched(const MovePlan& plan) {
  if (!plan.database.empty()) {
    PIER_TRY(const auto known, remembered(plan.data + "/" + kRecordsFile));
    return known && string_or(*known, "url", "") == plan.database;
  }
  PIER_TRY(auto records, Database::open("sqlite:" + plan.data + "/pier.db"));
  PIER_TRY(auto session, records->read());
  PIER_TRY(const auto known, catalogue::find_installation(session));
  return known && known->id == plan.id && known->store == plan.store;
}

Result<std::vector<std::string>> finish_move(const MovePlan& plan, const std::string& url) {
  std::vector<std::string> kept;
  if (!plan.database.empty()) {
    PIER_CHECK(open_to_all(plan, url));
    PIER_CHECK(keep_records(plan, kept));
  }
  PIER_CHECK(keep_objects(plan, kept));
  PIER_CHECK(forget_plan(plan));
  return kept;
}

}  // namespace pier::workflows::impl
