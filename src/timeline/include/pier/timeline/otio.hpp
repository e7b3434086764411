#pragma once
// OpenTimelineIO JSON, as its schemas stand in version 0.17: Timeline.1, Stack.1, Track.1, Clip.1 and .2, Gap.1,
// Transition.1, ExternalReference.1, MissingReference.1, GeneratorReference.1, LinearTimeWarp.1, FreezeFrame.1,
// Marker.1 and .2, TimeRange.1, RationalTime.1. Others are refused with their place.

#include <string>
#include <string_view>

#include <pier/timeline/timeline.hpp>

namespace pier::timeline {

/// Errors name the place as a JSON path, "tracks.children[0].children[2]": kInputDamaged, kInputUnsupported for schemas
/// that are not read, kTooLarge over 32 MiB or 100,000 items.
Result<Timeline> read_otio(std::string_view text);

/// Timeline.1 with Clip.2; read_otio() of it gives the same timeline.
std::string write_otio(const Timeline& timeline);

}  // namespace pier::timeline
