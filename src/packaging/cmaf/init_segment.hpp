#pragma once
// The initialisation segment: ftyp and moov, written and read back.

#include <pier/packaging/track.hpp>

#include "cmaf/box.hpp"

namespace pier::packaging::impl {

inline constexpr std::string_view kTtmlNamespace = "http://www.w3.org/ns/ttml";

/// `description` must have passed check(). Cannot fail: every field has been ranged.
Bytes write_init_segment(const TrackDescription& description);

/// What the boxes of an initialisation segment say (ftyp, moov and nothing else). frame_rate, chroma_site,
/// channel_mask and frame_samples are not in boxes and stay empty.
Result<TrackDescription> parse_init_segment(ByteView bytes);

}  // namespace pier::packaging::impl
