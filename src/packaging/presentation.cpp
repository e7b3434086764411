#include "presentation.hpp"

#include <algorithm>
#include <tuple>

namespace pier::packaging::impl {
namespace {

using media::Codec;

int codec_rank(Codec codec) {
  return codec == Codec::kAvc ? 0 : codec == Codec::kHevc ? 1 : 2;
}

std::vector<const PackageTrack*> default_first(const Package& package, TrackKind kind, Codec codec) {
  std::vector<const PackageTrack*> tracks;
  for (const PackageTrack& track : package.tracks) {
    if (track.description.kind == kind && track.description.codec == codec) tracks.push_back(&track);
  }
  std::ranges::stable_sort(tracks, {}, [](const PackageTrack* track) { return track->is_default ? 0 : 1; });
  return tracks;
}

}  // namespace

DynamicRange dynamic_range(const TrackDescription& track) {
  switch (track.video.colour.transfer) {
    case Transfer::kHlg:
      return DynamicRange::kHlg;
    case Transfer::kPq:
      return DynamicRange::kPq;
    default:
      return DynamicRange::kSdr;
  }
}

std::vector<const PackageTrack*> ordered_video(const Package& package) {
  std::vector<const PackageTrack*> tracks;
  for (const PackageTrack& track : package.tracks) {
    if (track.description.kind == TrackKind::kVideo) tracks.push_back(&track);
  }
  const auto key = [](const PackageTrack* track) {
    return std::tuple(dynamic_range(track->description), codec_rank(track->description.codec),
                      average_bitrate(track->index));
  };
  std::ranges::stable_sort(tracks, {}, key);
  return tracks;
}

std::vector<const PackageTrack*> audio_of(const Package& package, Codec codec) {
  return default_first(package, TrackKind::kAudio, codec);
}

std::vector<const PackageTrack*> texts_of(const Package& package, Codec codec) {
  return default_first(package, TrackKind::kText, codec);
}

std::vector<const PackageTrack*> images_of(const Package& package) {
  std::vector<const PackageTrack*> tracks;
  for (const PackageTrack& track : package.tracks) {
    if (track.description.kind == TrackKind::kImage) tracks.push_back(&track);
  }
  return tracks;
}

int channel_count(const TrackDescription& track) {
  return track.audio.channels;
}

std::string label_of(const PackageTrack& track) {
  if (!track.label.empty()) return track.label;
  if (track.description.kind == TrackKind::kText)
    return (track.description.language.empty() ? "subtitles" : track.description.language) +
           (track.description.text.forced ? " (forced)" : "");
  const int channels = channel_count(track.description);
  const std::string layout = channels == 1   ? "mono"
                             : channels == 2 ? "stereo"
                             : channels == 6 ? "5.1"
                             : channels == 8 ? "7.1"
                                             : std::to_string(channels) + " channels";
  const std::string& language = track.description.language;
  return language.empty() || language == "und" ? layout : language + " " + layout;
}

int64_t target_duration(int64_t longest, uint32_t timescale) {
  const Rational micro(1, 1'000'000);
  const int64_t micros = rescale(longest, Rational(1, timescale), micro, Rounding::kUp);
  return std::max<int64_t>(1, rescale(micros, micro, Rational(1)));
}

int64_t target_duration(const TrackIndexView& index) {
  return target_duration(index.longest_segment(), index.timescale());
}

std::string decimal(Rational seconds, int digits) {
  int64_t scale = 1;
  for (int i = 0; i < digits; ++i) scale *= 10;
  const int64_t value = rescale(scale, seconds, Rational(1));
  std::string fraction = std::to_string(value % scale);
  fraction.insert(0, static_cast<size_t>(digits) - fraction.size(), '0');
  return std::to_string(value / scale) + "." + fraction;
}

}  // namespace pier::packaging::impl
