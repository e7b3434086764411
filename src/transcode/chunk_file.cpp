// Chunk file: "PIERCHK1", then records (u32 length, i64 pts, i64 duration, u8 key, data), then an end record
// (u32 0xffffffff, configuration, u32 its length, u64 count, "PIEREND1"). Big-endian. Private to the pipeline.

#include <unistd.h>

#include <pier/transcode/chunk.hpp>

namespace pier::transcode {
namespace {

constexpr std::string_view kMagic = "PIERCHK1";
constexpr std::string_view kEndMagic = "PIEREND1";
constexpr uint32_t kEndMark = 0xffffffffU;
constexpr size_t kRecordHeader = 4 + 8 + 8 + 1;
constexpr size_t kTrailer = 4 + 8 + 8;
constexpr size_t kFlushBytes = 1U << 20U;
constexpr size_t kLargestSample = 1U << 28U;

Error damaged(std::string_view what) {
  return {ErrorCode::kInputDamaged, "chunk file: " + std::string(what) + "; delete it and run the task again", {}};
}

}  // namespace

Result<void> ChunkWriter::put(ByteView bytes, bool flush) {
  x_buffer.insert(x_buffer.end(), bytes.begin(), bytes.end());
  if (!flush && x_buffer.size() < kFlushBytes) return {};
  PIER_CHECK(write_all(x_fd, x_buffer));
  x_buffer.clear();
  return {};
}

Result<void> ChunkWriter::add(const media::Sample& sample) {
  ByteWriter head;
  if (x_count == 0) head.text(kMagic);
  head.u32(sample.data.size());
  head.u64(static_cast<uint64_t>(sample.pts));
  head.u64(static_cast<uint64_t>(sample.duration));
  head.u8(sample.key ? 1 : 0);
  PIER_CHECK(put(head.view(), false));
  PIER_CHECK(put(sample.data, false));
  x_count++;
  x_bytes += static_cast<int64_t>(sample.data.size());
  return {};
}

Result<void> ChunkWriter::finish(ByteView configuration) {
  ByteWriter tail;
  if (x_count == 0) tail.text(kMagic);
  tail.u32(kEndMark);
  tail.bytes(configuration);
  tail.u32(configuration.size());
  tail.u64(static_cast<uint64_t>(x_count));
  tail.text(kEndMagic);
  return put(tail.view(), true);
}

Result<ChunkReader> ChunkReader::open(int fd) {
  PIER_TRY(const FileState state, file_state(fd));
  ChunkReader reader;
  reader.x_fd = fd;
  std::array<std::byte, kTrailer> trailer{};
  if (state.size < kMagic.size() + 4 + kTrailer) return Failure(damaged("shorter than its frame"));
  PIER_TRY(const size_t got, read_at(fd, state.size - kTrailer, trailer));
  ByteReader parse(ByteView(trailer).first(got));
  const uint64_t configuration_size = parse.u32();
  reader.x_count = static_cast<int64_t>(parse.u64());
  if (as_text(parse.bytes(kEndMagic.size())) != kEndMagic) return Failure(damaged("has no end record"));
  if (configuration_size > state.size - kMagic.size() - 4 - kTrailer)
    return Failure(damaged("configuration runs over"));
  reader.x_configuration.resize(configuration_size);
  PIER_TRY(const size_t read, read_at(fd, state.size - kTrailer - configuration_size, reader.x_configuration));
  if (read != configuration_size) return Failure(damaged("ends early"));
  std::array<std::byte, 8> magic{};
  PIER_TRY(const size_t head, read_at(fd, 0, magic));
  if (head != magic.size() || as_text(magic) != kMagic) return Failure(damaged("does not start as one"));
  reader.x_position = kMagic.size();
  reader.x_end = state.size - kTrailer - configuration_size - 4;
  return reader;
}

Result<std::optional<media::Sample>> ChunkReader::next() {
  if (x_position == x_end) {
    if (x_read != x_count) return Failure(damaged("holds another number of samples than it says"));
    return std::nullopt;
  }
  std::array<std::byte, kRecordHeader> head{};
  if (x_end - x_position < head.size()) return Failure(damaged("ends inside a record"));
  PIER_TRY(const size_t got, read_at(x_fd, x_position, head));
  if (got != head.size()) return Failure(damaged("ends early"));
  ByteReader parse(head);
  const uint32_t size = parse.u32();
  media::Sample sample;
  sample.pts = static_cast<int64_t>(parse.u64());
  sample.duration = static_cast<int64_t>(parse.u64());
  sample.key = parse.u8() != 0;
  x_position += head.size();
  if (size > kLargestSample || size > x_end - x_position) return Failure(damaged("a sample runs over the end"));
  sample.data.resize(size);
  PIER_TRY(const size_t read, read_at(x_fd, x_position, sample.data));
  if (read != size) return Failure(damaged("ends early"));
  x_position += size;
  x_read++;
  return sample;
}

}  // namespace pier::transcode
