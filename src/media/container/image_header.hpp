#pragma once
// Headers of still pictures that come as sequences.

#include <optional>

#include <pier/media/sequence.hpp>

#include "container/byte_source.hpp"

namespace pier::media::impl {

/// nullopt: none of DPX (ST 268-1, 5), OpenEXR (file layout 2.0, single part) and TIFF 6.0 (also BigTIFF), or damaged.
std::optional<ImageHeader> read_image_header(const ByteSource& source);

}  // namespace pier::media::impl
