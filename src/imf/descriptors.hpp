#pragma once
// Essence descriptors of both kinds of track file (ST 377-1 Annex G, ST 422, ST 382, ST 377-4, ST 2067-21).

#include <pier/imf/track_file.hpp>

#include "codestream.hpp"
#include "metadata_set.hpp"

namespace pier::imf::impl {

/// Track of the essence in both packages of a track file.
inline constexpr uint32_t kEssenceTrackId = 2;

/// kInvalidArgument: no descriptor of Application 2E stands for that.
Result<void> check_track(const PictureTrack& track);
Result<void> check_track(const SoundTrack& track);

/// `track` was checked. kInputDamaged: the codestream is of another picture.
Result<MetadataSet> picture_descriptor(const PictureTrack& track, const CodestreamHeader& header, int64_t duration,
                                       UuidSequence& uuids);
MetadataSet sound_descriptor(const SoundTrack& track, int64_t duration, UuidSequence& uuids);

/// Bytes 15 and 16 of the label of an IMF profile: the profiles of T.800 Amd. 8 are numbered from 2 on, and below each
/// the pairs of main and sub level one after the other (ST 422; the table of sandflow/jid). nullopt: no IMF profile.
std::optional<Label> coding_label(uint16_t rsiz);

}  // namespace pier::imf::impl
