// Bad days of a PostgreSQL server: killed, restarted, connections cut.

#include <array>
#include <thread>

#include <gtest/gtest.h>

#include <pier/database/database.hpp>
#include <pier/database/testing/fresh_records.hpp>
#include <pier/database/testing/postgres_server.hpp>

namespace pier::database {
namespace {

using namespace std::chrono_literals;

constexpr std::array kSchema{Migration{1, "test", "", "CREATE TABLE things (id BIGINT PRIMARY KEY)"}};

Result<std::unique_ptr<Database>> open(const std::string& url, std::chrono::milliseconds patience) {
  OpenOptions options;
  options.migrations = kSchema;
  options.busy_timeout = patience;
  return Database::open(url, options);
}

Result<void> insert(Database& database, int64_t id) {
  return database.write([&](Transaction& tx) -> Result<void> {
    PIER_CHECK(tx.run("INSERT INTO things VALUES ($1)", {id}));
    return {};
  });
}

int64_t count(Database& database) {
  auto snapshot = database.read();
  if (!snapshot) return -1;
  const auto row = snapshot->one("SELECT count(*) FROM things");
  return row ? (*row)->integer(0) : -1;
}

TEST(LostServer, KilledInTheMiddleOfATransactionNothingIsHalfWritten) {
  auto server = test::PostgresServer::start();
  ASSERT_TRUE(server) << server.error().message << server.error().detail;
  auto database = open((*server)->url("postgres"), 20s);
  ASSERT_TRUE(database) << database.error().message << database.error().detail;
  ASSERT_TRUE(insert(**database, 1));
  {
    auto tx = (*database)->begin();
    ASSERT_TRUE(tx->run("INSERT INTO things VALUES (2)"));
    ASSERT_TRUE((*server)->kill());
    Result<int64_t> more = tx->run("INSERT INTO things VALUES (3)");
    for (int i = 0; more && i < 500; ++i) {  // its child needs a moment to notice
      std::this_thread::sleep_for(10ms);
      more = tx->run("INSERT INTO things VALUES ($1)", {100 + i});
    }
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().code, ErrorCode::kIo) << more.error().detail;
    EXPECT_NE(more.error().message.find("connection to the server was lost"), std::string::npos)
        << more.error().message;
    EXPECT_EQ(tx->commit().error().code, ErrorCode::kInternal);
  }
  // Whoever begins now waits, with growing pauses, until the server is back.
  std::jthread back([&] {
    std::this_thread::sleep_for(300ms);
    EXPECT_TRUE((*server)->resume());
  });
  const auto after = insert(**database, 4);
  EXPECT_TRUE(after) << after.error().message << after.error().detail;
  back.join();
  EXPECT_EQ(count(**database), 2);
  EXPECT_TRUE((*database)->check_integrity());

  // Restarted while nobody was looking: all idle connections are dead, and nobody hears of it.
  ASSERT_TRUE((*server)->stop());
  ASSERT_TRUE((*server)->resume());
  const auto again = insert(**database, 5);
  EXPECT_TRUE(again) << again.error().message << again.error().detail;
  EXPECT_EQ(count(**database), 3);
}

TEST(LostServer, AbsentForTooLongIsSaid) {
  auto server = test::PostgresServer::start();
  ASSERT_TRUE(server) << server.error().message;
  auto database = open((*server)->url("postgres"), 300ms);
  ASSERT_TRUE(database);
  ASSERT_TRUE((*server)->stop());
  const auto started = std::chrono::steady_clock::now();
  const auto refused = (*database)->begin();
  EXPECT_LT(std::chrono::steady_clock::now() - started, 3s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kIo);
  EXPECT_NE(refused.error().message.find("no server answers there; start PostgreSQL"), std::string::npos)
      << refused.error().message;
}

TEST(LostServer, AConnectionEndedByTheOperatorBreaksItsTransactionOnly) {
  const test::FreshRecords records(test::Engine::kPostgresql, test::Schema::kNone);
  auto database = open(records.url(), 5s);
  ASSERT_TRUE(database);
  {
    auto tx = (*database)->begin();
    ASSERT_TRUE(tx->run("INSERT INTO things VALUES (1)"));
    EXPECT_GE(records.end_connections(), 1);
    const auto more = tx->commit();
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().code, ErrorCode::kIo) << more.error().detail;
    EXPECT_FALSE(tx->clashed());
  }
  EXPECT_EQ(count(**database), 0);
  EXPECT_TRUE(insert(**database, 2));
  EXPECT_EQ(count(**database), 1);
}

}  // namespace
}  // namespace pier::database
