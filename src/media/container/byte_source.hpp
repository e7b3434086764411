#pragma once
// Random access to the bytes of an open file or of memory, for the container parsers.

#include <cstdint>
#include <functional>
#include <span>

#include <pier/core/bytes.hpp>

namespace pier::media::impl {

/// Borrows the descriptor, the memory or what the reader reads. Reading never fails loudly: bytes past the end or not
/// readable are absent.
class ByteSource {
 public:
  ByteSource(int fd, uint64_t size) : x_fd(fd), x_size(size) {}
  explicit ByteSource(ByteView memory) : x_memory(memory), x_size(memory.size()) {}
  /// Fills the bytes from an offset and gives how many it could.
  using Reader = std::function<size_t(uint64_t offset, std::span<std::byte> bytes)>;
  ByteSource(Reader reader, uint64_t size) : x_reader(std::move(reader)), x_size(size) {}

  uint64_t size() const { return x_size; }
  /// At most `count` bytes from `offset`; fewer at the end or after a read error.
  Bytes read(uint64_t offset, size_t count) const;

 private:
  int x_fd = -1;
  ByteView x_memory;
  Reader x_reader;
  uint64_t x_size = 0;
};

}  // namespace pier::media::impl
