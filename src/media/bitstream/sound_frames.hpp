#pragma once
// Headers of coded sound frames: ADTS (ISO/IEC 14496-3 clause 1.A.3.2), AC-3 and E-AC-3 (ETSI TS 102 366 clause 4.3,
// annex E).

#include <cstdint>
#include <optional>

#include <pier/core/bytes.hpp>

namespace pier::media::impl {

struct AdtsHeader {
  int profile = 0;          // audio object type - 1
  int frequency_index = 0;  // samplingFrequencyIndex
  int channel_configuration = 0;
  size_t header_bytes = 0, frame_bytes = 0;
  int blocks = 1;  // raw_data_block()s of 1024 samples
};
/// nullopt: not a whole ADTS header.
std::optional<AdtsHeader> parse_adts(ByteView frame);

struct DolbyFrame {
  bool enhanced = false;   // E-AC-3
  int rate_code = 0;       // fscod
  int bsid = 0, mode = 0;  // bsmod
  int channels_mode = 0;   // acmod
  bool low_frequency = false;
  int rate = 0;         // AC-3: frmsizecod / 2
  int stream_type = 0;  // E-AC-3: 0 independent, 1 dependent, 2 from AC-3
  int substream = 0;
  int blocks = 6;  // of 256 samples
  size_t frame_bytes = 0;
  std::optional<int> object_complexity;  // ETSI TS 103 420 clause 8.3: objects coded beside (JOC)
};
/// nullopt: not a header of these. Of what follows it only so much is looked at as the configuration boxes say.
std::optional<DolbyFrame> parse_dolby_frame(ByteView frame);

}  // namespace pier::media::impl
