// kill -9 at random moments of a process that writes objects and rows, then look at what is left.

#include <csignal>
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pier/catalogue/asset.hpp>
#include <pier/core/file.hpp>
#include <pier/database/testing/fresh_records.hpp>

#include "catalogue_fixture.hpp"

namespace pier::catalogue {
namespace {

/// In S3 a round takes ten to twenty times as long.
int rounds() {
  return std::getenv("PIER_TEST_STORE") == nullptr ? 50 : 20;
}

constexpr int kTracks = 3;

struct Stores {
  std::unique_ptr<Database> database;
  std::unique_ptr<ObjectStore> store;
};

using database::test::FreshRecords;

Result<Stores> open_stores(const FreshRecords& records) {
  Stores stores;
  PIER_TRY(stores.database, Database::open(records.url()));
  PIER_TRY(stores.store, storage::open_store(test::store_url(records.directory())));
  return stores;
}

/// An object in several writes, every other one through the descriptor.
Result<ObjectInfo> write_object(ObjectStore& store, std::mt19937& random) {
  PIER_TRY(const ObjectKey key, storage::new_key("default", "track"));
  PIER_TRY(auto writer, store.create(key));
  Bytes piece(512);
  for (unsigned i = 0, count = 1 + random() % 60; i < count; ++i) {
    for (std::byte& value : piece) value = static_cast<std::byte>(random());
    if (random() % 2 == 0) {
      PIER_CHECK(writer->write(piece));
    } else {
      if (::lseek(writer->fd(), 0, SEEK_END) < 0) return Failure(errno_error(errno, "lseek"));
      PIER_CHECK(write_all(writer->fd(), piece));
    }
  }
  return writer->commit();
}

Result<void> publish_one(Stores& stores, std::mt19937& random) {
  std::string id;
  PIER_CHECK(stores.database->write([&](Transaction& tx) -> Result<void> {
    NewAsset wanted;
    wanted.organisation = "default";
    PIER_TRY(const AssetRow made, create_asset(tx, wanted));
    id = made.id;
    return begin_publication(tx, "default", id);
  }));
  Publication publication;
  for (int ordinal = 0; ordinal < kTracks; ++ordinal) {
    PIER_TRY(const ObjectInfo info, write_object(*stores.store, random));
    PIER_CHECK(stores.database->write([&](Transaction& tx) { return add_object(tx, info); }));
    TrackRow track;
    track.ordinal = ordinal;
    track.media = info.key;
    publication.tracks.push_back(track);
  }
  PIER_CHECK(stores.database->write([&](Transaction& tx) -> Result<void> {
    PIER_CHECK(publish_asset(tx, "default", id, publication));
    return {};
  }));
  if (random() % 3 != 0) return {};
  PIER_CHECK(stores.database->write([&](Transaction& tx) { return delete_asset(tx, "default", id); }));
  PIER_CHECK(collect_garbage(*stores.database, *stores.store, 0));
  return {};
}

[[noreturn]] void work_until_killed(const FreshRecords& records, unsigned seed) {
  std::mt19937 random(seed);
  auto stores = open_stores(records);
  if (!stores) ::_exit(3);
  while (true) {
    if (!publish_one(*stores, random)) ::_exit(4);
  }
}

struct Seen {
  int64_t published = 0;
  int64_t unfinished = 0;
  int64_t orphans = 0;
};

/// Every living row has its whole object; every asset has all of its tracks or none; what is left over is swept.
void check_everything(const FreshRecords& records, Seen& seen) {
  auto stores = open_stores(records);
  ASSERT_TRUE(stores) << stores.error().message << stores.error().detail;
  auto& [database, store] = *stores;
  const auto sound = database->check_integrity();
  ASSERT_TRUE(sound) << sound.error().detail;
  {
    auto snapshot = database->read();
    const auto objects = list_objects(*snapshot, "default");
    ASSERT_TRUE(objects);
    for (const ObjectRow& row : *objects) {
      const auto whole = storage::verify(*store, row.object);
      ASSERT_TRUE(whole) << whole.error().message;
    }
    const auto page = list_assets(*snapshot, "default", {}, 500);
    ASSERT_TRUE(page);
    for (const AssetRow& asset : page->assets) {
      const auto tracks = list_tracks(*snapshot, "default", asset.id);
      ASSERT_TRUE(tracks);
      const bool published = asset.state == AssetState::kPublished;
      ASSERT_EQ(tracks->size(), published ? size_t{kTracks} : 0) << asset.id;
      for (const TrackRow& track : *tracks) ASSERT_TRUE(find_object(*snapshot, track.media));
      ++(published ? seen.published : seen.unfinished);
    }
  }
  const auto swept = sweep_orphans(*database, *store, 0);
  ASSERT_TRUE(swept) << swept.error().message;
  seen.orphans += swept->objects;
  // Afterwards files and rows are the same set; then all is cleared so that the next round stays quick.
  ASSERT_TRUE(collect_garbage(*database, *store, int64_t{1} << 50U));
  auto snapshot = database->read();
  size_t files = 0;
  ASSERT_TRUE(store->list("", [&](const storage::ObjectStat&) { return ++files > 0; }));
  EXPECT_EQ(files, list_objects(*snapshot, "default")->size());
}

void clear_assets(const FreshRecords& records) {
  auto stores = open_stores(records);
  ASSERT_TRUE(stores);
  ASSERT_TRUE(stores->database->write([](Transaction& tx) -> Result<void> {
    PIER_TRY(const auto page, list_assets(tx, "default", {}, 500));
    for (const AssetRow& asset : page.assets) PIER_CHECK(delete_asset(tx, "default", asset.id));
    return {};
  }));
  ASSERT_TRUE(collect_garbage(*stores->database, *stores->store, 0));
}

class Chaos : public testing::TestWithParam<database::test::Engine> {};
INSTANTIATE_TEST_SUITE_P(Engines, Chaos, database::test::kBothEngines, database::test::engine_name);

TEST_P(Chaos, KillAtAnyMomentLosesNothingThatWasCommitted) {
  const FreshRecords records(GetParam());
  ASSERT_TRUE(open_stores(records));
  std::mt19937 random(20261122);
  Seen seen;
  for (int round = 0; round < rounds() && !HasFatalFailure(); ++round) {
    const unsigned seed = random();
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) work_until_killed(records, seed);
    ::usleep(static_cast<useconds_t>(10'000 + random() % 120'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    records.wait_until_unused();  // the server may still be at the commit the killed one sent last
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
    check_everything(records, seen);
    if (round % 10 == 9) clear_assets(records);
  }
  // The kills did hit: there was work done, work half done, and files without a row.
  EXPECT_GT(seen.published, 0);
  EXPECT_GT(seen.unfinished, 0);
  EXPECT_GT(seen.orphans, 0);
}

}  // namespace
}  // namespace pier::catalogue
