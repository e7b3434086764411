#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include <gtest/gtest.h>

#include <pier/database/table_copy.hpp>
#include <pier/database/testing/fresh_records.hpp>
#include <pier/database/testing/transactions.hpp>

namespace pier::database {
namespace {

// Tables in an order that is not that of their names, a key of two columns, a table without key, one added later.
constexpr std::array kSteps{
    Migration{1, "first",
              "CREATE TABLE a (id INTEGER PRIMARY KEY, owner TEXT REFERENCES z (id), x REAL, y BLOB) STRICT;"
              "CREATE TABLE z (id TEXT PRIMARY KEY, seen INTEGER NOT NULL) STRICT;"
              "CREATE TABLE m (two TEXT NOT NULL, one INTEGER NOT NULL, PRIMARY KEY (two, one)) STRICT;"
              "INSERT INTO z VALUES ('seed', 1);",
              "CREATE TABLE z (id TEXT COLLATE \"C\" PRIMARY KEY, seen BIGINT NOT NULL);"
              "CREATE TABLE a (id BIGINT PRIMARY KEY, owner TEXT COLLATE \"C\" REFERENCES z (id), x DOUBLE PRECISION,"
              " y BYTEA);"
              "CREATE TABLE m (two TEXT COLLATE \"C\" NOT NULL, one BIGINT NOT NULL, PRIMARY KEY (two, one));"
              "INSERT INTO z VALUES ('seed', 1);"},
    Migration{2, "added_later", "CREATE TABLE later (a_id INTEGER REFERENCES a (id), note TEXT) STRICT;",
              "CREATE TABLE later (a_id BIGINT REFERENCES a (id), note TEXT COLLATE \"C\");"},
};

std::unique_ptr<Database> opened(const test::FreshRecords& records, std::span<const Migration> steps) {
  OpenOptions options;
  options.migrations = steps;
  auto database = Database::open(records.url(), options);
  EXPECT_TRUE(database) << database.error().message << database.error().detail;
  return database ? std::move(*database) : nullptr;
}

struct Direction {
  test::Engine from, to;
};
std::string direction_name(const testing::TestParamInfo<Direction>& info) {
  return info.param.from == test::Engine::kSqlite ? "ToServer" : "FromServer";
}

class TableCopyTest : public testing::TestWithParam<Direction> {
 protected:
  void fill() {
    const auto filled = x_from->write([&](Transaction& tx) -> Result<void> {
      PIER_CHECK(tx.run("DELETE FROM z"));
      PIER_CHECK(tx.run("INSERT INTO z VALUES ('é', $1), ('', $2)",
                        {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}));
      for (int64_t i = 0; i < 200; ++i) {  // more than a batch
        const Bytes bytes(static_cast<size_t>(i), std::byte{0xff});
        PIER_CHECK(tx.run("INSERT INTO a (id, owner, x, y) VALUES ($1, $2, $3, $4)",
                          {i, i % 3 == 0 ? Param(nullptr) : Param("é"), i % 2 == 0 ? Param(nullptr) : Param(0.1 * i),
                           i % 5 == 0 ? Param(nullptr) : Param(bytes)}));
      }
      PIER_CHECK(tx.run("INSERT INTO m (two, one) VALUES ('b', 1), ('a', 2), ('a', 1)"));
      PIER_CHECK(tx.run("INSERT INTO later (a_id, note) VALUES (7, 'x'), (NULL, NULL), (7, NULL), (7, 'x')"));
      return {};
    });
    ASSERT_TRUE(filled) << filled.error().message << filled.error().detail;
  }
  Result<std::vector<TableDigest>> copy(const std::vector<Table>& tables, const RowProgress& progress = {}) {
    std::vector<TableDigest> read;
    PIER_TRY(Snapshot from, x_from->read());
    PIER_CHECK(x_to->write([&](Transaction& tx) -> Result<void> {
      PIER_TRY(read, copy_tables(from, tx, tables, progress));
      return {};
    }));
    return read;
  }
  std::vector<TableDigest> digests(Database& database, const std::vector<Table>& tables) {
    auto session = database.read();
    return digest_tables(*session, tables).value();
  }

