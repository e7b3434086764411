#include "cgroup.hpp"

#include <filesystem>

#include <pier/core/id.hpp>

#include "test_process.hpp"

namespace pier::sandbox::impl {
namespace {

/// A directory with the files of a cgroup: what is written to it can be read back. (A task's own directory would be
/// filled by the kernel; here it stays empty, which is the fault of a group without a memory controller.)
class Cgroups : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(x_path); }
  void TearDown() override { std::filesystem::remove_all(x_path); }
  void file(const std::string& name, const std::string& text) {
    ASSERT_TRUE(replace_file(x_path + "/" + name, as_bytes(text)));
  }
  std::string x_path = testing::TempDir() + "pier-cgroup-" + new_uuid7();
};

TEST(OwnCgroup, is_found_below_the_mount) {
  const char* mounts =
      "24 30 0:22 / /proc rw - proc proc rw\n"
      "35 30 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
  EXPECT_EQ(*own_cgroup("0::/system.slice/pier.service\n", mounts), "/sys/fs/cgroup/system.slice/pier.service");
  EXPECT_EQ(*own_cgroup("4:memory:/a\n0::/\n", mounts), "/sys/fs/cgroup");
  EXPECT_FALSE(own_cgroup("4:memory:/a\n", mounts));
  EXPECT_FALSE(own_cgroup("0::/a\n", "24 30 0:22 / /proc rw - proc proc rw\n"));
  EXPECT_FALSE(own_cgroup("", ""));
}

TEST_F(Cgroups, without_a_memory_controller_there_are_none) {
  file("cgroup.controllers", "cpu io hugetlb\n");
  file("cgroup.subtree_control", "\n");
  const auto groups = TaskCgroups::open(x_path);
  ASSERT_FALSE(groups);
  EXPECT_NE(groups.error().message.find("no memory controller"), std::string::npos);
  EXPECT_FALSE(TaskCgroups::open(x_path + "/nowhere"));
}

TEST_F(Cgroups, the_memory_controller_is_handed_down) {
  file("cgroup.controllers", "cpu memory pids\n");
  file("cgroup.subtree_control", "\n");
  std::filesystem::create_directory(x_path + "/task-1-1");  // of a server that was killed
  const auto groups = TaskCgroups::open(x_path);
  ASSERT_TRUE(groups) << groups.error().message;
  EXPECT_EQ(*read_file(x_path + "/cgroup.subtree_control"), "+memory");
  EXPECT_FALSE(std::filesystem::exists(x_path + "/task-1-1"));
}

TEST_F(Cgroups, a_group_that_cannot_limit_is_refused_and_leaves_nothing) {
  file("cgroup.controllers", "memory\n");
  file("cgroup.subtree_control", "memory\n");
  auto groups = TaskCgroups::open(x_path);
  ASSERT_TRUE(groups);
  EXPECT_FALSE(groups->make(1U << 20U));
  for (const auto& entry : std::filesystem::directory_iterator(x_path)) {
    EXPECT_FALSE(entry.is_directory()) << entry.path();
  }
}

TEST(OwnCgroup, is_not_touched_unless_delegated) {
  const auto groups = TaskCgroups::open("");
  if (groups) GTEST_SKIP() << "this session has a delegated group: " << groups->path();
  EXPECT_FALSE(groups.error().message.empty());
}

}  // namespace
}  // namespace pier::sandbox::impl
