#pragma once
// The DASH manifest (ISO/IEC 23009-1:2022, profiles isoff-live and cmaf) of a complete programme: a pure function of
// the indexes. SegmentTemplate with $Number$ and SegmentTimeline names the same URLs as the HLS playlists.

#include <string>

#include <pier/packaging/package.hpp>

namespace pier::packaging {

/// dash.mpd. One AdaptationSet for each codec and dynamic range of video, each codec, language and layout of sound,
/// each text track (IMSC in segments; WebVTT as one whole document, as DASH-IF IOP has it where it is not in ISO BMFF),
/// each image track (DASH-IF IOP thumbnail_tile). HLG and PQ are stated by CICP EssentialProperty, SDR by
/// SupplementalProperty.
Result<std::string> dash_manifest(const Package& package);

}  // namespace pier::packaging
