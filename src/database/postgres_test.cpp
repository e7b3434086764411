// What only PostgreSQL has: several writers, locks, clashes, access.

#include <array>
#include <atomic>
#include <barrier>
#include <thread>

#include <gtest/gtest.h>

#include <pier/database/database.hpp>
#include <pier/database/testing/fresh_records.hpp>
#include <pier/database/testing/postgres_server.hpp>

namespace pier::database {
namespace {

using namespace std::chrono_literals;

constexpr std::array kSchema{
    Migration{1, "test", "", "CREATE TABLE counters (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)"}};

class PostgresTest : public testing::Test {
 protected:
  void SetUp() override {
    x_database = open();
    ASSERT_TRUE(x_database);
    ASSERT_TRUE(x_database->write([](Transaction& tx) -> Result<void> {
      PIER_CHECK(tx.run("INSERT INTO counters VALUES (1, 0), (2, 0)"));
      return {};
    }));
  }
  std::unique_ptr<Database> open(std::chrono::milliseconds patience = 5s, size_t writers = 8) {
    OpenOptions options;
    options.migrations = kSchema;
    options.busy_timeout = patience;
    options.writers = writers;
    auto opened = Database::open(x_records.url(), options);
    EXPECT_TRUE(opened) << opened.error().message << opened.error().detail;
    return opened ? std::move(*opened) : nullptr;
  }
  int64_t counter(int id) {
    auto snapshot = x_database->read();
    return (*snapshot->one("SELECT n FROM counters WHERE id = $1", {id}))->integer(0);
  }
  static Result<void> add(Transaction& tx, int id) {
    PIER_CHECK(tx.run("UPDATE counters SET n = n + 1 WHERE id = $1", {id}));
    return {};
  }

  test::FreshRecords x_records{test::Engine::kPostgresql, test::Schema::kNone};
  std::unique_ptr<Database> x_database;
};

TEST_F(PostgresTest, SeveralWriteAtTheSameTime) {
  auto one = x_database->begin();
  auto two = x_database->begin();
  ASSERT_TRUE(one && two);
  EXPECT_TRUE(add(*one, 1));
  EXPECT_TRUE(add(*two, 2));
  EXPECT_TRUE(two->commit());
  EXPECT_TRUE(one->commit());
  EXPECT_EQ(counter(1) + counter(2), 2);
  EXPECT_TRUE(x_database->shared());
}

TEST_F(PostgresTest, ADeadlockIsDoneAgain) {
  std::barrier both(2);
  std::atomic<int> runs = 0;
  const auto crosswise = [&](int first, int second) {
    bool met = false;
    const auto done = x_database->write([&](Transaction& tx) -> Result<void> {
      ++runs;
      PIER_CHECK(add(tx, first));
      if (!std::exchange(met, true)) both.arrive_and_wait();
      return add(tx, second);
    });
    EXPECT_TRUE(done) << done.error().message << done.error().detail;
  };
  std::jthread other([&] { crosswise(1, 2); });
  crosswise(2, 1);
  other.join();
  EXPECT_GE(runs, 3) << "the one that gives way may take its first row again before the other has woken";
  EXPECT_EQ(counter(1), 2);
  EXPECT_EQ(counter(2), 2);
}

TEST_F(PostgresTest, ARowHeldForTooLongIsOverloaded) {
  const auto hasty = open(100ms);
  auto holder = x_database->begin();
  ASSERT_TRUE(add(*holder, 1));
  auto tx = hasty->begin();
  const auto waited = add(*tx, 1);
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code, ErrorCode::kOverloaded) << waited.error().detail;
  EXPECT_FALSE(tx->clashed());
  auto passing = hasty->begin();
  const auto free_rows =
      passing->all("SELECT id FROM counters ORDER BY id" + passing->locking(RowLock::kUpdate, {}, IfHeld::kSkip));
  ASSERT_TRUE(free_rows) << free_rows.error().detail;
  ASSERT_EQ(free_rows->size(), 1U);
  EXPECT_EQ((*free_rows)[0].integer(0), 2);
}

TEST_F(PostgresTest, ANameIsHeldUntilTheEnd) {
  auto one = x_database->begin();
  ASSERT_TRUE(one->hold("chunk"));
  {
    auto two = x_database->begin();
    EXPECT_FALSE(*two->try_hold("chunk"));
    EXPECT_TRUE(*two->try_hold("another"));
  }
  ASSERT_TRUE(one->commit());
  auto three = x_database->begin();
  EXPECT_TRUE(*three->try_hold("chunk"));
}

TEST_F(PostgresTest, ThePoolIsBounded) {
  const auto small = open(100ms, 2);
  auto one = small->begin();
  auto two = small->begin();
  ASSERT_TRUE(one && two);
  const auto three = small->begin();
  ASSERT_FALSE(three);
  EXPECT_EQ(three.error().code, ErrorCode::kOverloaded);
  EXPECT_TRUE(small->read());  // readers have their own
}

TEST_F(PostgresTest, ManyStatementTextsAreForgottenAgain) {
  auto snapshot = x_database->read();
  for (int i = 0; i < 1100; ++i) {
    const auto row = snapshot->one("SELECT " + std::to_string(i) + "::bigint + $1", {1});
    ASSERT_TRUE(row) << row.error().detail;
    ASSERT_EQ((*row)->integer(0), i + 1);
  }
}

TEST_F(PostgresTest, UnreadableTypesAreNamed) {
  auto snapshot = x_database->read();
  const auto sum = snapshot->one("SELECT sum(n) FROM counters");
  ASSERT_FALSE(sum);
  EXPECT_EQ(sum.error().code, ErrorCode::kInternal);
  EXPECT_NE(sum.error().message.find("cast it"), std::string::npos);
}

TEST_F(PostgresTest, TextThatIsNotUtf8IsRefused) {
  auto snapshot = x_database->read();
  const auto row = snapshot->one("SELECT $1", {"\xff\xfe"});
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().code, ErrorCode::kInvalidArgument) << row.error().detail;
}

