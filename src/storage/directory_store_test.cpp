#include <fstream>
#include <set>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <pier/core/file.hpp>
#include <pier/storage/object_store.hpp>

#include "scratch.hpp"

namespace pier::storage {
namespace {

Bytes pattern(size_t size, unsigned seed) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i * 31 + seed * 17 + i / 251) & 0xffU);
  return bytes;
}

class DirectoryStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = open_directory_store(root());
    ASSERT_TRUE(opened) << opened.error().message;
    x_store = std::move(*opened);
  }
  std::string root() const { return x_scratch.path() + "/objects"; }
  std::string file_of(const ObjectKey& key) const { return root() + "/" + to_string(key); }
  std::set<std::string> listed(std::string_view prefix) {
    std::set<std::string> names;
    EXPECT_TRUE(x_store->list(prefix, [&](const ObjectStat& object) {
      names.insert(to_string(object.key));
      return true;
    }));
    return names;
  }

  test::Scratch x_scratch;
  std::unique_ptr<ObjectStore> x_store;
};

TEST_F(DirectoryStoreTest, KeepsWhatWasWritten) {
  const ObjectKey key = *new_key("default", "chunk");
  const Bytes bytes = pattern(3'000'001, 1);
  auto writer = x_store->create(key);
  ASSERT_TRUE(writer) << writer.error().message;
  ASSERT_TRUE((*writer)->write(ByteView(bytes).first(1000)));
  ASSERT_TRUE((*writer)->write(ByteView(bytes).subspan(1000)));
  const auto info = (*writer)->commit();
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->key, key);
  EXPECT_EQ(info->size, bytes.size());
  EXPECT_EQ(info->sha256, sha256(bytes));
  EXPECT_FALSE((*writer)->commit());
  EXPECT_FALSE((*writer)->write(bytes));
  writer->reset();  // after commit nothing is taken away

  const auto reader = x_store->open(key);
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->size(), bytes.size());
  Bytes tail(500);
  ASSERT_EQ(*(*reader)->read_at(bytes.size() - 100, tail), 100U);
  EXPECT_TRUE(std::equal(tail.begin(), tail.begin() + 100, bytes.end() - 100));
  EXPECT_EQ(*read_all(*x_store, key), bytes);
  EXPECT_EQ(read_all(*x_store, key, 1000).error().code, ErrorCode::kTooLarge);
  EXPECT_TRUE(verify(*x_store, *info));
  const auto stat = x_store->head(key);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->size, bytes.size());
  EXPECT_LT(std::abs(stat->modified - Clock::system().now()), 60'000'000);
  EXPECT_GT(*x_store->free_bytes(), 0U);
}

TEST_F(DirectoryStoreTest, AnEmptyObjectIsAnObject) {
  const ObjectKey key = *new_key("default", "text");
  const auto info = put(*x_store, key, {});
  ASSERT_TRUE(info);
  EXPECT_EQ(info->size, 0U);
  EXPECT_EQ(info->sha256, sha256({}));
  EXPECT_TRUE(verify(*x_store, *info));
}

TEST_F(DirectoryStoreTest, AKeyIsTakenOnce) {
  const ObjectKey key = *new_key("default", "chunk");
  auto first = x_store->create(key);
  ASSERT_TRUE(first);
  EXPECT_EQ(x_store->create(key).error().code, ErrorCode::kAlreadyExists);
  ASSERT_TRUE((*first)->commit());
  EXPECT_EQ(x_store->create(key).error().code, ErrorCode::kAlreadyExists);
  ObjectKey next = key;
  ++next.attempt;
  EXPECT_TRUE(x_store->create(next));
}

TEST_F(DirectoryStoreTest, WithoutCommitNothingIsLeft) {
  const ObjectKey key = *new_key("default", "chunk");
  {
    auto writer = x_store->create(key);
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->write(pattern(5000, 2)));
    EXPECT_EQ(listed("").size(), 1U);
  }
  EXPECT_TRUE(listed("").empty());
  EXPECT_EQ(x_store->open(key).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(x_store->create(key));
}

TEST_F(DirectoryStoreTest, AChildWritesThroughTheDescriptor) {
  const ObjectKey key = *new_key("default", "track");
  const Bytes bytes = pattern(2'500'000, 3);
  auto writer = x_store->create(key);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->write(pattern(10, 9)));
  const int fd = (*writer)->fd();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // Like a muxer: the body first, the head patched afterwards.
    bool good = ::lseek(fd, 100, SEEK_SET) == 100 && write_all(fd, ByteView(bytes).subspan(100));
    good = good && ::lseek(fd, 0, SEEK_SET) == 0 && write_all(fd, ByteView(bytes).first(100));
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  const Bytes tail = pattern(77, 4);
  ASSERT_TRUE((*writer)->write(tail));
  const auto info = (*writer)->commit();
  ASSERT_TRUE(info) << info.error().message;
  Bytes whole = bytes;
  whole.insert(whole.end(), tail.begin(), tail.end());
  EXPECT_EQ(info->size, whole.size());
  EXPECT_EQ(info->sha256, sha256(whole));
  EXPECT_EQ(*read_all(*x_store, key), whole);
}

