#include "catalogue_fixture.hpp"

namespace pier::catalogue {
namespace {

using AssetTest = test::CatalogueTest;

INSTANTIATE_TEST_SUITE_P(Engines, AssetTest, test::kBothEngines, test::engine_name);

TEST_P(AssetTest, MastersKeepTheirBytes) {
  MasterRow master;
  master.organisation = "default";
  master.path = "/media/\xB2\xA2\xCA\xD4\xFF.mov";  // GB18030 and worse
  master.reference = {{"size", 5}};
  master.sha256 = sha256(as_bytes("m"));
  const auto id = step([&](Transaction& tx) { return add_master(tx, master); });
  ASSERT_TRUE(id) << id.error().detail;
  const auto found = look([&](Session& session) { return find_master(session, "default", *id); });
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(found->path, master.path);
  EXPECT_EQ(found->sha256, master.sha256);
  EXPECT_EQ(found->reference, master.reference);
  EXPECT_EQ(look([&](Session& session) { return find_master(session, "other", *id); }).error().code,
            ErrorCode::kNotFound);

  const ObjectInfo copy = object("master", "m");
  master.reference = {{"size", 6}};
  master.kept = copy.key;
  EXPECT_EQ(step([&](Transaction& tx) { return add_master(tx, master); }), *id);
  const auto again = look([&](Session& session) { return find_master(session, "default", *id); });
  EXPECT_EQ(again->reference, master.reference);
  EXPECT_EQ(again->kept, copy.key);
  EXPECT_EQ(look([&](Session& session) { return find_object(session, copy.key); })->references, 1);
  master.sha256 = sha256(as_bytes("other bytes"));
  EXPECT_NE(step([&](Transaction& tx) { return add_master(tx, master); }), *id);
}

TEST_P(AssetTest, IsCreatedShownAndChanged) {
  const AssetRow made = asset("Harbour");
  EXPECT_EQ(made.state, AssetState::kNew);
  EXPECT_EQ(made.revision, 1);
  EXPECT_EQ(made.publication, 0);
  AssetChange change;
  change.title = "Harbour at night";
  change.revision = 1;
  const auto changed = step([&](Transaction& tx) { return update_asset(tx, "default", made.id, change); });
  ASSERT_TRUE(changed) << changed.error().detail;
  EXPECT_EQ(changed->title, "Harbour at night");
  EXPECT_EQ(changed->ladder, "uhd");
  EXPECT_EQ(changed->revision, 2);
  EXPECT_EQ(step([&](Transaction& tx) { return update_asset(tx, "default", made.id, change); }).error().code,
            ErrorCode::kConflict);
  EXPECT_EQ(look([&](Session& session) { return show_asset(session, "other", made.id); }).error().code,
            ErrorCode::kNotFound);
  NewAsset wanted;
  const auto refused = [&] { return step([&](Transaction& tx) { return create_asset(tx, wanted); }).error().code; };
  wanted.organisation = "nobody";
  EXPECT_EQ(refused(), ErrorCode::kNotFound);
  wanted.organisation = "default";
  wanted.master_id = "mst_none";
  EXPECT_EQ(refused(), ErrorCode::kNotFound);
}

TEST_P(AssetTest, PublicationIsOneStep) {
  const AssetRow made = asset("Harbour");
  const auto published = publish(made, {track(1, "two"), track(0, "one")});
  ASSERT_TRUE(published) << published.error().message << published.error().detail;
  EXPECT_EQ(published->state, AssetState::kPublished);
  EXPECT_EQ(published->publication, 1);
  EXPECT_EQ(published->grid, json::value({{"segment", "3.84"}}));
  const auto tracks = look([&](Session& session) { return list_tracks(session, "default", made.id); });
  ASSERT_TRUE(tracks) << tracks.error().detail;
  ASSERT_EQ(tracks->size(), 2U);
  const TrackRow& first = (*tracks)[0];
  EXPECT_EQ(first.ordinal, 0);
  EXPECT_EQ(first.kind, TrackKind::kVideo);
  EXPECT_EQ(first.codec, "hvc1.2.4.L153.B0");
  EXPECT_EQ(first.duration, Rational(192, 25));
  EXPECT_EQ(first.details, json::value({{"track_ID", 1}}));
  EXPECT_EQ(first.bytes, 3);
  EXPECT_EQ(look([&](Session& session) { return find_object(session, first.media); })->references, 1);
  EXPECT_EQ(look([&](Session& session) { return find_object(session, *first.index); })->references, 1);
  EXPECT_EQ(look([&](Session& session) { return find_track(session, "default", first.id); })->media, first.media);
  EXPECT_EQ(look([&](Session& session) { return find_track(session, "other", first.id); }).error().code,
            ErrorCode::kNotFound);
}

TEST_P(AssetTest, NothingIsHalfPublished) {
  const AssetRow made = asset("Harbour");
  TrackRow lost = track(1, "two");
  lost.media = *storage::new_key("default", "track");  // no row
  const auto refused = publish(made, {track(0, "one"), lost});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kNotFound);
  EXPECT_NE(refused.error().message.find(storage::to_string(lost.media)), std::string::npos);
  EXPECT_EQ(look([&](Session& session) { return show_asset(session, "default", made.id); })->state, AssetState::kNew);
  EXPECT_TRUE(look([&](Session& session) { return list_tracks(session, "default", made.id); })->empty());

