#pragma once
// Captions of one unit, for those who have split the access unit already.

#include <pier/core/bytes.hpp>
#include <pier/media/frame.hpp>

namespace pier::media::impl {

/// As of media::CaptionReader; `unit` without its start code or length.
Bytes captions_of_unit(Codec codec, ByteView unit);

}  // namespace pier::media::impl
