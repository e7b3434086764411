#include "track_reader.hpp"

#include <algorithm>

#include <pier/core/file.hpp>

#include "labels.hpp"

namespace pier::imf::impl {
namespace {

constexpr uint64_t kMostSet = 1U << 20U;  // a local set has items of at most 64 KiB
constexpr size_t kMostPackets = 12'000'000, kMostSets = 4096, kMostPartitions = 100'000;
constexpr size_t kPackBytes = 88;

struct Packet {
  Label key{};
  uint64_t at = 0, value_at = 0, length = 0;
  uint64_t end() const { return value_at + length; }
};

Label without_version(Label label) {
  label[7] = 0;
  return label;
}

Label take_label(ByteReader& in) {
  Label label{};
  const ByteView bytes = in.bytes(label.size());
  std::ranges::transform(bytes, label.begin(), [](std::byte b) { return std::to_integer<uint8_t>(b); });
  return label;
}

class TrackReader {
 public:
  explicit TrackReader(int fd) : x_fd(fd) {}

  Result<ReadTrackFile> run() {
    PIER_TRY(const FileState state, file_state(x_fd));
    x_file.size = state.size;
    size_t packets = 0;
    for (uint64_t at = 0; at < x_file.size;) {
      PIER_TRY(const Packet packet, head(at));
      PIER_CHECK(take(packet));
      at = packet.end();
      if (++packets > kMostPackets) return fail(ErrorCode::kTooLarge, "the track file has too many packets");
    }
    if (x_file.partitions.empty()) return fail(ErrorCode::kInputDamaged, "the file has no MXF partition");
    return std::move(x_file);
  }

 private:
  Result<Packet> head(uint64_t at) {
    Bytes bytes(25);
    PIER_TRY(const size_t got, read_at(x_fd, at, bytes));
    ByteReader in(ByteView(bytes).first(got));
    Packet packet;
    packet.at = at;
    packet.key = take_label(in);
    uint64_t length = in.u8();
    if (length >= 0x80) {
      const size_t count = length & 0x7FU;
      length = 0;
      for (size_t i = 0; i < count && count <= 8; ++i) length = length << 8U | in.u8();
      if (count == 0 || count > 8) return damaged(at);
    }
    packet.value_at = at + in.position();
    packet.length = length;
    constexpr Label kSmpte = label("060e2b34.00000000.00000000.00000000");
    const bool label_like = std::equal(packet.key.begin(), packet.key.begin() + 4, kSmpte.begin());
    if (!in.ok() || !label_like || length > x_file.size || packet.value_at > x_file.size - length) return damaged(at);
    return packet;
  }

  static Failure damaged(uint64_t at) {
    return fail(ErrorCode::kInputDamaged, "the track file is no MXF from byte " + std::to_string(at) +
                                              " on (ST 377-1 clause 6.3); take it from its source again");
  }

  Result<Bytes> value(const Packet& packet) {
    if (packet.length > kMostSet) return damaged(packet.at);
    Bytes bytes(packet.length);
    PIER_TRY(const size_t got, read_at(x_fd, packet.value_at, bytes));
    if (got != bytes.size()) return damaged(packet.at);
    return bytes;
  }

  Result<void> take(const Packet& packet) {
    Label general = packet.key;
    general[13] = general[14] = 0;
    if (same_label(packet.key, labels::kPrimer)) return primer(packet);
    if (same_label(packet.key, labels::kRandomIndex)) return random_index(packet);
    if (same_label(packet.key, labels::kIndexSegment)) return index(packet);
    if (same_label(general, labels::kPartition)) return partition(packet);
    general = packet.key;
    general[14] = 0;
    if (same_label(general, labels::kStructuralSet)) return set(packet);
    // Essence elements: ST 379-1 clause 7.
    constexpr Label kElement = label("060e2b34.01020101.0d010301.00000000");
    general = packet.key;
    std::fill(general.begin() + 12, general.end(), uint8_t{0});
    if (same_label(general, kElement)) {
      x_file.elements.push_back({packet.key, x_stream[x_sid], packet.value_at, packet.length});
    }
    // Whatever else lies there, fill and private data too, counts for the places of what follows.
    if (x_sid != 0) x_stream[x_sid] += packet.end() - packet.at;
    return {};
  }