  TrackRow stolen = track(0, "x");
  stolen.media = object("track", "theirs", "other").key;
  EXPECT_EQ(publish(made, {stolen}).error().code, ErrorCode::kPermission);
  EXPECT_EQ(publish(made, {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(step([&](Transaction& tx) { return publish_asset(tx, "default", made.id, {}); }).error().code,
            ErrorCode::kConflict);
}

TEST_P(AssetTest, ASecondPublicationRetiresTheFirst) {
  const AssetRow made = asset("Harbour");
  ASSERT_TRUE(publish(made, {track(0, "one")}));
  const TrackRow old = look([&](Session& session) { return list_tracks(session, "default", made.id); })->front();
  ASSERT_TRUE(step([&](Transaction& tx) { return begin_publication(tx, "default", made.id); }));
  EXPECT_EQ(step([&](Transaction& tx) { return begin_publication(tx, "default", made.id); }).error().code,
            ErrorCode::kConflict);
  const Error error{ErrorCode::kNoSpace, "disk full", "detail"};
  ASSERT_TRUE(step([&](Transaction& tx) { return fail_publication(tx, "default", made.id, error); }));
  const auto still = look([&](Session& session) { return show_asset(session, "default", made.id); });
  EXPECT_EQ(still->state, AssetState::kPublished);
  EXPECT_EQ(still->error->code, ErrorCode::kNoSpace);
  EXPECT_EQ(look([&](Session& session) { return list_tracks(session, "default", made.id); })->size(), 1U);

  ASSERT_TRUE(publish(made, {track(0, "new one")}));
  const auto tracks = look([&](Session& session) { return list_tracks(session, "default", made.id); });
  ASSERT_EQ(tracks->size(), 1U);
  EXPECT_EQ((*tracks)[0].publication, 2);
  EXPECT_TRUE(look([&](Session& session) { return find_track(session, "default", old.id); }));
  ASSERT_TRUE(collect_garbage(*x_database, *x_store, 1000));
  EXPECT_TRUE(look([&](Session& session) { return find_track(session, "default", old.id); }));
  x_clock.advance_us(1000);
  ASSERT_TRUE(collect_garbage(*x_database, *x_store, 1000));
  EXPECT_FALSE(look([&](Session& session) { return find_track(session, "default", old.id); }));
  EXPECT_TRUE(lies_there((*tracks)[0].media));
}

TEST_P(AssetTest, AFirstRenditionIsFollowedByTheRest) {
  const AssetRow made = asset("Harbour");
  const TrackRow small = track(0, "small"), sound = track(1, "sound");
  Publication first;
  first.tracks = {small, sound};
  first.more_follows = true;
  ASSERT_TRUE(step([&](Transaction& tx) { return begin_publication(tx, "default", made.id); }));
  const auto early = step([&](Transaction& tx) { return publish_asset(tx, "default", made.id, first); });
  ASSERT_TRUE(early) << early.error().detail;
  EXPECT_EQ(early->state, AssetState::kPublishing);
  EXPECT_EQ(early->publication, 1);
  const auto before = *look([&](Session& session) { return list_tracks(session, "default", made.id); });
  ASSERT_EQ(before.size(), 2U);

  Publication all;
  all.tracks = {track(0, "large"), small, sound};
  for (size_t i = 0; i < all.tracks.size(); i++) all.tracks[i].ordinal = static_cast<int64_t>(i);
  all.tracks[1].quality = {{"frames", 5}};
  const auto whole = step([&](Transaction& tx) { return publish_asset(tx, "default", made.id, all); });
  ASSERT_TRUE(whole) << whole.error().detail;
  EXPECT_EQ(whole->state, AssetState::kPublished);
  EXPECT_EQ(whole->publication, 2);
  const auto after = *look([&](Session& session) { return list_tracks(session, "default", made.id); });
  ASSERT_EQ(after.size(), 3U);
  EXPECT_EQ(after[1].id, before[0].id);
  EXPECT_EQ(after[2].id, before[1].id);
  EXPECT_EQ(after[1].quality, json::value({{"frames", 5}}));
  EXPECT_EQ(after[1].publication, 2);
  x_clock.advance_us(2000);
  ASSERT_TRUE(collect_garbage(*x_database, *x_store, 1000));
  for (const TrackRow& row : after) EXPECT_TRUE(lies_there(row.media));
  EXPECT_EQ(look([&](Session& session) { return find_object(session, after[1].media); })->references, 1);
}

TEST_P(AssetTest, WhatFailsAfterItsFirstRenditionStaysPartlyPublished) {
  const AssetRow made = asset("Harbour");
  Publication first;
  first.tracks = {track(0, "small")};
  first.more_follows = true;
  ASSERT_TRUE(step([&](Transaction& tx) { return begin_publication(tx, "default", made.id); }));
  ASSERT_TRUE(step([&](Transaction& tx) { return publish_asset(tx, "default", made.id, first); }));
  const Error error{ErrorCode::kCrashed, "the encoder crashed", ""};
  ASSERT_TRUE(step([&](Transaction& tx) { return fail_publication(tx, "default", made.id, error); }));
  const auto row = look([&](Session& session) { return show_asset(session, "default", made.id); });
  EXPECT_EQ(row->state, AssetState::kPublished);
  EXPECT_EQ(row->error->code, ErrorCode::kCrashed);
  EXPECT_EQ(look([&](Session& session) { return list_tracks(session, "default", made.id); })->size(), 1U);
}

TEST_P(AssetTest, AFirstPublicationThatFails) {
  const AssetRow made = asset("Harbour");
  const Error error{ErrorCode::kInputDamaged, "the file is damaged", "detail"};
  EXPECT_FALSE(step([&](Transaction& tx) { return fail_publication(tx, "default", made.id, error); }));
  ASSERT_TRUE(step([&](Transaction& tx) { return begin_publication(tx, "default", made.id); }));
  ASSERT_TRUE(step([&](Transaction& tx) { return fail_publication(tx, "default", made.id, error); }));
  const auto row = look([&](Session& session) { return show_asset(session, "default", made.id); });
  EXPECT_EQ(row->state, AssetState::kFailed);
  EXPECT_EQ(to_json(*row).at("error").at("code"), "input_damaged");
  EXPECT_EQ(to_json(*row).at("error").as_object().if_contains("detail"), nullptr);
}

TEST_P(AssetTest, PagesAndFilters) {
  std::vector<std::string> made;
  for (const char* title : {"Harbour", "100% Rain", "harbour lights", "100 Rain", "A_B", "AXB"}) {
    made.push_back(asset(title).id);
  }
  asset("Harbour of others", "other");
  std::vector<std::string> seen;
  std::string cursor;
  do {
    const auto page = look([&](Session& session) { return list_assets(session, "default", {}, 4, cursor); });
    ASSERT_TRUE(page) << page.error().detail;
    for (const AssetRow& row : page->assets) seen.push_back(row.id);
    cursor = page->next;
  } while (!cursor.empty());
  EXPECT_EQ(seen, std::vector<std::string>(made.rbegin(), made.rend()));
  const auto titled = [&](const std::string& title) {
    return look([&](Session& session) { return list_assets(session, "default", {std::nullopt, title}, 10); })
        ->assets.size();
  };
  EXPECT_EQ(titled("HARBOUR"), 2U);
  EXPECT_EQ(titled("100%"), 1U);
  EXPECT_EQ(titled("a_b"), 1U);
  EXPECT_EQ(titled("\\"), 0U);

  ASSERT_TRUE(step([&](Transaction& tx) { return delete_asset(tx, "default", made[0]); }));
  EXPECT_EQ(titled(""), 5U);
  const auto deleted =
      look([&](Session& session) { return list_assets(session, "default", {AssetState::kDeleted, ""}, 10); });
  EXPECT_EQ(deleted->assets.size(), 1U);
  EXPECT_EQ(look([&](Session& s) { return list_assets(s, "default", {}, 10, "x"); }).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(look([&](Session& s) { return list_assets(s, "default", {}, 0); }).error().code,
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace pier::catalogue
