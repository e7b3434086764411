// Access units of AV1.

#include "bitstream/access_unit_state.hpp"
#include "bitstream/hrd.hpp"

namespace pier::media {

using namespace impl;

void AccessUnitReader::State::read_obu(const Obu& obu) {
  constexpr int kFrameHeader = 3, kFrame = 6;
  if (obu.type == kObuSequenceHeader) {
    if (!obu.payload.empty()) av1_still = (std::to_integer<int>(obu.payload[0]) & 0x08) != 0;
    keep_sequence(obu.payload, 0);
  } else if (obu.type == kObuMetadata) {
    if (const auto message = parse_av1_metadata(obu.payload)) take_message(*message, now);
    read_av1_clock(obu.payload);
  } else if (obu.type == kFrameHeader || obu.type == kFrame) {
    read_av1_frame(obu.payload);
  }
}

// AV1 5.9.2, first fields. A temporal unit shows one frame; others in it are for later.
void AccessUnitReader::State::read_av1_frame(ByteView payload) {
  constexpr uint32_t kKey = 0, kInter = 1, kIntraOnly = 2;
  if (payload.empty()) return;
  ++now.slices;
  BitReader reader(payload);
  if (!av1_still && reader.flag()) {
    // show_existing_frame: nothing is decoded, but it is this unit's picture.
    if (!now.picture) now.coding = PictureCoding::kP;
    now.picture = true;
    return;
  }
  const uint32_t type = av1_still ? kKey : reader.bits(2);
  const bool shown = av1_still || reader.flag();
  if (!reader.ok()) return;
  if (type == kKey) now.access = shown ? PictureAccess::kIdr : PictureAccess::kCra;
  now.reference = true;
  now.picture |= shown;
  if (type == kKey || type == kIntraOnly) {
    if (now.coding == PictureCoding::kUnknown) now.coding = PictureCoding::kI;
  } else {
    now.coding = PictureCoding::kP;
  }
  static_assert(kInter == 1);
}

// AV1 5.8.5
void AccessUnitReader::State::read_av1_clock(ByteView payload) {
  constexpr std::byte kTimecode{5};
  if (payload.empty() || payload[0] != kTimecode) return;
  BitReader reader(payload.subspan(1));
  now.clock = read_clock(reader, {.frame_bits = 9}, last_clock);
}

}  // namespace pier::media
