#include "container/image_header.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>

namespace pier::media::impl {
namespace {

constexpr int kMaxSide = 65536;

/// Numbers of either byte order at absolute places of a head; 0 beyond its end.
class Head {
 public:
  Head(ByteView bytes, bool little) : x_bytes(bytes), x_little(little) {}
  uint64_t number(uint64_t at, int size) const {
    if (at > x_bytes.size() || x_bytes.size() - at < static_cast<uint64_t>(size)) return 0;
    uint64_t value = 0;
    for (int i = 0; i < size; ++i) {
      const auto byte = std::to_integer<uint64_t>(x_bytes[static_cast<size_t>(at) + static_cast<size_t>(i)]);
      value |= byte << (8 * (x_little ? i : size - 1 - i));
    }
    return value;
  }
  uint8_t u8(uint64_t at) const { return static_cast<uint8_t>(number(at, 1)); }
  uint16_t u16(uint64_t at) const { return static_cast<uint16_t>(number(at, 2)); }
  uint32_t u32(uint64_t at) const { return static_cast<uint32_t>(number(at, 4)); }

 private:
  ByteView x_bytes;
  bool x_little;
};

bool sane(const ImageHeader& header) {
  return header.width > 0 && header.height > 0 && header.width <= kMaxSide && header.height <= kMaxSide &&
         header.depth > 0 && header.depth <= 64;
}

Rational rate_of(float value) {
  if (!std::isfinite(value) || value < 1 || value > 1000) return 0;
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(value));
  const auto rate = parse_rational(text);
  return rate ? *rate : Rational(0);
}

const char* dpx_layout(int descriptor) {
  switch (descriptor) {
    case 6:
      return "gray";
    case 50:
      return "rgb";
    case 51:
    case 52:
      return "rgba";
    case 100:
      return "yuv422";
    case 102:
      return "yuv444";
    default:
      return "";
  }
}

int dpx_samples(int descriptor) {
  switch (descriptor) {
    case 6:
      return 1;
    case 50:
    case 102:
      return 3;
    case 51:
    case 52:
      return 4;
    case 100:
      return 2;
    default:
      return 0;
  }
}

// Generic, image element, film and television parts of the header.
std::optional<ImageHeader> read_dpx(ByteView bytes, bool little) {
  if (bytes.size() < 2048) return std::nullopt;
  const Head head(bytes, little);
  ImageHeader header;
  header.kind = "dpx";
  header.width = static_cast<int>(std::min<uint32_t>(head.u32(772), kMaxSide + 1));
  header.height = static_cast<int>(std::min<uint32_t>(head.u32(776), kMaxSide + 1));
  const int descriptor = head.u8(800), transfer = head.u8(801);
  header.depth = head.u8(803);
  header.layout = dpx_layout(descriptor);
  header.floating = header.depth == 32 || header.depth == 64;
  // 2, "linear", is what most writers put there whatever the light is: it says no more than 0 and 4 do.
  if (transfer == 5 || transfer == 6) header.transfer = Transfer::kBt709;
  header.logarithmic = transfer == 1 || transfer == 3;
  // The reference low data code tells where black is; most writers leave it 0 or undefined.
  const uint32_t black = head.u32(784);
  const bool narrow = header.depth >= 8 && header.depth <= 16 && black == 16U << (header.depth - 8);
  if (narrow || header.layout.starts_with("yuv")) header.range = Range::kNarrow;
  header.frame_rate = rate_of(std::bit_cast<float>(head.u32(1940)));
  if (header.frame_rate.num == 0) header.frame_rate = rate_of(std::bit_cast<float>(head.u32(1724)));
  // Without run lengths every sample takes at least its bits; filled words of 32 bits hold three of 10.
  if (head.u16(806) == 0 && sane(header)) {
    const uint64_t samples = static_cast<uint64_t>(header.width) * static_cast<uint64_t>(header.height) *
                             static_cast<uint64_t>(dpx_samples(descriptor));
    const bool filled = head.u16(804) != 0;
    const uint64_t length = filled && header.depth == 10   ? samples / 3 * 4
                            : filled && header.depth == 12 ? samples * 2
                                                           : samples * static_cast<uint64_t>(header.depth) / 8;
    header.least_bytes = head.u32(4) + length;
  }
  return header;
}

/// Zero-terminated text, at most 255 bytes; moves `at` behind it.
std::optional<std::string> exr_text(ByteView bytes, uint64_t& at) {
  std::string text;
  for (; at < bytes.size() && text.size() < 256; ++at) {
    const char c = static_cast<char>(bytes[static_cast<size_t>(at)]);
    if (c == 0) {
      ++at;
      return text;
    }
    text.push_back(c);
  }
  return std::nullopt;
}

void read_exr_channels(ByteView bytes, uint64_t at, uint64_t end, ImageHeader& header) {
  const Head head(bytes, true);
  bool red = false, alpha = false, luma = false;
  for (int channel = 0; channel < 64 && at + 1 < end; ++channel) {
    const auto name = exr_text(bytes.first(static_cast<size_t>(end)), at);
    if (!name || name->empty()) break;
    const uint32_t type = head.u32(at);
    at += 16;
    if (*name == "R" || *name == "Y") {
      header.depth = type == 1 ? 16 : 32;
      header.floating = type != 0;
    }
    red |= *name == "R";
    alpha |= *name == "A";
    luma |= *name == "Y";
  }
  header.layout = red ? (alpha ? "rgba" : "rgb") : luma ? "gray" : "";
  if (header.depth == 0) header.depth = 16;
}

/// Where the last of the chunks of lines ends; 0 when that cannot be told (tiles, several parts).
uint64_t exr_end(const ByteSource& source, uint64_t table, int rows, uint8_t compression) {
  constexpr int kRowsOfChunk[] = {1, 1, 1, 16, 32, 16, 32, 32, 32, 256};
  constexpr uint32_t kPlain = 2;  // version, no flag
  const Bytes start = source.read(4, 4);
  if ((Head(start, true).u32(0) & ~0x400U) != kPlain || rows <= 0 || compression >= std::size(kRowsOfChunk)) return 0;
  const int of_chunk = kRowsOfChunk[compression];
  const auto chunks = static_cast<uint64_t>((rows + of_chunk - 1) / of_chunk);
  uint64_t end = table + 8 * chunks;
  for (const uint64_t at : {table, table + 8 * (chunks - 1)}) {  // rows go up or down
    const Bytes entry = source.read(at, 8);
    const uint64_t chunk = Head(entry, true).number(0, 8);
    if (chunk == 0 || chunk > UINT64_MAX / 2) continue;
    const Bytes begin = source.read(chunk, 8);
    end = std::max(end, chunk + 8 + Head(begin, true).u32(4));
  }
  return end;
}

std::optional<ImageHeader> read_exr(const ByteSource& source, ByteView bytes) {
  constexpr int kMaxAttributes = 512;
  int rows = 0;
  uint8_t compression = UINT8_MAX;
  const Head head(bytes, true);
  ImageHeader header;
  header.kind = "exr";
  header.transfer = Transfer::kLinear;
  uint64_t at = 8;
  for (int attribute = 0; attribute < kMaxAttributes; ++attribute) {
    const auto name = exr_text(bytes, at);
    if (!name) return std::nullopt;
    if (name->empty()) {
      header.least_bytes = exr_end(source, at, rows, compression);
      return header;
    }
    const auto type = exr_text(bytes, at);
    const uint64_t size = head.u32(at);
    at += 4;
    if (!type || at > bytes.size() || size > bytes.size() - at) return std::nullopt;
    if (*name == "displayWindow" && size == 16) {
      const auto side = [&](uint64_t low, uint64_t high) {
        const int64_t length = int64_t{static_cast<int32_t>(head.u32(high))} - static_cast<int32_t>(head.u32(low)) + 1;
        return static_cast<int>(std::clamp<int64_t>(length, 0, kMaxSide + 1));
      };
      header.width = side(at, at + 8);
      header.height = side(at + 4, at + 12);
    }
    if (*name == "dataWindow" && size == 16) {
      const int64_t height = int64_t{static_cast<int32_t>(head.u32(at + 12))} - static_cast<int32_t>(head.u32(at + 4));
      rows = static_cast<int>(std::clamp<int64_t>(height + 1, 0, kMaxSide));
    }
    if (*name == "compression" && size == 1) compression = head.u8(at);
    if (*name == "channels") read_exr_channels(bytes, at, at + size, header);
    if (*name == "framesPerSecond" && size == 8) {
      const uint32_t num = head.u32(at), den = head.u32(at + 4);
      if (num > 0 && den > 0 && num / den <= 1000) header.frame_rate = Rational(num, den);
    }
    at += size;
  }
  return std::nullopt;
}

/// Image file directory; `wide`: BigTIFF.
std::optional<ImageHeader> read_tiff(const ByteSource& source, ByteView bytes, bool little, bool wide) {
  constexpr uint64_t kMaxEntries = 512;
  const Head head(bytes, little);
  const uint64_t directory = wide ? head.number(8, 8) : head.u32(4);
  if (directory >= source.size()) return std::nullopt;
  const uint64_t entry = wide ? 20 : 12;
  const Bytes area = source.read(directory, static_cast<size_t>(8 + kMaxEntries * entry));
  const Head fields(area, little);
  const uint64_t count = std::min(wide ? fields.number(0, 8) : fields.u16(0), kMaxEntries);
  ImageHeader header;
  header.kind = "tiff";
  int samples = 1, photometric = -1;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t at = (wide ? 8 : 2) + i * entry;
    const uint16_t tag = fields.u16(at), type = fields.u16(at + 2);
    const uint64_t values = wide ? fields.number(at + 4, 8) : fields.u32(at + 4);
    const uint64_t place = at + (wide ? 12 : 8);
    const int size = type == 3 ? 2 : type == 1 ? 1 : 4;
    uint64_t value = fields.number(place, size);
    // Several values that do not fit stand elsewhere.
    if (values * static_cast<uint64_t>(size) > (wide ? 8U : 4U) && values < (1U << 16U)) {
      const Bytes there = source.read(wide ? fields.number(place, 8) : fields.u32(place), 8);
      value = Head(there, little).number(0, size);
    }
    const int bounded = static_cast<int>(std::min<uint64_t>(value, kMaxSide + 1));
    if (tag == 256) header.width = bounded;
    if (tag == 257) header.height = bounded;
    if (tag == 258) header.depth = bounded;
    if (tag == 262) photometric = bounded;
    if (tag == 277) samples = bounded;
    if (tag == 339) header.floating = bounded == 3;
  }
  if (header.depth == 0) header.depth = 1;
  if (photometric == 2) header.layout = samples == 4 ? "rgba" : "rgb";
  if (photometric == 0 || photometric == 1) header.layout = "gray";
  return header;
}

}  // namespace

std::optional<ImageHeader> read_image_header(const ByteSource& source) {
  constexpr size_t kHead = 64U << 10U;
  const Bytes first = source.read(0, 16);
  const Head big(first, false);
  const uint32_t magic = big.u32(0);
  std::optional<ImageHeader> header;
  if (magic == 0x53445058U || magic == 0x58504453U) {
    header = read_dpx(source.read(0, 2048), magic == 0x58504453U);
  } else if (magic == 0x762f3101U) {
    header = read_exr(source, source.read(0, kHead));
  } else if (magic == 0x49492a00U || magic == 0x49492b00U) {
    header = read_tiff(source, first, true, magic == 0x49492b00U);
  } else if (magic == 0x4d4d002aU || magic == 0x4d4d002bU) {
    header = read_tiff(source, first, false, magic == 0x4d4d002bU);
  }
  return header && sane(*header) ? header : std::nullopt;
}

}  // namespace pier::media::impl
