#include <pier/catalogue/installation.hpp>

#include "catalogue_fixture.hpp"

namespace pier::catalogue {
namespace {

using InstallationTest = test::CatalogueTest;

INSTANTIATE_TEST_SUITE_P(Engines, InstallationTest, test::kBothEngines, test::engine_name);

TEST_P(InstallationTest, IsChosenOnce) {
  EXPECT_FALSE(look([](Session& s) { return find_installation(s); })->has_value());
  const Installation mine{"id-1", "s3://bucket/a b?endpoint=http://127.0.0.1:1", false};
  EXPECT_EQ(step([&](Transaction& tx) { return begin_installation(tx, mine); })->id, "id-1");
  const auto second = step([&](Transaction& tx) { return begin_installation(tx, {"id-2", "/elsewhere", true}); });
  EXPECT_EQ(second->id, "id-1");
  EXPECT_EQ(second->store, mine.store);
  EXPECT_FALSE(second->marked);
}

TEST_P(InstallationTest, OfTwoAtOnceOneIsTaken) {
  const auto later = database::test::meet(
      *x_database, [](Transaction& tx) { return begin_installation(tx, {"id-1", "/one", false}); },
      [](Transaction& tx) { return begin_installation(tx, {"id-2", "/two", false}); });
  ASSERT_TRUE(later) << later.error().message;
  EXPECT_EQ(later->store, "/one");
}

TEST_P(InstallationTest, ChangesAndIsForgottenUnlessMarked) {
  const std::string bytes = "/a\xff/b";
  ASSERT_TRUE(step([&](Transaction& tx) { return begin_installation(tx, {"id-1", bytes, false}); }));
  EXPECT_EQ(look([](Session& s) { return find_installation(s); })->value().store, bytes);
  ASSERT_TRUE(step([&](Transaction& tx) { return change_installation(tx, {"id-1", "/c", true}); }));
  ASSERT_TRUE(step([&](Transaction& tx) { return forget_installation(tx, "id-1"); }));
  EXPECT_EQ(look([](Session& s) { return find_installation(s); })->value().store, "/c");
  EXPECT_EQ(step([&](Transaction& tx) { return change_installation(tx, {"id-2", "/d", true}); }).error().code,
            ErrorCode::kNotFound);
  ASSERT_TRUE(step([&](Transaction& tx) { return change_installation(tx, {"id-1", "/c", false}); }));
  ASSERT_TRUE(step([&](Transaction& tx) { return forget_installation(tx, "id-1"); }));
  EXPECT_FALSE(look([](Session& s) { return find_installation(s); })->has_value());
}

}  // namespace
}  // namespace pier::catalogue
