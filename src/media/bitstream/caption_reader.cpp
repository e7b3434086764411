#include <pier/media/access_unit.hpp>

#include "bitstream/avc.hpp"
#include "bitstream/captions.hpp"
#include "bitstream/hevc.hpp"
#include "bitstream/nal.hpp"
#include "bitstream/sei.hpp"

namespace pier::media {

using namespace impl;

namespace {

constexpr uint32_t kSeiUserDataT35 = 4;
constexpr uint8_t kMpeg2UserData = 0xB2, kUnitedStates = 0xB5, kCaptionData = 3, kProcessCaptions = 0x40;
constexpr uint16_t kAtsc = 0x31;
constexpr unsigned kValid = 4, kPacketType = 2;  // of the first byte of a construct, A/53 part 4 table 6.10

/// A/53 part 4 table 6.8 and CTA-708-E table 2, from the ATSC identifier on.
void read_user_data(ByteView bytes, Bytes& found) {
  ByteReader reader(bytes);
  const ByteView identifier = reader.bytes(4);
  if (as_text(identifier) != "GA94" || reader.u8() != kCaptionData) return;
  const uint8_t flags = reader.u8();
  reader.u8();  // em_data
  if ((flags & kProcessCaptions) == 0) return;
  const ByteView constructs = reader.bytes(size_t{3} * (flags & 0x1FU));
  if (reader.ok()) found.insert(found.end(), constructs.begin(), constructs.end());
}

void read_messages(ByteView rbsp, Bytes& found) {
  split_sei(rbsp, [&](uint32_t type, ByteView payload) {
    if (type != kSeiUserDataT35) return;
    ByteReader reader(payload);
    if (reader.u8() == kUnitedStates && reader.u16() == kAtsc && reader.ok()) read_user_data(payload.subspan(3), found);
  });
}

void read_unit(Codec codec, ByteView unit, Bytes& found) {
  if (unit.empty()) return;
  if (codec == Codec::kMpeg2) {
    if (unit[0] == std::byte{kMpeg2UserData}) read_user_data(unit.subspan(1), found);
  } else if (codec == Codec::kAvc) {
    if ((std::to_integer<int>(unit[0]) & 0x1F) == kAvcSei) read_messages(unescape(unit.subspan(1)), found);
  } else if (unit.size() > 2 && hevc_nal_type(unit) == kHevcSeiPrefix && hevc_layer(unit) == 0) {
    read_messages(unescape(unit.subspan(2)), found);
  }
}

}  // namespace

uint8_t caption_kinds(ByteView constructs) {
  uint8_t kinds = kNoCaptions;
  for (size_t at = 0; at + 3 <= constructs.size(); at += 3) {
    const auto byte = [&](size_t i) { return std::to_integer<unsigned>(constructs[at + i]); };
    if ((byte(0) & kValid) == 0) continue;
    if ((byte(0) & kPacketType) != 0)
      kinds |= kCea708Captions;
    else if (((byte(1) | byte(2)) & 0x7FU) != 0)
      kinds |= kCea608Captions;
  }
  return kinds;
}

Bytes impl::captions_of_unit(Codec codec, ByteView unit) {
  Bytes found;
  read_unit(codec, unit, found);
  return found;
}

CaptionReader::CaptionReader(Codec codec, ByteView configuration) : x_codec(codec) {
  if (configuration.empty() || configuration[0] == std::byte{0}) return;
  if (codec != Codec::kHevc && codec != Codec::kAvc) return;
  const auto sets = codec == Codec::kHevc ? parse_hvcc(configuration) : parse_avcc(configuration);
  if (sets) x_length_size = sets->length_size;
}

Bytes CaptionReader::read(ByteView packet) const {
  Bytes found;
  const auto unit = [&](ByteView bytes) { read_unit(x_codec, bytes, found); };
  if (x_codec != Codec::kHevc && x_codec != Codec::kAvc && x_codec != Codec::kMpeg2) return found;
  if (x_length_size == 0)
    split_start_codes(packet, unit);
  else
    split_lengths(packet, x_length_size, unit);
  return found;
}

}  // namespace pier::media
