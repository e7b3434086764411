// What every engine does, run on each of them.

#include <fstream>
#include <set>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <pier/core/file.hpp>
#include <pier/storage/object_store.hpp>

#include "s3/gateway.hpp"
#include "s3/s3_store.hpp"
#include "scratch.hpp"

namespace pier::storage {
namespace {

Bytes pattern(size_t size, unsigned seed) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i * 31 + seed * 17 + i / 251) & 0xffU);
  return bytes;
}

/// An engine with a place of its own, and the hand of another program in that place.
class Bench {
 public:
  virtual ~Bench() = default;
  virtual Result<std::unique_ptr<ObjectStore>> open() = 0;
  /// A name that may or may not be a key now has these bytes.
  virtual void plant(const std::string& name, ByteView bytes) = 0;
  virtual size_t names_under(const std::string& folder) = 0;
};

class DirectoryBench final : public Bench {
 public:
  explicit DirectoryBench(const std::string& scratch) : x_root(scratch + "/objects") {}
  Result<std::unique_ptr<ObjectStore>> open() override { return open_store(x_root); }
  void plant(const std::string& name, ByteView bytes) override {
    const std::filesystem::path path = x_root + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    if (std::filesystem::exists(path)) std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    std::ofstream(path, std::ios::binary) << as_text(bytes);
  }
  size_t names_under(const std::string& folder) override {
    if (!std::filesystem::exists(x_root + "/" + folder)) return 0;
    size_t count = 1;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(x_root + "/" + folder)) {
      count += entry.exists() ? 1 : 0;
    }
    return count;
  }

 private:
  const std::string x_root;
};

class S3Bench final : public Bench {
 public:
  S3Bench(const std::string& scratch, bool versioned) : x_options(test::quick_options(scratch)) {
    const auto gateway = test::Gateway::find();
    if (!gateway) {
      ADD_FAILURE() << gateway.error().message;
      return;
    }
    const std::string& bucket = versioned ? gateway->versioned_bucket : gateway->bucket;
    x_place = gateway->place_at(gateway->endpoint, bucket, impl::aws_encode(test::new_prefix(), true));
    x_credentials = gateway->credentials;
    x_client = std::make_unique<impl::S3Client>(x_place, x_credentials, x_options, "");
  }
  Result<std::unique_ptr<ObjectStore>> open() override {
    if (!x_client) return fail(ErrorCode::kNotFound, "no S3 service");
    return impl::open_s3_store(x_place, x_credentials, x_options, "");
  }
  void plant(const std::string& name, ByteView bytes) override {
    EXPECT_TRUE(test::put_raw(*x_client, name, bytes)) << name;
  }
  size_t names_under(const std::string& folder) override {
    const std::string prefix = x_place.prefix + folder + "/";
    return x_client->versions(prefix)->objects.size() + x_client->uploads(prefix, "", "")->uploads.size();
  }

 private:
  const StoreOptions x_options;
  impl::S3Place x_place;
  impl::Credentials x_credentials;
  std::unique_ptr<impl::S3Client> x_client;
};

enum class Engine { kDirectory, kS3, kS3Versioned };

class StoreSuite : public testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    if (GetParam() == Engine::kDirectory) {
      x_bench = std::make_unique<DirectoryBench>(x_scratch.path());
    } else {
      x_bench = std::make_unique<S3Bench>(x_scratch.path(), GetParam() == Engine::kS3Versioned);
    }
    auto opened = x_bench->open();
    ASSERT_TRUE(opened) << opened.error().message;
    x_store = std::move(*opened);
  }
  std::set<std::string> listed(std::string_view prefix) {
    std::set<std::string> names;
    EXPECT_TRUE(x_store->list(prefix, [&](const ObjectStat& object) {
      names.insert(to_string(object.key));
      return true;
    }));
    return names;
  }

  test::Scratch x_scratch;
  std::unique_ptr<Bench> x_bench;
  std::unique_ptr<ObjectStore> x_store;
};

std::string engine_name(const testing::TestParamInfo<Engine>& engine) {
  if (engine.param == Engine::kDirectory) return "Directory";
  return engine.param == Engine::kS3 ? "S3" : "S3Versioned";
}

INSTANTIATE_TEST_SUITE_P(On, StoreSuite, testing::Values(Engine::kDirectory, Engine::kS3, Engine::kS3Versioned),
                         engine_name);

