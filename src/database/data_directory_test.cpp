#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <pier/database/data_directory.hpp>

#include "network_file_system.hpp"
#include "scratch.hpp"

namespace pier::database {
namespace {

/// A child that holds the lock until it is killed; the pipe says when it has it.
pid_t start_holder(const std::string& path) {
  int ready[2];
  if (::pipe(ready) != 0) return -1;
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = DataDirectoryLock::take(path, "serve on\n127.0.0.1:8080");
    const char good = lock ? 'y' : 'n';
    if (::write(ready[1], &good, 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  char answer = 0;
  const bool held = ::read(ready[0], &answer, 1) == 1 && answer == 'y';
  ::close(ready[0]);
  ::close(ready[1]);
  return held ? child : -1;
}

TEST(DataDirectoryLock, SecondProcessIsToldWhoHoldsIt) {
  const test::Scratch scratch;
  const std::string data = scratch.path() + "/data";
  const pid_t child = start_holder(data);
  ASSERT_GT(child, 0);

  const auto refused = DataDirectoryLock::take(data, "publish");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInUse);
  EXPECT_NE(refused.error().message.find("process " + std::to_string(child)), std::string::npos)
      << refused.error().message;
  EXPECT_NE(refused.error().message.find("serve on 127.0.0.1:8080"), std::string::npos);
  const auto holder = DataDirectoryLock::holder(data);
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->pid, child);
  EXPECT_EQ(holder->purpose, "serve on 127.0.0.1:8080");

  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(DataDirectoryLock::holder(data).error().code, ErrorCode::kNotFound);
  const auto taken = DataDirectoryLock::take(data, "publish");
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(DataDirectoryLock::holder(data)->pid, ::getpid());
}

TEST(DataDirectoryLock, IsGivenUpWithTheObjectAndHeldAgainstTheSameProcess) {
  const test::Scratch scratch;
  {
    const auto lock = DataDirectoryLock::take(scratch.path(), "one");
    ASSERT_TRUE(lock);
    EXPECT_EQ(DataDirectoryLock::take(scratch.path(), "two").error().code, ErrorCode::kInUse);
    EXPECT_TRUE(DataDirectoryLock::holder(scratch.path()));
  }
  EXPECT_TRUE(DataDirectoryLock::take(scratch.path(), "two"));
  EXPECT_EQ(DataDirectoryLock::holder(scratch.path() + "/none").error().code, ErrorCode::kNotFound);
}

TEST(NetworkFileSystem, IsKnownByItsNumber) {
  EXPECT_EQ(impl::network_file_system_name(0x6969), "NFS");
  EXPECT_EQ(impl::network_file_system_name(0xFF534D42), "SMB (CIFS)");
  EXPECT_EQ(impl::network_file_system_name(0xFE534D42), "SMB");
  EXPECT_EQ(impl::network_file_system_name(0x65735546), "FUSE");
  for (const uint64_t local : {0xEF53U, 0x01021994U, 0x58465342U, 0x9123683EU, 0x794C7630U, 0x2FC12FC1U}) {
    EXPECT_EQ(impl::network_file_system_name(local), "");  // ext4, tmpfs, xfs, btrfs, overlayfs, zfs
  }
  const test::Scratch scratch;
  EXPECT_TRUE(refuse_network_file_system(scratch.path()));
  EXPECT_FALSE(refuse_network_file_system(scratch.path() + "/none"));
}

}  // namespace
}  // namespace pier::database
