#pragma once
// Whether decoding from a packet on gives the same pictures as decoding from the start of the file.

#include <pier/media/demux.hpp>

#include "av_handles.hpp"

namespace pier::media::impl {

/// False for HEVC pictures that are no IRAP although the container calls them key, and for AVC recovery points that
/// need further pictures until they are exact (intra refresh). Other codecs: what the container says.
bool starts_exactly(const AVCodecParameters& parameters, const Packet& packet);

}  // namespace pier::media::impl
