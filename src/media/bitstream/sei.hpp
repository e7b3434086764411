#pragma once
// Supplemental enhancement information of H.264 Annex D and H.265 Annex D (the payloads used here are the same).

#include <functional>
#include <vector>

#include <pier/core/bytes.hpp>

#include "bitstream/headers.hpp"

namespace pier::media::impl {

/// Type and payload of every message; `rbsp` as below. A damaged message ends the walk.
void split_sei(ByteView rbsp, const std::function<void(uint32_t type, ByteView payload)>& message);

/// nullopt when it carries nothing of interest or is damaged.
std::optional<MetadataMessage> parse_sei_message(uint32_t type, ByteView payload);

/// `rbsp` is the SEI message area after the NAL header, emulation prevention taken out. Messages that carry nothing of
/// interest are left out; a damaged message ends the list.
std::vector<MetadataMessage> parse_sei(ByteView rbsp);

}  // namespace pier::media::impl