  test::FreshRecords x_source{GetParam().from, test::Schema::kNone}, x_target{GetParam().to, test::Schema::kNone};
  std::unique_ptr<Database> x_from = opened(x_source, kSteps), x_to = opened(x_target, kSteps);
};

INSTANTIATE_TEST_SUITE_P(Engines, TableCopyTest,
                         testing::Values(Direction{test::Engine::kSqlite, test::Engine::kPostgresql},
                                         Direction{test::Engine::kPostgresql, test::Engine::kSqlite}),
                         direction_name);

TEST_P(TableCopyTest, TablesStandBehindThoseTheyReferTo) {
  for (Database* database : {x_from.get(), x_to.get()}) {
    const auto tables = list_tables(*database);
    ASSERT_TRUE(tables) << tables.error().message << tables.error().detail;
    std::vector<std::string> names;
    for (const Table& table : *tables) names.push_back(table.name);
    EXPECT_EQ(names, (std::vector<std::string>{"m", "z", "a", "later"}));
    EXPECT_EQ(tables->front().key, (std::vector<std::string>{"two", "one"}));
    EXPECT_EQ((*tables)[2].columns, (std::vector<std::string>{"id", "owner", "x", "y"}));
  }
}

TEST_P(TableCopyTest, EveryRowOfEveryTableArrives) {
  fill();
  const auto tables = tables_of_both(*x_from, *x_to).value();
  int64_t told = 0;
  const auto read = copy(tables, [&](int64_t rows) {
    told = rows;
    return true;
  });
  ASSERT_TRUE(read) << read.error().message << read.error().detail;
  EXPECT_EQ(told, 209);
  const auto theirs = digests(*x_to, tables);
  EXPECT_EQ(theirs, *read);
  EXPECT_EQ(theirs, digests(*x_from, tables));
  EXPECT_EQ(theirs[2].rows, 200);
  auto snapshot = x_to->read();
  EXPECT_EQ(count_rows(*snapshot, tables).value(), 209);
  const auto row = snapshot->one("SELECT owner, x, y FROM a WHERE id = 9");
  ASSERT_TRUE(row && *row);
  EXPECT_TRUE((*row)->is_null(0));
  EXPECT_EQ((*row)->real(1), 0.1 * 9);
  EXPECT_EQ((*row)->bytes(2), Bytes(9, std::byte{0xff}));
}

TEST_P(TableCopyTest, AgainAfterAChangeAndWithOneByteOfDifference) {
  fill();
  const auto tables = tables_of_both(*x_from, *x_to).value();
  const auto first = copy(tables).value();
  ASSERT_TRUE(test::step(*x_from, [](Transaction& tx) { return tx.run("UPDATE a SET y = NULL WHERE id = 3"); }));
  const auto changed = digests(*x_from, tables);
  EXPECT_NE(changed, first);
  EXPECT_EQ(changed[1], first[1]) << "only one table differs";
  EXPECT_EQ(copy(tables).value(), changed) << "what was there is replaced";
  EXPECT_EQ(digests(*x_to, tables), changed);
}

TEST_P(TableCopyTest, StoppedItLeavesTheTargetAsItWas) {
  fill();
  const auto tables = tables_of_both(*x_from, *x_to).value();
  const auto before = digests(*x_to, tables);
  EXPECT_EQ(copy(tables, [](int64_t rows) { return rows < 150; }).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(digests(*x_to, tables), before);
}

TEST_P(TableCopyTest, ATableThatOnlyOneHasIsNamed) {
  const test::FreshRecords older(GetParam().to, test::Schema::kNone);
  const auto without = opened(older, std::span(kSteps).first(1));
  const auto refused = tables_of_both(*x_from, *without);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("later"), std::string::npos) << refused.error().message;
}

/// The real schema: every table there is, told by another question than that of list_tables, on both engines.
TEST(TableCopy, NoTableOfTheSchemaIsForgotten) {
  const test::FreshRecords file(test::Engine::kSqlite);
  const test::FreshRecords server(test::Engine::kPostgresql);
  auto sqlite = Database::open(file.url());
  auto postgresql = Database::open(server.url());
  ASSERT_TRUE(sqlite && postgresql);
  const auto tables = tables_of_both(**sqlite, **postgresql);
  ASSERT_TRUE(tables) << tables.error().message << tables.error().detail;
  std::set<std::string> names;
  for (const Table& table : *tables) {
    names.insert(table.name);
    EXPECT_FALSE(table.key.empty()) << table.name << " has no primary key";
  }
  auto left = (*sqlite)->read();
  auto right = (*postgresql)->read();
  for (auto& [session, sql] :
       {std::pair{&*left, "SELECT tbl_name FROM sqlite_schema WHERE sql LIKE 'CREATE TABLE%'"},
        std::pair{&*right, "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'"}}) {
    const auto rows = session->all(sql);
    ASSERT_TRUE(rows) << rows.error().detail;
    std::set<std::string> there;
    for (const Row& row : *rows) there.insert(row.text(0));
    EXPECT_EQ(there.erase("schema_migrations"), 1U);
    EXPECT_EQ(there, names);
  }
}

TEST(TableCopy, WhatTheServerCannotStoreIsNamed) {
  const test::FreshRecords file(test::Engine::kSqlite, test::Schema::kNone);
  const test::FreshRecords server(test::Engine::kPostgresql, test::Schema::kNone);
  const auto from = opened(file, kSteps);
  const auto to = opened(server, kSteps);
  ASSERT_TRUE(from->write([](Transaction& tx) -> Result<void> {
    PIER_CHECK(tx.run("INSERT INTO m (two, one) VALUES ($1, 5)", {std::string_view("a\xff")}));
    return {};
  }));
  const auto tables = tables_of_both(*from, *to).value();
  auto session = from->read();
  const auto refused = to->write([&](Transaction& tx) -> Result<void> {
    PIER_CHECK(copy_tables(*session, tx, tables));
    return {};
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(refused.error().message.find("table m"), std::string::npos) << refused.error().message;
}

}  // namespace
}  // namespace pier::database
