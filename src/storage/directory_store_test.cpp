// What only a directory has; what every engine has is in store_suite_test.cpp.

#include <fstream>

#include <gtest/gtest.h>

#include <pier/storage/object_store.hpp>

#include "scratch.hpp"

namespace pier::storage {
namespace {

TEST(DirectoryStore, LinksAreNotFollowed) {
  const test::Scratch scratch;
  const std::string root = scratch.path() + "/objects";
  auto opened = open_directory_store(root);
  ASSERT_TRUE(opened);
  ObjectStore& store = **opened;
  const ObjectKey key = *new_key("default", "chunk");
  ASSERT_TRUE(put(store, *new_key("default", "chunk"), {}));
  std::filesystem::create_symlink("/etc/passwd", root + "/" + to_string(key));
  EXPECT_FALSE(store.open(key));
  EXPECT_FALSE(store.create(key));
  std::filesystem::create_directory_symlink(scratch.path(), root + "/linked");
  EXPECT_FALSE(store.create(*new_key("linked", "chunk")));
  size_t seen = 0;
  EXPECT_TRUE(store.list("", [&](const ObjectStat&) { return ++seen > 0; }));
  EXPECT_EQ(seen, 1U);
}

TEST(DirectoryStore, AHalfObjectIsListed) {
  const test::Scratch scratch;
  auto store = open_directory_store(scratch.path());
  ASSERT_TRUE(store);
  size_t seen = 0;
  const auto count = [&](const ObjectStat&) { return ++seen > 0; };
  auto writer = (*store)->create(*new_key("default", "chunk"));
  ASSERT_TRUE(writer);
  EXPECT_TRUE((*store)->list("", count));
  EXPECT_EQ(seen, 1U);
  EXPECT_EQ(*(*store)->remove_unfinished(Clock::system().now()), 0U);
  EXPECT_TRUE((*writer)->commit());
}

TEST(DirectoryStore, HasNoAddresses) {
  const test::Scratch scratch;
  auto store = open_store("dir:" + scratch.path() + "/objects");
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ((*store)->describe(), "directory " + scratch.path() + "/objects");
  const auto address = (*store)->presign_get(*new_key("default", "chunk"), std::chrono::seconds(60));
  EXPECT_EQ(address.error().code, ErrorCode::kInputUnsupported);
}

TEST(DirectoryStore, AFileIsNoDirectory) {
  const test::Scratch scratch;
  std::ofstream(scratch.path() + "/file") << "x";
  EXPECT_FALSE(open_directory_store(scratch.path() + "/file"));
  EXPECT_FALSE(open_directory_store(""));
}

TEST(OpenStore, ByUrl) {
  const test::Scratch scratch;
  EXPECT_TRUE(open_store(scratch.path() + "/a"));
  EXPECT_TRUE(open_store(scratch.path() + "/odd://name"));
  EXPECT_EQ(open_store("ftp://host/x").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(open_store("s3://x").error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(is_remote_store("s3://bucket"));
  EXPECT_FALSE(is_remote_store("/srv/s3://x"));
}

}  // namespace
}  // namespace pier::storage
