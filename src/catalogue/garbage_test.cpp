#include <cmath>
#include <fstream>

#include "catalogue_fixture.hpp"

namespace pier::catalogue {
namespace {

using GarbageTest = test::CatalogueTest;

INSTANTIATE_TEST_SUITE_P(Engines, GarbageTest, test::kBothEngines, test::engine_name);

constexpr int64_t kDelay = 1'000'000;

TEST_P(GarbageTest, ObjectsOfSomeKindsAreKeptLonger) {
  const ObjectInfo chunk = object("chunk", "encoded once"), other = object("track", "of a job that failed");
  x_clock.advance_us(2 * kDelay);
  const KeptLonger kept{{"part", "chunk"}, 5 * kDelay};
  EXPECT_EQ(collect_garbage(*x_database, *x_store, kDelay, kept)->objects, 1);
  EXPECT_TRUE(lies_there(chunk.key));
  EXPECT_FALSE(lies_there(other.key));
  ASSERT_TRUE(step([&](Transaction& tx) { return add_reference(tx, chunk.key, {"job", "job_1"}); }));
  x_clock.advance_us(5 * kDelay);
  EXPECT_EQ(collect_garbage(*x_database, *x_store, kDelay, kept)->objects, 0) << "in use again";
  ASSERT_TRUE(step([&](Transaction& tx) { return drop_references(tx, {"job", "job_1"}); }));
  x_clock.advance_us(5 * kDelay);
  EXPECT_EQ(collect_garbage(*x_database, *x_store, kDelay, kept)->objects, 1);
  EXPECT_FALSE(lies_there(chunk.key));
}

TEST_P(GarbageTest, ADeletedAssetGoesAfterTheDelay) {
  const AssetRow made = asset("Harbour");
  const TrackRow one = track(0, "one");
  ASSERT_TRUE(publish(made, {one}));
  ReportRow report;
  report.asset_id = made.id;
  report.object = object("report", "report").key;
  ASSERT_TRUE(step([&](Transaction& tx) { return add_report(tx, "default", report); }));
  const AssetRow other = asset("Still there");
  const TrackRow kept = track(0, "kept");
  ASSERT_TRUE(publish(other, {kept}));
  x_clock.advance_us(2 * kDelay);
  ASSERT_EQ(collect_garbage(*x_database, *x_store, kDelay)->objects, 0);

  ASSERT_TRUE(step([&](Transaction& tx) { return delete_asset(tx, "default", made.id); }));
  ASSERT_TRUE(step([&](Transaction& tx) { return delete_asset(tx, "default", made.id); }));
  EXPECT_EQ(look([&](Session& session) { return show_asset(session, "default", made.id); }).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(step([&](Transaction& tx) { return begin_publication(tx, "default", made.id); }).error().code,
            ErrorCode::kNotFound);
  x_clock.advance_us(kDelay - 1);
  EXPECT_EQ(collect_garbage(*x_database, *x_store, kDelay)->objects, 0);
  EXPECT_TRUE(lies_there(one.media));
  x_clock.advance_us(1);
  const auto gone = collect_garbage(*x_database, *x_store, kDelay);
  ASSERT_TRUE(gone) << gone.error().message << gone.error().detail;
  EXPECT_EQ(gone->assets, 1);
  EXPECT_EQ(gone->objects, 3);
  EXPECT_EQ(gone->bytes, std::string("oneone indexreport").size());
  EXPECT_FALSE(lies_there(one.media));
  EXPECT_TRUE(lies_there(kept.media));
  EXPECT_EQ(look([&](Session& session) { return list_tracks(session, "default", other.id); })->size(), 1U);
  EXPECT_EQ(step([&](Transaction& tx) { return delete_asset(tx, "default", made.id); }).error().code,
            ErrorCode::kNotFound);
  EXPECT_TRUE(x_database->check_integrity());
}

TEST_P(GarbageTest, SharedObjectsLiveAsLongAsAnybodyNeedsThem) {
  const AssetRow one = asset("one");
  const AssetRow two = asset("two");
  const TrackRow shared = track(0, "shared");
  ASSERT_TRUE(publish(one, {shared}));
  ASSERT_TRUE(publish(two, {shared}));
  ASSERT_TRUE(step([&](Transaction& tx) { return delete_asset(tx, "default", one.id); }));
  ASSERT_TRUE(collect_garbage(*x_database, *x_store, 0));
  EXPECT_TRUE(lies_there(shared.media));
  ASSERT_TRUE(step([&](Transaction& tx) { return delete_asset(tx, "default", two.id); }));
  ASSERT_TRUE(collect_garbage(*x_database, *x_store, 0));
  EXPECT_FALSE(lies_there(shared.media));
}

TEST_P(GarbageTest, WhatIsMarkedIsNotReferredToAgainAndARunIsFinished) {
  const ObjectInfo info = object("chunk", "bytes");
  // Killed after marking and after the file went.
  ASSERT_TRUE(step([&](Transaction& tx) { return tx.run("UPDATE objects SET deleted = 1"); }));
  ASSERT_TRUE(x_store->remove(info.key));
  EXPECT_EQ(step([&](Transaction& tx) { return add_reference(tx, info.key, {"task", "t"}); }).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(collect_garbage(*x_database, *x_store, kDelay)->objects, 1);
  EXPECT_EQ(look([](Session& session) { return billing(session, "default"); })->objects, 0);
}

TEST_P(GarbageTest, UnusedMastersGoWithTheirCopies) {
  MasterRow master;
  master.organisation = "default";
  master.path = "/m.mov";
  master.kept = object("master", "copy").key;
  const auto id = step([&](Transaction& tx) { return add_master(tx, master); });
  ASSERT_TRUE(id);
  NewAsset wanted;
  wanted.organisation = "default";
  wanted.master_id = *id;
  const auto made = step([&](Transaction& tx) { return create_asset(tx, wanted); });
  ASSERT_TRUE(made);
  x_clock.advance_us(kDelay);
  ASSERT_TRUE(collect_garbage(*x_database, *x_store, 0));
  EXPECT_TRUE(lies_there(*master.kept));
  ASSERT_TRUE(step([&](Transaction& tx) { return delete_asset(tx, "default", made->id); }));
  ASSERT_TRUE(collect_garbage(*x_database, *x_store, 0));
  EXPECT_FALSE(lies_there(*master.kept));
  EXPECT_FALSE(look([&](Session& session) { return find_master(session, "default", *id); }));
}

TEST_P(GarbageTest, OrphansAreSweptAndOthersLeftAlone) {
  const ObjectInfo known = object("chunk", "known");
  const ObjectInfo orphan = stored("chunk", "orphan");
  x_clock.advance_us(Clock::system().now() - x_clock.now());
  EXPECT_EQ(sweep_orphans(*x_database, *x_store, 3'600'000'000)->objects, 0);  // too young
  x_clock.advance_us(3'601'000'000);
  const auto swept = sweep_orphans(*x_database, *x_store, 3'600'000'000);
  ASSERT_TRUE(swept) << swept.error().message;
  EXPECT_EQ(swept->objects, 1);
  EXPECT_EQ(swept->bytes, 6U);
  EXPECT_TRUE(lies_there(known.key));
  EXPECT_FALSE(lies_there(orphan.key));
  stored("chunk", "at start");
  EXPECT_EQ(sweep_orphans(*x_database, *x_store, 0)->objects, 1);
}

TEST_P(GarbageTest, ErasingAnOrganisationIsComplete) {
  const std::string secret = "the-title-of-the-tenant";
  const AssetRow mine = asset("mine");
  ASSERT_TRUE(publish(mine, {track(0, "mine")}));
  const AssetRow theirs = asset(secret, "other");
  const ObjectInfo media = object("track", "theirs", "other");
  TrackRow row;
  row.media = media.key;
  ASSERT_TRUE(publish(theirs, {row}));
  ReportRow report;
  report.asset_id = theirs.id;
  ASSERT_TRUE(step([&](Transaction& tx) { return add_report(tx, "other", report); }));
  AnalysisRow analysis;
  analysis.asset_id = theirs.id;
  analysis.frames = object("frames", "frames", "other").key;
  analysis.result = object("analysis", "result", "other").key;
  FindingRow black;
  black.kind = "black";
  ASSERT_TRUE(step([&](Transaction& tx) { return store_analysis(tx, "other", analysis, {black}); }));
  MasterRow master;
  master.organisation = "other";
  master.kept = media.key;
  ASSERT_TRUE(step([&](Transaction& tx) { return add_master(tx, master); }));
  const ObjectInfo orphan = stored("chunk", "orphan", "other");
  ASSERT_TRUE(x_database->checkpoint());

  const auto erased = erase_organisation(*x_database, *x_store, "other");
  ASSERT_TRUE(erased) << erased.error().message << erased.error().detail;
  EXPECT_FALSE(lies_there(media.key));
  EXPECT_FALSE(lies_there(orphan.key));
  // Whatever table has an organisation column, now or later, has no row of it left.
  auto snapshot = x_database->read();
  const auto tables = snapshot->all(
      x_records.postgresql()
          ? "SELECT table_name::text FROM information_schema.columns WHERE column_name = 'organisation' ORDER BY 1"
          : "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND"
            " c.name = 'organisation' ORDER BY 1");
  ASSERT_TRUE(tables) << tables.error().detail;
  EXPECT_GE(tables->size(), 7U);
  for (const auto& table : *tables) {
    const auto left = snapshot->one("SELECT count(*) FROM " + table.text(0) + " WHERE organisation = 'other'");
    EXPECT_EQ((*left)->integer(0), 0) << table.text(0);
  }
  EXPECT_EQ((*snapshot->one("SELECT count(*) FROM findings"))->integer(0), 0);
  for (const char* suffix : {"", "-wal"}) {
    std::ifstream file(x_records.directory() + "/pier.db" + suffix, std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(content.find(secret), std::string::npos) << suffix;
  }
  EXPECT_EQ(list_tracks(*snapshot, "default", mine.id)->size(), 1U);
  EXPECT_TRUE(x_database->check_integrity());
  EXPECT_EQ(erase_organisation(*x_database, *x_store, "other").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(list_organisations(*snapshot)->size(), 1U);
}

TEST_P(GarbageTest, OrganisationsHaveIdsThatFitKeys) {
  for (const char* id : {"", "A", "../x", "a b", "a/b", "-a"}) {
    EXPECT_EQ(step([&](Transaction& tx) { return ensure_organisation(tx, id, "x"); }).error().code,
              ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(step([](Transaction& tx) { return ensure_organisation(tx, "default", "again"); }));
  for (const double wrong : {0.0, -1.0, 1e7, std::nan("")})
    EXPECT_EQ(step([&](Transaction& tx) { return set_weight(tx, "default", wrong); }).error().code,
              ErrorCode::kInvalidArgument);
  EXPECT_EQ(step([](Transaction& tx) { return set_weight(tx, "nobody", 2); }).error().code, ErrorCode::kNotFound);
  const auto weight = [&] {
    auto snapshot = x_database->read();
    return list_organisations(*snapshot)->front().weight;
  };
  EXPECT_EQ(weight(), 1);
  EXPECT_TRUE(step([](Transaction& tx) { return set_weight(tx, "default", 2.5); }));
  EXPECT_EQ(weight(), 2.5);
}

}  // namespace
}  // namespace pier::catalogue