  Result<void> partition(const Packet& packet) {
    PIER_TRY(const Bytes bytes, value(packet));
    if (bytes.size() < kPackBytes || x_file.partitions.size() >= kMostPartitions) return damaged(packet.at);
    ByteReader in(bytes);
    ReadPartition found;
    found.at = packet.at;
    found.kind = packet.key[13];
    found.status = packet.key[14];
    in.skip(8);  // versions, KAG
    for (uint64_t* field :
         {&found.this_partition, &found.previous, &found.footer, &found.header_bytes, &found.index_bytes})
      *field = in.u64();
    found.index_sid = in.u32();
    found.body_offset = in.u64();
    found.body_sid = in.u32();
    found.pattern = take_label(in);
    x_sid = found.body_sid;
    if (x_sid != 0) found.stream_at = x_stream[x_sid];
    x_file.partitions.push_back(found);
    return {};
  }

  Result<void> primer(const Packet& packet) {
    PIER_TRY(const Bytes bytes, value(packet));
    ByteReader in(bytes);
    const uint32_t count = in.u32();
    if (in.u32() != 18 || count > in.left() / 18) return damaged(packet.at);
    for (uint32_t i = 0; i < count; ++i) {
      const uint16_t tag = in.u16();
      x_labels[tag] = without_version(take_label(in));
    }
    x_file.primer = true;
    return {};
  }

  Result<void> set(const Packet& packet) {
    PIER_TRY(const Bytes bytes, value(packet));
    if (x_file.sets.size() >= kMostSets) return damaged(packet.at);
    ReadSet found;
    found.key = packet.key;
    ByteReader in(bytes);
    while (in.left() > 0) {
      const uint16_t tag = in.u16();
      const ByteView item = in.bytes(in.u16());
      if (!in.ok()) return damaged(packet.at);
      const auto label = x_labels.find(tag);
      if (label != x_labels.end()) found.items[label->second] = Bytes(item.begin(), item.end());
    }
    x_file.sets.push_back(std::move(found));
    return {};
  }

  Result<void> index(const Packet& packet) {
    PIER_TRY(const Bytes bytes, value(packet));
    ReadIndex found;
    ByteReader in(bytes);
    while (in.left() > 0) {
      const uint16_t tag = in.u16();
      ByteReader item(in.bytes(in.u16()));
      if (!in.ok()) return damaged(packet.at);
      if (tag == property::kIndexStart.tag) found.start = item.u64();
      if (tag == property::kIndexDuration.tag) found.duration = item.u64();
      if (tag == property::kIndexByteCount.tag) found.unit_bytes = item.u32();
      if (tag != property::kIndexEntries.tag) continue;
      const uint32_t count = item.u32(), size = item.u32();
      if (size < 11 || count > item.left() / size) return damaged(packet.at);
      for (uint32_t i = 0; i < count; ++i) {
        item.skip(3);
        found.offsets.push_back(item.u64());
        item.skip(size - 11);
      }
    }
    x_file.indexes.push_back(std::move(found));
    return {};
  }

  Result<void> random_index(const Packet& packet) {
    PIER_TRY(const Bytes bytes, value(packet));
    ByteReader in(bytes);
    while (in.left() >= 12) {
      const uint32_t sid = in.u32();
      x_file.random_index.emplace_back(sid, in.u64());
    }
    x_file.random_index_closes = in.left() == 4 && in.u32() == packet.end() - packet.at && packet.end() == x_file.size;
    return {};
  }

  int x_fd;
  ReadTrackFile x_file;
  uint32_t x_sid = 0;  // of the essence in the partition being read
  std::map<uint32_t, uint64_t> x_stream;
  std::map<uint16_t, Label> x_labels;
};

}  // namespace

ByteView ReadSet::item(const Property& property) const {
  const auto found = items.find(without_version(property.label));
  return found == items.end() ? ByteView() : ByteView(found->second);
}

uint64_t ReadSet::number(const Property& property, uint64_t otherwise) const {
  const ByteView bytes = item(property);
  if (bytes.empty() || bytes.size() > 8) return otherwise;
  uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8U | std::to_integer<uint64_t>(byte);
  return value;
}

std::string ReadSet::text(const Property& property) const {
  std::string text;
  ByteReader in(item(property));
  while (in.left() >= 2) {
    const uint16_t unit = in.u16();
    if (unit == 0) break;
    text += unit < 0x80 ? static_cast<char>(unit) : '?';
  }
  return text;
}

const ReadSet* ReadTrackFile::find(uint8_t kind) const {
  const auto found = all(kind);
  return found.empty() ? nullptr : found.front();
}

std::vector<const ReadSet*> ReadTrackFile::all(uint8_t kind) const {
  std::vector<const ReadSet*> found;
  for (const ReadSet& set : sets) {
    if (set.key[14] == kind) found.push_back(&set);
  }
  return found;
}

Result<ReadTrackFile> read_track_file(int fd) {
  return TrackReader(fd).run();
}

}  // namespace pier::imf::impl
