#pragma once
// Headers of intra-only production codecs: ProRes frames (SMPTE RDD 36) and JPEG 2000 codestreams (ISO/IEC 15444-1).

#include <optional>

#include <pier/core/bytes.hpp>

#include "bitstream/headers.hpp"

namespace pier::media::impl {

/// Frame header of RDD 36, 5.1; nullopt when it is none. The depth of the source is not in it.
std::optional<SequenceHeader> parse_prores_frame(ByteView frame);
/// SIZ marker segment of ISO/IEC 15444-1, A.5.1; nullopt when it is none.
std::optional<SequenceHeader> parse_jpeg2000_size(ByteView codestream);

}  // namespace pier::media::impl
