#include <atomic>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/storage/local_copies.hpp>

#include "scratch.hpp"

namespace pier::storage {
namespace {

/// An object of an engine without files; counts what is fetched.
class RemoteReader final : public ObjectReader {
 public:
  RemoteReader(ObjectKey key, Bytes bytes) : x_key(std::move(key)), x_bytes(std::move(bytes)) {}
  const ObjectKey& key() const override { return x_key; }
  uint64_t size() const override { return x_bytes.size(); }
  int fd() const override { return -1; }
  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const override {
    if (x_broken) return fail(ErrorCode::kIo, "the network is gone");
    const size_t count = offset >= x_bytes.size() ? 0 : std::min<size_t>(out.size(), x_bytes.size() - offset);
    std::copy_n(x_bytes.begin() + static_cast<ptrdiff_t>(offset), count, out.begin());
    x_fetched += count;
    return count;
  }
  mutable std::atomic<size_t> x_fetched = 0;
  std::atomic<bool> x_broken = false;

 private:
  const ObjectKey x_key;
  const Bytes x_bytes;
};

Bytes bytes_of(int fd) {
  const auto state = file_state(fd);
  Bytes bytes(state->size);
  EXPECT_EQ(*read_at(fd, 0, bytes), bytes.size());
  return bytes;
}

TEST(LocalCopies, OneFetchForAllWhoAsk) {
  const test::Scratch scratch;
  LocalCopies copies(scratch.path() + "/spool", 20'000'000);
  const Bytes bytes(9'000'001, std::byte{7});
  const RemoteReader reader(*new_key("default", "track"), bytes);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto fd = copies.file_of(reader);
      ASSERT_TRUE(fd) << fd.error().message;
      EXPECT_EQ(bytes_of(fd->get()), bytes);
      // Offsets are not shared, and nobody can write.
      EXPECT_EQ(::lseek(fd->get(), 0, SEEK_CUR), 0);
      EXPECT_EQ(::lseek(fd->get(), 5, SEEK_SET), 5);
      EXPECT_LT(::write(fd->get(), "x", 1), 0);
    });
  }
  threads.clear();
  EXPECT_EQ(reader.x_fetched, bytes.size());
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path() + "/spool"));
}

TEST(LocalCopies, KeepsNoMoreThanItMay) {
  const test::Scratch scratch;
  LocalCopies copies(scratch.path(), 2500);
  const RemoteReader a(*new_key("default", "track"), Bytes(1000, std::byte{1}));
  const RemoteReader b(*new_key("default", "track"), Bytes(1000, std::byte{2}));
  const RemoteReader c(*new_key("default", "track"), Bytes(1000, std::byte{3}));
  const RemoteReader large(*new_key("default", "track"), Bytes(5000, std::byte{4}));
  for (const RemoteReader* reader : {&a, &b, &a, &c}) ASSERT_TRUE(copies.file_of(*reader));
  ASSERT_TRUE(copies.file_of(a));
  EXPECT_EQ(a.x_fetched, 1000U);
  ASSERT_TRUE(copies.file_of(b));  // it was the least used
  EXPECT_EQ(b.x_fetched, 2000U);
  for (int i = 0; i < 2; ++i) {
    const auto fd = copies.file_of(large);
    ASSERT_TRUE(fd);
    EXPECT_EQ(bytes_of(fd->get()).size(), 5000U);
  }
  EXPECT_EQ(large.x_fetched, 10000U);
}

TEST(LocalCopies, AFailedFetchIsTriedAgain) {
  const test::Scratch scratch;
  LocalCopies copies(scratch.path(), 1U << 20U);
  RemoteReader reader(*new_key("default", "track"), Bytes(1000, std::byte{1}));
  reader.x_broken = true;
  EXPECT_EQ(copies.file_of(reader).error().code, ErrorCode::kIo);
  reader.x_broken = false;
  EXPECT_TRUE(copies.file_of(reader));
}

TEST(LocalCopies, AFileOfTheEngineIsNotCopied) {
  const test::Scratch scratch;
  auto store = open_directory_store(scratch.path() + "/objects");
  ASSERT_TRUE(store);
  const ObjectKey key = *new_key("default", "track");
  ASSERT_TRUE(put(**store, key, as_bytes("hello")));
  LocalCopies copies(scratch.path() + "/spool", 0);
  const auto reader = (*store)->open(key);
  const auto fd = copies.file_of(**reader);
  ASSERT_TRUE(fd);
  EXPECT_EQ(as_text(bytes_of(fd->get())), "hello");
  EXPECT_FALSE(std::filesystem::exists(scratch.path() + "/spool"));
}

}  // namespace
}  // namespace pier::storage
