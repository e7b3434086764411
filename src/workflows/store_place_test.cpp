#include "store_place.hpp"

#include <filesystem>
#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/catalogue/installation.hpp>
#include <pier/database/address.hpp>
#include <pier/database/testing/fresh_records.hpp>

namespace pier::workflows::impl {
namespace {

namespace fs = std::filesystem;

class StorePlace : public testing::Test {
 protected:
  StorePlace() {
    std::string pattern = (fs::temp_directory_path() / "pier-test-XXXXXX").string();
    x_folder = fs::canonical(::mkdtemp(pattern.data()));
    fs::create_directory(x_folder / "data");
  }
  ~StorePlace() override {
    x_records.clear();
    fs::remove_all(x_folder);
  }

  database::Database& records(const std::string& data = "data") {
    auto& opened = x_records[data];
    if (!opened) {
      fs::create_directories(path(data));
      auto made = database::Database::open("sqlite:" + path(data) + "/pier.db");
      EXPECT_TRUE(made) << made.error().message;
      opened = std::move(*made);
    }
    return *opened;
  }
  Result<std::string> place(const std::string& asked, const std::string& data = "data") {
    return place_of_objects(records(data), path(data), asked);
  }
  std::optional<catalogue::Installation> known(const std::string& data = "data") {
    auto snapshot = records(data).read();
    return catalogue::find_installation(*snapshot).value();
  }
  std::string path(const std::string& name) const { return (x_folder / name).native(); }
  void touch(const std::string& name) const {
    fs::create_directories((x_folder / name).parent_path());
    std::ofstream(x_folder / name) << "x";
  }