TEST_F(DirectoryStoreTest, ListsByPrefixAndPassesOverStrangers) {
  std::set<std::string> all;
  for (const auto& [organisation, kind] : {std::pair{"default", "chunk"}, {"default", "track"}, {"other", "chunk"}}) {
    for (int i = 0; i < 3; ++i) {
      const ObjectKey key = *new_key(organisation, kind);
      ASSERT_TRUE(put(*x_store, key, pattern(10, 5)));
      all.insert(to_string(key));
    }
  }
  std::ofstream(root() + "/README") << "not an object";
  std::ofstream(root() + "/default/chunk/.hidden") << "not an object";
  std::ofstream(root() + "/default/chunk/notes.txt") << "not an object";
  std::filesystem::create_directory(root() + "/Not-An-Organisation");
  std::filesystem::create_directory_symlink("/etc", root() + "/link");
  EXPECT_EQ(listed(""), all);
  EXPECT_EQ(listed("default/").size(), 6U);
  EXPECT_EQ(listed("default/chunk/").size(), 3U);
  EXPECT_EQ(listed("def").size(), 6U);
  EXPECT_EQ(listed("nobody/").size(), 0U);
  const std::string one = *all.begin();
  EXPECT_EQ(listed(one), std::set<std::string>{one});
  int seen = 0;
  EXPECT_TRUE(x_store->list("", [&](const ObjectStat&) { return ++seen < 4; }));
  EXPECT_EQ(seen, 4);
}

TEST_F(DirectoryStoreTest, RemovesOneAndAllOfAnOrganisation) {
  const ObjectKey mine = *new_key("default", "chunk");
  const ObjectKey theirs = *new_key("other", "chunk");
  ASSERT_TRUE(put(*x_store, mine, pattern(10, 6)));
  ASSERT_TRUE(put(*x_store, theirs, pattern(10, 7)));
  const auto reader = x_store->open(mine);
  ASSERT_TRUE(reader);
  EXPECT_TRUE(x_store->remove(mine));
  EXPECT_TRUE(x_store->remove(mine));
  EXPECT_EQ(x_store->head(mine).error().code, ErrorCode::kNotFound);
  Bytes bytes(10);
  EXPECT_EQ(*(*reader)->read_at(0, bytes), 10U);

  const ObjectKey again = *new_key("default", "track");
  ASSERT_TRUE(put(*x_store, again, pattern(10, 8)));
  EXPECT_TRUE(x_store->erase("default"));
  EXPECT_FALSE(std::filesystem::exists(root() + "/default"));
  EXPECT_EQ(listed(""), std::set<std::string>{to_string(theirs)});
  EXPECT_TRUE(put(*x_store, *new_key("default", "chunk"), pattern(10, 8)));
  EXPECT_EQ(x_store->erase("..").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(x_store->erase("").error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(x_store->erase("nobody"));
}

TEST_F(DirectoryStoreTest, VerifyFindsDamage) {
  const ObjectKey key = *new_key("default", "chunk");
  const Bytes bytes = pattern(2'000'000, 9);
  const auto info = put(*x_store, key, bytes);
  ASSERT_TRUE(info);
  ASSERT_TRUE(verify(*x_store, *info));
  EXPECT_EQ(verify(*x_store, *info, [](uint64_t) { return false; }).error().code, ErrorCode::kCancelled);

  std::filesystem::permissions(file_of(key), std::filesystem::perms::owner_all);
  {
    std::fstream file(file_of(key), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(1'500'000);
    file.put(static_cast<char>(~static_cast<unsigned>(bytes[1'500'000])));
  }
  EXPECT_EQ(verify(*x_store, *info).error().code, ErrorCode::kVerifyFailed);
  std::filesystem::resize_file(file_of(key), 100);
  EXPECT_EQ(verify(*x_store, *info).error().code, ErrorCode::kTruncated);
  std::filesystem::resize_file(file_of(key), bytes.size() + 1);
  EXPECT_EQ(verify(*x_store, *info).error().code, ErrorCode::kVerifyFailed);
  std::filesystem::remove(file_of(key));
  EXPECT_EQ(verify(*x_store, *info).error().code, ErrorCode::kNotFound);
}

TEST_F(DirectoryStoreTest, HandMadeKeysAndLinksDoNotLeaveTheDirectory) {
  const std::string uuid = new_key("a", "b")->uuid;
  for (const ObjectKey& key :
       {ObjectKey{"..", "x", uuid, 1}, ObjectKey{"a/b", "x", uuid, 1}, ObjectKey{"a", "..", uuid, 1},
        ObjectKey{"a", "b", "../../x", 1}, ObjectKey{"", "b", uuid, 1}}) {
    EXPECT_EQ(x_store->create(key).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(x_store->open(key).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(x_store->remove(key).error().code, ErrorCode::kInvalidArgument);
  }
  // A link planted in the place of an object or an organisation is not followed.
  const ObjectKey key = *new_key("default", "chunk");
  ASSERT_TRUE(put(*x_store, *new_key("default", "chunk"), {}));
  std::filesystem::create_symlink("/etc/passwd", file_of(key));
  EXPECT_FALSE(x_store->open(key));
  EXPECT_FALSE(x_store->create(key));
  std::filesystem::create_directory_symlink(x_scratch.path(), root() + "/linked");
  EXPECT_FALSE(x_store->create(*new_key("linked", "chunk")));
}

TEST_F(DirectoryStoreTest, ManyThreadsWriteAndErase) {
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (unsigned thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (unsigned i = 0; i < 10; ++i) {
        const auto info = put(*x_store, *new_key("default", "chunk"), pattern(1000 + i, thread));
        if (info && verify(*x_store, *info)) ++good;
        static_cast<void>(x_store->erase("other"));
        static_cast<void>(put(*x_store, *new_key("other", "chunk"), pattern(10, thread)));
      }
    });
  }
  threads.clear();
  EXPECT_EQ(good, 40);
}

TEST(DirectoryStore, AFileIsNoDirectory) {
  const test::Scratch scratch;
  std::ofstream(scratch.path() + "/file") << "x";
  EXPECT_FALSE(open_directory_store(scratch.path() + "/file"));
  EXPECT_FALSE(open_directory_store(""));
}

}  // namespace
}  // namespace pier::storage
