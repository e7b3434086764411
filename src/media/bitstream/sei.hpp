#pragma once
// Supplemental enhancement information of H.264 Annex D and H.265 Annex D (the payloads used here are the same).

#include <vector>

#include <pier/core/bytes.hpp>

#include "bitstream/headers.hpp"

namespace pier::media::impl {

/// `rbsp` is the SEI message area after the NAL header, emulation prevention taken out. Messages that carry nothing of
/// interest are left out; a damaged message ends the list.
std::vector<MetadataMessage> parse_sei(ByteView rbsp);

}  // namespace pier::media::impl