  fs::path x_folder;
  std::map<std::string, std::unique_ptr<database::Database>> x_records;
};

TEST_F(StorePlace, IsTheDataDirectoryUnlessAsked) {
  EXPECT_EQ(place("").value(), path("data/objects"));
  EXPECT_EQ(place(path("data/objects")).value(), path("data/objects"));
  EXPECT_FALSE(known());
}

TEST_F(StorePlace, IsRemembered) {
  EXPECT_EQ(place(path("far/store")).value(), path("far/store"));
  EXPECT_EQ(place("").value(), path("far/store")) << "a forgotten option changes nothing";
  EXPECT_EQ(place(path("far/../far/store/")).value(), path("far/store"));
}

TEST_F(StorePlace, UrlsAreKeptAsTheyAre) {
  const std::string url = "s3://bucket/a//../b?endpoint=http://127.0.0.1:1";
  EXPECT_EQ(place(url).value(), url);
  EXPECT_EQ(place("").value(), url);
  EXPECT_EQ(place(url + "2").error().code, ErrorCode::kInvalidArgument);
  fs::create_directory(x_folder / "second");
  EXPECT_EQ(place("ftp://host/x", "second").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(place("dir:" + path("far"), "second").value(), path("far"));
}

/// A store that is no directory, as far as its owner goes.
class OwnedStore final : public storage::ObjectStore {
 public:
  Result<std::unique_ptr<storage::ObjectWriter>> create(const storage::ObjectKey&, std::optional<uint64_t>) override {
    return fail(ErrorCode::kInternal, "not asked");
  }
  Result<std::unique_ptr<storage::ObjectReader>> open(const storage::ObjectKey&) override {
    return fail(ErrorCode::kInternal, "not asked");
  }
  Result<storage::ObjectStat> head(const storage::ObjectKey&) override {
    return fail(ErrorCode::kInternal, "not asked");
  }
  Result<void> list(std::string_view, const std::function<bool(const storage::ObjectStat&)>& visit) override {
    if (holds_objects) visit({});
    return {};
  }
  Result<void> remove(const storage::ObjectKey&) override { return {}; }
  Result<uint64_t> remove_unfinished(WallTime) override { return 0; }
  Result<void> erase(std::string_view) override { return {}; }
  Result<uint64_t> free_bytes() override { return UINT64_MAX; }
  Result<std::string> presign_get(const storage::ObjectKey&, std::chrono::seconds) override { return "x"; }
  Result<std::string> claim(const std::string& asked) override {
    if (owner.empty()) owner = asked;
    return owner;
  }
  std::string describe() const override { return "S3 bucket b"; }

  std::string owner;
  bool holds_objects = false;
};

TEST_F(StorePlace, ARemoteStoreHasOneOwner) {
  const std::string url = "s3://bucket/p?endpoint=http://127.0.0.1:1";
  OwnedStore store;
  ASSERT_TRUE(place(url));
  EXPECT_TRUE(claim_place(records(), store));
  store.holds_objects = true;
  EXPECT_TRUE(claim_place(records(), store));

  fs::create_directory(x_folder / "other");
  ASSERT_TRUE(place(url, "other"));
  EXPECT_EQ(claim_place(records("other"), store).error().code, ErrorCode::kInvalidArgument);
  store.holds_objects = false;
  ASSERT_TRUE(place(url, "other")) << "refused once, another or the same place may be chosen";
  EXPECT_EQ(claim_place(records("other"), store).error().code, ErrorCode::kInvalidArgument);
  store.owner = "someone else";
  EXPECT_EQ(claim_place(records(), store).error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(known()) << "a place that was ours is not forgotten";
}

TEST_F(StorePlace, ADirectoryIsNotClaimedHere) {
  OwnedStore store;
  ASSERT_TRUE(place(path("far")));
  EXPECT_TRUE(claim_place(records(), store));
  EXPECT_TRUE(store.owner.empty());
}

TEST_F(StorePlace, OtherPlacesAreRefused) {
  ASSERT_TRUE(place(path("far")));
  EXPECT_EQ(place(path("near")).error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(fs::exists(x_folder / "near"));
}

TEST_F(StorePlace, ObjectsThatExistStayWhereTheyAre) {
  touch("data/objects/default/track/1");
  EXPECT_EQ(place(path("far")).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(place("").value(), path("data/objects"));
}

TEST_F(StorePlace, AMissingMountIsNamed) {
  ASSERT_TRUE(place(path("far")));
  fs::rename(x_folder / "far", x_folder / "away");
  fs::create_directory(x_folder / "far");  // an empty mount point
  EXPECT_EQ(place("").error().code, ErrorCode::kIo);
  EXPECT_EQ(place(path("far")).error().code, ErrorCode::kIo);
  fs::remove(x_folder / "far");
  fs::rename(x_folder / "away", x_folder / "far");
  EXPECT_TRUE(place(""));
}

TEST_F(StorePlace, NobodyTakesTheStoreOfAnother) {
  ASSERT_TRUE(place(path("far")));
  fs::create_directory(x_folder / "other");
  EXPECT_EQ(place(path("far"), "other").error().code, ErrorCode::kInvalidArgument);
  touch("full/something");
  EXPECT_EQ(place(path("full"), "other").error().code, ErrorCode::kInvalidArgument);
}

TEST_F(StorePlace, KilledBetweenRecordAndMarkGoesOn) {
  ASSERT_TRUE(place(path("far")));
  catalogue::Installation unmarked = *known();
  unmarked.marked = false;
  ASSERT_TRUE(records().write([&](database::Transaction& tx) { return catalogue::change_installation(tx, unmarked); }));
  fs::remove(x_folder / "far" / kStoreMark);
  EXPECT_EQ(place("").value(), path("far"));
  EXPECT_TRUE(fs::exists(x_folder / "far" / kStoreMark));
  EXPECT_TRUE(known()->marked);
}

TEST_F(StorePlace, WhatAnEarlierVersionRememberedIsTakenOver) {
  touch("far/default/track/1");
  std::ofstream(x_folder / "far" / kStoreMark) << "id-1\n";
  std::ofstream(x_folder / "data/store.json") << R"({"id":"id-1","marked":true,"path":")" << path("far") << "\"}\n";
  EXPECT_EQ(place("").value(), path("far"));
  EXPECT_FALSE(fs::exists(x_folder / "data/store.json"));
  EXPECT_EQ(place("").value(), path("far"));
}

TEST_F(StorePlace, ObjectsThatWereMovedAreFound) {
  ASSERT_TRUE(place(path("far")));
  fs::copy(x_folder / "far", x_folder / "new", fs::copy_options::recursive);
  EXPECT_EQ(place(path("new")).value(), path("new"));
  EXPECT_EQ(place("").value(), path("new"));
  EXPECT_EQ(place(path("elsewhere")).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(StorePlace, SharedRecordsWantAPlaceAndAgreeOnOne) {
  database::test::FreshRecords fresh(database::test::Engine::kPostgresql);
  const auto one = database::Database::open(fresh.url());
  const auto two = database::Database::open(fresh.url());
  ASSERT_TRUE(one && two);
  const std::string url = "s3://bucket/p?endpoint=http://127.0.0.1:1";
  EXPECT_EQ(place_of_objects(**one, path("a"), "").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(place_of_objects(**one, path("a"), url).value(), url);
  EXPECT_EQ(place_of_objects(**two, path("b"), "").value(), url);
  EXPECT_EQ(place_of_objects(**two, path("b"), "s3://other").error().code, ErrorCode::kInvalidArgument);
  OwnedStore store;
  EXPECT_TRUE(claim_place(**one, store));
  store.holds_objects = true;
  EXPECT_TRUE(claim_place(**two, store)) << "both are the same installation";
}

TEST_F(StorePlace, RecordsOnAServerAreRememberedWithoutTheirPassword) {
  EXPECT_EQ(place_of_records(path("data"), "").value(), "sqlite:" + path("data/pier.db"));
  EXPECT_EQ(place_of_records(path("data"), "sqlite:" + path("data/pier.db")).value(), "sqlite:" + path("data/pier.db"));
  EXPECT_FALSE(place_of_records(path("data"), "sqlite:/elsewhere/pier.db"));
  EXPECT_FALSE(place_of_records(path("data"), "mysql://host/x"));
  const std::string url = "postgresql://pier:secret@host:5433/records";
  EXPECT_EQ(place_of_records(path("data"), url).value(), url);
  ASSERT_TRUE(remember_records(path("data"), url));
  const std::string again = place_of_records(path("data"), "").value();
  EXPECT_EQ(again, database::remembered_url(url).value());
  EXPECT_EQ(again.find("secret"), std::string::npos);
  EXPECT_TRUE(place_of_records(path("data"), url)) << "with a password it is the same";
  EXPECT_FALSE(place_of_records(path("data"), "postgresql://pier@other/records"));
  records("embedded");
  EXPECT_FALSE(place_of_records(path("embedded"), url)) << "records that are there are not left behind in silence";
}

}  // namespace
}  // namespace pier::workflows::impl
