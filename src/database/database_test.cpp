#include <array>
#include <fstream>
#include <limits>
#include <thread>

#include <gtest/gtest.h>

#include <pier/database/database.hpp>

#include "scratch.hpp"

namespace pier::database {
namespace {

constexpr std::array kSchema{
    Migration{1, "test",
              "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT UNIQUE, weight REAL, body BLOB) STRICT;"
              "CREATE TABLE parts (thing INTEGER NOT NULL REFERENCES things (id) ON DELETE CASCADE, n INTEGER CHECK (n "
              "> 0)) STRICT;"}};

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    x_database.reset();
    OpenOptions options;
    options.migrations = kSchema;
    options.clock = &x_clock;
    options.readers = 2;
    options.busy_timeout = std::chrono::milliseconds(200);
    auto opened = Database::open("sqlite:" + path(), options);
    ASSERT_TRUE(opened) << opened.error().message << opened.error().detail;
    x_database = std::move(*opened);
  }
  std::string path() const { return x_scratch.path() + "/pier.db"; }
  int64_t count() {
    auto snapshot = x_database->read();
    return (*snapshot->one("SELECT count(*) FROM things"))->integer(0);
  }

  test::Scratch x_scratch;
  FakeClock x_clock;
  std::unique_ptr<Database> x_database;
};

TEST_F(DatabaseTest, ValuesComeBackAsTheyWere) {
  const int64_t wide[] = {std::numeric_limits<int64_t>::min(), -1, 0, 1, (1LL << 53) + 1,
                          std::numeric_limits<int64_t>::max()};
  const std::string text("nul\0inside \xE6\xA0\x88\xE6\xA1\xA5", 17);
  const Bytes bytes{std::byte{0}, std::byte{255}, std::byte{0}};
  auto tx = x_database->begin();
  ASSERT_TRUE(tx);
  for (const int64_t value : wide) {
    auto row = tx->one("INSERT INTO things (id, weight, body) VALUES ($1, $2, $3) RETURNING id, weight, body, name",
                       {value, 0.1, bytes});
    ASSERT_TRUE(row) << row.error().detail;
    EXPECT_EQ((*row)->integer(0), value);
    EXPECT_EQ((*row)->real(1), 0.1);
    EXPECT_EQ((*row)->bytes(2), bytes);
    EXPECT_TRUE((*row)->is_null(3));
    EXPECT_EQ((*row)->text_if(3), std::nullopt);
    EXPECT_EQ((*row)->text(3), "");
    EXPECT_TRUE((*row)->is_null(99));
  }
  auto row = tx->one("SELECT $2, $1, $3, $4, $5", {text, std::optional<int64_t>(), Bytes(), "", true});
  ASSERT_TRUE(row) << row.error().detail;
  EXPECT_TRUE((*row)->is_null(0));
  EXPECT_EQ((*row)->text(1), text);  // bound by number, not by place
  EXPECT_FALSE((*row)->is_null(2));
  EXPECT_TRUE((*row)->bytes(2).empty());
  EXPECT_EQ((*row)->text_if(3), "");
  EXPECT_EQ((*row)->integer(4), 1);
  EXPECT_EQ((*row)->real(4), 1.0);
}

TEST_F(DatabaseTest, CommitLastsAndRollbackDoesNot) {
  {
    auto tx = x_database->begin();
    ASSERT_TRUE(tx->run("INSERT INTO things (name) VALUES ($1)", {"lost"}));
  }
  EXPECT_EQ(count(), 0);
  {
    auto tx = x_database->begin();
    ASSERT_EQ(*tx->run("INSERT INTO things (name) VALUES ($1), ($2)", {"one", "two"}), 2);
    EXPECT_EQ(count(), 0);  // a reader does not wait and does not see it yet
    ASSERT_TRUE(tx->commit());
    EXPECT_EQ(tx->run("INSERT INTO things (name) VALUES ('late')").error().code, ErrorCode::kInternal);
    EXPECT_EQ(tx->commit().error().code, ErrorCode::kInternal);
  }
  EXPECT_EQ(count(), 2);
  EXPECT_FALSE(x_database->write([](Transaction& tx) -> Result<void> {
    PIER_CHECK(tx.run("DELETE FROM things"));
    return fail(ErrorCode::kCancelled, "no");
  }));
  reopen();
  EXPECT_EQ(count(), 2);
}

