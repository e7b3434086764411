#pragma once
// For tests: an empty place for records on either engine, and the parameter that runs a test on both.
//
//   class QueueTest : public testing::TestWithParam<database::test::Engine> { ... FreshRecords x_records{GetParam()};
//   INSTANTIATE_TEST_SUITE_P(Engines, QueueTest, database::test::kBothEngines, database::test::engine_name);
//
// PostgreSQL is one server a test process, started when first asked for on a Unix socket in a directory of its own, and
// stopped and removed when the process ends, however it ends. Without Debian's postgresql-15 the test fails and says
// so.

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace pier::database::test {

enum class Engine { kSqlite, kPostgresql };
std::string engine_name(const testing::TestParamInfo<Engine>& info);
inline const auto kBothEngines = testing::Values(Engine::kSqlite, Engine::kPostgresql);

enum class Schema {
  kNone,     // nothing in it
  kCurrent,  // already brought up to date (PostgreSQL), so that opening it is quick
};

/// A file in a scratch directory, or a database of its own; gone with the object.
class FreshRecords {
 public:
  explicit FreshRecords(Engine engine, Schema schema = Schema::kCurrent);
  FreshRecords(const FreshRecords&) = delete;
  FreshRecords& operator=(const FreshRecords&) = delete;
  ~FreshRecords();

  /// What Database::open takes; empty when there is no server, then the test has failed already.
  const std::string& url() const { return x_url; }
  /// A directory that goes with the object; the SQLite file is pier.db in it.
  const std::string& directory() const { return x_directory; }
  bool postgresql() const { return x_postgresql; }
  /// Ends every connection to the database, as an operator would (PostgreSQL); gives how many.
  int end_connections() const;
  /// Waits until nobody is connected: what a killed client sent last is done (PostgreSQL).
  void wait_until_unused() const;

 private:
  bool x_postgresql;
  std::string x_directory;
  std::string x_database;
  std::string x_url;
};

}  // namespace pier::database::test
