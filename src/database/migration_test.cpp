#include <array>
#include <fstream>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <pier/database/database.hpp>
#include <pier/database/testing/fresh_records.hpp>

namespace pier::database {
namespace {

constexpr std::array kThree{
    Migration{1, "first", "CREATE TABLE one (x INTEGER) STRICT;", "CREATE TABLE one (x BIGINT);"},
    Migration{2, "second", "CREATE TABLE two (x INTEGER) STRICT; INSERT INTO one VALUES (7);",
              "CREATE TABLE two (x BIGINT); INSERT INTO one VALUES (7);"},
    Migration{3, "third", "CREATE TABLE three (x INTEGER) STRICT;", "CREATE TABLE three (x BIGINT);"},
};

class MigrationTest : public testing::TestWithParam<test::Engine> {
 protected:
  Result<std::unique_ptr<Database>> open(std::span<const Migration> migrations) {
    OpenOptions options;
    options.migrations = migrations;
    return Database::open(x_records.url(), options);
  }
  std::string path() const { return x_records.directory() + "/pier.db"; }
  test::FreshRecords x_records{GetParam(), test::Schema::kNone};
};

using MigrationFileTest = MigrationTest;

INSTANTIATE_TEST_SUITE_P(Engines, MigrationTest, test::kBothEngines, test::engine_name);
INSTANTIATE_TEST_SUITE_P(Engines, MigrationFileTest, testing::Values(test::Engine::kSqlite), test::engine_name);

TEST_P(MigrationTest, GoesOnWhereItWas) {
  {
    auto database = open(std::span(kThree).first(1));
    ASSERT_TRUE(database) << database.error().message;
    EXPECT_EQ((*database)->schema_version(), 1);
  }
  auto database = open(kThree);
  ASSERT_TRUE(database) << database.error().message;
  EXPECT_EQ((*database)->schema_version(), 3);
  auto snapshot = (*database)->read();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ((*snapshot->one("SELECT count(*) FROM one"))->integer(0), 1);
  EXPECT_EQ((*snapshot->one("SELECT count(*) FROM schema_migrations"))->integer(0), 3);
}

TEST_P(MigrationTest, ANewerSchemaIsRefused) {
  ASSERT_TRUE(open(kThree));
  const auto refused = open(std::span(kThree).first(2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInputUnsupported);
  EXPECT_NE(refused.error().message.find("newer Pier (schema 3, this one knows 2)"), std::string::npos)
      << refused.error().message;
  EXPECT_TRUE(open(kThree));
}

TEST_P(MigrationTest, AChangedStepIsRefused) {
  ASSERT_TRUE(open(kThree));
  auto changed = kThree;
  changed[1].sqlite = "CREATE TABLE two (y INTEGER) STRICT;";
  changed[1].postgresql = "CREATE TABLE two (y BIGINT);";
  const auto refused = open(changed);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_NE(refused.error().message.find("schema step 2 (second)"), std::string::npos) << refused.error().message;
}

TEST_P(MigrationTest, AFailingStepLeavesTheSchemaAsItWas) {
  ASSERT_TRUE(open(std::span(kThree).first(1)));
  auto broken = kThree;
  broken[2].sqlite = "CREATE TABLE three (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);";
  broken[2].postgresql = "CREATE TABLE three (x BIGINT); INSERT INTO nowhere VALUES (1);";
  const auto refused = open(broken);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("schema step 3 (third)"), std::string::npos) << refused.error().message;
  auto database = open(std::span(kThree).first(1));
  ASSERT_TRUE(database) << database.error().message;
  auto snapshot = (*database)->read();
  EXPECT_FALSE(snapshot->one("SELECT * FROM two"));
}

TEST_P(MigrationFileTest, StrangeFilesAreRefused) {
  std::ofstream(path()) << "this is not a database, but it is long enough to look at: " << std::string(4096, 'x');
  const auto refused = open(kThree);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kIo);
  EXPECT_NE(refused.error().message.find("not a database"), std::string::npos) << refused.error().message;
}

TEST_P(MigrationTest, SeveralProcessesMayStartAtTheSameMoment) {
  std::vector<std::jthread> starting;
  for (int i = 0; i < 6; ++i) {
    starting.emplace_back([&] {
      auto database = open(kThree);
      ASSERT_TRUE(database) << database.error().message << database.error().detail;
      auto snapshot = (*database)->read();
      EXPECT_EQ((*snapshot->one("SELECT count(*) FROM one"))->integer(0), 1);
    });
  }
}

TEST_P(MigrationTest, TheEmbeddedOnesAreNumberedWithoutGapsAndApply) {
  int64_t expected = 0;
  for (const Migration& step : embedded_migrations()) {
    EXPECT_EQ(step.version, ++expected);
    EXPECT_FALSE(step.name.empty());
  }
  EXPECT_GE(expected, 3);
  for (int round = 0; round < 2; ++round) {
    auto database = Database::open(x_records.url());
    ASSERT_TRUE(database) << database.error().message << " " << database.error().detail;
    EXPECT_EQ((*database)->schema_version(), expected);
    const auto sound = (*database)->check_integrity();
    EXPECT_TRUE(sound) << sound.error().message << sound.error().detail;
  }
}

}  // namespace
}  // namespace pier::database
