#include "container/mxf.hpp"

#include <algorithm>
#include <cstring>
#include <map>

namespace pier::media::impl {
namespace {

constexpr size_t kMaxMetadata = 64U << 20U;
constexpr size_t kMaxRunIn = 65536;
constexpr uint8_t kPartitionKey[] = {0x06, 0x0e, 0x2b, 0x34, 0x02, 0x05, 0x01, 0x01, 0x0d, 0x01, 0x02, 0x01, 0x01};
constexpr uint8_t kSetKey[] = {0x06, 0x0e, 0x2b, 0x34, 0x02, 0x53, 0x01, 0x01, 0x0d, 0x01, 0x01, 0x01, 0x01, 0x01};

// Properties whose local tag is static (ST 377-1 Annex F and G), by that tag.
enum Tag : uint16_t {
  kInstance = 0x3C0A,
  kSampleRate = 0x3001,
  kLength = 0x3002,
  kStoredHeight = 0x3202,
  kStoredWidth = 0x3203,
  kDisplayHeight = 0x3208,
  kDisplayWidth = 0x3209,
  kFrameLayout = 0x320C,
  kAspect = 0x320E,
  kTransferLabel = 0x3210,
  kPrimariesLabel = 0x3219,
  kMatrixLabel = 0x321A,
  kDepth = 0x3301,
  kHorizontalSubsampling = 0x3302,
  kBlackLevel = 0x3304,
  kWhiteLevel = 0x3305,
  kVerticalSubsampling = 0x3308,
  kPixelLayout = 0x3401,
  kComponentMax = 0x3406,
  kComponentMin = 0x3407,
  kQuantization = 0x3D01,
  kAudioRate = 0x3D03,
  kChannels = 0x3D07,
};

// Properties with dynamic tags, by what follows 06.0e.2b.34.01.01.01.xx in their label.
struct DynamicProperty {
  uint8_t label[8];
  uint16_t stand_in;  // tag used for it in here, outside the range of static ones in use
};
enum StandIn : uint16_t {
  kMasteringPrimaries = 1,
  kMasteringWhite,
  kMasteringMax,
  kMasteringMin,
  kTagSymbol,
  kChannelId,
  kSpoken,
  kSubDescriptors
};
constexpr DynamicProperty kDynamic[] = {
    {{0x04, 0x20, 0x04, 0x01, 0x01, 0x01, 0x00, 0x00}, kMasteringPrimaries},
    {{0x04, 0x20, 0x04, 0x01, 0x01, 0x02, 0x00, 0x00}, kMasteringWhite},
    {{0x04, 0x20, 0x04, 0x01, 0x01, 0x03, 0x00, 0x00}, kMasteringMax},
    {{0x04, 0x20, 0x04, 0x01, 0x01, 0x04, 0x00, 0x00}, kMasteringMin},
    {{0x01, 0x03, 0x07, 0x01, 0x02, 0x00, 0x00, 0x00}, kTagSymbol},
    {{0x01, 0x03, 0x04, 0x0a, 0x00, 0x00, 0x00, 0x00}, kChannelId},
    {{0x03, 0x01, 0x01, 0x02, 0x03, 0x15, 0x00, 0x00}, kSpoken},
    {{0x06, 0x01, 0x01, 0x04, 0x06, 0x10, 0x00, 0x00}, kSubDescriptors},
};

template <size_t N>
bool starts_with(ByteView bytes, const uint8_t (&head)[N]) {
  return bytes.size() >= N && std::memcmp(bytes.data(), head, N) == 0;
}

struct Klv {
  ByteView key;
  uint64_t header = 0;  // bytes of key and length
  uint64_t length = 0;
};

std::optional<Klv> read_klv(ByteView bytes) {
  ByteReader reader(bytes);
  Klv klv;
  klv.key = reader.bytes(16);
  const uint8_t first = reader.u8();
  if (first < 0x80) {
    klv.length = first;
  } else {
    const int count = first & 0x7F;
    if (count > 8) return std::nullopt;
    for (int byte = 0; byte < count; ++byte) klv.length = (klv.length << 8U) | reader.u8();
  }
  klv.header = reader.position();
  return reader.ok() ? std::optional(klv) : std::nullopt;
}

// KLV fill item (ST 377-1, 6.3.3), its version byte left out.
bool is_filler(ByteView key) {
  static constexpr uint8_t kTail[] = {0x03, 0x01, 0x02, 0x10, 0x01};
  return key.size() == 16 && std::memcmp(key.data() + 8, kTail, sizeof kTail) == 0;
}

using Properties = std::map<uint16_t, ByteView>;

struct MetadataSet {
  uint8_t kind = 0;  // byte 14 of the set key
  Properties properties;
};

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

class Metadata {
 public:
  explicit Metadata(ByteView bytes) { walk(bytes); }
  void fill(MxfFile& file) const;

