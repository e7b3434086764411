#pragma once
// Headers of H.264 | ISO/IEC 14496-10.

#include <optional>

#include <pier/core/bytes.hpp>
#include <pier/media/access_unit.hpp>

#include "bitstream/headers.hpp"

namespace pier::media::impl {

enum AvcNal : int {
  kAvcSlice = 1,
  kAvcPartitionA = 2,
  kAvcIdrSlice = 5,
  kAvcSei = 6,
  kAvcSps = 7,
  kAvcPps = 8,
  kAvcFiller = 12
};

/// nal_unit_type; -1 for an empty unit.
int avc_nal_type(ByteView unit);
/// Whole SPS NAL unit, still escaped; nullopt when it breaks the syntax.
std::optional<SequenceHeader> parse_avc_sps(ByteView unit);

/// What reading timing messages and limits needs of an SPS beyond its description.
struct AvcSequence {
  SequenceHeader header;
  uint32_t id = 0;
  bool picture_structure = false;  // pic_struct_present_flag
  bool colour_planes = false;      // separate_colour_plane_flag
  bool frames_only = true;         // frame_mbs_only_flag
  bool gaps_allowed = false;       // gaps_in_frame_num_value_allowed_flag
  int frame_num_bits = 4;
  int poc_bits = 0;  // of pic_order_cnt_lsb; 0: not sent (pic_order_cnt_type above 0)
  std::optional<HrdParameters> hrd;
  std::optional<LevelLimit> limit;
  std::optional<Rational> tick;
};
std::optional<AvcSequence> parse_avc_sequence(ByteView unit);

struct AvcPicture {
  uint32_t id = 0, sequence = 0;
};
std::optional<AvcPicture> parse_avc_pps(ByteView unit);

}  // namespace pier::media::impl
