// Several transactions at once. On SQLite they take turns; on PostgreSQL they meet, and there a test fails without the
// hold, the condition in the change or the ON CONFLICT it is about.

#include <future>
#include <thread>

#include "catalogue_fixture.hpp"

namespace pier::catalogue {
namespace {

using namespace std::chrono_literals;

class AtOnceTest : public test::CatalogueTest {
 protected:
  template <typename F, typename G>
  auto meet(F&& first, G&& second) {
    return database::test::meet(*x_database, std::forward<F>(first), std::forward<G>(second));
  }
  ObjectRow row_of(const ObjectKey& key) {
    return *look([&](Session& session) { return find_object(session, key); });
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, AtOnceTest, test::kBothEngines, test::engine_name);

TEST_P(AtOnceTest, AnObjectThatIsTakenUpAgainIsNotGivenUp) {
  const ObjectInfo info = stored("chunk", "bytes");
  ASSERT_TRUE(step([&](Transaction& tx) { return add_object(tx, info, Reference{"task", "one"}); }));
  ASSERT_TRUE(meet([&](Transaction& tx) { return add_reference(tx, info.key, {"task", "two"}); },
                   [&](Transaction& tx) { return drop_references(tx, {"task", "one"}); }));
  EXPECT_EQ(row_of(info.key).references, 1);
  EXPECT_EQ(row_of(info.key).unreferenced, 0);
  ASSERT_TRUE(collect_garbage(*x_database, *x_store, 0));
  EXPECT_TRUE(lies_there(info.key));
}

TEST_P(AtOnceTest, TheLastTwoReferencesThatGoTogetherAreNoticed) {
  const ObjectInfo info = stored("chunk", "bytes");
  ASSERT_TRUE(step([&](Transaction& tx) { return add_object(tx, info, Reference{"task", "one"}); }));
  ASSERT_TRUE(step([&](Transaction& tx) { return add_reference(tx, info.key, {"task", "two"}); }));
  ASSERT_TRUE(meet([&](Transaction& tx) { return drop_references(tx, {"task", "one"}); },
                   [&](Transaction& tx) { return drop_references(tx, {"task", "two"}); }));
  EXPECT_EQ(row_of(info.key).references, 0);
  EXPECT_NE(row_of(info.key).unreferenced, 0);
}

TEST_P(AtOnceTest, WhatIsBeingMarkedIsNotReferredToAndTheOtherWayRound) {
  const ObjectInfo info = object("chunk", "bytes");
  const auto late = meet(
      [&](Transaction& tx) {
        return tx.run(
            "UPDATE objects SET deleted = 1 WHERE deleted = 0 AND"
            " unreferenced > 0");
      },
      [&](Transaction& tx) { return add_reference(tx, info.key, {"task", "late"}); });
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kNotFound);

  const ObjectInfo other = object("chunk", "others");
  ASSERT_TRUE(meet([&](Transaction& tx) { return add_reference(tx, other.key, {"task", "in time"}); },
                   [&](Transaction& tx) {
                     return tx.run("UPDATE objects SET deleted = 1 WHERE deleted = 0 AND unreferenced > 0");
                   }));
  EXPECT_EQ(row_of(other.key).deleted, 0);
}

TEST_P(AtOnceTest, TheSameMasterIsOne) {
  MasterRow master;
  master.organisation = "default";
  master.path = "/m.mov";
  std::string first;
  const auto second = meet(
      [&](Transaction& tx) {
        auto added = add_master(tx, master);
        first = added ? *added : "";
        return added;
      },
      [&](Transaction& tx) { return add_master(tx, master); });
  ASSERT_TRUE(second) << second.error().message << second.error().detail;
  EXPECT_EQ(*second, first);
}

TEST_P(AtOnceTest, AMasterThatIsTakenUpIsNotCollected) {
  MasterRow master;
  master.organisation = "default";
  master.path = "/m.mov";
  master.kept = object("master", "copy").key;
  const auto id = step([&](Transaction& tx) { return add_master(tx, master); });
  ASSERT_TRUE(id);
  x_clock.advance_us(1);
  NewAsset wanted;
  wanted.organisation = "default";
  wanted.master_id = *id;
  auto tx = x_database->begin();
  ASSERT_TRUE(create_asset(*tx, wanted));
  auto collected = std::async(std::launch::async, [&] { return collect_garbage(*x_database, *x_store, 0); });
  collected.wait_for(50ms);
  ASSERT_TRUE(tx->commit());
  {
    auto gone = std::move(*tx);
  }
  const auto counts = collected.get();
  ASSERT_TRUE(counts) << counts.error().message << counts.error().detail;
  EXPECT_TRUE(look([&](Session& session) { return find_master(session, "default", *id); }));
  EXPECT_TRUE(lies_there(*master.kept));
}

TEST_P(AtOnceTest, AnAssetIsPublishedByOne) {
  const AssetRow made = asset("Harbour");
  const auto second = meet([&](Transaction& tx) { return begin_publication(tx, "default", made.id); },
                           [&](Transaction& tx) { return begin_publication(tx, "default", made.id); });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
}

TEST_P(AtOnceTest, AChangeOfAnOldRevisionIsRefused) {
  const AssetRow made = asset("Harbour");
  AssetChange change;
  change.title = "First";
  change.revision = made.revision;
  const auto second = meet([&](Transaction& tx) { return update_asset(tx, "default", made.id, change); },
                           [&](Transaction& tx) { return update_asset(tx, "default", made.id, change); });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
}

TEST_P(AtOnceTest, NothingIsHungOnAnAssetThatIsDeleted) {
  const AssetRow made = asset("Harbour");
  ReportRow report;
  report.asset_id = made.id;
  report.object = object("report", "report").key;
  const auto late = meet([&](Transaction& tx) { return delete_asset(tx, "default", made.id); },
                         [&](Transaction& tx) { return add_report(tx, "default", report); });
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kNotFound);

  const AssetRow other = asset("Bridge");
  report.asset_id = other.id;
  ASSERT_TRUE(meet([&](Transaction& tx) { return add_report(tx, "default", report); },
                   [&](Transaction& tx) { return delete_asset(tx, "default", other.id); }));
  EXPECT_EQ(row_of(*report.object).references, 0);
}

TEST_P(AtOnceTest, SeveralCollectorsCountEachObjectOnce) {
  for (int i = 0; i < 40; ++i) object("chunk", std::to_string(i));
  x_clock.advance_us(1);
  std::vector<std::future<Result<GarbageCounts>>> collectors;
  for (int i = 0; i < 4; ++i) {
    collectors.push_back(std::async(std::launch::async, [&] { return collect_garbage(*x_database, *x_store, 0); }));
  }
  int64_t objects = 0;
  for (auto& collector : collectors) {
    const auto counts = collector.get();
    ASSERT_TRUE(counts) << counts.error().message << counts.error().detail;
    objects += counts->objects;
  }
  EXPECT_EQ(objects, 40);
  EXPECT_EQ(look([](Session& session) { return billing(session, "default"); })->objects, 0);
}

}  // namespace
}  // namespace pier::catalogue
