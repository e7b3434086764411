#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/catalogue/installation.hpp>
#include <pier/catalogue/object_rows.hpp>
#include <pier/core/file.hpp>
#include <pier/database/address.hpp>
#include <pier/database/data_directory.hpp>
#include <pier/database/table_copy.hpp>
#include <pier/database/testing/fresh_records.hpp>
#include <pier/database/testing/transactions.hpp>
#include <pier/database/worker_locks.hpp>
#include <pier/workflows/migrate.hpp>

#include "store_place.hpp"

namespace pier::workflows {
namespace {

namespace fs = std::filesystem;

using database::Database;
using database::test::Engine;
using database::test::FreshRecords;

class MigrateTest : public testing::Test {
 protected:
  MigrateTest() {
    std::string pattern = (fs::temp_directory_path() / "pier-test-XXXXXX").string();
    x_folder = fs::canonical(::mkdtemp(pattern.data()));
    fs::create_directory(x_folder / "data");
    x_records = opened("sqlite:" + path("data/pier.db"));
    auto store = storage::open_store(path("data/objects"));
    for (int i = 0; i < 9; ++i) add(**store, std::string(static_cast<size_t>(i * 300'000), static_cast<char>('a' + i)));
    EXPECT_TRUE(database::test::step(*x_records, [](database::Transaction& tx) {
      return tx.run(
          "INSERT INTO jobs (id, organisation, kind, state, request, created, updated) VALUES"
          " ('j1', 'default', 'publish', 'failed', '{}', 1, 2), ('j2', 'default', 'publish', 'queued', '{}', 3, 4)");
    }));
    x_records.reset();
  }
  ~MigrateTest() override { fs::remove_all(x_folder); }

  void add(storage::ObjectStore& store, const std::string& content) {
    const auto key = storage::new_key("default", "track").value();
    const auto info = storage::put(store, key, as_bytes(content));
    ASSERT_TRUE(info) << info.error().message;
    x_contents[storage::to_string(key)] = content;
    ASSERT_TRUE(database::test::step(*x_records, [&](database::Transaction& tx) {
      return catalogue::add_object(tx, *info, catalogue::Reference{"task", "t1"});
    }));
  }
  std::unique_ptr<Database> opened(const std::string& url) {
    auto database = Database::open(url);
    EXPECT_TRUE(database) << database.error().message << database.error().detail;
    return std::move(*database);
  }
  std::string path(const std::string& name) const { return (x_folder / name).native(); }
  MigrateOptions both() const { return {path("data"), x_server.url(), path("far")}; }

  /// Digests of all that is moved.
  std::vector<database::TableDigest> digests(Database& records) {
    auto tables = database::list_tables(records).value();
    std::erase_if(tables, [](const auto& table) { return table.name == "installation"; });
    auto session = records.read();
    return database::digest_tables(*session, tables).value();
  }
  std::map<std::string, std::string> contents(const std::string& place) {
    std::map<std::string, std::string> found;
    auto store = storage::open_store(path(place));
    EXPECT_TRUE((*store)->list("", [&](const storage::ObjectStat& object) {
      const Bytes bytes = storage::read_all(**store, object.key).value();
      found[storage::to_string(object.key)] = std::string(as_text(bytes));
      return true;
    }));
    return found;
  }
  /// What a server would find.
  Result<std::string> place() {
    PIER_TRY(const std::string url, impl::place_of_records(path("data"), ""));
    PIER_TRY(auto records, Database::open(url));
    PIER_TRY(const std::string store, impl::place_of_objects(*records, path("data"), ""));
    return database::is_server_url(url) ? "server " + store : "file " + store;
  }
  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(x_folder / "data")) found.insert(entry.path().filename());
    return found;
  }

  fs::path x_folder;
  FreshRecords x_server{Engine::kPostgresql};
  std::unique_ptr<Database> x_records;
  std::map<std::string, std::string> x_contents;
};

TEST_F(MigrateTest, RecordsAndObjects) {
  const auto before = digests(*opened("sqlite:" + path("data/pier.db")));
  double last = 0;
  std::set<std::string> steps;
  const auto moved = migrate(both(), [&](const MigrateProgress& now) {
    const double done = static_cast<double>(now.done) / static_cast<double>(now.total);
    EXPECT_GE(done, last);
    EXPECT_LE(done, 1);
    last = done;
    steps.insert(now.step);
    return true;
  });
  ASSERT_TRUE(moved) << moved.error().message << moved.error().detail;
  EXPECT_EQ(last, 1);
  EXPECT_EQ(steps, (std::set<std::string>{"objects", "rows", "checks", "switch", "tidy"}));
  EXPECT_EQ(moved->objects, 9);
  EXPECT_EQ(moved->copied, 9);
  EXPECT_EQ(moved->kept, (std::vector{path("data/pier.db.migrated"), path("data/objects.migrated")}));
  EXPECT_EQ(contents("far"), x_contents);
  EXPECT_EQ(contents("data/objects.migrated"), x_contents) << "nothing is deleted";
  EXPECT_EQ(digests(*opened(x_server.url())), before);
  EXPECT_EQ(digests(*opened("sqlite:" + path("data/pier.db.migrated"))), before);
  EXPECT_EQ(place().value(), "server " + path("far"));
  EXPECT_FALSE(names().contains("migration.json"));
  EXPECT_FALSE(names().contains("pier.db"));
  EXPECT_EQ(migrate(both()).error().code, ErrorCode::kNotFound) << "there is nothing embedded any more";
}

TEST_F(MigrateTest, ObjectsAlone) {
  const auto moved = migrate({path("data"), "", path("far")});
  ASSERT_TRUE(moved) << moved.error().message << moved.error().detail;
  EXPECT_EQ(place().value(), "file " + path("far"));
  EXPECT_EQ(contents("far"), x_contents);
  EXPECT_TRUE(fs::exists(x_folder / "data/objects.migrated"));
  // And once more from there: its mark must not make it look like a copy of the new place.
  const auto again = migrate({path("data"), "", path("farther")});
  ASSERT_TRUE(again) << again.error().message << again.error().detail;
  EXPECT_EQ(place().value(), "file " + path("farther"));
  EXPECT_FALSE(fs::exists(path("far/") + impl::kStoreMark));
  EXPECT_EQ(contents("far"), x_contents);
}

TEST_F(MigrateTest, RecordsAlone) {
  EXPECT_EQ(migrate({path("data"), x_server.url(), ""}).error().code, ErrorCode::kInvalidArgument);
  const auto moved = migrate({path("data"), x_server.url(), path("data/objects")});
  ASSERT_TRUE(moved) << moved.error().message << moved.error().detail;
  EXPECT_EQ(moved->copied, 0);
  EXPECT_EQ(place().value(), "server " + path("data/objects"));
  EXPECT_EQ(contents("data/objects"), x_contents);
}

/// Stopped at its first, second, third ... report: until the switch the old installation is what a server finds, whole;
/// after it the new one, once the next call has come through; and that one always comes through.
TEST_F(MigrateTest, StoppedAnywhereTheNextCallGoesOn) {
  const auto before = digests(*opened("sqlite:" + path("data/pier.db")));
  int stops = 0;
  for (int moment = 1;; moment += moment < 30 ? 7 : 13) {
    int count = 0;
    std::string step;
    const auto moved = migrate(both(), [&](const MigrateProgress& now) {
      step = now.step;
      return ++count < moment && step != "tidy";
    });
    ASSERT_FALSE(moved);
    ASSERT_EQ(moved.error().code, ErrorCode::kCancelled) << moved.error().message << moved.error().detail;
    ++stops;
    if (step == "tidy") break;
    EXPECT_EQ(place().value(), "file " + path("data/objects")) << "stopped in " << step;
    EXPECT_EQ(contents("data/objects"), x_contents);
  }
  EXPECT_GT(stops, 4);
  EXPECT_EQ(place().error().code, ErrorCode::kConflict) << "switched, not tidied";
  const auto rest = migrate(both());
  ASSERT_TRUE(rest) << rest.error().message << rest.error().detail;
  EXPECT_EQ(place().value(), "server " + path("far"));
  EXPECT_EQ(digests(*opened(x_server.url())), before);
  EXPECT_EQ(contents("far"), x_contents);
}

TEST_F(MigrateTest, WhatIsThereIsNotCopiedAgainButCheckedAndChangesAreSeen) {
  ASSERT_EQ(migrate(both(), [](const MigrateProgress& now) { return now.step != std::string("rows"); }).error().code,
            ErrorCode::kCancelled);
  EXPECT_EQ(contents("far"), x_contents);
  // One object at the new place rots, one is half, one is too much; and here a new one is made.
  auto key = x_contents.begin();
  ++key;
  for (const char* bad : {"x", ""}) {
    const std::string file = path("far/") + (++key)->first;
    fs::permissions(file, fs::perms::owner_all);
    std::string content = key->second;
    content.back() = *bad;
    std::ofstream(file, std::ios::trunc) << (*bad == 0 ? content.substr(1) : content);
  }
  {
    auto far = storage::open_store(path("far"));
    ASSERT_TRUE(storage::put(**far, storage::new_key("default", "track").value(), as_bytes("left over")));
  }
  x_records = opened("sqlite:" + path("data/pier.db"));
  auto store = storage::open_store(path("data/objects"));
  add(**store, "made meanwhile");
  x_records.reset();
  const auto moved = migrate(both());
  ASSERT_TRUE(moved) << moved.error().message << moved.error().detail;
  EXPECT_EQ(moved->copied, 3);
  EXPECT_EQ(contents("far"), x_contents);
}

TEST_F(MigrateTest, ADamagedObjectIsNamedAndNothingIsSwitched) {
  const std::string file = path("data/objects/") + x_contents.rbegin()->first;
  fs::permissions(file, fs::perms::owner_all);
  std::ofstream(file, std::ios::trunc) << std::string(x_contents.rbegin()->second.size(), '?');
  const auto refused = migrate(both());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kVerifyFailed) << refused.error().message;
  EXPECT_NE(refused.error().message.find(x_contents.rbegin()->first), std::string::npos) << refused.error().message;
  EXPECT_EQ(place().value(), "file " + path("data/objects"));
}

TEST_F(MigrateTest, Refusals) {
  const auto code = [](const MigrateOptions& options) { return migrate(options).error().code; };
  EXPECT_EQ(code({path("data"), "", ""}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({path("data"), "sqlite:/tmp/x.db", ""}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({path("data"), "", path("data/objects")}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({path("nowhere"), "", path("far")}), ErrorCode::kNotFound);
  EXPECT_FALSE(fs::exists(path("nowhere")));
  {
    const auto served = database::DataDirectoryLock::take(path("data"), "pier serve");
    EXPECT_EQ(code(both()), ErrorCode::kInUse);
  }
  {
    auto locks = database::WorkerLocks::open(path("data"));
    ASSERT_TRUE(locks->hold(1));
    EXPECT_EQ(code(both()), ErrorCode::kInUse);
  }
  fs::create_directory(x_folder / "full");
  std::ofstream(path("full/something")) << "x";
  EXPECT_EQ(code({path("data"), "", path("full")}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({path("data"), x_server.url(), path("full")}), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(names().contains("migration.json")) << "a refusal leaves nothing behind";
  EXPECT_EQ(place().value(), "file " + path("data/objects"));
}

TEST_F(MigrateTest, AServerThatHoldsSomethingIsRefused) {
  auto there = opened(x_server.url());
  ASSERT_TRUE(database::test::step(*there, [](database::Transaction& tx) {
    return tx.run(
        "INSERT INTO jobs (id, organisation, kind, state, request, created, updated) VALUES"
        " ('theirs', 'default', 'publish', 'done', '{}', 1, 2)");
  }));
  EXPECT_EQ(migrate(both()).error().code, ErrorCode::kInvalidArgument);
  ASSERT_TRUE(database::test::step(*there, [](database::Transaction& tx) { return tx.run("DELETE FROM jobs"); }));
  ASSERT_TRUE(database::test::step(*there, [](database::Transaction& tx) {
    return catalogue::begin_installation(tx, {"another", "/srv/objects", true});
  }));
  EXPECT_EQ(migrate(both()).error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(names().contains("migration.json"));
}

TEST_F(MigrateTest, AnotherPlaceThanTheOneThatWasBegunIsRefused) {
  ASSERT_FALSE(migrate(both(), [](const MigrateProgress& now) { return now.step != std::string("rows"); }));
  EXPECT_EQ(migrate({path("data"), "", path("elsewhere")}).error().code, ErrorCode::kConflict);
  EXPECT_FALSE(fs::exists(path("elsewhere")));
}

}  // namespace
}  // namespace pier::workflows
