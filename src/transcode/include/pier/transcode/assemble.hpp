#pragma once
// Chunk files of one rung, in order, become the CMAF track and its index.

#include <span>

#include <pier/packaging/track.hpp>
#include <pier/packaging/track_index.hpp>
#include <pier/transcode/plan.hpp>

namespace pier::transcode {

struct TrackSpec {
  packaging::TrackDescription description;  // without configuration, which the chunks bring
  std::vector<int64_t> segment_times;       // video: ticks of the segment starts; sound: samples of the points where
                                            // segments should begin (packaging::audio_points())
  std::vector<int64_t> fragment_times;      // video: ticks of all fragment starts, a key picture each
  BucketSpec bucket;                        // video: what all chunks together must fit
};
TrackSpec video_track_spec(const PublishPlan& plan, const PlannedRung& rung);
TrackSpec image_track_spec(const PublishPlan& plan, const PlannedRung& rung);
Result<TrackSpec> sound_track_spec(const PublishPlan& plan, const PlannedSound& sound);

json::object to_json(const TrackSpec& spec);
Result<TrackSpec> track_spec_from_json(const json::value& value);

struct AssembledTrack {
  int64_t samples = 0;
  int64_t bytes = 0;
  BucketFigures bucket;  // video: of the whole joined track
};
json::object to_json(const AssembledTrack& track, const TrackSpec& spec);

/// Refuses chunks whose configuration differs, a missing or doubled picture, a fragment that does not start with a key
/// frame, pictures that together do not fit the leaky bucket. Writes the track to `media_out` and the serialized index
/// to `index_out`.
Result<AssembledTrack> assemble_track(const TrackSpec& spec, std::span<const int> chunk_files, int media_out,
                                      int index_out);

/// Thumbnails (raw pictures in chunk files) become JPEG tile sheets.
Result<AssembledTrack> assemble_images(const TrackSpec& spec, std::span<const int> chunk_files, int media_out,
                                       int index_out);

}  // namespace pier::transcode