TEST_F(DatabaseTest, ASnapshotStandsStill) {
  auto snapshot = x_database->read();
  ASSERT_TRUE(snapshot->one("SELECT 1 FROM things"));
  ASSERT_TRUE(x_database->write([](Transaction& tx) -> Result<void> {
    PIER_CHECK(tx.run("INSERT INTO things (name) VALUES ('new')"));
    return {};
  }));
  EXPECT_EQ((*snapshot->one("SELECT count(*) FROM things"))->integer(0), 0);
  EXPECT_FALSE(snapshot->one("DELETE FROM things RETURNING id"));
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, ConstraintsHaveTheirCodes) {
  const auto code = [&](std::string_view sql) {
    auto tx = x_database->begin();
    EXPECT_TRUE(tx->run("INSERT INTO things (id, name) VALUES (1, 'one')"));
    const auto done = tx->run(sql);
    return done ? ErrorCode::kInternal : done.error().code;
  };
  EXPECT_EQ(code("INSERT INTO things (name) VALUES ('one')"), ErrorCode::kAlreadyExists);
  EXPECT_EQ(code("INSERT INTO things (id) VALUES (1)"), ErrorCode::kAlreadyExists);
  EXPECT_EQ(code("INSERT INTO parts VALUES (99, 1)"), ErrorCode::kConflict);
  EXPECT_EQ(code("INSERT INTO parts VALUES (1, 0)"), ErrorCode::kConflict);
  EXPECT_EQ(code("INSERT INTO things (weight) VALUES ('heavy')"), ErrorCode::kConflict);
}

TEST_F(DatabaseTest, AFailedStatementBreaksItsTransaction) {
  auto tx = x_database->begin();
  ASSERT_TRUE(tx->run("INSERT INTO things (name) VALUES ('one')"));
  ASSERT_FALSE(tx->run("INSERT INTO things (name) VALUES ('one')"));
  EXPECT_EQ(tx->run("INSERT INTO things (name) VALUES ('two')").error().code, ErrorCode::kInternal);
  EXPECT_EQ(tx->commit().error().code, ErrorCode::kInternal);
  {
    auto gone = std::move(tx);
  }
  EXPECT_EQ(count(), 0);
}

TEST_F(DatabaseTest, WrongStatementsAreNamed) {
  auto tx = x_database->begin();
  const auto wrong = [&](std::string_view sql, Params params) {
    auto snapshot = x_database->read();
    const auto done = snapshot->all(sql, params);
    return done ? std::string("accepted") : std::string(to_string(done.error().code));
  };
  EXPECT_EQ(wrong("SELECT FROM", {}), "internal");
  EXPECT_EQ(wrong("SELECT 1; SELECT 2", {}), "internal");
  EXPECT_EQ(wrong("", {}), "internal");
  EXPECT_EQ(wrong("SELECT $1", {}), "internal");
  EXPECT_EQ(wrong("SELECT $1", {1, 2}), "internal");
  EXPECT_EQ(wrong("SELECT $2", {1}), "internal");
  EXPECT_EQ(wrong("SELECT 1;  ", {}), "accepted");
}

TEST_F(DatabaseTest, EachStopsAndWatchesItself) {
  ASSERT_TRUE(x_database->write([](Transaction& tx) -> Result<void> {
    for (int i = 0; i < 10; ++i) PIER_CHECK(tx.run("INSERT INTO things (id) VALUES ($1)", {i}));
    return {};
  }));
  auto snapshot = x_database->read();
  int seen = 0;
  const std::string sql = "SELECT id FROM things WHERE id >= $1 ORDER BY id";
  EXPECT_TRUE(snapshot->each(sql, {3}, [&](const Row& row) {
    EXPECT_EQ(row.integer(0), 3 + seen);
    EXPECT_FALSE(snapshot->one("SELECT id FROM things WHERE id >= $1 ORDER BY id", {0}));
    return ++seen < 1;
  }));
  EXPECT_EQ(seen, 1);
}

