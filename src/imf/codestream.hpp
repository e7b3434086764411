#pragma once
// The main header of a JPEG 2000 codestream (ITU-T T.800 Annex A) as far as the sub-descriptor of ST 422 repeats it.
// Input may be hostile.

#include <cstdint>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/result.hpp>

namespace pier::imf::impl {

struct CodestreamHeader {
  uint16_t rsiz = 0;
  uint32_t width = 0, height = 0, x_offset = 0, y_offset = 0;  // Xsiz, Ysiz, XOsiz, YOsiz
  uint32_t tile_width = 0, tile_height = 0, tile_x = 0, tile_y = 0;
  struct Component {
    uint8_t depth = 0;  // Ssiz: bits - 1, bit 7 signed
    uint8_t across = 0, down = 0;
    friend bool operator==(const Component&, const Component&) = default;
  };
  std::vector<Component> components;
  Bytes coding_style, quantisation;  // COD and QCD without marker and length
  friend bool operator==(const CodestreamHeader&, const CodestreamHeader&) = default;
};

/// kInputDamaged says what is missing.
Result<CodestreamHeader> read_codestream_header(ByteView codestream);

}  // namespace pier::imf::impl
