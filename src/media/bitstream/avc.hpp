#pragma once
// Headers of H.264 | ISO/IEC 14496-10.

#include <optional>

#include <pier/core/bytes.hpp>

#include "bitstream/headers.hpp"

namespace pier::media::impl {

enum AvcNal : int { kAvcSei = 6, kAvcSps = 7 };

/// nal_unit_type; -1 for an empty unit.
int avc_nal_type(ByteView unit);
/// Whole SPS NAL unit, still escaped; nullopt when it breaks the syntax.
std::optional<SequenceHeader> parse_avc_sps(ByteView unit);

}  // namespace pier::media::impl
