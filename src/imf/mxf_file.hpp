#pragma once
// The partitions of a track file (ST 377-1 clause 7) laid out while it is written: header, body partitions that hold
// essence or index, never both (ST 2067-5), footer, random index pack.

#include "header.hpp"

namespace pier::imf::impl {

class MxfFile {
 public:
  MxfFile(int fd, const Label& container) : x_fd(fd), x_container(container) {}

  uint64_t position() const { return x_position; }
  /// Bytes of the essence container so far: what index entries and body offsets count.
  uint64_t essence_bytes() const { return x_essence; }

  /// Open and incomplete until close(). `metadata` may be written again with other values in equal length.
  Result<void> begin(const Bytes& metadata);
  Result<void> begin_essence();
  /// Inside the essence container.
  Result<void> essence(ByteView bytes);
  /// A body partition that holds one index segment.
  Result<void> index(const Bytes& segment);
  /// Bytes already written.
  Result<void> patch(uint64_t offset, ByteView bytes);
  /// Footer and random index; the header again, closed and complete; where the footer lies into every partition.
  Result<void> close(const Bytes& metadata);

 private:
  struct Partition {
    uint64_t offset = 0;
    uint32_t body_sid = 0;
  };
  struct Pack {
    uint8_t kind = 0, status = 0;
    uint64_t header_bytes = 0, index_bytes = 0, body_offset = 0;
    uint32_t index_sid = 0, body_sid = 0;
  };
  Bytes pack(const Pack& values, uint64_t at, uint64_t previous) const;
  Result<void> partition(const Pack& values);
  Result<void> append(ByteView bytes);

  int x_fd;
  Label x_container;
  uint64_t x_position = 0, x_essence = 0, x_footer = 0;
  std::vector<Partition> x_partitions;
};

struct IndexEntry {
  uint64_t offset = 0;  // in the essence container
};

/// Edit units of varying size, each its own access point with its own header.
Bytes variable_index(const Uuid& instance, const Rational& rate, int64_t start, std::span<const IndexEntry> entries);
Bytes constant_index(const Uuid& instance, const Rational& rate, int64_t duration, uint32_t unit_bytes);

}  // namespace pier::imf::impl
