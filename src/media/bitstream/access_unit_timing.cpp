// Timing messages of HEVC and AVC.

#include "bitstream/access_unit_state.hpp"
#include "bitstream/hrd.hpp"

namespace pier::media {

using namespace impl;

// H.265 D.2.2, D.2.3, D.2.27
void AccessUnitReader::State::hevc_timing(const Waiting& message) {
  BitReader reader(message.payload);
  if (message.type == kSeiClock) {
    const uint32_t count = reader.bits(2);
    for (uint32_t i = 0; i < count && !now.clock && reader.ok(); ++i) {
      if (reader.flag()) now.clock = read_clock(reader, {.frame_bits = 9, .field_based = true}, last_clock);
    }
    return;
  }
  if (message.type == kSeiBuffering) {
    const auto sequence = hevc.sequences.find(reader.ue());
    if (sequence != hevc.sequences.end() && sequence->second.hrd)
      now.buffering_period = read_hevc_buffering_period(reader, *sequence->second.hrd);
    return;
  }
  const HevcSequence* sequence = hevc_active();
  if (sequence == nullptr || !sequence->hrd) return;
  if (sequence->field_info) reader.skip(4 + 2 + 1);
  PictureTiming timing;
  timing.removal_delay = reader.bits(sequence->hrd->removal_delay_bits) + 1;
  timing.output_delay = reader.bits(sequence->hrd->output_delay_bits);
  if (reader.ok()) now.timing = timing;
}

// H.264 D.1.2, D.1.3
void AccessUnitReader::State::avc_timing(const Waiting& message) {
  BitReader reader(message.payload);
  if (message.type == kSeiBuffering) {
    const auto sequence = avc.sequences.find(reader.ue());
    if (sequence != avc.sequences.end() && sequence->second.hrd)
      now.buffering_period = read_avc_buffering_period(reader, *sequence->second.hrd);
    return;
  }
  const AvcSequence* sequence = avc_active();
  if (sequence == nullptr) return;
  if (sequence->hrd) {
    PictureTiming timing;
    timing.removal_delay = reader.bits(sequence->hrd->removal_delay_bits);
    timing.output_delay = reader.bits(sequence->hrd->output_delay_bits);
    if (reader.ok()) now.timing = timing;
  }
  if (!sequence->picture_structure) return;
  static constexpr int kClocks[] = {1, 1, 1, 2, 2, 3, 3, 2, 3};  // table D-1
  const uint32_t structure = reader.bits(4);
  const int offset = sequence->hrd ? sequence->hrd->time_offset_bits : 24;
  for (int i = 0; structure < std::size(kClocks) && i < kClocks[structure] && !now.clock && reader.ok(); ++i) {
    if (!reader.flag()) continue;
    now.clock = read_clock(reader, {.frame_bits = 8, .ct_type = true, .field_based = true, .time_offset_bits = offset},
                           last_clock);
  }
}

void AccessUnitReader::State::finish_timing() {
  for (const Waiting& message : waiting) {
    if (codec == Codec::kHevc) {
      hevc_timing(message);
    } else {
      avc_timing(message);
    }
  }
  if (now.clock) last_clock = *now.clock;
  if (codec != Codec::kAvc || recovery_frames == UINT32_MAX || now.access != PictureAccess::kOrdinary) return;
  now.access = recovery_frames == 0 ? PictureAccess::kCra : PictureAccess::kRecovery;
}

}  // namespace pier::media