 private:
  void walk(ByteView bytes);
  void read_primer(ByteView value);
  void read_set(ByteView key, ByteView value);
  PictureDescriptor picture(const MetadataSet& set) const;
  SoundDescriptor sound(const MetadataSet& set) const;

  std::map<uint16_t, uint16_t> x_stand_ins;  // dynamic tag -> StandIn
  std::vector<MetadataSet> x_sets;
};

void Metadata::walk(ByteView bytes) {
  size_t at = 0;
  while (at + 17 <= bytes.size()) {
    const auto klv = read_klv(bytes.subspan(at));
    if (!klv || klv->length > bytes.size() - at - klv->header) return;
    const ByteView value = bytes.subspan(at + static_cast<size_t>(klv->header), static_cast<size_t>(klv->length));
    if (starts_with(klv->key, kPartitionKey) && std::to_integer<int>(klv->key[13]) == 5) read_primer(value);
    if (starts_with(klv->key, kSetKey)) read_set(klv->key, value);
    at += static_cast<size_t>(klv->header + klv->length);
  }
}

void Metadata::read_primer(ByteView value) {
  ByteReader reader(value);
  const uint32_t count = reader.u32();
  if (reader.u32() != 18) return;
  for (uint32_t entry = 0; entry < count && reader.left() >= 18; ++entry) {
    const uint16_t tag = reader.u16();
    const ByteView label = reader.bytes(16);
    for (const DynamicProperty& property : kDynamic) {
      if (std::memcmp(label.data() + 8, property.label, 8) == 0) x_stand_ins[tag] = property.stand_in;
    }
  }
}

void Metadata::read_set(ByteView key, ByteView value) {
  if (x_sets.size() >= 100000) return;
  MetadataSet set;
  set.kind = std::to_integer<uint8_t>(key[14]);
  ByteReader reader(value);
  while (reader.left() >= 4) {
    uint16_t tag = reader.u16();
    const size_t length = reader.u16();
    const ByteView property = reader.bytes(length);
    if (!reader.ok()) break;
    if (const auto stand_in = x_stand_ins.find(tag); stand_in != x_stand_ins.end()) tag = stand_in->second;
    set.properties.emplace(tag, property);
  }
  x_sets.push_back(std::move(set));
}

std::optional<uint64_t> number(const Properties& properties, uint16_t tag) {
  const auto found = properties.find(tag);
  if (found == properties.end() || found->second.empty() || found->second.size() > 8) return std::nullopt;
  uint64_t value = 0;
  for (const std::byte byte : found->second) value = (value << 8U) | std::to_integer<uint64_t>(byte);
  return value;
}

int small(const Properties& properties, uint16_t tag) {
  return static_cast<int>(std::min<uint64_t>(number(properties, tag).value_or(0), 65535));
}

Rational ratio(const Properties& properties, uint16_t tag) {
  const auto found = properties.find(tag);
  if (found == properties.end()) return 0;
  ByteReader reader(found->second);
  const uint32_t num = reader.u32();
  const uint32_t den = reader.u32();
  return reader.ok() && num != 0 && den != 0 ? Rational(num, den) : Rational(0);
}

template <typename T>
T labelled(const Properties& properties, uint16_t tag, T (*convert)(const UniversalLabel&)) {
  const auto found = properties.find(tag);
  if (found == properties.end() || found->second.size() != 16) return T::kUnspecified;
  UniversalLabel label;
  std::transform(found->second.begin(), found->second.end(), label.begin(),
                 [](std::byte b) { return std::to_integer<uint8_t>(b); });
  return convert(label);
}

// UTF-16BE text of the ASCII range, as tag symbols and language tags are.
std::string text(const Properties& properties, uint16_t tag) {
  const auto found = properties.find(tag);
  if (found == properties.end()) return {};
  ByteReader reader(found->second);
  std::string value;
  while (reader.left() >= 2) {
    const uint16_t unit = reader.u16();
    if (unit == 0) break;
    value.push_back(unit < 0x80 ? static_cast<char>(unit) : '?');
  }
  return value;
}

std::optional<MasteringDisplay> mastering_display(const Properties& properties) {
  const auto primaries = properties.find(kMasteringPrimaries);
  const auto white = properties.find(kMasteringWhite);
  const auto max = number(properties, kMasteringMax);
  const auto min = number(properties, kMasteringMin);
  if (primaries == properties.end() || white == properties.end() || !max || !min) return std::nullopt;
  if (primaries->second.size() < 12 || white->second.size() < 4) return std::nullopt;
  MasteringDisplay display;
  ByteReader colours(primaries->second);
  for (auto* xy : {&display.red, &display.green, &display.blue}) {
    xy->x = colours.u16();
    xy->y = colours.u16();
  }
  ByteReader point(white->second);
  display.white.x = point.u16();
  display.white.y = point.u16();
  display.max_luminance = static_cast<uint32_t>(*max);
  display.min_luminance = static_cast<uint32_t>(*min);
  return display;
}

void read_rgba(const Properties& properties, PictureDescriptor& picture) {
  picture.chroma = Chroma::k444;
  const auto layout = properties.find(kPixelLayout);
  if (layout != properties.end()) {
    ByteReader reader(layout->second);
    while (reader.left() >= 2) {
      const char code = static_cast<char>(reader.u8());
      const int depth = reader.u8();
      if (code == 'R' || code == 'G' || code == 'B') {
        picture.rgb = true;
        picture.depth = depth;
      }
      if (code == 'Y' && picture.depth == 0) picture.depth = depth;
    }
  }
  const auto low = number(properties, kComponentMin);
  const auto high = number(properties, kComponentMax);
  if (low && high)
    picture.colour.range = range_of_levels(static_cast<int64_t>(*low & UINT32_MAX),
                                           static_cast<int64_t>(*high & UINT32_MAX), picture.depth);
}

PictureDescriptor Metadata::picture(const MetadataSet& set) const {
  const Properties& properties = set.properties;
  PictureDescriptor picture;
  picture.width = small(properties, kStoredWidth);
  picture.height = small(properties, kStoredHeight);
  picture.display_width = small(properties, kDisplayWidth);
  picture.display_height = small(properties, kDisplayHeight);
  picture.rate = ratio(properties, kSampleRate);
  if (const Rational aspect = ratio(properties, kAspect); aspect.num > 0) picture.aspect = aspect;
  const int layout = small(properties, kFrameLayout);
  // 1 separate fields, 3 mixed fields: the stored height is that of a field.
  picture.interlaced = layout == 1 || layout == 3;
  if (layout == 1) {
    picture.height *= 2;
    picture.display_height *= 2;
  }
  picture.length =
      static_cast<int64_t>(std::min<uint64_t>(number(properties, kLength).value_or(0), uint64_t{1} << 48U));
  constexpr uint8_t kRgba = 0x29;
  if (set.kind == kRgba) {
    read_rgba(properties, picture);
  } else {
    picture.depth = small(properties, kDepth);
    const int across = small(properties, kHorizontalSubsampling);
    const int down = small(properties, kVerticalSubsampling);
    if (across == 1) picture.chroma = Chroma::k444;
    if (across == 2) picture.chroma = down == 2 ? Chroma::k420 : Chroma::k422;
    const auto black = number(properties, kBlackLevel);
    const auto white = number(properties, kWhiteLevel);
    if (black && white)
      picture.colour.range = range_of_levels(static_cast<int64_t>(*black & UINT32_MAX),
                                             static_cast<int64_t>(*white & UINT32_MAX), picture.depth);
  }
  picture.colour.primaries = labelled(properties, kPrimariesLabel, primaries_of);
  picture.colour.transfer = labelled(properties, kTransferLabel, transfer_of);
  picture.colour.matrix = labelled(properties, kMatrixLabel, matrix_of);
  if (picture.rgb && picture.colour.matrix == Matrix::kUnspecified) picture.colour.matrix = Matrix::kRgb;
  picture.mastering_display = mastering_display(properties);
  return picture;
}

SoundDescriptor Metadata::sound(const MetadataSet& set) const {
  constexpr uint8_t kChannelLabel = 0x6B, kGroupLabel = 0x6C;
  SoundDescriptor sound;
  sound.sample_rate = static_cast<int>(std::clamp(ratio(set.properties, kAudioRate).value(), 0.0, 1e6));
  sound.channels = std::min(small(set.properties, kChannels), 64);
  sound.bits = std::min(small(set.properties, kQuantization), 64);
  const auto subs = set.properties.find(kSubDescriptors);
  if (subs == set.properties.end() || subs->second.size() < 8) return sound;
  const ByteView references = subs->second.subspan(8);
  for (const MetadataSet& label : x_sets) {
    if (label.kind != kChannelLabel && label.kind != kGroupLabel) continue;
    const auto instance = label.properties.find(kInstance);
    if (instance == label.properties.end() || instance->second.size() != 16) continue;
    bool referenced = false;
    for (size_t at = 0; at + 16 <= references.size(); at += 16) {
      if (std::memcmp(references.data() + at, instance->second.data(), 16) == 0) referenced = true;
    }
    if (!referenced) continue;
    const std::string symbol = text(label.properties, kTagSymbol);
    if (const std::string spoken = text(label.properties, kSpoken); !spoken.empty()) sound.language = spoken;
    if (label.kind == kGroupLabel) sound.soundfield = symbol;
    const uint64_t channel = number(label.properties, kChannelId).value_or(0);
    if (label.kind != kChannelLabel || channel < 1 || channel > 64) continue;
    sound.symbols.resize(std::max(sound.symbols.size(), static_cast<size_t>(channel)));
    sound.symbols[static_cast<size_t>(channel) - 1] = symbol;
  }
  return sound;
}

void Metadata::fill(MxfFile& file) const {
  // Generic picture 0x27, CDCI 0x28, RGBA 0x29, MPEG 0x51; generic sound 0x42, AES 0x47, WAVE 0x48.
  for (const MetadataSet& set : x_sets) {
    if (set.kind == 0x27 || set.kind == 0x28 || set.kind == 0x29 || set.kind == 0x51) {
      if (file.pictures.size() < 64) file.pictures.push_back(picture(set));
    }
    if (set.kind == 0x42 || set.kind == 0x47 || set.kind == 0x48) {
      if (file.sounds.size() < 64) file.sounds.push_back(sound(set));
    }
  }
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
  Metadata(metadata).fill(file);
  return file;
}

bool looks_like_mxf(ByteView head) {
  for (size_t at = 0; at + 16 <= head.size(); ++at) {
    if (starts_with(head.subspan(at), kPartitionKey)) return true;
  }
  return false;
}

}  // namespace pier::media::impl
