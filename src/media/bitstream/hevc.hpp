#pragma once
// Headers of H.265 | ISO/IEC 23008-2.

#include <optional>

#include <pier/core/bytes.hpp>
#include <pier/media/access_unit.hpp>

#include "bitstream/headers.hpp"
#include "bitstream/short_term_set.hpp"

namespace pier::media::impl {

enum HevcNal : int {
  kHevcVps = 32,
  kHevcSps = 33,
  kHevcPps = 34,
  kHevcEndOfSequence = 36,
  kHevcEndOfStream = 37,
  kHevcFiller = 38,
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

/// What reading slice headers, buffering messages and limits needs of an SPS beyond its description.
struct HevcSequence {
  SequenceHeader header;
  uint32_t id = 0;
  bool field_info = false;     // frame_field_info_present_flag
  int slice_address_bits = 0;  // Ceil(Log2(PicSizeInCtbsY))
  bool colour_planes = false;  // separate_colour_plane_flag
  int poc_bits = 0;            // of slice_pic_order_cnt_lsb; 0: it and the sets could not be read
  std::vector<ShortTermSet> short_term_sets;
  std::optional<HrdParameters> hrd;
  std::optional<LevelLimit> limit;
  std::optional<Rational> tick;  // num_units_in_tick / time_scale
};
/// Whole SPS NAL unit of the base layer; `hrd`, `tick` and `field_info` only as far as the VUI could be read.
std::optional<HevcSequence> parse_hevc_sequence(ByteView unit);

struct HevcPicture {
  uint32_t id = 0, sequence = 0;
  bool dependent_slices = false;
  bool output_flag = false;  // output_flag_present_flag
  int extra_bits = 0;
};
std::optional<HevcPicture> parse_hevc_pps(ByteView unit);

/// Frame rate declared by the VPS timing information; nullopt when there is none or the unit is damaged.
std::optional<Rational> parse_hevc_vps_rate(ByteView unit);

/// "Main 10" of general_profile_idc 2, with the format range extensions told apart by `depth` and `chroma`.
std::string hevc_profile_name(int profile, int depth, Chroma chroma);

}  // namespace pier::media::impl
