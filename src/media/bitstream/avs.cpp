#include "bitstream/avs.hpp"

#include "bitstream/bit_reader.hpp"
#include "bitstream/nal.hpp"

namespace pier::media::impl {
namespace {

std::optional<Rational> frame_rate(uint32_t code) {
  static const Rational kRates[] = {0,   {24000, 1001}, 24,  25,  {30000, 1001}, 30, 50, {60000, 1001}, 60, 100,
                                    120, 200,           240, 300, {120000, 1001}};
  if (code == 0 || code >= std::size(kRates)) return std::nullopt;
  return kRates[code];
}

// aspect_ratio: 1 is square samples, the others name the display aspect.
std::optional<Rational> sample_aspect(uint32_t code, int width, int height) {
  const Rational raster(width, height);
  switch (code) {
    case 1:
      return Rational(1);
    case 2:
      return Rational(4, 3) / raster;
    case 3:
      return Rational(16, 9) / raster;
    case 4:
      return Rational(221, 100) / raster;
    default:
      return std::nullopt;
  }
}

std::string profile_name(AvsGeneration generation, uint32_t id) {
  switch (id) {
    case 0x12:
      return generation == AvsGeneration::kAvs2 ? "Main Picture" : "";
    case 0x20:
      return "Main";
    case 0x22:
      return "Main 10";
    case 0x30:
      return generation == AvsGeneration::kAvs3 ? "High" : "";
    case 0x32:
      return generation == AvsGeneration::kAvs3 ? "High 10" : "";
    default:
      return "";
  }
}

// level_id: high nibble the raster class, low nibble the rate class and variant ("8.0.60").
std::string level_name(uint32_t id) {
  static constexpr const char* kClasses[] = {"", "2", "4", "", "6", "8", "10"};
  const uint32_t raster = id >> 4U;
  const uint32_t low = id & 15U;
  if (raster >= std::size(kClasses) || kClasses[raster][0] == 0 || low > 11) return std::to_string(id);
  const bool small = raster < 4;
  const uint32_t rate = small ? low / 2U : low / 4U;
  static constexpr const char* kSmallRates[] = {"15", "30", "60"};
  static constexpr const char* kRates[] = {"30", "60", "120"};
  if (rate > 2) return std::to_string(id);
  if (raster == 1) return std::string("2.0.") + kSmallRates[rate];
  if (raster == 2) return std::string("4.0.") + kRates[std::min(rate, 2U)];
  // Variants run 0, 4, 2, 6 with the two low bits.
  static constexpr const char* kVariants[] = {"0", "4", "2", "6"};
  return std::string(kClasses[raster]) + "." + kVariants[low & 3U] + "." + kRates[rate];
}

struct Layout {
  BitReader& reader;
  AvsGeneration generation;
  bool markers = true;

