#include "codec_configuration.hpp"

#include <algorithm>

#include "bitstream/avc.hpp"
#include "bitstream/bit_reader.hpp"
#include "bitstream/hevc.hpp"
#include "bitstream/nal.hpp"

namespace pier::media::impl {
namespace {

enum HevcUnit : int { kHevcAud = 35, kHevcEos = 36, kHevcEob = 37 };
enum Obu : uint32_t { kObuSequenceHeader = 1, kObuTemporalDelimiter = 2, kObuTileList = 8, kObuPadding = 15 };
constexpr size_t kPtlBytes = 12;  // general part of profile_tier_level()

int type_of_avc(ByteView unit) {
  return unit.empty() ? -1 : std::to_integer<int>(unit[0]) & 0x1f;
}
int type_of_hevc(ByteView unit) {
  return unit.size() < 2 ? -1 : (std::to_integer<int>(unit[0]) >> 1) & 0x3f;
}

std::vector<Bytes> units_of(ByteView annex_b, int (*type)(ByteView), int wanted) {
  std::vector<Bytes> units;
  split_start_codes(annex_b, [&](ByteView unit) {
    if (type(unit) == wanted) units.emplace_back(unit.begin(), unit.end());
  });
  return units;
}

void put_unit(ByteWriter& out, ByteView unit) {
  out.u32(unit.size());
  out.bytes(unit);
}

void put_array(ByteWriter& out, int type, const std::vector<Bytes>& units) {
  out.u8(0x80U | static_cast<unsigned>(type));  // array_completeness
  out.u16(units.size());
  for (const auto& unit : units) {
    out.u16(unit.size());
    out.bytes(unit);
  }
}

struct HevcFormat {
  uint32_t max_sub_layers = 1, temporal_nesting = 0;
  Bytes profile_tier_level;
  uint32_t chroma = 1, luma_depth = 8, chroma_depth = 8;
};

// H.265 7.3.2.2.1 as far as the bit depths.
std::optional<HevcFormat> parse_hevc_format(ByteView sps) {
  const Bytes plain = unescape(sps);
  if (plain.size() < 3 + kPtlBytes) return std::nullopt;
  HevcFormat format;
  BitReader reader(plain);
  reader.skip(16 + 4);
  format.max_sub_layers = reader.bits(3) + 1;
  format.temporal_nesting = reader.bits(1);
  format.profile_tier_level.assign(plain.begin() + 3, plain.begin() + 3 + kPtlBytes);
  reader.skip(kPtlBytes * 8);
  if (format.max_sub_layers > 1) return std::nullopt;  // our encoders make one layer
  reader.ue();
  format.chroma = reader.ue();
  if (format.chroma == 3) reader.skip(1);
  reader.ue();
  reader.ue();
  if (reader.flag()) {
    for (int side = 0; side < 4; ++side) reader.ue();
  }
  format.luma_depth = reader.ue() + 8;
  format.chroma_depth = reader.ue() + 8;
  return reader.ok() ? std::optional(format) : std::nullopt;
}

bool is_x264_text(ByteView unit) {
  return unit.size() > 1 && std::to_integer<int>(unit[1]) == 5;
}

struct ObuView {
  uint32_t type = 0;
  ByteView whole, payload;
};

// AV1 5.3: nullopt where the unit breaks off.
std::optional<ObuView> next_obu(ByteView& bytes) {
  if (bytes.empty()) return std::nullopt;
  const auto header = std::to_integer<uint32_t>(bytes[0]);
  size_t at = (header & 4U) != 0 ? 2 : 1;
  uint64_t size = bytes.size() - std::min(at, bytes.size());
  if ((header & 2U) != 0) {
    size = 0;
    for (unsigned shift = 0;; shift += 7) {
      if (at >= bytes.size() || shift > 28) return std::nullopt;
      const auto byte = std::to_integer<uint64_t>(bytes[at++]);
      size |= (byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) break;
    }
  }
  if (at > bytes.size() || size > bytes.size() - at) return std::nullopt;
  ObuView obu{(header >> 3U) & 15U, bytes.first(at + size), bytes.subspan(at, size)};
  bytes = bytes.subspan(at + size);
  return obu;
}

struct Av1Format {
  uint32_t profile = 0, level = 0, tier = 0, high_depth = 0, twelve_bit = 0, mono = 0;
  uint32_t subsampling_x = 1, subsampling_y = 1, site = 0;
};

struct Av1SequenceReader {
  BitReader bits;
  Av1Format format;

