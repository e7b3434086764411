#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <pier/transcode/chunk.hpp>

namespace pier::transcode {
namespace {

UniqueFd file_of(ByteView bytes) {
  UniqueFd fd(::memfd_create("chunk", MFD_CLOEXEC));
  EXPECT_TRUE(write_all(fd.get(), bytes));
  return fd;
}

Bytes written(size_t samples) {
  UniqueFd fd(::memfd_create("chunk", MFD_CLOEXEC));
  ChunkWriter writer(fd.get());
  for (size_t i = 0; i < samples; i++) {
    media::Sample sample;
    sample.data = Bytes(i * 7 + 1, static_cast<std::byte>(i));
    sample.pts = static_cast<int64_t>(i) * 10 - 5;
    sample.duration = 10;
    sample.key = i == 0;
    EXPECT_TRUE(writer.add(sample));
  }
  const std::string_view configuration = "configuration";
  EXPECT_TRUE(writer.finish(as_bytes(configuration)));
  Bytes bytes(file_state(fd.get())->size);
  EXPECT_TRUE(read_at(fd.get(), 0, bytes));
  return bytes;
}

/// Reads everything; the count, or the error.
Result<int64_t> read_all(ByteView bytes) {
  const UniqueFd fd = file_of(bytes);
  PIER_TRY(ChunkReader reader, ChunkReader::open(fd.get()));
  int64_t count = 0;
  while (true) {
    PIER_TRY(const std::optional<media::Sample> sample, reader.next());
    if (!sample) return count;
    count++;
  }
}

TEST(ChunkFile, GivesBackWhatWasWritten) {
  const UniqueFd fd = file_of(written(20));
  auto reader = ChunkReader::open(fd.get());
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ(as_text(reader->configuration()), "configuration");
  for (int i = 0; i < 20; i++) {
    const auto sample = reader->next();
    ASSERT_TRUE(sample && *sample);
    EXPECT_EQ((*sample)->pts, i * 10 - 5);
    EXPECT_EQ((*sample)->data.size(), static_cast<size_t>(i * 7 + 1));
    EXPECT_EQ((*sample)->key, i == 0);
  }
  EXPECT_FALSE(*reader->next());
}

TEST(ChunkFile, AnEmptyChunkIsWhole) {
  EXPECT_EQ(read_all(written(0)).value_or(-1), 0);
}

TEST(ChunkFile, EveryCutIsRefused) {
  const Bytes whole = written(5);
  for (size_t size = 0; size < whole.size(); size++) {
    const auto read = read_all(ByteView(whole).first(size));
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().code, ErrorCode::kInputDamaged);
  }
}

TEST(ChunkFile, ALyingLengthOrCountIsRefused) {
  Bytes lying = written(5);
  lying[8] = std::byte{0x7f};  // length of the first record
  EXPECT_FALSE(read_all(lying));
  Bytes miscounted = written(5);
  miscounted[miscounted.size() - 9] = std::byte{6};
  EXPECT_FALSE(read_all(miscounted));
}

}  // namespace
}  // namespace pier::transcode
