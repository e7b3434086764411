#pragma once
// A track file as it lies on disk: packets, partitions, sets and index tables (ST 377-1). Input may be hostile: every
// number is held against the size of the file, and what is kept is bounded.

#include <map>
#include <string>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/result.hpp>

#include "properties.hpp"

namespace pier::imf::impl {

struct ReadPartition {
  uint64_t at = 0;
  uint8_t kind = 0, status = 0;  // bytes 14 and 15 of the key
  uint64_t this_partition = 0, previous = 0, footer = 0, header_bytes = 0, index_bytes = 0, body_offset = 0;
  uint32_t index_sid = 0, body_sid = 0;
  uint64_t stream_at = 0;  // bytes of its essence that lie before it, counted
  Label pattern{};
};

struct ReadSet {
  Label key{};
  std::map<Label, Bytes> items;  // by label, its version (byte 8) as 0

  /// Empty when it is not there.
  ByteView item(const Property& property) const;
  uint64_t number(const Property& property, uint64_t otherwise = 0) const;
  std::string text(const Property& property) const;  // UTF-16, what is no ASCII as "?"
};

struct ReadIndex {
  uint64_t start = 0, duration = 0;
  uint32_t unit_bytes = 0;
  std::vector<uint64_t> offsets;
};

/// One element of the essence container.
struct ReadElement {
  Label key{};
  uint64_t offset = 0;                // in the container, of its key
  uint64_t value_at = 0, length = 0;  // in the file
};

struct ReadTrackFile {
  uint64_t size = 0;
  std::vector<ReadPartition> partitions;
  std::vector<ReadSet> sets;  // of the header
  bool primer = false;
  std::vector<ReadIndex> indexes;
  std::vector<ReadElement> elements;
  std::vector<std::pair<uint32_t, uint64_t>> random_index;  // body SID, offset
  bool random_index_closes = false;                         // its last number leads back to it

  const ReadSet* find(uint8_t kind) const;  // first structural set of that kind
  std::vector<const ReadSet*> all(uint8_t kind) const;
};

/// kInputDamaged says where the file stops being MXF; kTooLarge: more packets than a track file of a day has.
Result<ReadTrackFile> read_track_file(int fd);

}  // namespace pier::imf::impl
