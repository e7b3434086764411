#include <pier/packaging/codec_string.hpp>

namespace pier::packaging {
namespace {

using media::Codec;

Failure damaged(std::string_view box) {
  return fail(ErrorCode::kInputDamaged, "the decoder configuration (" + std::string(box) + ") is damaged");
}

// Upper-case hexadecimal of at least `digits`.
std::string hex(uint32_t value, size_t digits = 1) {
  std::string text;
  for (; value != 0 || text.size() < digits; value >>= 4U) text.insert(text.begin(), "0123456789ABCDEF"[value & 15U]);
  return text;
}

// Decimal of at least two digits.
std::string two(unsigned value) {
  return (value < 10 ? "0" : "") + std::to_string(value);
}

uint32_t reverse_bits(uint32_t value) {
  uint32_t reversed = 0;
  for (int i = 0; i < 32; ++i) reversed = reversed << 1U | (value >> i & 1U);
  return reversed;
}

Result<std::string> hevc_string(ByteView configuration) {
  ByteReader in(configuration);
  if (in.u8() != 1) return damaged("hvcC");
  const unsigned profile = in.u8();
  const uint32_t compatibility = reverse_bits(in.u32());
  const ByteView constraints = in.bytes(6);
  const unsigned level = in.u8();
  if (!in.ok()) return damaged("hvcC");
  constexpr std::string_view kSpaces[] = {"", "A", "B", "C"};
  std::string text = "hvc1." + std::string(kSpaces[profile >> 6U]);
  text += std::to_string(profile & 0x1FU) + '.' + hex(compatibility) + '.';
  text += ((profile & 0x20U) != 0 ? 'H' : 'L') + std::to_string(level);
  size_t kept = constraints.size();
  while (kept > 0 && constraints[kept - 1] == std::byte{0}) --kept;
  for (const std::byte flags : constraints.first(kept)) text += '.' + hex(static_cast<uint32_t>(flags));
  return text;
}

Result<std::string> avc_string(ByteView configuration) {
  ByteReader in(configuration);
  if (in.u8() != 1) return damaged("avcC");
  const unsigned profile = in.u8(), compatibility = in.u8(), level = in.u8();
  if (!in.ok()) return damaged("avcC");
  return "avc1." + hex(profile, 2) + hex(compatibility, 2) + hex(level, 2);
}

Result<std::string> av1_string(ByteView configuration, const ColourInfo& colour) {
  ByteReader in(configuration);
  if (in.u8() != 0x81) return damaged("av1C");
  const unsigned profile_level = in.u8(), flags = in.u8();
  in.u8();
  if (!in.ok()) return damaged("av1C");
  const bool high_depth = (flags & 0x40U) != 0, twelve = (flags & 0x20U) != 0;
  const unsigned sub_x = flags >> 3U & 1U, sub_y = flags >> 2U & 1U;
  const unsigned position = sub_x + sub_y == 2 ? flags & 3U : 0;
  const unsigned depth = !high_depth ? 8 : twelve ? 12 : 10;
  std::string text = "av01." + std::to_string(profile_level >> 5U) + '.' + two(profile_level & 0x1FU);
  text += ((flags & 0x80U) != 0 ? "H." : "M.") + two(depth) + '.' + std::to_string(flags >> 4U & 1U) + '.';
  text += std::to_string(sub_x) + std::to_string(sub_y) + std::to_string(position);
  for (const unsigned code : {static_cast<unsigned>(colour.primaries), static_cast<unsigned>(colour.transfer),
                              static_cast<unsigned>(colour.matrix)}) {
    text += '.' + two(code);
  }
  return text + (colour.range == Range::kFull ? ".1" : ".0");
}

Result<std::string> aac_string(ByteView configuration) {
  ByteReader in(configuration);
  const unsigned first = in.u8();
  unsigned type = first >> 3U;
  if (type == 31) type = 32 + ((first & 7U) << 3U | static_cast<unsigned>(in.u8()) >> 5U);
  if (!in.ok() || type == 0) return damaged("AudioSpecificConfig");
  return "mp4a.40." + std::to_string(type);
}

// DOVIDecoderConfigurationRecord of the Dolby Vision streams within ISOBMFF specification.
struct DolbyVision {
  unsigned profile = 0, level = 0, compatibility = 0;

  explicit DolbyVision(ByteView record) {
    ByteReader in(record);
    in.skip(2);
    const unsigned bits = in.u16();
    profile = bits >> 9U;
    level = bits >> 3U & 0x3FU;
    compatibility = in.u8() >> 4U;
  }
  std::string codec(std::string_view entry) const { return std::string(entry) + '.' + two(profile) + '.' + two(level); }
};

bool stands_alone(const DolbyVision& dolby) {
  return dolby.profile == 5 || (dolby.profile == 10 && dolby.compatibility == 0);
}

}  // namespace

Result<std::string> codec_string(const TrackDescription& track) {
  const ByteView record = track.video.dolby_vision;
  const DolbyVision dolby(record);
  const bool alone = !record.empty() && stands_alone(dolby);
  switch (track.codec) {
    case Codec::kHevc:
      return alone ? dolby.codec("dvh1") : hevc_string(track.configuration);
    case Codec::kAvc:
      return avc_string(track.configuration);
    case Codec::kAv1:
      return alone ? dolby.codec("dav1") : av1_string(track.configuration, track.video.colour);
    case Codec::kAac:
      return aac_string(track.configuration);
    case Codec::kEac3:
      return std::string("ec-3");
    case Codec::kAc3:
      return std::string("ac-3");
    case Codec::kMjpeg:
      return std::string("jpeg");
    case Codec::kWebVtt:
      return std::string("wvtt");
    case Codec::kTtml:
      return "stpp.ttml." + std::string(as_text(track.configuration));
    default:
      return fail(ErrorCode::kInputUnsupported, "the codec of the track has no codec string here");
  }
}

Result<std::optional<SupplementalCodec>> supplemental_codec(const TrackDescription& track) {
  if (track.kind != TrackKind::kVideo || track.video.dolby_vision.empty()) return std::nullopt;
  if (track.video.dolby_vision.size() < 5) return damaged("dvcC");
  const DolbyVision dolby(track.video.dolby_vision);
  const bool over_hevc = dolby.profile == 8 && track.codec == Codec::kHevc;
  const bool over_av1 = dolby.profile == 10 && track.codec == Codec::kAv1;
  if (!over_hevc && !over_av1) return std::nullopt;
  SupplementalCodec found{dolby.codec(over_hevc ? "dvh1" : "dav1"), {}};
  switch (dolby.compatibility) {
    case 1:
      found.brand = "db1p";
      return found;
    case 2:
      found.brand = "db2g";
      return found;
    case 4:
      found.brand = "db4h";
      return found;
    default:
      return std::nullopt;
  }
}

}  // namespace pier::packaging
