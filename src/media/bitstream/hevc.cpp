#include "bitstream/hevc.hpp"

#include <bit>

#include "bitstream/bit_reader.hpp"
#include "bitstream/hrd.hpp"
#include "bitstream/nal.hpp"
#include "bitstream/sample_aspect.hpp"

namespace pier::media::impl {
namespace {

struct ProfileTierLevel {
  int profile = 0;
  bool high_tier = false;
  int level = 0;
  bool interlaced = false;
  bool intra_only = false;     // general_intra_constraint_flag of the format range extensions
  bool lower_bit_rate = true;  // general_lower_bit_rate_constraint_flag of the same
};

// 7.3.3; `sub_layers` is max_sub_layers_minus1.
ProfileTierLevel read_profile_tier_level(BitReader& reader, int sub_layers) {
  ProfileTierLevel ptl;
  reader.skip(2);
  ptl.high_tier = reader.flag();
  ptl.profile = static_cast<int>(reader.bits(5));
  const uint32_t compatible = reader.bits(32);
  for (int profile = 1; ptl.profile == 0 && profile < 12; ++profile) {
    if (((compatible >> (31 - profile)) & 1U) != 0) ptl.profile = profile;
  }
  const bool progressive_source = reader.flag();
  const bool interlaced_source = reader.flag();
  ptl.interlaced = interlaced_source && !progressive_source;
  reader.skip(2);  // non-packed, frame-only
  const uint32_t constraints = reader.bits(9);
  if (ptl.profile >= 4) {
    ptl.intra_only = (constraints & 4U) != 0;
    ptl.lower_bit_rate = (constraints & 1U) != 0;
  }
  reader.skip(35);
  ptl.level = static_cast<int>(reader.bits(8));
  bool profile_present[8] = {};
  bool level_present[8] = {};
  for (int layer = 0; layer < sub_layers; ++layer) {
    profile_present[layer] = reader.flag();
    level_present[layer] = reader.flag();
  }
  if (sub_layers > 0) reader.skip(static_cast<size_t>(8 - sub_layers) * 2);
  for (int layer = 0; layer < sub_layers; ++layer) {
    reader.skip((profile_present[layer] ? 88U : 0U) + (level_present[layer] ? 8U : 0U));
  }
  return ptl;
}

// 7.3.4
void skip_scaling_lists(BitReader& reader) {
  for (int size = 0; size < 4; ++size) {
    for (int matrix = 0; matrix < 6 && reader.ok(); matrix += size == 3 ? 3 : 1) {
      if (!reader.flag()) {
        reader.ue();
        continue;
      }
      const int count = std::min(64, 1 << (4 + (size << 1)));
      if (size > 1) reader.se();
      for (int coefficient = 0; coefficient < count && reader.ok(); ++coefficient) reader.se();
    }
  }
}

// From num_short_term_ref_pic_sets to before sps_temporal_mvp_enabled_flag.
bool read_reference_sets(BitReader& reader, int poc_bits, std::vector<ShortTermSet>& known) {
  const uint32_t sets = reader.ue();
  if (!reader.ok() || sets > 64) return false;
  for (uint32_t set = 0; set < sets; ++set) {
    auto read = read_short_term_set(reader, known, false);
    if (!read) return false;
    known.push_back(std::move(*read));
  }
  if (reader.flag()) {
    const uint32_t long_term = reader.ue();
    if (long_term > 32) return false;
    for (uint32_t entry = 0; entry < long_term; ++entry) reader.skip(static_cast<size_t>(poc_bits) + 1);
  }
  return reader.ok();
}

std::optional<Rational> read_timing(BitReader& reader) {
  const uint32_t tick = reader.bits(32);
  const uint32_t scale = reader.bits(32);
  if (!reader.ok() || tick == 0 || scale == 0) return std::nullopt;
  return Rational(scale, tick);
}

// E.2.1, as far as the buffering parameters.
void read_vui(BitReader& reader, int sub_layers, HevcSequence& sequence) {
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
  reader.flag();
  if (reader.flag()) header.interlaced = true;
  sequence.field_info = reader.flag();
  if (reader.flag()) {
    for (int edge = 0; edge < 4; ++edge) reader.ue();
  }
  if (!reader.flag()) return;
  header.frame_rate = read_timing(reader);
  if (!header.frame_rate) return;
  sequence.tick = header.frame_rate->inverse();
  if (header.interlaced) header.frame_rate = *header.frame_rate / Rational(2);
  if (reader.flag()) reader.ue();
  if (reader.flag()) sequence.hrd = read_hevc_hrd(reader, sub_layers, *sequence.tick);
}

struct Size {
  int64_t width = 0, height = 0;  // after the cropping window
  int64_t coded_width = 0, coded_height = 0;
};

Size read_size(BitReader& reader, uint32_t chroma_idc, bool separate_planes) {
  const uint32_t width = reader.ue();
  const uint32_t height = reader.ue();
  int64_t crop_x = 0;
  int64_t crop_y = 0;
  if (reader.flag()) {
    const int64_t unit_x = !separate_planes && (chroma_idc == 1 || chroma_idc == 2) ? 2 : 1;
    const int64_t unit_y = !separate_planes && chroma_idc == 1 ? 2 : 1;
    crop_x = unit_x * reader.ue();
    crop_x += unit_x * reader.ue();
    crop_y = unit_y * reader.ue();
    crop_y += unit_y * reader.ue();
  }
  return {static_cast<int64_t>(width) - crop_x, static_cast<int64_t>(height) - crop_y, width, height};
}

// Bits of slice_segment_address (7.4.7.1); 0 when the sizes are none.
int address_bits(const Size& size, uint32_t log2_block) {
  if (log2_block < 3 || log2_block > 6) return 0;
  const int64_t block = int64_t{1} << log2_block;
  const auto blocks = static_cast<uint64_t>((size.coded_width + block - 1) / block) *
                      static_cast<uint64_t>((size.coded_height + block - 1) / block);
  return blocks < 2 ? 0 : static_cast<int>(std::bit_width(blocks - 1));
}

// From log2_max_pic_order_cnt_lsb_minus4 to before vui_parameters_present_flag; false when damaged.
bool skip_to_vui(BitReader& reader, int sub_layers, const Size& size, HevcSequence& sequence) {
  const uint32_t poc_bits = reader.ue() + 4;
  if (!reader.ok() || poc_bits > 16) return false;
  const bool ordering = reader.flag();
  for (int layer = ordering ? 0 : sub_layers; layer <= sub_layers; ++layer) {
    for (int value = 0; value < 3; ++value) reader.ue();
  }
  const uint32_t smallest = reader.ue();
  const uint32_t larger = reader.ue();
  if (smallest <= 3 && larger <= 3) sequence.slice_address_bits = address_bits(size, smallest + 3 + larger);
  for (int value = 0; value < 4; ++value) reader.ue();
  if (reader.flag() && reader.flag()) skip_scaling_lists(reader);
  reader.skip(2);
  if (reader.flag()) {
    reader.skip(8);
    reader.ue();
    reader.ue();
    reader.flag();
  }
  if (!read_reference_sets(reader, static_cast<int>(poc_bits), sequence.short_term_sets)) return false;
  sequence.poc_bits = static_cast<int>(poc_bits);
  reader.skip(2);
  return reader.ok();
}

}  // namespace

int hevc_nal_type(ByteView unit) {
  return unit.size() < 2 ? -1 : (std::to_integer<int>(unit[0]) >> 1) & 63;
}

int hevc_layer(ByteView unit) {
  return unit.size() < 2 ? -1 : ((std::to_integer<int>(unit[0]) & 1) << 5) | (std::to_integer<int>(unit[1]) >> 3);
}

std::string hevc_profile_name(int profile, int depth, Chroma chroma) {
  switch (profile) {
    case 1:
      return "Main";
    case 2:
      return "Main 10";
    case 3:
      return "Main Still Picture";
    case 4: {
      std::string name = chroma == Chroma::k400 ? "Monochrome" : "Main";
      if (chroma == Chroma::k422) name += " 4:2:2";
      if (chroma == Chroma::k444) name += " 4:4:4";
      if (depth > 8) name += " " + std::to_string(depth);
      return name;
    }
    case 5:
      return "High Throughput";
    case 9:
      return "Screen-Extended Main";
    default:
      return "profile " + std::to_string(profile);
  }
}

std::optional<SequenceHeader> parse_hevc_sps(ByteView unit) {
  auto sequence = parse_hevc_sequence(unit);
  if (!sequence) return std::nullopt;
  return std::move(sequence->header);
}

std::optional<HevcSequence> parse_hevc_sequence(ByteView unit) {
  if (hevc_nal_type(unit) != kHevcSps) return std::nullopt;
  const Bytes rbsp = unescape(unit.subspan(2));
  BitReader reader(rbsp);
  reader.skip(4);
  const int sub_layers = static_cast<int>(reader.bits(3));
  if (sub_layers > 6) return std::nullopt;
  reader.flag();
  const ProfileTierLevel ptl = read_profile_tier_level(reader, sub_layers);
  HevcSequence sequence;
  sequence.id = reader.ue();
  const uint32_t chroma_idc = reader.ue();
  if (!reader.ok() || chroma_idc > 3) return std::nullopt;
  sequence.colour_planes = chroma_idc == 3 && reader.flag();
  const Size size = read_size(reader, chroma_idc, sequence.colour_planes);
  const uint32_t depth = reader.ue() + 8;
  reader.ue();
  if (!reader.ok() || depth > 16 || size.width < 1 || size.height < 1 || size.width > 65535 || size.height > 65535) {
    return std::nullopt;
  }
  SequenceHeader& header = sequence.header;
  header.width = static_cast<int>(size.width);
  header.height = static_cast<int>(size.height);
  header.interlaced = ptl.interlaced;
  header.format.bit_depth = static_cast<uint8_t>(depth);
  header.format.chroma = static_cast<Chroma>(chroma_idc);
  header.profile = hevc_profile_name(ptl.profile, static_cast<int>(depth), header.format.chroma);
  header.tier = ptl.high_tier ? "High" : "Main";
  header.level = std::to_string(ptl.level / 30) + (ptl.level % 30 != 0 ? "." + std::to_string(ptl.level % 30 / 3) : "");
  sequence.limit = hevc_level_limit({.profile = ptl.profile,
                                     .level = ptl.level,
                                     .high_tier = ptl.high_tier,
                                     .depth = static_cast<int>(depth),
                                     .chroma = header.format.chroma,
                                     .intra_only = ptl.intra_only,
                                     .lower_bit_rate = ptl.lower_bit_rate});
  if (!skip_to_vui(reader, sub_layers, size, sequence)) return sequence;
  if (reader.flag()) read_vui(reader, sub_layers, sequence);
  if (header.colour.matrix == Matrix::kRgb && header.colour_described) header.format.rgb = chroma_idc == 3;
  return sequence;
}

std::optional<HevcPicture> parse_hevc_pps(ByteView unit) {
  if (hevc_nal_type(unit) != kHevcPps) return std::nullopt;
  const Bytes rbsp = unescape(unit.subspan(2), 64);
  BitReader reader(rbsp);
  HevcPicture picture;
  picture.id = reader.ue();
  picture.sequence = reader.ue();
  picture.dependent_slices = reader.flag();
  picture.output_flag = reader.flag();
  picture.extra_bits = static_cast<int>(reader.bits(3));
  return reader.ok() && picture.id < 64 && picture.sequence < 16 ? std::optional(picture) : std::nullopt;
}

std::optional<Rational> parse_hevc_vps_rate(ByteView unit) {
  if (hevc_nal_type(unit) != kHevcVps) return std::nullopt;
  const Bytes rbsp = unescape(unit.subspan(2));
  BitReader reader(rbsp);
  reader.skip(12);
  const int sub_layers = static_cast<int>(reader.bits(3));
  if (sub_layers > 6) return std::nullopt;
  reader.skip(17);
  read_profile_tier_level(reader, sub_layers);
  const bool ordering = reader.flag();
  for (int layer = ordering ? 0 : sub_layers; layer <= sub_layers; ++layer) {
    for (int value = 0; value < 3; ++value) reader.ue();
  }
  const uint32_t max_layer = reader.bits(6);
  const uint32_t layer_sets = reader.ue();
  if (!reader.ok() || layer_sets > 1023) return std::nullopt;
  reader.skip(static_cast<size_t>(layer_sets) * (max_layer + 1));
  if (!reader.flag()) return std::nullopt;
  return read_timing(reader);
}

}  // namespace pier::media::impl
