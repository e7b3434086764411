#include "container/mxf.hpp"

#include <algorithm>
#include <cstring>

#include "container/mxf_descriptors.hpp"
#include "container/mxf_programme.hpp"
#include "container/mxf_sets.hpp"

namespace pier::media::impl {
namespace {

constexpr size_t kMaxMetadata = 64U << 20U;
constexpr size_t kMaxRunIn = 65536;

// KLV fill item (ST 377-1, 6.3.3), its version byte left out.
bool is_filler(ByteView key) {
  static constexpr uint8_t kTail[] = {0x03, 0x01, 0x02, 0x10, 0x01};
  return key.size() == 16 && std::memcmp(key.data() + 8, kTail, sizeof kTail) == 0;
}

struct Partition {
  uint8_t kind = 0, status = 0;
  uint64_t footer = 0, header_bytes = 0;
  uint64_t metadata_at = 0;  // absolute
  UniversalLabel pattern{};
};

std::optional<Partition> read_partition(const ByteSource& source, uint64_t at) {
  const Bytes bytes = source.read(at, 256);
  const auto klv = read_klv(bytes);
  if (!klv || !starts_with(klv->key, kPartitionKey)) return std::nullopt;
  Partition partition;
  partition.kind = std::to_integer<uint8_t>(klv->key[13]);
  partition.status = std::to_integer<uint8_t>(klv->key[14]);
  ByteReader reader(ByteView(bytes).subspan(static_cast<size_t>(klv->header)));
  reader.skip(4 + 4 + 8 + 8);
  partition.footer = reader.u64();
  partition.header_bytes = reader.u64();
  reader.skip(8 + 4 + 8 + 4);
  const ByteView pattern = reader.bytes(16);
  if (!reader.ok() || klv->length > source.size()) return std::nullopt;
  std::transform(pattern.begin(), pattern.end(), partition.pattern.begin(),
                 [](std::byte b) { return std::to_integer<uint8_t>(b); });
  partition.metadata_at = at + klv->header + klv->length;
  // HeaderByteCount counts from the primer pack on, behind the filler that may follow the partition pack.
  const Bytes next = source.read(partition.metadata_at, 32);
  if (const auto filler = read_klv(next); filler && is_filler(filler->key) && filler->length <= source.size()) {
    partition.metadata_at += filler->header + filler->length;
  }
  return partition;
}

void fill(const MetadataSets& sets, MxfFile& file) {
  // Generic picture 0x27, CDCI 0x28, RGBA 0x29, MPEG 0x51; generic sound 0x42, AES 0x47, WAVE 0x48.
  for (const MetadataSet& set : sets.all()) {
    if (set.kind == 0x27 || set.kind == 0x28 || set.kind == 0x29 || set.kind == 0x51) {
      if (file.pictures.size() < 64) file.pictures.push_back(picture_descriptor(set));
    }
    if (set.kind == 0x42 || set.kind == 0x47 || set.kind == 0x48) {
      if (file.sounds.size() < 64) file.sounds.push_back(sound_descriptor(set, sets));
    }
  }
  file.programme = programme_of(sets);
}

uint64_t find_header(const ByteSource& source) {
  const Bytes head = source.read(0, kMaxRunIn + 16);
  for (size_t at = 0; at + 16 <= head.size(); ++at) {
    const ByteView rest = ByteView(head).subspan(at);
    if (starts_with(rest, kPartitionKey) && std::to_integer<int>(rest[13]) == 2) return at;
  }
  return UINT64_MAX;
}

std::string pattern_name(const UniversalLabel& label) {
  if (label[12] == 0x10) return "OPAtom";
  if (label[12] >= 1 && label[12] <= 3 && label[13] >= 1 && label[13] <= 3) {
    return "OP" + std::to_string(label[12]) + static_cast<char>('a' + label[13] - 1);
  }
  return "";
}

}  // namespace

std::optional<MxfFile> read_mxf(const ByteSource& source) {
  const uint64_t start = find_header(source);
  if (start == UINT64_MAX) return std::nullopt;
  auto partition = read_partition(source, start);
  if (!partition) return std::nullopt;
  MxfFile file;
  file.operational_pattern = pattern_name(partition->pattern);
  file.open = partition->status == 1 || partition->status == 3;
  const uint64_t footer = partition->footer;
  if (footer >= source.size() - start && footer != 0) {
    file.cut = true;
    file.missing = footer - (source.size() - start) + 1;
  } else if (file.open && footer != 0) {
    const auto last = read_partition(source, start + footer);
    if (last && last->header_bytes != 0) partition = last;
  }
  const auto size = static_cast<size_t>(std::min<uint64_t>(partition->header_bytes, kMaxMetadata));
  const Bytes metadata = source.read(partition->metadata_at, size);
  if (metadata.size() < size) {
    file.cut = true;
    file.missing = std::max<uint64_t>(file.missing, size - metadata.size());
  }
  fill(MetadataSets(metadata), file);
  return file;
}

bool looks_like_mxf(ByteView head) {
  for (size_t at = 0; at + 16 <= head.size(); ++at) {
    if (starts_with(head.subspan(at), kPartitionKey)) return true;
  }
  return false;
}

}  // namespace pier::media::impl