TEST_F(DatabaseTest, ForeignKeysCascade) {
  ASSERT_TRUE(x_database->write([](Transaction& tx) -> Result<void> {
    PIER_CHECK(tx.run("INSERT INTO things (id) VALUES (1)"));
    PIER_CHECK(tx.run("INSERT INTO parts VALUES (1, 1)"));
    PIER_CHECK(tx.run("DELETE FROM things"));
    return {};
  }));
  auto snapshot = x_database->read();
  EXPECT_EQ((*snapshot->one("SELECT count(*) FROM parts"))->integer(0), 0);
}

TEST_F(DatabaseTest, OneWriterAtATimeAndTimeIsInjected) {
  auto first = x_database->begin();
  EXPECT_EQ(first->now(), x_clock.now());
  EXPECT_EQ(x_database->begin().error().code, ErrorCode::kOverloaded);
  std::jthread waiting([&] {
    auto second = x_database->begin();
    EXPECT_TRUE(second);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  {
    auto done = std::move(first);
  }
  waiting.join();
  x_clock.advance_us(5);
  EXPECT_EQ(x_database->read()->now(), x_clock.now());
}

TEST_F(DatabaseTest, ManyThreadsCount) {
  ASSERT_TRUE(x_database->write([](Transaction& tx) -> Result<void> {
    PIER_CHECK(tx.run("INSERT INTO things (id, weight) VALUES (1, 0)"));
    return {};
  }));
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        auto done = Result<void>(fail(ErrorCode::kOverloaded, ""));
        while (!done && done.error().code == ErrorCode::kOverloaded) {
          done = x_database->write([](Transaction& tx) -> Result<void> {
            PIER_TRY(const auto row, tx.one("SELECT weight FROM things WHERE id = 1"));
            PIER_CHECK(tx.run("UPDATE things SET weight = $1 WHERE id = 1", {row->real(0) + 1}));
            return {};
          });
        }
        EXPECT_TRUE(done) << done.error().message;
        auto snapshot = x_database->read();
        EXPECT_TRUE(!snapshot || snapshot->one("SELECT weight FROM things"));
      }
    });
  }
  threads.clear();
  auto snapshot = x_database->read();
  EXPECT_EQ((*snapshot->one("SELECT weight FROM things WHERE id = 1"))->real(0), 40);
}

TEST_F(DatabaseTest, DamageIsFound) {
  ASSERT_TRUE(x_database->write([](Transaction& tx) -> Result<void> {
    for (int i = 0; i < 500; ++i) {
      PIER_CHECK(tx.run("INSERT INTO things (name, body) VALUES ($1, $2)",
                        {"thing " + std::to_string(i), Bytes(200, std::byte{7})}));
    }
    return {};
  }));
  EXPECT_TRUE(x_database->check_integrity());
  ASSERT_TRUE(x_database->checkpoint());
  EXPECT_EQ(std::filesystem::file_size(path() + "-wal"), 0U);
  x_database.reset();
  {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(5 * 4096);
    file << std::string(4096 * 10, 'Z');
  }
  reopen();
  const auto damaged = x_database->check_integrity();
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::kIo);
  EXPECT_NE(damaged.error().message.find("damaged"), std::string::npos) << damaged.error().message;
}

TEST_F(DatabaseTest, ErasedBytesAreGoneFromTheFiles) {
  const std::string secret = "a-title-that-must-not-stay-behind";
  ASSERT_TRUE(x_database->write([&](Transaction& tx) -> Result<void> {
    PIER_CHECK(tx.run("INSERT INTO things (name) VALUES ($1)", {secret}));
    return {};
  }));
  ASSERT_TRUE(x_database->checkpoint());
  const auto found = [&] {
    std::ifstream file(path(), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {}).find(secret) != std::string::npos;
  };
  EXPECT_TRUE(found());
  ASSERT_TRUE(x_database->write([](Transaction& tx) -> Result<void> {
    PIER_CHECK(tx.run("DELETE FROM things"));
    return {};
  }));
  ASSERT_TRUE(x_database->checkpoint());
  EXPECT_FALSE(found());
}

TEST(DatabaseUrl, MustBeSqliteAndAFile) {
  for (const char* url : {"", "pier.db", "postgres://x/y", "sqlite:", "sqlite::memory:", "sqlite:/tmp/"}) {
    const auto refused = Database::open(url);
    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument) << refused.error().message;
  }
}

}  // namespace
}  // namespace pier::database
