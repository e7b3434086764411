#include "mxf_file.hpp"

#include <cerrno>

#include <unistd.h>

#include <pier/core/file.hpp>

#include "labels.hpp"

namespace pier::imf::impl {
namespace {

// Bytes 14 and 15 of a partition's key.
enum PartitionKind : uint8_t { kHeader = 2, kBody = 3, kFooter = 4 };
enum PartitionStatus : uint8_t { kOpenIncomplete = 1, kClosedComplete = 4 };

constexpr uint64_t kFooterField = 44;  // where a pack says where the footer lies

}  // namespace

Result<void> MxfFile::append(ByteView bytes) {
  PIER_CHECK(write_all(x_fd, bytes));
  x_position += bytes.size();
  return {};
}

Result<void> MxfFile::patch(uint64_t offset, ByteView bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::pwrite(x_fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno != EINTR) return Failure(errno_error(errno, "cannot write the track file"));
    if (count > 0) done += static_cast<size_t>(count);
  }
  return {};
}

Bytes MxfFile::pack(const Pack& values, uint64_t at, uint64_t previous) const {
  ByteWriter out;
  out.u16(1);  // version 1.3
  out.u16(3);
  out.u32(1);  // KAG
  out.u64(at);
  out.u64(previous);
  out.u64(x_footer);
  out.u64(values.header_bytes);
  out.u64(values.index_bytes);
  out.u32(values.index_sid);
  out.u64(values.body_offset);
  out.u32(values.body_sid);
  out.bytes(view(labels::kOp1a));
  out.u32(1);
  out.u32(16);
  out.bytes(view(x_container));
  Label key = labels::kPartition;
  key[13] = values.kind;
  key[14] = values.status;
  ByteWriter packet;
  write_klv(packet, key, out.view());
  return packet.take();
}

Result<void> MxfFile::partition(const Pack& values) {
  const uint64_t previous = x_partitions.empty() ? 0 : x_partitions.back().offset;
  x_partitions.push_back({x_position, values.body_sid});
  return append(pack(values, x_position, previous));
}

Result<void> MxfFile::begin(const Bytes& metadata) {
  PIER_CHECK(partition({kHeader, kOpenIncomplete, metadata.size()}));
  return append(metadata);
}

Result<void> MxfFile::begin_essence() {
  return partition({kBody, kClosedComplete, 0, 0, x_essence, 0, kBodySid});
}

Result<void> MxfFile::essence(ByteView bytes) {
  PIER_CHECK(append(bytes));
  x_essence += bytes.size();
  return {};
}

Result<void> MxfFile::index(const Bytes& segment) {
  PIER_CHECK(partition({kBody, kClosedComplete, 0, segment.size(), 0, kIndexSid, 0}));
  return append(segment);
}

Result<void> MxfFile::close(const Bytes& metadata) {
  x_footer = x_position;
  PIER_CHECK(partition({kFooter, kClosedComplete}));
  ByteWriter random;
  for (const Partition& one : x_partitions) {
    random.u32(one.body_sid);
    random.u64(one.offset);
  }
  // The length of the whole pack closes it, so that it is found from the end: key, 4 bytes of length, value.
  random.u32(random.size() + 4 + 20);
  ByteWriter packet;
  write_klv(packet, labels::kRandomIndex, random.view());
  PIER_CHECK(append(packet.view()));
  ByteWriter footer;
  footer.u64(x_footer);
  for (const Partition& one : x_partitions) PIER_CHECK(patch(one.offset + kFooterField, footer.view()));
  ByteWriter header;
  header.bytes(pack({kHeader, kClosedComplete, metadata.size()}, 0, 0));
  header.bytes(metadata);
  return patch(0, header.view());
}

namespace {

/// ST 377-1 clause 11.2.
class IndexSegment {
 public:
  IndexSegment(const Uuid& instance, const Rational& rate) {
    item(property::kInstance, view(instance));
    ByteWriter ratio;
    ratio.u32(static_cast<uint64_t>(rate.num));
    ratio.u32(static_cast<uint64_t>(rate.den));
    item(property::kIndexRate, ratio.view());
  }
  void u8(const Property& property, uint64_t value) {
    head(property, 1);
    x_value.u8(value);
  }
  void u32(const Property& property, uint64_t value) {
    head(property, 4);
    x_value.u32(value);
  }
  void u64(const Property& property, uint64_t value) {
    head(property, 8);
    x_value.u64(value);
  }
  void item(const Property& property, ByteView bytes) {
    head(property, bytes.size());
    x_value.bytes(bytes);
  }
  Bytes take() {
    ByteWriter out;
    write_klv(out, labels::kIndexSegment, x_value.view());
    return out.take();
  }

 private:
  void head(const Property& property, size_t size) {
    x_value.u16(property.tag);
    x_value.u16(size);
  }
  ByteWriter x_value;
};

}  // namespace

Bytes variable_index(const Uuid& instance, const Rational& rate, int64_t start, std::span<const IndexEntry> entries) {
  // Random access, and a sequence header in every edit unit.
  constexpr uint64_t kFlags = 0xC0;
  IndexSegment segment(instance, rate);
  segment.u64(property::kIndexStart, static_cast<uint64_t>(start));
  segment.u64(property::kIndexDuration, entries.size());
  segment.u32(property::kIndexByteCount, 0);
  segment.u32(property::kIndexSid, kIndexSid);
  segment.u32(property::kBodySid, kBodySid);
  segment.u8(property::kIndexSlices, 0);
  ByteWriter deltas;
  deltas.u32(1);
  deltas.u32(6);
  deltas.zeros(6);  // one element, not reordered, at the start of its edit unit
  segment.item(property::kIndexDeltas, deltas.view());
  ByteWriter array;
  array.u32(entries.size());
  array.u32(11);
  for (const IndexEntry& entry : entries) {
    array.u8(0);  // temporal offset
    array.u8(0);  // key frame offset
    array.u8(kFlags);
    array.u64(entry.offset);
  }
  segment.item(property::kIndexEntries, array.view());
  return segment.take();
}

Bytes constant_index(const Uuid& instance, const Rational& rate, int64_t duration, uint32_t unit_bytes) {
  IndexSegment segment(instance, rate);
  segment.u64(property::kIndexStart, 0);
  segment.u64(property::kIndexDuration, static_cast<uint64_t>(duration));
  segment.u32(property::kIndexByteCount, unit_bytes);
  segment.u32(property::kIndexSid, kIndexSid);
  segment.u32(property::kBodySid, kBodySid);
  return segment.take();
}

}  // namespace pier::imf::impl
