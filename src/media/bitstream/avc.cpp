#include "bitstream/avc.hpp"

#include "bitstream/bit_reader.hpp"
#include "bitstream/hrd.hpp"
#include "bitstream/nal.hpp"
#include "bitstream/sample_aspect.hpp"

namespace pier::media::impl {
namespace {

bool has_chroma_fields(int profile) {
  for (const int high : {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}) {
    if (profile == high) return true;
  }
  return false;
}

std::string profile_name(int profile, uint32_t constraints) {
  const bool set1 = (constraints & 0x40U) != 0;
  const bool set3 = (constraints & 0x10U) != 0;
  switch (profile) {
    case 66:
      return set1 ? "Constrained Baseline" : "Baseline";
    case 77:
      return "Main";
    case 88:
      return "Extended";
    case 100:
      return "High";
    case 110:
      return set3 ? "High 10 Intra" : "High 10";
    case 122:
      return set3 ? "High 4:2:2 Intra" : "High 4:2:2";
    case 244:
      return set3 ? "High 4:4:4 Intra" : "High 4:4:4 Predictive";
    case 44:
      return "CAVLC 4:4:4 Intra";
    default:
      return "profile " + std::to_string(profile);
  }
}

void skip_scaling_lists(BitReader& reader, int lists) {
  for (int list = 0; list < lists; ++list) {
    if (!reader.flag()) continue;
    int last = 8;
    int next = 8;
    for (int entry = 0; entry < (list < 6 ? 16 : 64) && reader.ok(); ++entry) {
      if (next != 0) next = (last + reader.se() % 256 + 256) % 256;
      if (next != 0) last = next;
    }
  }
}

bool read_order_count(BitReader& reader, AvcSequence& sequence) {
  const uint32_t type = reader.ue();
  if (type == 0) {
    const uint32_t bits = reader.ue() + 4;
    if (bits > 16) return false;
    sequence.poc_bits = static_cast<int>(bits);
  } else if (type == 1) {
    reader.flag();
    reader.se();
    reader.se();
    const uint32_t cycle = reader.ue();
    if (cycle > 255) return false;
    for (uint32_t entry = 0; entry < cycle; ++entry) reader.se();
  }
  return reader.ok();
}

// E.1.1, as far as pic_struct_present_flag.
void read_vui(BitReader& reader, AvcSequence& sequence) {
  SequenceHeader& header = sequence.header;
  if (reader.flag()) header.sample_aspect = read_sample_aspect(reader);
  if (reader.flag()) reader.flag();
  if (reader.flag()) {
    reader.skip(3);
    header.colour.range = reader.flag() ? Range::kFull : Range::kNarrow;
    if (reader.flag()) {
      header.colour_described = true;
      header.colour.primaries = static_cast<Primaries>(reader.bits(8));
      header.colour.transfer = static_cast<Transfer>(reader.bits(8));
      header.colour.matrix = static_cast<Matrix>(reader.bits(8));
    }
  }
  if (reader.flag()) {
    const uint32_t site = reader.ue();
    reader.ue();
    if (site <= 5) header.colour.chroma_site = static_cast<ChromaSite>(site);
  }
  if (reader.flag()) {
    const uint32_t tick = reader.bits(32);
    const uint32_t scale = reader.bits(32);
    const bool fixed = reader.flag();
    // A tick is a field (E.2.1): two of them make a frame. Without the fixed flag it is a clock, not a rate.
    if (reader.ok() && fixed && tick != 0 && scale != 0) header.frame_rate = Rational(scale, int64_t{2} * tick);
    if (reader.ok() && tick != 0 && scale != 0) sequence.tick = Rational(tick, scale);
  }
  // Without a tick the schedules have no use, but their bits must be passed.
  auto hrd = read_avc_hrd(reader, sequence.tick.value_or(Rational(1)));
  if (sequence.tick) sequence.hrd = std::move(hrd);
  sequence.picture_structure = reader.flag();
}

// Macroblock sizes and the cropping window (7.4.2.1.1).
bool read_size(BitReader& reader, uint32_t chroma_idc, SequenceHeader& header) {
  const int64_t mb_width = int64_t{reader.ue()} + 1;
  const int64_t map_height = int64_t{reader.ue()} + 1;
  const bool frames_only = reader.flag();
  if (!frames_only) reader.flag();
  reader.flag();
  int64_t width = mb_width * 16;
  int64_t height = map_height * 16 * (frames_only ? 1 : 2);
  if (reader.flag()) {
    const int64_t unit_x = chroma_idc == 1 || chroma_idc == 2 ? 2 : 1;
    const int64_t unit_y = (chroma_idc == 1 ? 2 : 1) * (frames_only ? 1 : 2);
    width -= unit_x * reader.ue();
    width -= unit_x * reader.ue();
    height -= unit_y * reader.ue();
    height -= unit_y * reader.ue();
  }
  if (!reader.ok() || width < 1 || height < 1 || width > 65535 || height > 65535) return false;
  header.width = static_cast<int>(width);
  header.height = static_cast<int>(height);
  header.interlaced = !frames_only;
  return true;
}

}  // namespace

int avc_nal_type(ByteView unit) {
  return unit.empty() ? -1 : std::to_integer<int>(unit[0]) & 31;
}

std::optional<SequenceHeader> parse_avc_sps(ByteView unit) {
  auto sequence = parse_avc_sequence(unit);
  if (!sequence) return std::nullopt;
  return std::move(sequence->header);
}

std::optional<AvcSequence> parse_avc_sequence(ByteView unit) {
  if (avc_nal_type(unit) != kAvcSps) return std::nullopt;
  const Bytes rbsp = unescape(unit.subspan(1));
  BitReader reader(rbsp);
  const int profile = static_cast<int>(reader.bits(8));
  const uint32_t constraints = reader.bits(8);
  const int level = static_cast<int>(reader.bits(8));
  AvcSequence sequence;
  sequence.id = reader.ue();
  uint32_t chroma_idc = 1;
  uint32_t depth = 8;
  if (has_chroma_fields(profile)) {
    chroma_idc = reader.ue();
    if (chroma_idc == 3) sequence.colour_planes = reader.flag();
    depth = reader.ue() + 8;
    reader.ue();
    reader.flag();
    if (reader.flag()) skip_scaling_lists(reader, chroma_idc == 3 ? 12 : 8);
  }
  if (!reader.ok() || chroma_idc > 3 || depth > 14) return std::nullopt;
  const uint32_t frame_num_bits = reader.ue() + 4;
  if (frame_num_bits > 16 || !read_order_count(reader, sequence)) return std::nullopt;
  sequence.frame_num_bits = static_cast<int>(frame_num_bits);
  reader.ue();
  sequence.gaps_allowed = reader.flag();
  SequenceHeader& header = sequence.header;
  if (!read_size(reader, chroma_idc, header)) return std::nullopt;
  sequence.frames_only = !header.interlaced;
  header.profile = profile_name(profile, constraints);
  const bool level_1b = level == 11 && (constraints & 0x10U) != 0 && profile <= 88;
  header.level =
      level_1b ? "1b" : std::to_string(level / 10) + (level % 10 != 0 ? "." + std::to_string(level % 10) : "");
  header.format.bit_depth = static_cast<uint8_t>(depth);
  header.format.chroma = static_cast<Chroma>(chroma_idc);
  sequence.limit = avc_level_limit(profile, level_1b ? 9 : level);
  if (reader.flag()) read_vui(reader, sequence);
  if (header.colour.matrix == Matrix::kRgb && header.colour_described) header.format.rgb = chroma_idc == 3;
  return sequence;
}

std::optional<AvcPicture> parse_avc_pps(ByteView unit) {
  if (avc_nal_type(unit) != kAvcPps) return std::nullopt;
  const Bytes rbsp = unescape(unit.subspan(1), 64);
  BitReader reader(rbsp);
  AvcPicture picture;
  picture.id = reader.ue();
  picture.sequence = reader.ue();
  return reader.ok() && picture.id < 256 && picture.sequence < 32 ? std::optional(picture) : std::nullopt;
}

}  // namespace pier::media::impl
