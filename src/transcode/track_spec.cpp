#include <pier/transcode/assemble.hpp>

#include "dynamic_hdr.hpp"

namespace pier::transcode {
namespace {

packaging::TrackDescription base_description(uint32_t track_id, packaging::TrackKind kind, const Rung& rung) {
  packaging::TrackDescription description;
  description.track_id = track_id;
  description.kind = kind;
  description.codec = rung.codec;
  return description;
}

}  // namespace

TrackSpec video_track_spec(const PublishPlan& plan, const PlannedRung& rung) {
  TrackSpec spec;
  const ChunkSpec& first = plan.chunks.front();
  auto& description = spec.description = base_description(rung.track_id, packaging::TrackKind::kVideo, rung.rung);
  description.timescale = plan.timescale;
  description.duration = plan.duration;
  description.bitrate = rung.bitrate;
  description.max_bitrate = rung.bucket.rate;
  spec.bucket = rung.bucket;
  description.video.width = rung.picture.width;
  description.video.height = rung.picture.height;
  description.video.sample_aspect = first.sample_aspect;
  description.video.colour = rung.picture.colour;
  description.video.mastering_display = rung.mastering_display;
  description.video.content_light = rung.content_light;
  description.video.dolby_vision = impl::dolby_vision_box(plan.dolby_vision, rung);
  description.video.hdr_vivid = impl::hdr_vivid_box(rung);
  description.video.frame_rate = plan.variable_rate ? Rational(0) : first.frame_rate;
  for (const auto& segment : plan.grid.segments) spec.segment_times.push_back(segment.first_pts);
  for (const ChunkSpec& chunk : plan.chunks) {
    for (const PlannedFrame& frame : chunk.frames) {
      if (frame.key) spec.fragment_times.push_back(frame.time);
    }
  }
  return spec;
}

TrackSpec image_track_spec(const PublishPlan& plan, const PlannedRung& rung) {
  TrackSpec spec;
  auto& description = spec.description = base_description(rung.track_id, packaging::TrackKind::kImage, rung.rung);
  description.codec = media::Codec::kMjpeg;
  description.timescale = plan.timescale;
  description.duration = plan.duration;
  const auto& times = plan.thumbnail_times;
  description.image = {rung.rung.columns, rung.rung.rows, rung.picture.width, rung.picture.height,
                       times.size() > 1 ? times[1] - times[0] : plan.duration};
  return spec;
}

Result<TrackSpec> sound_track_spec(const PublishPlan& plan, const PlannedSound& sound) {
  TrackSpec spec;
  auto& description = spec.description = base_description(sound.track_id, packaging::TrackKind::kAudio, sound.rung);
  const media::AudioEncoderConfig& encoder = sound.spec.encoder;
  description.timescale = static_cast<uint32_t>(encoder.sample_rate);
  description.duration = sound.spec.programme_samples;
  description.language = packaging::language_tag(sound.spec.group.language);
  description.bitrate = description.max_bitrate = encoder.bitrate;
  description.audio = {encoder.sample_rate,          __builtin_popcountll(encoder.channel_mask),
                       encoder.channel_mask,         sound.spec.frame_samples(),
                       sound.spec.priming_samples(), sound.spec.programme_samples};
  PIER_TRY(spec.segment_times, packaging::audio_points(plan.grid, description.audio));
  return spec;
}

}  // namespace pier::transcode
