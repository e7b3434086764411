#include "bitstream/sei.hpp"

namespace pier::media::impl {
namespace {

constexpr uint32_t kUserDataT35 = 4;
constexpr uint32_t kMasteringDisplay = 137;
constexpr uint32_t kContentLight = 144;
constexpr uint32_t kAlternativeTransfer = 147;

// D.2.28: the primaries come green, blue, red.
MasteringDisplay read_mastering_display(ByteReader& reader) {
  MasteringDisplay display;
  for (auto* xy : {&display.green, &display.blue, &display.red, &display.white}) {
    xy->x = reader.u16();
    xy->y = reader.u16();
  }
  display.max_luminance = reader.u32();
  display.min_luminance = reader.u32();
  return display;
}

uint32_t read_ff_coded(ByteReader& reader) {
  uint32_t value = 0;
  while (reader.ok() && value < (1U << 24U)) {
    const uint8_t byte = reader.u8();
    value += byte;
    if (byte != 0xFF) break;
  }
  return value;
}

}  // namespace

std::optional<MetadataMessage> parse_sei_message(uint32_t type, ByteView payload) {
  ByteReader reader(payload);
  MetadataMessage message;
  message.carrier = "sei." + std::to_string(type);
  switch (type) {
    case kMasteringDisplay:
      message.mastering_display = read_mastering_display(reader);
      break;
    case kContentLight: {
      ContentLight light;
      light.max_cll = reader.u16();
      light.max_fall = reader.u16();
      message.content_light = light;
      break;
    }
    case kAlternativeTransfer:
      message.preferred_transfer = static_cast<Transfer>(reader.u8());
      break;
    case kUserDataT35:
      message.dynamic = classify_t35(payload);
      if (message.dynamic == DynamicMetadata::kNone) return std::nullopt;
      break;
    default:
      return std::nullopt;
  }
  if (!reader.ok()) return std::nullopt;
  return message;
}

DynamicMetadata classify_t35(ByteView payload) {
  ByteReader reader(payload);
  const uint8_t country = reader.u8();
  const uint16_t provider = reader.u16();
  const uint16_t code = reader.u16();
  if (!reader.ok()) return DynamicMetadata::kNone;
  // T/UWA 005.1 (HDR Vivid): China, UWA, oriented code 5.
  if (country == 0x26 && provider == 0x0004 && code == 0x0005) return DynamicMetadata::kHdrVivid;
  // ST 2094-40: United States, Samsung, oriented code 1, application 4.
  if (country == 0xB5 && provider == 0x003C && code == 0x0001) {
    return reader.u8() == 4 && reader.ok() ? DynamicMetadata::kHdr10Plus : DynamicMetadata::kNone;
  }
  // ETSI TS 103 572 / Dolby Vision in AV1: United States, Dolby.
  if (country == 0xB5 && provider == 0x003B && code == 0x0000) return DynamicMetadata::kDolbyVision;
  return DynamicMetadata::kNone;
}

void split_sei(ByteView rbsp, const std::function<void(uint32_t type, ByteView payload)>& message) {
  ByteReader reader(rbsp);
  while (reader.left() >= 2) {
    const uint32_t type = read_ff_coded(reader);
    const uint32_t size = read_ff_coded(reader);
    const ByteView payload = reader.bytes(size);
    if (!reader.ok()) break;
    message(type, payload);
  }
}

std::vector<MetadataMessage> parse_sei(ByteView rbsp) {
  std::vector<MetadataMessage> messages;
  split_sei(rbsp, [&](uint32_t type, ByteView payload) {
    if (auto message = parse_sei_message(type, payload)) messages.push_back(std::move(*message));
  });
  return messages;
}

}  // namespace pier::media::impl
