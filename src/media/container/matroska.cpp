#include "container/matroska.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace pier::media::impl {
namespace {

enum Id : uint32_t {
  kEbml = 0x1A45DFA3,
  kSegment = 0x18538067,
  kTracks = 0x1654AE6B,
  kCluster = 0x1F43B675,
  kTrackEntry = 0xAE,
  kTrackNumber = 0xD7,
  kTrackType = 0x83,
  kDefaultDuration = 0x23E383,
  kVideo = 0xE0,
  kPixelWidth = 0xB0,
  kPixelHeight = 0xBA,
  kDisplayWidth = 0x54B0,
  kDisplayHeight = 0x54BA,
  kInterlaced = 0x9A,
  kColour = 0x55B0,
  kMatrix = 0x55B1,
  kBits = 0x55B2,
  kRange = 0x55B9,
  kTransfer = 0x55BA,
  kPrimaries = 0x55BB,
  kMaxCll = 0x55BC,
  kMaxFall = 0x55BD,
  kMastering = 0x55D0,
  kRedX = 0x55D1,
  kLuminanceMin = 0x55DA,
  kBlockAddition = 0x41E4,
  kAdditionType = 0x41E7,
  kAdditionData = 0x41ED,
};
constexpr size_t kMaxTracks = 16U << 20U;
constexpr int kMaxElements = 100000;

struct Element {
  uint32_t id = 0;
  uint64_t begin = 0, size = 0;  // of the payload
  bool unknown_size = false;
};

std::optional<Element> read_element(ByteView bytes, uint64_t at) {
  ByteReader reader(bytes);
  const uint8_t first = reader.u8();
  const int id_bytes = std::countl_zero(first) + 1;
  if (id_bytes > 4) return std::nullopt;
  Element element;
  element.id = first;
  for (int byte = 1; byte < id_bytes; ++byte) element.id = (element.id << 8U) | reader.u8();
  const uint8_t head = reader.u8();
  const int size_bytes = std::countl_zero(head) + 1;
  if (size_bytes > 8) return std::nullopt;
  element.size = head & ((1U << (8 - size_bytes)) - 1U);
  for (int byte = 1; byte < size_bytes; ++byte) element.size = (element.size << 8U) | reader.u8();
  element.unknown_size = element.size == (uint64_t{1} << (7 * size_bytes)) - 1;
  element.begin = at + reader.position();
  return reader.ok() ? std::optional(element) : std::nullopt;
}

template <typename F>
void children(ByteView bytes, F&& each) {
  size_t at = 0;
  for (int count = 0; at < bytes.size() && count < kMaxElements; ++count) {
    const auto element = read_element(bytes.subspan(at, std::min<size_t>(12, bytes.size() - at)), at);
    if (!element || element->unknown_size || element->size > bytes.size() - element->begin) return;
    each(element->id, bytes.subspan(static_cast<size_t>(element->begin), static_cast<size_t>(element->size)));
    at = static_cast<size_t>(element->begin + element->size);
  }
}

uint64_t number(ByteView bytes) {
  uint64_t value = 0;
  for (const std::byte byte : bytes.first(std::min<size_t>(bytes.size(), 8)))
    value = (value << 8U) | std::to_integer<uint64_t>(byte);
  return value;
}

double real(ByteView bytes) {
  if (bytes.size() == 4) return std::bit_cast<float>(static_cast<uint32_t>(number(bytes)));
  return bytes.size() == 8 ? std::bit_cast<double>(number(bytes)) : 0;
}

uint32_t steps(double value, double per_unit, double limit) {
  const double scaled = value * per_unit;
  return std::isfinite(scaled) ? static_cast<uint32_t>(std::clamp(std::round(scaled), 0.0, limit)) : 0;
}

// 0x55D1...0x55D8: red, green, blue, white, each x then y; 0x55D9 and 0x55DA the luminances.
std::optional<MasteringDisplay> read_mastering(ByteView bytes) {
  double values[10] = {};
  uint32_t seen = 0;
  children(bytes, [&](uint32_t id, ByteView value) {
    if (id < kRedX || id > kLuminanceMin) return;
    values[id - kRedX] = real(value);
    seen |= 1U << (id - kRedX);
  });
  if (seen != 0x3FF) return std::nullopt;
  const auto xy = [&](int at) {
    return MasteringDisplay::Xy{static_cast<uint16_t>(steps(values[at], 50000, 65535)),
                                static_cast<uint16_t>(steps(values[at + 1], 50000, 65535))};
  };
  return MasteringDisplay{
      xy(0), xy(2), xy(4), xy(6), steps(values[8], 10000, UINT32_MAX), steps(values[9], 10000, UINT32_MAX)};
}

void read_colour(ByteView bytes, MatroskaTrack& track) {
  ContentLight light;
  bool has_light = false;
  children(bytes, [&](uint32_t id, ByteView value) {
    const uint64_t whole = number(value);
    if (id == kMatrix) track.colour.matrix = static_cast<Matrix>(whole);
    if (id == kTransfer) track.colour.transfer = static_cast<Transfer>(whole);
    if (id == kPrimaries) track.colour.primaries = static_cast<Primaries>(whole);
    if (id == kRange && whole == 1) track.colour.range = Range::kNarrow;
    if (id == kRange && whole == 2) track.colour.range = Range::kFull;
    if (id == kBits) track.depth = static_cast<int>(std::min<uint64_t>(whole, 16));
    if (id == kMastering) track.mastering_display = read_mastering(value);
    if (id == kMaxCll || id == kMaxFall) {
      has_light = true;
      (id == kMaxCll ? light.max_cll : light.max_fall) = static_cast<uint16_t>(std::min<uint64_t>(whole, 65535));
    }
  });
  if (has_light) track.content_light = light;
}

void read_addition(ByteView bytes, MatroskaTrack& track) {
  uint64_t type = 0;
  ByteView data;
  children(bytes, [&](uint32_t id, ByteView value) {
    if (id == kAdditionType) type = number(value);
    if (id == kAdditionData) data = value;
  });
  constexpr uint64_t kDvcc = 0x64766343, kDvvc = 0x64767643;
  ByteReader reader(data);
  reader.skip(2);
  const uint32_t bits = reader.u16();
  const int compatible = reader.u8() >> 4;
  if ((type != kDvcc && type != kDvvc) || !reader.ok()) return;
  track.dolby_vision = DolbyVision{static_cast<int>(bits >> 9U),
                                   static_cast<int>((bits >> 3U) & 63U),
                                   compatible,
                                   (bits & 2U) != 0,
                                   (bits & 4U) != 0,
                                   (bits & 1U) != 0};
}

MatroskaTrack read_track(ByteView bytes) {
  MatroskaTrack track;
  children(bytes, [&](uint32_t id, ByteView value) {
    if (id == kTrackNumber) track.number = number(value);
    if (id == kTrackType) track.video = number(value) == 1;
    if (id == kDefaultDuration) track.frame_duration = number(value);
    if (id == kBlockAddition) read_addition(value, track);
    if (id != kVideo) return;
    children(value, [&](uint32_t inner, ByteView setting) {
      if (inner == kPixelWidth) track.width = static_cast<int>(std::min<uint64_t>(number(setting), 65535));
      if (inner == kPixelHeight) track.height = static_cast<int>(std::min<uint64_t>(number(setting), 65535));
      if (inner == kDisplayWidth) track.display_width = number(setting);
      if (inner == kDisplayHeight) track.display_height = number(setting);
      if (inner == kInterlaced) track.interlaced = number(setting) == 1;
      if (inner == kColour) read_colour(setting, track);
    });
  });
  return track;
}

}  // namespace

std::optional<MatroskaFile> read_matroska(const ByteSource& source) {
  const auto header = read_element(source.read(0, 12), 0);
  if (!header || header->id != kEbml) return std::nullopt;
  MatroskaFile file;
  const uint64_t at = header->begin + header->size;
  const auto segment = read_element(source.read(at, 12), at);
  if (!segment || segment->id != kSegment) return file;
  if (!segment->unknown_size && segment->begin <= source.size() && segment->size > source.size() - segment->begin) {
    file.missing = segment->size - (source.size() - segment->begin);
  }
  uint64_t next = segment->begin;
  for (int count = 0; next < source.size() && count < kMaxElements; ++count) {
    const auto element = read_element(source.read(next, 12), next);
    if (!element || element->id == kCluster || element->unknown_size || element->size > source.size()) break;
    if (element->id == kTracks) {
      const Bytes tracks =
          source.read(element->begin, static_cast<size_t>(std::min<uint64_t>(element->size, kMaxTracks)));
      children(tracks, [&](uint32_t id, ByteView value) {
        if (id == kTrackEntry && file.tracks.size() < 512) file.tracks.push_back(read_track(value));
      });
    }
    next = element->begin + element->size;
  }
  return file;
}

}  // namespace pier::media::impl
