#include "bitstream/av1.hpp"

#include "bitstream/bit_reader.hpp"

namespace pier::media::impl {
namespace {

std::optional<uint64_t> read_leb128(ByteReader& reader) {
  uint64_t value = 0;
  for (int byte = 0; byte < 8; ++byte) {
    const uint8_t part = reader.u8();
    value |= static_cast<uint64_t>(part & 0x7FU) << (byte * 7);
    if ((part & 0x80U) == 0) return reader.ok() ? std::optional(value) : std::nullopt;
  }
  return std::nullopt;
}

// uvlc() of 4.10.3
uint32_t read_uvlc(BitReader& reader) {
  int zeros = 0;
  while (reader.ok() && !reader.flag()) ++zeros;
  return zeros >= 32 ? UINT32_MAX : reader.bits(zeros) + ((1U << zeros) - 1U);
}

struct OperatingPoint {
  uint32_t level = 0;
  bool high_tier = false;
};

struct Timing {
  std::optional<Rational> frame_rate;
  bool decoder_model = false;
  int delay_bits = 0;
};

Timing read_timing(BitReader& reader) {
  Timing timing;
  const uint32_t tick = reader.bits(32);
  const uint32_t scale = reader.bits(32);
  if (reader.flag()) {
    const int64_t ticks = int64_t{read_uvlc(reader)} + 1;
    if (reader.ok() && tick != 0 && scale != 0 && ticks < (int64_t{1} << 31)) {
      timing.frame_rate = Rational(scale, int64_t{tick}) / Rational(ticks);
    }
  }
  timing.decoder_model = reader.flag();
  if (timing.decoder_model) {
    timing.delay_bits = static_cast<int>(reader.bits(5)) + 1;
    reader.skip(32 + 5 + 5);
  }
  return timing;
}

// operating_points_cnt_minus_1 and the loop below it; the first operating point is the one that is shown.
OperatingPoint read_operating_points(BitReader& reader, const Timing& timing) {
  OperatingPoint first;
  const bool display_delay = reader.flag();
  const int count = static_cast<int>(reader.bits(5)) + 1;
  for (int point = 0; point < count && reader.ok(); ++point) {
    reader.skip(12);
    OperatingPoint read;
    read.level = reader.bits(5);
    if (read.level > 7) read.high_tier = reader.flag();
    if (timing.decoder_model && reader.flag()) reader.skip(static_cast<size_t>(timing.delay_bits) * 2 + 1);
    if (display_delay && reader.flag()) reader.skip(4);
    if (point == 0) first = read;
  }
  return first;
}

// The tool flags between the frame size and color_config().
void skip_tools(BitReader& reader, bool reduced) {
  if (!reduced && reader.flag()) reader.skip(4 + 3);
  reader.skip(3);
  if (!reduced) {
    reader.skip(4);
    const bool order_hint = reader.flag();
    if (order_hint) reader.skip(2);
    const bool choose_screen = reader.flag();
    const uint32_t screen = choose_screen ? 2 : reader.bits(1);
    if (screen > 0 && !reader.flag()) reader.skip(1);
    if (order_hint) reader.skip(3);
  }
  reader.skip(3);
}

// 5.5.2
bool read_color_config(BitReader& reader, uint32_t profile, SequenceHeader& header) {
  const bool high_depth = reader.flag();
  int depth = high_depth ? 10 : 8;
  if (profile == 2 && high_depth && reader.flag()) depth = 12;
  const bool monochrome = profile != 1 && reader.flag();
  header.format.bit_depth = static_cast<uint8_t>(depth);
  if (reader.flag()) {
    header.colour_described = true;
    header.colour.primaries = static_cast<Primaries>(reader.bits(8));
    header.colour.transfer = static_cast<Transfer>(reader.bits(8));
    header.colour.matrix = static_cast<Matrix>(reader.bits(8));
  }
  const ColourInfo& colour = header.colour;
  if (!monochrome && colour.primaries == Primaries::kBt709 && colour.transfer == Transfer::kSrgb &&
      colour.matrix == Matrix::kRgb) {
    header.format.chroma = Chroma::k444;
    header.format.rgb = true;
    header.colour.range = Range::kFull;
    return reader.ok();
  }
  header.colour.range = reader.flag() ? Range::kFull : Range::kNarrow;
  if (monochrome) {
    header.format.chroma = Chroma::k400;
    return reader.ok();
  }
  bool half_x = profile == 0;
  bool half_y = profile == 0;
  if (profile == 2) {
    half_x = depth != 12 || reader.flag();
    half_y = depth == 12 && half_x && reader.flag();
  }
  header.format.chroma = half_x ? (half_y ? Chroma::k420 : Chroma::k422) : Chroma::k444;
  if (half_x && half_y) {
    const uint32_t site = reader.bits(2);
    if (site == 1) header.colour.chroma_site = ChromaSite::kLeft;
    if (site == 2) header.colour.chroma_site = ChromaSite::kTopLeft;
  }
  return reader.ok();
}

// 0.16 fixed point to the 0.00002 steps of ST 2086.
uint16_t chromaticity(uint16_t fixed) {
  return static_cast<uint16_t>((uint64_t{fixed} * 50000U + 32768U) / 65536U);
}

MasteringDisplay read_mastering_display(ByteReader& reader) {
  MasteringDisplay display;
  for (auto* xy : {&display.red, &display.green, &display.blue, &display.white}) {
    xy->x = chromaticity(reader.u16());
    xy->y = chromaticity(reader.u16());
  }
  // 24.8 and 18.14 fixed point to steps of 0.0001 cd/m2.
  const uint64_t max = (uint64_t{reader.u32()} * 10000U + 128U) / 256U;
  const uint64_t min = (uint64_t{reader.u32()} * 10000U + 8192U) / 16384U;
  display.max_luminance = static_cast<uint32_t>(std::min<uint64_t>(max, UINT32_MAX));
  display.min_luminance = static_cast<uint32_t>(std::min<uint64_t>(min, UINT32_MAX));
  return display;
}

}  // namespace

bool split_obus(ByteView bytes, const std::function<void(const Obu&)>& unit) {
  ByteReader reader(bytes);
  while (reader.left() > 0) {
    const uint8_t head = reader.u8();
    if ((head & 0x80U) != 0) return false;
    if ((head & 0x04U) != 0) reader.skip(1);
    uint64_t size = reader.left();
    if ((head & 0x02U) != 0) {
      const auto coded = read_leb128(reader);
      if (!coded || *coded > reader.left()) return false;
      size = *coded;
    }
    if (!reader.ok()) return false;
    unit({(head >> 3) & 15, reader.bytes(static_cast<size_t>(size))});
  }
  return true;
}

std::optional<SequenceHeader> parse_av1_sequence_header(ByteView payload) {
  BitReader reader(payload);
  const uint32_t profile = reader.bits(3);
  reader.flag();
  const bool reduced = reader.flag();
  SequenceHeader header;
  OperatingPoint point;
  if (reduced) {
    point.level = reader.bits(5);
  } else {
    Timing timing;
    if (reader.flag()) timing = read_timing(reader);
    header.frame_rate = timing.frame_rate;
    point = read_operating_points(reader, timing);
  }
  const int width_bits = static_cast<int>(reader.bits(4)) + 1;
  const int height_bits = static_cast<int>(reader.bits(4)) + 1;
  header.width = static_cast<int>(reader.bits(width_bits)) + 1;
  header.height = static_cast<int>(reader.bits(height_bits)) + 1;
  skip_tools(reader, reduced);
  if (!reader.ok() || profile > 2 || !read_color_config(reader, profile, header)) return std::nullopt;
  header.profile = profile == 0 ? "Main" : profile == 1 ? "High" : "Professional";
  header.tier = point.high_tier ? "High" : "Main";
  header.level =
      point.level == 31 ? "max" : std::to_string(2 + (point.level >> 2)) + "." + std::to_string(point.level & 3U);
  return header;
}

std::optional<MetadataMessage> parse_av1_metadata(ByteView payload) {
  ByteReader reader(payload);
  const auto type = read_leb128(reader);
  if (!type) return std::nullopt;
  MetadataMessage message;
  if (*type == 1) {
    message.carrier = "metadata_obu.hdr_cll";
    ContentLight light;
    light.max_cll = reader.u16();
    light.max_fall = reader.u16();
    message.content_light = light;
  } else if (*type == 2) {
    message.carrier = "metadata_obu.hdr_mdcv";
    message.mastering_display = read_mastering_display(reader);
  } else if (*type == 4) {
    message.carrier = "metadata_obu.t35";
    message.dynamic = classify_t35(reader.bytes(reader.left()));
    if (message.dynamic == DynamicMetadata::kNone) return std::nullopt;
  } else {
    return std::nullopt;
  }
  return reader.ok() ? std::optional(std::move(message)) : std::nullopt;
}

ByteView av1c_obus(ByteView record) {
  if (record.size() < 4 || record[0] != std::byte{0x81}) return {};
  return record.subspan(4);
}

}  // namespace pier::media::impl
