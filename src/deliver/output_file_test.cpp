#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pier/deliver/output_file.hpp>

namespace pier::deliver {
namespace {

class OutputFiles : public testing::Test {
 protected:
  OutputFiles() {
    char name[] = "/tmp/pier-output-XXXXXX";
    x_folder = ::mkdtemp(name);
  }
  ~OutputFiles() override { std::filesystem::remove_all(x_folder); }
  std::string path(const std::string& name) const { return x_folder + "/" + name; }
  size_t entries() const {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(x_folder)) ++count;
    return count;
  }
  std::string content(const std::string& name) const { return read_file(path(name)).value_or("-"); }

  std::string x_folder;
};

TEST_F(OutputFiles, StandsUnderItsNameOnlyWhenPublished) {
  auto file = OutputFile::create(path("a.mov"), false);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_TRUE(write_all(file->fd(), as_bytes("whole")));
  EXPECT_FALSE(std::filesystem::exists(path("a.mov")));
  ASSERT_TRUE(file->publish());
  EXPECT_EQ(content("a.mov"), "whole");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(OutputFiles, WhatIsThereStaysUnlessReplaced) {
  ASSERT_TRUE(replace_file(path("a.mov"), as_bytes("old")));
  const auto refused = OutputFile::create(path("a.mov"), false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kAlreadyExists);
  {
    auto dropped = OutputFile::create(path("a.mov"), true);
    ASSERT_TRUE(dropped);
    ASSERT_TRUE(write_all(dropped->fd(), as_bytes("half")));
  }
  EXPECT_EQ(content("a.mov"), "old");
  EXPECT_EQ(entries(), 1U);
  auto file = OutputFile::create(path("a.mov"), true);
  ASSERT_TRUE(file && write_all(file->fd(), as_bytes("new")) && file->publish());
  EXPECT_EQ(content("a.mov"), "new");
}

TEST_F(OutputFiles, OneThatAppearedMeanwhileIsNotReplaced) {
  auto file = OutputFile::create(path("a.mov"), false);
  ASSERT_TRUE(file);
  ASSERT_TRUE(replace_file(path("a.mov"), as_bytes("another's")));
  EXPECT_FALSE(file->publish());
  EXPECT_EQ(content("a.mov"), "another's");
}

TEST_F(OutputFiles, KilledWhileWritingLeavesNothing) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto file = OutputFile::create(path("a.mov"), false);
    if (file && write_all(file->fd(), as_bytes("half"))) ::kill(::getpid(), SIGKILL);
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(entries(), 0U);
}

TEST_F(OutputFiles, FoldersAndMissingFoldersAreSaid) {
  EXPECT_FALSE(OutputFile::create(x_folder + "/", false));
  const auto missing = OutputFile::create(path("no/a.mov"), false);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace pier::deliver
