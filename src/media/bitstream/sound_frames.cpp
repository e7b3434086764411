#include "bitstream/sound_frames.hpp"

#include "bitstream/bit_reader.hpp"

namespace pier::media::impl {
namespace {

constexpr uint32_t kDolbySync = 0x0b77;
constexpr int kRates[] = {32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640};
constexpr int kSampleRates[] = {48000, 44100, 32000};

/// Table 4.13: a syncframe has 1536 samples; at 44.1 kHz the odd codes are a word longer.
size_t ac3_frame_bytes(uint32_t rate_code, uint32_t size_code) {
  const int bits = kRates[size_code / 2] * 1000;
  const auto words = static_cast<size_t>(int64_t{bits} * 1536 / kSampleRates[rate_code] / 16);
  return 2 * (words + (rate_code == 1 ? size_code % 2 : 0));
}

std::optional<DolbyFrame> parse_ac3(BitReader& reader) {
  DolbyFrame frame;
  reader.skip(16);  // crc1
  frame.rate_code = static_cast<int>(reader.bits(2));
  const uint32_t size_code = reader.bits(6);
  frame.bsid = static_cast<int>(reader.bits(5));
  frame.mode = static_cast<int>(reader.bits(3));
  frame.channels_mode = static_cast<int>(reader.bits(3));
  if ((frame.channels_mode & 1) != 0 && frame.channels_mode != 1) reader.skip(2);  // cmixlev
  if ((frame.channels_mode & 4) != 0) reader.skip(2);                              // surmixlev
  if (frame.channels_mode == 2) reader.skip(2);                                    // dsurmod
  frame.low_frequency = reader.flag();
  if (!reader.ok() || frame.rate_code == 3 || size_code >= 2 * std::size(kRates)) return std::nullopt;
  frame.rate = static_cast<int>(size_code / 2);
  frame.frame_bytes = ac3_frame_bytes(static_cast<uint32_t>(frame.rate_code), size_code);
  return frame;
}

void skip_if_said(BitReader& reader, size_t bits) {
  if (reader.flag()) reader.skip(bits);
}

/// E.1.2.2, mixing metadata of an independent substream.
void skip_programme_mix(BitReader& reader, const DolbyFrame& frame) {
  skip_if_said(reader, 6);                                // pgmscl
  if (frame.channels_mode == 0) skip_if_said(reader, 6);  // pgmscl2
  skip_if_said(reader, 6);                                // extpgmscl
  switch (reader.bits(2)) {                               // mixdef
    case 1:
      reader.skip(5);
      break;
    case 2:
      reader.skip(12);
      break;
    case 3:
      reader.skip((reader.bits(5) + 2) * 8);
      break;
    default:
      break;
  }
  if (frame.channels_mode < 2) {
    skip_if_said(reader, 14);                                // paninfo
    if (frame.channels_mode == 0) skip_if_said(reader, 14);  // paninfo2
  }
  if (!reader.flag()) return;  // frmmixcfginfoe
  if (frame.blocks == 1) {
    reader.skip(5);
    return;
  }
  for (int block = 0; block < frame.blocks; ++block) skip_if_said(reader, 5);
}

void skip_mix(BitReader& reader, const DolbyFrame& frame) {
  if (!reader.flag()) return;  // mixmdate
  const int mode = frame.channels_mode;
  if (mode > 2) reader.skip(2);
  if ((mode & 1) != 0 && mode > 2) reader.skip(6);
  if ((mode & 4) != 0) reader.skip(6);
  if (frame.low_frequency) skip_if_said(reader, 5);
  if (frame.stream_type == 0) skip_programme_mix(reader, frame);
}

void take_information(BitReader& reader, DolbyFrame& frame) {
  if (!reader.flag()) return;  // infomdate
  frame.mode = static_cast<int>(reader.bits(3));
  reader.skip(2);
  if (frame.channels_mode == 2) reader.skip(4);
  if (frame.channels_mode >= 6) reader.skip(2);
  skip_if_said(reader, 8);                                // audprodi
  if (frame.channels_mode == 0) skip_if_said(reader, 8);  // audprodi2
  if (frame.rate_code < 3) reader.skip(1);
}

/// The addbsi field, where the object coding says that it is there.
void take_additions(BitReader& reader, DolbyFrame& frame) {
  if (!reader.flag()) return;  // addbsie
  const uint32_t bytes = reader.bits(6) + 1;
  if (bytes < 2) return;
  reader.skip(7);
  const bool objects = reader.flag();
  const auto complexity = static_cast<int>(reader.bits(8));
  if (objects && reader.ok()) frame.object_complexity = complexity;
}

std::optional<DolbyFrame> parse_enhanced(BitReader& reader) {
  DolbyFrame frame;
  frame.enhanced = true;
  frame.stream_type = static_cast<int>(reader.bits(2));
  frame.substream = static_cast<int>(reader.bits(3));
  frame.frame_bytes = (reader.bits(11) + 1) * 2;
  frame.rate_code = static_cast<int>(reader.bits(2));
  const uint32_t code = reader.bits(2);  // fscod2 or numblkscod
  constexpr int kBlocks[] = {1, 2, 3, 6};
  if (frame.rate_code != 3) frame.blocks = kBlocks[code];
  frame.channels_mode = static_cast<int>(reader.bits(3));
  frame.low_frequency = reader.flag();
  frame.bsid = static_cast<int>(reader.bits(5));
  const bool dual = frame.channels_mode == 0;
  reader.skip(5);           // dialnorm
  skip_if_said(reader, 8);  // compr
  if (dual) {
    reader.skip(5);
    skip_if_said(reader, 8);
  }
  if (frame.stream_type == 1) skip_if_said(reader, 16);  // chanmap
  skip_mix(reader, frame);
  take_information(reader, frame);
  if (frame.stream_type == 0 && frame.blocks != 6) reader.skip(1);                     // convsync
  if (frame.stream_type == 2 && (frame.blocks == 6 || reader.flag())) reader.skip(6);  // frmsizecod
  if (!reader.ok() || frame.stream_type == 3) return std::nullopt;
  take_additions(reader, frame);
  return frame;
}

}  // namespace

std::optional<AdtsHeader> parse_adts(ByteView frame) {
  BitReader reader(frame);
  if (reader.bits(12) != 0xfff) return std::nullopt;
  reader.skip(1);                                // ID
  if (reader.bits(2) != 0) return std::nullopt;  // layer
  const bool no_checksum = reader.flag();
  AdtsHeader header;
  header.profile = static_cast<int>(reader.bits(2));
  header.frequency_index = static_cast<int>(reader.bits(4));
  reader.skip(1);
  header.channel_configuration = static_cast<int>(reader.bits(3));
  reader.skip(4);
  header.frame_bytes = reader.bits(13);
  reader.skip(11);
  header.blocks = static_cast<int>(reader.bits(2)) + 1;
  header.header_bytes = no_checksum ? 7 : 9;
  if (!reader.ok() || header.frequency_index > 12 || header.frame_bytes <= header.header_bytes) return std::nullopt;
  return header;
}

std::optional<DolbyFrame> parse_dolby_frame(ByteView frame) {
  BitReader reader(frame);
  if (reader.bits(16) != kDolbySync) return std::nullopt;
  if (frame.size() < 6) return std::nullopt;
  // bsid stands at the same place in both: AC-3 up to 8, E-AC-3 16. What lies between are variants nobody writes.
  const auto bsid = std::to_integer<int>(frame[5] >> 3U);
  if (bsid <= 8) return parse_ac3(reader);
  return bsid == 16 ? parse_enhanced(reader) : std::nullopt;
}

}  // namespace pier::media::impl
