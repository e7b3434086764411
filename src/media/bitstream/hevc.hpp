#pragma once
// Headers of H.265 | ISO/IEC 23008-2.

#include <optional>

#include <pier/core/bytes.hpp>

#include "bitstream/headers.hpp"

namespace pier::media::impl {

enum HevcNal : int {
  kHevcVps = 32,
  kHevcSps = 33,
  kHevcPps = 34,
  kHevcSeiPrefix = 39,
  kHevcSeiSuffix = 40,
  kHevcDoviRpu = 62,
  kHevcDoviEl = 63
};

/// nal_unit_type; -1 when the unit is shorter than its header.
int hevc_nal_type(ByteView unit);
/// nuh_layer_id of a unit: above 0 belongs to another layer.
int hevc_layer(ByteView unit);

/// Whole SPS NAL unit (with its two header bytes, still escaped); nullopt when it breaks the syntax.
std::optional<SequenceHeader> parse_hevc_sps(ByteView unit);
/// Frame rate declared by the VPS timing information; nullopt when there is none or the unit is damaged.
std::optional<Rational> parse_hevc_vps_rate(ByteView unit);

/// "Main 10" of general_profile_idc 2, with the format range extensions told apart by `depth` and `chroma`.
std::string hevc_profile_name(int profile, int depth, Chroma chroma);

}  // namespace pier::media::impl