TEST_P(StoreSuite, KeepsWhatWasWritten) {
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

TEST_P(StoreSuite, AnEmptyObjectIsAnObject) {
  const ObjectKey key = *new_key("default", "text");
  const auto info = put(*x_store, key, {});
  ASSERT_TRUE(info);
  EXPECT_EQ(info->size, 0U);
  EXPECT_EQ(info->sha256, sha256({}));
  EXPECT_TRUE(verify(*x_store, *info));
}

TEST_P(StoreSuite, AKeyIsTakenOnce) {
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

TEST_P(StoreSuite, WithoutCommitNothingIsLeft) {
  const ObjectKey key = *new_key("default", "chunk");
  {
    auto writer = x_store->create(key);
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->write(pattern(5000, 2)));
  }
  EXPECT_TRUE(listed("").empty());
  EXPECT_EQ(x_store->open(key).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(x_store->create(key));
}

TEST_P(StoreSuite, AChildWritesThroughTheDescriptor) {
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

TEST_P(StoreSuite, ListsByPrefixAndPassesOverStrangers) {
  std::set<std::string> all;
  for (const auto& [organisation, kind] : {std::pair{"default", "chunk"}, {"default", "track"}, {"other", "chunk"}}) {
    for (int i = 0; i < 3; ++i) {
      const ObjectKey key = *new_key(organisation, kind);
      ASSERT_TRUE(put(*x_store, key, pattern(10, 5)));
      all.insert(to_string(key));
    }
  }
  for (const char* name : {"README", "default/chunk/.hidden", "default/chunk/notes.txt", "Not-An-Organisation/a b&<"}) {
    x_bench->plant(name, as_bytes("not an object"));
  }
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

TEST_P(StoreSuite, RemovesOneAndAllOfAnOrganisation) {
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
  x_bench->plant("default/chunk/stranger <&>", as_bytes("x"));
  EXPECT_TRUE(x_store->erase("default"));
  EXPECT_EQ(x_bench->names_under("default"), 0U);
  EXPECT_EQ(listed(""), std::set<std::string>{to_string(theirs)});
  EXPECT_TRUE(put(*x_store, *new_key("default", "chunk"), pattern(10, 8)));
  EXPECT_EQ(x_store->erase("..").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(x_store->erase("").error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(x_store->erase("nobody"));
}

TEST_P(StoreSuite, VerifyFindsDamage) {
  const ObjectKey key = *new_key("default", "chunk");
  const Bytes bytes = pattern(2'000'000, 9);
  const auto info = put(*x_store, key, bytes);
  ASSERT_TRUE(info);
  ASSERT_TRUE(verify(*x_store, *info));
  EXPECT_EQ(verify(*x_store, *info, [](uint64_t) { return false; }).error().code, ErrorCode::kCancelled);

  Bytes other = bytes;
  other[1'500'000] = ~other[1'500'000];
  x_bench->plant(to_string(key), other);
  EXPECT_EQ(verify(*x_store, *info).error().code, ErrorCode::kVerifyFailed);
  x_bench->plant(to_string(key), ByteView(bytes).first(100));
  EXPECT_EQ(verify(*x_store, *info).error().code, ErrorCode::kTruncated);
  other = bytes;
  other.push_back(std::byte{0});
  x_bench->plant(to_string(key), other);
  EXPECT_EQ(verify(*x_store, *info).error().code, ErrorCode::kVerifyFailed);
  EXPECT_TRUE(x_store->remove(key));
  EXPECT_EQ(verify(*x_store, *info).error().code, ErrorCode::kNotFound);
}

TEST_P(StoreSuite, HandMadeKeysDoNotLeaveTheirPlace) {
  const std::string uuid = new_key("a", "b")->uuid;
  for (const ObjectKey& key :
       {ObjectKey{"..", "x", uuid, 1}, ObjectKey{"a/b", "x", uuid, 1}, ObjectKey{"a", "..", uuid, 1},
        ObjectKey{"a", "b", "../../x", 1}, ObjectKey{"", "b", uuid, 1}}) {
    EXPECT_EQ(x_store->create(key).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(x_store->open(key).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(x_store->remove(key).error().code, ErrorCode::kInvalidArgument);
  }
}

TEST_P(StoreSuite, TheFirstOwnerStays) {
  EXPECT_EQ(*x_store->claim("first"), "first");
  auto other = x_bench->open();
  ASSERT_TRUE(other);
  EXPECT_EQ(*(*other)->claim("second"), "first");
  EXPECT_TRUE(listed("").empty());
}

TEST_P(StoreSuite, ManyThreadsWriteAndErase) {
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

}  // namespace
}  // namespace pier::storage
