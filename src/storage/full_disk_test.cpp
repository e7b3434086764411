// Bad days: no space, read-only, no permission.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <pier/storage/object_store.hpp>

#include "scratch.hpp"

namespace pier::storage {
namespace {

size_t count(ObjectStore& store) {
  size_t found = 0;
  EXPECT_TRUE(store.list("", [&](const ObjectStat&) { return ++found > 0; }));
  return found;
}

TEST(FullDisk, SaysSoAndLeavesNothing) {
  const test::SmallDisk disk(1U << 20U);
  if (!disk.mounted()) GTEST_SKIP() << "mounting a tmpfs needs root";
  auto store = open_directory_store(disk.path());
  ASSERT_TRUE(store);
  const Bytes small(1000, std::byte{1});
  ASSERT_TRUE(put(**store, *new_key("default", "chunk"), small));

  const Bytes large(2U << 20U, std::byte{2});
  const auto full = put(**store, *new_key("default", "chunk"), large);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kNoSpace);
  EXPECT_NE(full.error().message.find(disk.path()), std::string::npos) << full.error().message;
  EXPECT_NE(full.error().message.find("--store"), std::string::npos);
  EXPECT_EQ(count(**store), 1U);
  EXPECT_GT(*(*store)->free_bytes(), 900'000U);
  EXPECT_TRUE(put(**store, *new_key("default", "chunk"), small));
}

TEST(ReadOnlyDisk, IsReadButNotWritten) {
  const test::SmallDisk disk(1U << 20U);
  if (!disk.mounted()) GTEST_SKIP() << "mounting a tmpfs needs root";
  auto store = open_directory_store(disk.path());
  ASSERT_TRUE(store);
  const auto info = put(**store, *new_key("default", "chunk"), Bytes(1000, std::byte{1}));
  ASSERT_TRUE(info);
  ASSERT_TRUE(disk.make_read_only());
  for (const char* kind : {"chunk", "track"}) {  // the directory of one exists, of the other not
    const auto refused = (*store)->create(*new_key("default", kind));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kPermission);
    EXPECT_NE(refused.error().message.find("Read-only"), std::string::npos) << refused.error().message;
  }
  EXPECT_TRUE(verify(**store, *info));
  EXPECT_TRUE(open_directory_store(disk.path()));
}

TEST(NoPermission, NamesTheUser) {
  const test::Scratch scratch;
  ASSERT_TRUE(open_directory_store(scratch.path() + "/objects"));
  ::chmod((scratch.path() + "/objects").c_str(), 0555);
  // Root may do everything: the work is done by a child without privileges.
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(2);
    auto store = open_directory_store(scratch.path() + "/objects");
    if (!store) ::_exit(3);
    const auto refused = (*store)->create(*new_key("default", "chunk"));
    if (refused || refused.error().code != ErrorCode::kPermission) ::_exit(4);
    const bool named = refused.error().message.find("user " + std::to_string(::geteuid())) != std::string::npos;
    ::_exit(named ? 0 : 5);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "exit code " << WEXITSTATUS(status);
}

}  // namespace
}  // namespace pier::storage
