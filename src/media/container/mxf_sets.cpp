#include "container/mxf_sets.hpp"

#include <algorithm>

namespace pier::media::impl {
namespace {

constexpr uint8_t kSetKey[] = {0x06, 0x0e, 0x2b, 0x34, 0x02, 0x53, 0x01, 0x01, 0x0d, 0x01, 0x01, 0x01, 0x01, 0x01};

// Properties with dynamic tags, by what follows 06.0e.2b.34.01.01.01.xx in their label.
struct DynamicProperty {
  uint8_t label[8];
  uint16_t stand_in;  // tag used for it in here, outside the range of static ones in use
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

struct SetReader {
  std::vector<MetadataSet> sets;
  std::map<uint16_t, uint16_t> stand_ins;  // dynamic tag -> StandIn

  void walk(ByteView bytes);
  void read_primer(ByteView value);
  void read_set(ByteView key, ByteView value);
};

void SetReader::walk(ByteView bytes) {
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

void SetReader::read_primer(ByteView value) {
  ByteReader reader(value);
  const uint32_t count = reader.u32();
  if (reader.u32() != 18) return;
  for (uint32_t entry = 0; entry < count && reader.left() >= 18; ++entry) {
    const uint16_t tag = reader.u16();
    const ByteView label = reader.bytes(16);
    for (const DynamicProperty& property : kDynamic) {
      if (std::memcmp(label.data() + 8, property.label, 8) == 0) stand_ins[tag] = property.stand_in;
    }
  }
}

void SetReader::read_set(ByteView key, ByteView value) {
  if (sets.size() >= 100000) return;
  MetadataSet set;
  set.kind = std::to_integer<uint8_t>(key[14]);
  ByteReader reader(value);
  while (reader.left() >= 4) {
    uint16_t tag = reader.u16();
    const size_t length = reader.u16();
    const ByteView property = reader.bytes(length);
    if (!reader.ok()) break;
    if (const auto stand_in = stand_ins.find(tag); stand_in != stand_ins.end()) tag = stand_in->second;
    set.properties.emplace(tag, property);
  }
  sets.push_back(std::move(set));
}

}  // namespace

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

MetadataSets::MetadataSets(ByteView metadata) {
  SetReader reader;
  reader.walk(metadata);
  x_sets = std::move(reader.sets);
  for (size_t i = 0; i < x_sets.size(); ++i) {
    const auto id = x_sets[i].properties.find(kInstance);
    if (id != x_sets[i].properties.end()) x_by_instance.emplace(as_text(id->second), i);
  }
}

const MetadataSet* MetadataSets::find(ByteView instance) const {
  const auto found = x_by_instance.find(as_text(instance));
  return found == x_by_instance.end() ? nullptr : &x_sets[found->second];
}

const MetadataSet* MetadataSets::find(const Properties& properties, uint16_t reference_tag) const {
  const auto reference = properties.find(reference_tag);
  return reference == properties.end() ? nullptr : find(reference->second);
}

std::vector<ByteView> references(const Properties& properties, uint16_t tag) {
  std::vector<ByteView> ids;
  const auto found = properties.find(tag);
  if (found == properties.end() || found->second.size() < 8) return ids;
  for (size_t at = 8; at + 16 <= found->second.size(); at += 16) ids.push_back(found->second.subspan(at, 16));
  return ids;
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

}  // namespace pier::media::impl
