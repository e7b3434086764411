#pragma once
// For tests: records of either engine and objects in a scratch directory, with a clock that moves when told.

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include <pier/catalogue/analysis.hpp>
#include <pier/catalogue/asset.hpp>
#include <pier/catalogue/organisation.hpp>
#include <pier/catalogue/report.hpp>
#include <pier/database/testing/fresh_records.hpp>
#include <pier/database/testing/transactions.hpp>

namespace pier::catalogue::test {

/// Where the objects of a test lie: in its folder, or in S3 under a name of their own (PIER_TEST_STORE).
inline std::string store_url(const std::string& path) {
  const char* pattern = std::getenv("PIER_TEST_STORE");
  if (pattern == nullptr) return path + "/objects";
  std::string url = pattern;
  return url.replace(url.find("{}"), 2, std::filesystem::path(path).filename().string());
}

using database::test::engine_name;
using database::test::kBothEngines;

class CatalogueTest : public testing::TestWithParam<database::test::Engine> {
 protected:
  void SetUp() override {
    database::OpenOptions options;
    options.clock = &x_clock;
    options.own_clock = true;
    auto opened = Database::open(x_records.url(), options);
    ASSERT_TRUE(opened) << opened.error().message << opened.error().detail;
    x_database = std::move(*opened);
    auto store = storage::open_store(store_url(x_records.directory()));
    ASSERT_TRUE(store) << store.error().message;
    x_store = std::move(*store);
    ASSERT_TRUE(step([](Transaction& tx) { return ensure_organisation(tx, "other", "Other"); }));
  }

  /// Runs one step in its own transaction, which is committed when the step gave no error.
  template <typename F>
  auto step(F&& work) -> decltype(work(std::declval<Transaction&>())) {
    return database::test::step(*x_database, std::forward<F>(work));
  }
  template <typename F>
  auto look(F&& work) -> decltype(work(std::declval<Session&>())) {
    auto snapshot = x_database->read();
    if (!snapshot) return Failure(snapshot.error());
    return work(*snapshot);
  }

  ObjectInfo stored(const std::string& kind, const std::string& content, const std::string& organisation = "default") {
    auto info = storage::put(*x_store, *storage::new_key(organisation, kind), as_bytes(content));
    EXPECT_TRUE(info);
    return *info;
  }
  /// Stored and in the catalogue, without reference.
  ObjectInfo object(const std::string& kind, const std::string& content, const std::string& organisation = "default") {
    const ObjectInfo info = stored(kind, content, organisation);
    const auto added = step([&](Transaction& tx) { return add_object(tx, info); });
    EXPECT_TRUE(added) << added.error().message << added.error().detail;
    return info;
  }
  bool lies_there(const ObjectKey& key) { return x_store->head(key).has_value(); }

  AssetRow asset(const std::string& title, const std::string& organisation = "default") {
    NewAsset wanted;
    wanted.organisation = organisation;
    wanted.title = title;
    wanted.ladder = "uhd";
    auto made = step([&](Transaction& tx) { return create_asset(tx, wanted); });
    EXPECT_TRUE(made) << made.error().message << made.error().detail;
    return *made;
  }
  TrackRow track(int64_t ordinal, const std::string& content) {
    TrackRow row;
    row.kind = TrackKind::kVideo;
    row.ordinal = ordinal;
    row.rung = "hevc-2160p";
    row.codec = "hvc1.2.4.L153.B0";
    row.width = 3840;
    row.height = 2160;
    row.frames = 384;
    const ObjectInfo media = object("track", content);
    row.bytes = static_cast<int64_t>(media.size);
    row.bitrate = 15'000'000;
    row.duration = Rational(192, 25);
    row.media = media.key;
    row.index = object("index", content + " index").key;
    row.details = {{"track_ID", ordinal + 1}};
    row.quality = {{"vmaf", 95.5}};
    return row;
  }
  Result<AssetRow> publish(const AssetRow& asset, std::vector<TrackRow> tracks) {
    return step([&](Transaction& tx) -> Result<AssetRow> {
      PIER_CHECK(begin_publication(tx, asset.organisation, asset.id));
      Publication publication;
      publication.grid = {{"segment", "3.84"}};
      publication.tracks = std::move(tracks);
      return publish_asset(tx, asset.organisation, asset.id, std::move(publication));
    });
  }

  database::test::FreshRecords x_records{GetParam()};
  FakeClock x_clock;
  std::unique_ptr<Database> x_database;
  std::unique_ptr<ObjectStore> x_store;
};

}  // namespace pier::catalogue::test