TEST_F(PostgresTest, ADatabaseOfAnotherProgramIsLeftAlone) {
  const test::FreshRecords others(test::Engine::kPostgresql, test::Schema::kNone);
  constexpr std::array kForeign{Migration{1, "x", "", "CREATE TABLE schema_migrations_of_rails (version TEXT)"}};
  OpenOptions options;
  options.migrations = kForeign;
  {
    auto opened = Database::open(others.url(), options);
    ASSERT_TRUE(opened);
    ASSERT_TRUE((*opened)->write([](Transaction& tx) -> Result<void> {
      PIER_CHECK(tx.run("DROP TABLE schema_migrations"));
      return {};
    }));
  }
  const auto refused = Database::open(others.url());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(refused.error().message.find("another program"), std::string::npos) << refused.error().message;
}

TEST_F(PostgresTest, RowsWithoutTheirOwnersAreFound) {
  const test::FreshRecords records(test::Engine::kPostgresql);
  auto opened = Database::open(records.url());
  ASSERT_TRUE(opened);
  EXPECT_TRUE((*opened)->check_integrity());
  ASSERT_TRUE((*opened)->write([](Transaction& tx) -> Result<void> {
    PIER_CHECK(tx.run("SET LOCAL session_replication_role = replica"));  // keys are not looked after
    PIER_CHECK(
        tx.run("INSERT INTO assets (id, organisation, title, state, ladder, profile, created, updated)"
               " VALUES ('ast_1', 'gone', '', 'new', '', '', 0, 0)"));
    return {};
  }));
  const auto damaged = (*opened)->check_integrity();
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::kIo);
  EXPECT_NE(damaged.error().detail.find("1 rows of assets"), std::string::npos) << damaged.error().detail;
}

TEST_F(PostgresTest, WhoIsRefusedIsToldWhatToDo) {
  const test::PostgresServer& server = *test::PostgresServer::shared();
  const auto refused = [](const std::string& url) {
    const auto opened = Database::open(url);
    EXPECT_FALSE(opened);
    return opened ? Error() : opened.error();
  };
  const Error wrong = refused(server.url("postgres", "locked", "open barley"));
  EXPECT_EQ(wrong.code, ErrorCode::kPermission) << wrong.detail;
  EXPECT_EQ((wrong.message + wrong.detail).find("barley"), std::string::npos) << wrong.message << wrong.detail;
  EXPECT_NE(wrong.message.find("postgresql://locked@"), std::string::npos) << wrong.message;
  const Error none = refused(server.url("postgres", "locked"));
  EXPECT_EQ(none.code, ErrorCode::kPermission);
  EXPECT_NE(none.message.find("PGPASSWORD"), std::string::npos) << none.message;
  const Error missing = refused(server.url("no_such_database"));
  EXPECT_EQ(missing.code, ErrorCode::kNotFound) << missing.detail;
  EXPECT_NE(missing.message.find("createdb"), std::string::npos) << missing.message;
  const Error absent = refused("postgresql://pier:sesame@127.0.0.1:1/records");
  EXPECT_EQ(absent.code, ErrorCode::kIo);
  EXPECT_NE(absent.message.find("postgresql://pier@127.0.0.1:1/records: no server answers there; start PostgreSQL"),
            std::string::npos)
      << absent.message;
  EXPECT_EQ((absent.message + absent.detail).find("sesame"), std::string::npos);
}

TEST_F(PostgresTest, ADatabaseInAnotherEncodingIsRefused) {
  const test::PostgresServer& server = *test::PostgresServer::shared();
  ASSERT_TRUE(server.query("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"));
  const auto refused = Database::open(server.url("latin"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument) << refused.error().message;
  ASSERT_TRUE(server.query("DROP DATABASE latin WITH (FORCE)"));
}

}  // namespace
}  // namespace pier::database
