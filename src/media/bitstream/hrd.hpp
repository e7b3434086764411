#pragma once
// Buffering parameters, messages and limits of the hypothetical reference decoders of H.264 and H.265 (Annexes A, C,
// D, E).

#include <optional>

#include <pier/core/picture.hpp>
#include <pier/media/access_unit.hpp>

#include "bitstream/bit_reader.hpp"

namespace pier::media::impl {

/// H.265 E.2.2 with the common part; `sub_layers` is max_sub_layers_minus1. nullopt when it is damaged or describes
/// no schedule.
std::optional<HrdParameters> read_hevc_hrd(BitReader& reader, int sub_layers, Rational tick);
/// H.264 E.1.2, from nal_hrd_parameters_present_flag to low_delay_hrd_flag.
std::optional<HrdParameters> read_avc_hrd(BitReader& reader, Rational tick);

/// Payload of message 0, behind the parameter set's id.
std::optional<BufferingPeriod> read_hevc_buffering_period(BitReader& reader, const HrdParameters& hrd);
std::optional<BufferingPeriod> read_avc_buffering_period(BitReader& reader, const HrdParameters& hrd);

struct HevcLevel {
  int profile = 0;  // general_profile_idc
  int level = 0;    // general_level_idc: 30 times the number
  bool high_tier = false;
  int depth = 8;
  Chroma chroma = Chroma::k420;
  bool intra_only = false, lower_bit_rate = true;
};
/// Tables A.8 and A.9; nullopt for a level or profile that is not in them.
std::optional<LevelLimit> hevc_level_limit(const HevcLevel& level);
/// Table A-1; `level` is level_idc, 9 for 1b.
std::optional<LevelLimit> avc_level_limit(int profile, int level);

/// Clock of an AVC picture timing message, from clock_timestamp's fields on: units are frames at `frame_bits` bits.
struct ClockFields {
  int frame_bits = 8;
  bool ct_type = false, field_based = false;
  int time_offset_bits = -1;  // -1: the message says how many
};
/// One set of clock fields; members that are not in it are those of `last`.
std::optional<ClockTime> read_clock(BitReader& reader, const ClockFields& fields, const ClockTime& last);

}  // namespace pier::media::impl
