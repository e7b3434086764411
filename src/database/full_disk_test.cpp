// Bad days: no space, read-only, no permission.

#include <array>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <pier/database/data_directory.hpp>
#include <pier/database/database.hpp>

#include "scratch.hpp"

namespace pier::database {
namespace {

constexpr std::array kSchema{Migration{1, "test", "CREATE TABLE things (id INTEGER PRIMARY KEY, body BLOB) STRICT;"}};

Result<std::unique_ptr<Database>> open(const std::string& directory) {
  OpenOptions options;
  options.migrations = kSchema;
  return Database::open("sqlite:" + directory + "/pier.db", options);
}

Result<void> insert(Database& database, size_t bytes) {
  return database.write([&](Transaction& tx) -> Result<void> {
    PIER_CHECK(tx.run("INSERT INTO things (body) VALUES ($1)", {Bytes(bytes, std::byte{5})}));
    return {};
  });
}

TEST(FullDisk, LosesNothingThatWasCommitted) {
  const test::SmallDisk disk(2U << 20U);
  if (!disk.mounted()) GTEST_SKIP() << "mounting a tmpfs needs root";
  auto database = open(disk.path());
  ASSERT_TRUE(database) << database.error().message;
  int64_t committed = 0;
  Result<void> last;
  while (committed < 1000 && (last = insert(**database, 50'000))) ++committed;
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, ErrorCode::kNoSpace) << last.error().message << " " << last.error().detail;
  EXPECT_NE(last.error().message.find("disk is full"), std::string::npos) << last.error().message;
  EXPECT_GT(committed, 5);
  auto snapshot = (*database)->read();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ((*snapshot->one("SELECT count(*) FROM things"))->integer(0), committed);
  EXPECT_TRUE((*database)->check_integrity());
}

TEST(ReadOnlyDisk, IsNamed) {
  const test::SmallDisk disk(2U << 20U);
  if (!disk.mounted()) GTEST_SKIP() << "mounting a tmpfs needs root";
  ASSERT_TRUE(open(disk.path()));
  ASSERT_TRUE(disk.make_read_only());
  const auto refused = open(disk.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPermission) << refused.error().message << refused.error().detail;
  EXPECT_NE(refused.error().message.find("--data"), std::string::npos) << refused.error().message;
  const auto lock = DataDirectoryLock::take(disk.path(), "test");
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, ErrorCode::kPermission);
  EXPECT_NE(lock.error().message.find("--data"), std::string::npos) << lock.error().message;
}

TEST(NoPermission, IsNamed) {
  const test::Scratch scratch;
  ASSERT_TRUE(open(scratch.path()));
  ::chmod((scratch.path() + "/pier.db").c_str(), 0444);
  ::chmod(scratch.path().c_str(), 0555);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(2);
    const auto refused = open(scratch.path());
    if (refused || refused.error().code != ErrorCode::kPermission) ::_exit(3);
    const auto lock = DataDirectoryLock::take(scratch.path(), "test");
    ::_exit(!lock && lock.error().code == ErrorCode::kPermission ? 0 : 4);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "exit code " << WEXITSTATUS(status);
}

}  // namespace
}  // namespace pier::database
