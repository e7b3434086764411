#include "catalogue_fixture.hpp"

namespace pier::catalogue {
namespace {

using ObjectRowsTest = test::CatalogueTest;

INSTANTIATE_TEST_SUITE_P(Engines, ObjectRowsTest, test::kBothEngines, test::engine_name);

TEST_P(ObjectRowsTest, ARowIsAddedOnceAndFound) {
  const ObjectInfo info = object("chunk", "bytes");
  const auto row = look([&](Session& session) { return find_object(session, info.key); });
  ASSERT_TRUE(row) << row.error().detail;
  EXPECT_EQ(row->object.size, 5U);
  EXPECT_EQ(row->object.sha256, sha256(as_bytes("bytes")));
  EXPECT_EQ(row->references, 0);
  EXPECT_EQ(row->unreferenced, x_clock.now());
  EXPECT_EQ(step([&](Transaction& tx) { return add_object(tx, info); }).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(
      step([&](Transaction& tx) { return add_object(tx, {*storage::new_key("nobody", "x"), 0, {}}); }).error().code,
      ErrorCode::kNotFound);
  EXPECT_EQ(
      look([&](Session& session) { return find_object(session, *storage::new_key("default", "x")); }).error().code,
      ErrorCode::kNotFound);
}

TEST_P(ObjectRowsTest, ReferencesCount) {
  const ObjectInfo info = stored("chunk", "bytes");
  ASSERT_TRUE(step([&](Transaction& tx) { return add_object(tx, info, Reference{"task", "tsk_1"}); }));
  ASSERT_TRUE(step([&](Transaction& tx) { return add_reference(tx, info.key, {"task", "tsk_1"}); }));
  ASSERT_TRUE(step([&](Transaction& tx) { return add_reference(tx, info.key, {"task", "tsk_2"}); }));
  const auto row = [&] { return *look([&](Session& session) { return find_object(session, info.key); }); };
  EXPECT_EQ(row().references, 2);
  EXPECT_EQ(row().unreferenced, 0);
  ASSERT_TRUE(step([&](Transaction& tx) { return drop_references(tx, {"task", "tsk_1"}); }));
  EXPECT_EQ(row().unreferenced, 0);
  x_clock.advance_us(10);
  ASSERT_TRUE(step([&](Transaction& tx) { return drop_references(tx, {"task", "tsk_2"}); }));
  EXPECT_EQ(row().unreferenced, x_clock.now());
  ASSERT_TRUE(step([&](Transaction& tx) { return add_reference(tx, info.key, {"track", "trk_1"}); }));
  EXPECT_EQ(row().unreferenced, 0);
}

TEST_P(ObjectRowsTest, EqualBytesAreFoundInsideOneOrganisation) {
  const ObjectInfo mine = object("chunk", "same");
  object("chunk", "same");
  object("chunk", "same", "other");
  const Sha256 digest = sha256(as_bytes("same"));
  const auto found = [&](const char* organisation, const char* kind) {
    return *look([&](Session& session) { return find_object_by_digest(session, organisation, kind, digest); });
  };
  ASSERT_TRUE(found("default", "chunk"));
  EXPECT_EQ(found("default", "chunk")->object.key, mine.key);
  EXPECT_EQ(found("other", "chunk")->object.key.organisation, "other");
  EXPECT_FALSE(found("default", "track"));
  EXPECT_EQ(look([](Session& session) { return list_objects(session, "default"); })->size(), 2U);
}

TEST_P(ObjectRowsTest, BytesAreBilledToTheirOwner) {
  object("chunk", "12345");
  object("chunk", "123");
  object("track", "1234567");
  object("track", "x", "other");
  const auto bill = look([](Session& session) { return billing(session, "default"); });
  ASSERT_TRUE(bill) << bill.error().detail;
  EXPECT_EQ(bill->bytes, 15U);
  EXPECT_EQ(bill->objects, 3);
  EXPECT_EQ(bill->bytes_by_kind.at("chunk"), 8U);
  EXPECT_EQ(look([](Session& session) { return billing(session, "nobody"); })->bytes, 0U);
}

}  // namespace
}  // namespace pier::catalogue
