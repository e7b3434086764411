#include "bitstream/intra.hpp"

#include <algorithm>

namespace pier::media::impl {

std::optional<SequenceHeader> parse_prores_frame(ByteView frame) {
  ByteReader reader(frame);
  reader.skip(4);
  if (as_text(reader.bytes(4)) != "icpf") return std::nullopt;
  reader.skip(2 + 2 + 4);
  SequenceHeader header;
  header.width = reader.u16();
  header.height = reader.u16();
  const int flags = reader.u8();
  reader.skip(1);
  const int primaries = reader.u8();
  const int transfer = reader.u8();
  const int matrix = reader.u8();
  if (!reader.ok() || header.width == 0 || header.height == 0) return std::nullopt;
  // chroma_format 2 is 4:2:2, 3 is 4:4:4; the codec works at 10 or 12 bit, which only the profile tells.
  header.format.chroma = (flags >> 6) == 3 ? Chroma::k444 : Chroma::k422;
  header.format.bit_depth = header.format.chroma == Chroma::k444 ? 12 : 10;
  header.interlaced = ((flags >> 2) & 3) != 0;
  if (primaries != 0) header.colour.primaries = static_cast<Primaries>(primaries);
  if (transfer != 0) header.colour.transfer = static_cast<Transfer>(transfer);
  if (matrix != 0) header.colour.matrix = static_cast<Matrix>(matrix);
  header.colour_described = header.colour.primaries != Primaries::kUnspecified;
  return header;
}

std::optional<SequenceHeader> parse_jpeg2000_size(ByteView codestream) {
  ByteReader reader(codestream);
  if (reader.u16() != 0xFF4F || reader.u16() != 0xFF51) return std::nullopt;
  reader.skip(2 + 2);
  const uint32_t right = reader.u32();
  const uint32_t bottom = reader.u32();
  const uint32_t left = reader.u32();
  const uint32_t top = reader.u32();
  reader.skip(16);
  const int components = reader.u16();
  if (!reader.ok() || left >= right || top >= bottom || right - left > 65535 || bottom - top > 65535)
    return std::nullopt;
  SequenceHeader header;
  header.width = static_cast<int>(right - left);
  header.height = static_cast<int>(bottom - top);
  header.format.chroma = components < 3 ? Chroma::k400 : Chroma::k444;
  for (int component = 0; component < std::min(components, 3); ++component) {
    const int depth = (reader.u8() & 127) + 1;
    const int step_x = reader.u8();
    const int step_y = reader.u8();
    if (component == 0) header.format.bit_depth = static_cast<uint8_t>(depth);
    if (component == 1 && step_x == 2) header.format.chroma = step_y == 2 ? Chroma::k420 : Chroma::k422;
  }
  if (!reader.ok() || header.format.bit_depth < 8 || header.format.bit_depth > 16) return std::nullopt;
  return header;
}

}  // namespace pier::media::impl
