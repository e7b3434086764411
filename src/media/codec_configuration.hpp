#pragma once
// Decoder configuration records and samples as ISO/IEC 14496-15 (AVC, HEVC), the AV1 ISOBMFF binding and ETSI
// TS 102 366 Annex F (E-AC-3) want them, made from what the encoder libraries give.

#include <optional>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/result.hpp>

#include "bitstream/sound_frames.hpp"

namespace pier::media::impl {

/// hvcC for sample entry `hvc1`: VPS, SPS and PPS, each array complete. `annex_b` is the encoder's header.
Result<Bytes> make_hvcc(ByteView annex_b);
/// avcC for sample entry `avc1`, with the extension of the high profiles.
Result<Bytes> make_avcc(ByteView annex_b);
/// av1C; `obus` starts with or holds a sequence header OBU.
Result<Bytes> make_av1c(ByteView obus);
/// dac3 (clause F.4), and dec3 (clause F.6, ETSI TS 103 420 clause 8.3) of a single independent substream.
Bytes make_dac3(const DolbyFrame& frame);
Bytes make_dec3(const DolbyFrame& frame, int64_t bitrate);

/// Every SEI unit of an encoder's header (HEVC), 4-byte length-prefixed, to go before the first slice of a key picture.
Bytes hevc_sei_of(ByteView annex_b);

/// Annex B access unit -> 4-byte length-prefixed, without parameter sets, delimiters, filler and x264's text about
/// itself (user data unregistered).
Bytes hevc_sample(ByteView annex_b);
Bytes avc_sample(ByteView annex_b);
/// Without temporal delimiters (and tile lists, padding); every OBU has its size.
Bytes av1_sample(ByteView temporal_unit);

}  // namespace pier::media::impl
