#include "container/byte_source.hpp"

#include <algorithm>

#include <pier/core/file.hpp>

namespace pier::media::impl {

Bytes ByteSource::read(uint64_t offset, size_t count) const {
  if (offset >= x_size) return {};
  count = static_cast<size_t>(std::min<uint64_t>(count, x_size - offset));
  if (x_reader) {
    Bytes bytes(count);
    bytes.resize(x_reader(offset, bytes));
    return bytes;
  }
  if (x_fd < 0) {
    const ByteView part = x_memory.subspan(static_cast<size_t>(offset), count);
    return {part.begin(), part.end()};
  }
  Bytes bytes(count);
  const auto got = read_at(x_fd, offset, bytes);
  bytes.resize(got ? *got : 0);
  return bytes;
}

}  // namespace pier::media::impl
