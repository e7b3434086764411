#pragma once
// What both manifests derive from a package in the same way.

#include <string>
#include <vector>

#include <pier/packaging/package.hpp>

namespace pier::packaging::impl {

enum class DynamicRange : uint8_t { kSdr, kHlg, kPq };
DynamicRange dynamic_range(const TrackDescription& track);

/// Video in the order of the playlists: SDR, HLG, PQ; AVC, HEVC, AV1; rising bit rate.
std::vector<const PackageTrack*> ordered_video(const Package& package);
/// Sound of one codec, the default first, else as given.
std::vector<const PackageTrack*> audio_of(const Package& package, media::Codec codec);
std::vector<const PackageTrack*> images_of(const Package& package);
/// Subtitles of one codec, the default first, else as given.
std::vector<const PackageTrack*> texts_of(const Package& package, media::Codec codec);

/// "6" of 5.1: for CHANNELS and AudioChannelConfiguration.
int channel_count(const TrackDescription& track);
/// What people read: the label, else language and, of sound, layout.
std::string label_of(const PackageTrack& track);

/// EXT-X-TARGETDURATION of parts of which the longest has `longest` ticks: whole seconds, nearest, at least 1, and
/// never below any EXTINF of six decimals.
int64_t target_duration(int64_t longest, uint32_t timescale);
/// That of the segments.
int64_t target_duration(const TrackIndexView& index);

/// Seconds with `digits` decimals, exactly rounded: "3.840000".
std::string decimal(Rational seconds, int digits);

}  // namespace pier::packaging::impl