  uint32_t leb_like_uvlc() {
    int zeros = 0;
    while (bits.ok() && zeros < 32 && !bits.flag()) ++zeros;
    return zeros >= 32 ? UINT32_MAX : bits.bits(zeros) + ((1U << zeros) - 1U);
  }
  void read_operating_points();
  void read_tools();
  void read_colour();
};

// AV1 5.5.1 up to operating points; only timing-less and one-point streams matter, but all are walked.
void Av1SequenceReader::read_operating_points() {
  bool decoder_model = false;
  uint32_t delay_length = 0;
  if (bits.flag()) {
    bits.skip(64);
    if (bits.flag()) leb_like_uvlc();
    decoder_model = bits.flag();
    if (decoder_model) {
      delay_length = bits.bits(5) + 1;
      bits.skip(32 + 5 + 5);
    }
  }
  const bool display_delay = bits.flag();
  const uint32_t count = bits.bits(5) + 1;
  for (uint32_t i = 0; i < count && bits.ok(); ++i) {
    bits.skip(12);
    const uint32_t level = bits.bits(5);
    const uint32_t tier = level > 7 ? bits.bits(1) : 0;
    if (i == 0) format.level = level, format.tier = tier;
    if (decoder_model && bits.flag()) bits.skip(2 * delay_length + 1);
    if (display_delay && bits.flag()) bits.skip(4);
  }
}

// AV1 5.5.1 from the frame size on.
void Av1SequenceReader::read_tools() {
  const uint32_t width_bits = bits.bits(4) + 1;
  const uint32_t height_bits = bits.bits(4) + 1;
  bits.skip(width_bits + height_bits);
  if (bits.flag()) bits.skip(4 + 3);  // frame ids
  bits.skip(3);                       // superblock, filter intra, intra edge
  bits.skip(4);                       // interintra, masked, warped, dual filter
  const bool order_hint = bits.flag();
  if (order_hint) bits.skip(2);
  const bool choose_screen = bits.flag();
  const bool screen_possible = choose_screen || bits.flag();
  if (screen_possible && !bits.flag()) bits.skip(1);
  if (order_hint) bits.skip(3);
  bits.skip(3);  // superres, cdef, restoration
}

// AV1 5.5.2.
void Av1SequenceReader::read_colour() {
  format.high_depth = bits.bits(1);
  if (format.profile == 2 && format.high_depth != 0) format.twelve_bit = bits.bits(1);
  if (format.profile != 1) format.mono = bits.bits(1);
  uint32_t primaries = 2, transfer = 2, matrix = 2;
  if (bits.flag()) {
    primaries = bits.bits(8);
    transfer = bits.bits(8);
    matrix = bits.bits(8);
  }
  if (format.mono != 0) return;
  if (primaries == 1 && transfer == 13 && matrix == 0) {
    format.subsampling_x = format.subsampling_y = 0;
    return;
  }
  bits.skip(1);  // range
  if (format.profile == 1) {
    format.subsampling_x = format.subsampling_y = 0;
  } else if (format.profile == 2) {
    format.subsampling_x = format.twelve_bit != 0 ? bits.bits(1) : 1;
    format.subsampling_y = format.twelve_bit != 0 && format.subsampling_x != 0 ? bits.bits(1) : 0;
  }
  if (format.subsampling_x != 0 && format.subsampling_y != 0) format.site = bits.bits(2);
}

std::optional<Av1Format> parse_av1_format(ByteView payload) {
  Av1SequenceReader reader{BitReader(payload), {}};
  reader.format.profile = reader.bits.bits(3);
  reader.bits.skip(1);
  if (reader.bits.flag()) return std::nullopt;  // reduced still picture: no film of ours
  reader.read_operating_points();
  reader.read_tools();
  reader.read_colour();
  return reader.bits.ok() ? std::optional(reader.format) : std::nullopt;
}

}  // namespace

Result<Bytes> make_hvcc(ByteView annex_b) {
  const auto vps = units_of(annex_b, type_of_hevc, kHevcVps);
  const auto sps = units_of(annex_b, type_of_hevc, kHevcSps);
  const auto pps = units_of(annex_b, type_of_hevc, kHevcPps);
  const auto format = sps.empty() ? std::nullopt : parse_hevc_format(sps.front());
  if (vps.empty() || pps.empty() || !format)
    return fail(ErrorCode::kInternal, "the HEVC encoder gave no parameter sets");
  ByteWriter out;
  out.u8(1);
  out.bytes(format->profile_tier_level);
  out.u16(0xf000);  // min_spatial_segmentation_idc: not known
  out.u8(0xfc);     // parallelismType: not known
  out.u8(0xfcU | format->chroma);
  out.u8(0xf8U | (format->luma_depth - 8));
  out.u8(0xf8U | (format->chroma_depth - 8));
  out.u16(0);  // avgFrameRate: not said
  out.u8((format->max_sub_layers << 3U) | (format->temporal_nesting << 2U) | 3U);
  out.u8(3);
  put_array(out, kHevcVps, vps);
  put_array(out, kHevcSps, sps);
  put_array(out, kHevcPps, pps);
  return out.take();
}

Result<Bytes> make_avcc(ByteView annex_b) {
  const auto sps = units_of(annex_b, type_of_avc, kAvcSps);
  const auto pps = units_of(annex_b, type_of_avc, kAvcPps);
  if (sps.empty() || pps.empty() || sps.front().size() < 4) {
    return fail(ErrorCode::kInternal, "the AVC encoder gave no parameter sets");
  }
  ByteWriter out;
  out.u8(1);
  out.bytes(ByteView(sps.front()).subspan(1, 3));
  out.u8(0xff);
  out.u8(0xe0U | sps.size());
  for (const auto& unit : sps) out.u16(unit.size()), out.bytes(unit);
  out.u8(pps.size());
  for (const auto& unit : pps) out.u16(unit.size()), out.bytes(unit);
  const int profile = std::to_integer<int>(sps.front()[1]);
  if (profile == 100 || profile == 110 || profile == 122 || profile == 144) {
    const Bytes plain = unescape(sps.front());
    BitReader reader(plain);
    reader.skip(32);
    reader.ue();
    const uint32_t chroma = reader.ue();
    if (chroma == 3) reader.skip(1);
    const uint32_t luma = reader.ue();
    const uint32_t chroma_depth = reader.ue();
    out.u8(0xfcU | chroma);
    out.u8(0xf8U | luma);
    out.u8(0xf8U | chroma_depth);
    out.u8(0);
  }
  return out.take();
}

Result<Bytes> make_av1c(ByteView obus) {
  ByteView rest = obus;
  while (const auto obu = next_obu(rest)) {
    if (obu->type != kObuSequenceHeader) continue;
    const auto format = parse_av1_format(obu->payload);
    if (!format) break;
    ByteWriter out;
    out.u8(0x81);
    out.u8((format->profile << 5U) | format->level);
    out.u8((format->tier << 7U) | (format->high_depth << 6U) | (format->twelve_bit << 5U) | (format->mono << 4U) |
           (format->subsampling_x << 3U) | (format->subsampling_y << 2U) | format->site);
    out.u8(0);
    out.bytes(av1_sample(obu->whole));
    return out.take();
  }
  return fail(ErrorCode::kInternal, "the AV1 encoder gave no sequence header");
}

Bytes make_dac3(const DolbyFrame& frame) {
  ByteWriter out;
  // fscod 2, bsid 5, bsmod 3, acmod 3, lfeon 1, bit_rate_code 5, reserved 5
  const auto field = [](int value, unsigned shift) { return static_cast<uint32_t>(value) << shift; };
  out.u24(field(frame.rate_code, 22) | field(frame.bsid, 17) | field(frame.mode, 14) | field(frame.channels_mode, 11) |
          field(frame.low_frequency ? 1 : 0, 10) | field(frame.rate, 5));
  return out.take();
}

Bytes make_dec3(const DolbyFrame& frame, int64_t bitrate) {
  ByteWriter out;
  out.u16(static_cast<uint64_t>(bitrate / 1000) << 3U);  // num_ind_sub 0: one
  // fscod 2, bsid 5, reserved 1, asvc 1, bsmod 3, acmod 3, lfeon 1, reserved 3, num_dep_sub 4, reserved 1
  const auto field = [](int value, unsigned shift) { return static_cast<uint32_t>(value) << shift; };
  out.u24(field(frame.rate_code, 22) | field(frame.bsid, 17) | field(frame.mode, 12) | field(frame.channels_mode, 9) |
          field(frame.low_frequency ? 1 : 0, 8));
  if (frame.object_complexity) {
    out.u8(1);  // flag_ec3_extension_type_a
    out.u8(static_cast<uint64_t>(*frame.object_complexity));
  }
  return out.take();
}

Bytes hevc_sei_of(ByteView annex_b) {
  ByteWriter out;
  for (const auto& unit : units_of(annex_b, type_of_hevc, kHevcSeiPrefix)) put_unit(out, unit);
  return out.take();
}

Bytes hevc_sample(ByteView annex_b) {
  ByteWriter out;
  split_start_codes(annex_b, [&](ByteView unit) {
    const int type = type_of_hevc(unit);
    if (type < 0 || (type >= kHevcVps && type <= kHevcFiller)) return;
    put_unit(out, unit);
  });
  return out.take();
}

Bytes avc_sample(ByteView annex_b) {
  ByteWriter out;
  split_start_codes(annex_b, [&](ByteView unit) {
    const int type = type_of_avc(unit);
    if (type < 0 || (type >= kAvcSps && type <= kAvcFiller)) return;
    if (type == kAvcSei && is_x264_text(unit)) return;
    put_unit(out, unit);
  });
  return out.take();
}

Bytes av1_sample(ByteView temporal_unit) {
  ByteWriter out;
  while (const auto obu = next_obu(temporal_unit)) {
    if (obu->type == kObuTemporalDelimiter || obu->type == kObuTileList || obu->type == kObuPadding) continue;
    const auto header = std::to_integer<uint32_t>(obu->whole[0]);
    out.u8(header | 2U);
    if ((header & 4U) != 0) out.bytes(obu->whole.subspan(1, 1));
    size_t size = obu->payload.size();
    do {
      out.u8((size & 0x7fU) | (size > 0x7f ? 0x80U : 0U));
      size >>= 7U;
    } while (size != 0);
    out.bytes(obu->payload);
  }
  return out.take();
}

}  // namespace pier::media::impl