  void marker() { markers = reader.flag() && markers; }
  void avs3_marker() {
    if (generation == AvsGeneration::kAvs3) marker();
  }
};

// sample_precision and encoding_precision: 1 is 8 bit, 2 is 10 bit.
int depth_of(uint32_t precision) {
  return precision == 1 ? 8 : precision == 2 ? 10 : 0;
}

// HDR colour code points are numbered differently from H.273.
Transfer h273_transfer(uint32_t code) {
  switch (code) {
    case 11:
      return Transfer::kBt2020_12;
    case 12:
      return Transfer::kPq;
    case 14:
      return Transfer::kHlg;
    default:
      return code >= 1 && code <= 10 ? static_cast<Transfer>(code) : Transfer::kUnspecified;
  }
}

Matrix h273_matrix(uint32_t code) {
  if (code == 8) return Matrix::kBt2020Ncl;
  if (code == 9) return Matrix::kBt2020Cl;
  return code >= 1 && code <= 7 ? static_cast<Matrix>(code) : Matrix::kUnspecified;
}

ColourInfo read_sequence_display(BitReader& reader) {
  ColourInfo colour;
  reader.skip(3);
  colour.range = reader.flag() ? Range::kFull : Range::kNarrow;
  if (reader.flag()) {
    const uint32_t primaries = reader.bits(8);
    colour.primaries = primaries >= 1 && primaries <= 9 ? static_cast<Primaries>(primaries) : Primaries::kUnspecified;
    colour.transfer = h273_transfer(reader.bits(8));
    colour.matrix = h273_matrix(reader.bits(8));
  }
  return colour;
}

// Each value is followed by a marker bit; primaries come green, blue, red; the maximum counts whole cd/m2.
std::optional<MetadataMessage> read_mastering(BitReader& reader) {
  uint32_t values[12] = {};
  bool markers = true;
  for (uint32_t& value : values) {
    value = reader.bits(16);
    markers = reader.flag() && markers;
  }
  if (!reader.ok() || !markers) return std::nullopt;
  const auto xy = [&](int at) {
    return MasteringDisplay::Xy{static_cast<uint16_t>(values[at]), static_cast<uint16_t>(values[at + 1])};
  };
  MetadataMessage message;
  message.carrier = "extension.mastering_display";
  MasteringDisplay display;
  display.green = xy(0);
  display.blue = xy(2);
  display.red = xy(4);
  display.white = xy(6);
  display.max_luminance = values[8] * 10000U;
  display.min_luminance = values[9];
  if (display != MasteringDisplay{}) message.mastering_display = display;
  if (values[10] != 0 || values[11] != 0) {
    message.content_light = ContentLight{static_cast<uint16_t>(values[10]), static_cast<uint16_t>(values[11])};
  }
  return message;
}

std::optional<MetadataMessage> read_dynamic(BitReader& reader) {
  MetadataMessage message;
  message.carrier = "extension.hdr_dynamic";
  switch (reader.bits(4)) {
    case 1:
      message.dynamic = DynamicMetadata::kHdr10Plus;
      break;
    case 4:
      message.dynamic = DynamicMetadata::kDolbyVision;
      break;
    case 5:
      message.dynamic = DynamicMetadata::kHdrVivid;
      break;
    default:
      message.dynamic = DynamicMetadata::kOther;
  }
  return reader.ok() ? std::optional(std::move(message)) : std::nullopt;
}

}  // namespace

std::optional<SequenceHeader> parse_avs_sequence_header(AvsGeneration generation, ByteView unit) {
  if (unit.empty() || unit[0] != std::byte{kAvsSequence}) return std::nullopt;
  BitReader reader(unit.subspan(1));
  Layout layout{reader, generation};
  const bool avs3 = generation == AvsGeneration::kAvs3;
  const uint32_t profile = reader.bits(8);
  const uint32_t level = reader.bits(8);
  SequenceHeader header;
  const bool progressive = reader.flag();
  const bool field_coded = reader.flag();
  header.interlaced = !progressive || field_coded;
  if (avs3 && !reader.flag() && reader.flag()) reader.skip(1);
  layout.avs3_marker();
  header.width = static_cast<int>(reader.bits(14));
  layout.avs3_marker();
  header.height = static_cast<int>(reader.bits(14));
  const uint32_t chroma = reader.bits(2);
  uint32_t precision = reader.bits(3);
  const bool ten_bit_profile = profile == 0x22 || (avs3 && profile == 0x32);
  // The samples are as deep as they are encoded; sample_precision is that of the source.
  if (ten_bit_profile) precision = reader.bits(3);
  layout.avs3_marker();
  const uint32_t aspect = reader.bits(4);
  const uint32_t rate = reader.bits(4);
  layout.avs3_marker();
  reader.skip(18);
  layout.marker();
  reader.skip(12);
  reader.flag();
  if (avs3) reader.flag();
  layout.marker();
  header.profile = profile_name(generation, profile);
  const int depth = depth_of(precision);
  if (!reader.ok() || !layout.markers || header.profile.empty() || header.width < 16 || header.height < 16 ||
      depth == 0 || (chroma != 1 && chroma != 2)) {
    return std::nullopt;
  }
  header.level = level_name(level);
  header.format.bit_depth = static_cast<uint8_t>(depth);
  header.format.chroma = chroma == 1 ? Chroma::k420 : Chroma::k422;
  header.sample_aspect = sample_aspect(aspect, header.width, header.height);
  header.frame_rate = frame_rate(rate);
  return header;
}

AvsExtension parse_avs_extension(ByteView unit) {
  AvsExtension extension;
  if (unit.size() < 2 || unit[0] != std::byte{kAvsExtension}) return extension;
  BitReader reader(unit.subspan(1));
  switch (reader.bits(4)) {
    case 2: {
      const ColourInfo colour = read_sequence_display(reader);
      if (reader.ok()) extension.colour = colour;
      break;
    }
    case 5:
      extension.message = read_dynamic(reader);
      break;
    case 10:
      extension.message = read_mastering(reader);
      break;
    default:
      break;
  }
  return extension;
}

std::optional<AvsGeneration> detect_avs(ByteView stream) {
  // A stream of this family starts with the sequence header (zero bytes may stand before its start code).
  size_t zeros = 0;
  while (zeros < stream.size() && stream[zeros] == std::byte{0}) ++zeros;
  if (zeros < 2 || zeros + 1 >= stream.size() || stream[zeros] != std::byte{1} ||
      stream[zeros + 1] != std::byte{kAvsSequence}) {
    return std::nullopt;
  }
  std::optional<AvsGeneration> found;
  bool first = true;
  split_start_codes(stream, [&](ByteView unit) {
    if (!first) return;
    first = false;
    const auto avs3 = parse_avs_sequence_header(AvsGeneration::kAvs3, unit);
    const auto avs2 = parse_avs_sequence_header(AvsGeneration::kAvs2, unit);
    // The five more marker bits of AVS3 make a chance match of AVS3 the rarer error.
    if (avs3 && avs3->frame_rate) {
      found = AvsGeneration::kAvs3;
    } else if (avs2 && avs2->frame_rate) {
      found = AvsGeneration::kAvs2;
    }
  });
  return found;
}

}  // namespace pier::media::impl
