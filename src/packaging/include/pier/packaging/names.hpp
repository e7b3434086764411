#pragma once
// The names under /media/<asset>/, relative to the manifests; HLS and DASH name the same ones. One place makes them and
// takes them apart.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pier/packaging/track.hpp>

namespace pier::packaging {

enum class NameKind : uint8_t {
  kHls,             // hls.m3u8
  kDash,            // dash.mpd
  kInit,            // <track>/init.mp4
  kSegment,         // <track>/<n>.m4s   n from 1
  kImage,           // <track>/<n>.jpg   n from 1
  kMediaPlaylist,   // <track>/media.m3u8
  kIframePlaylist,  // <track>/iframes.m3u8
  kImagePlaylist,   // <track>/images.m3u8
  kText,            // <track>/<n>.vtt   n from 1: WebVTT segments
  kWholeText,       // <track>/whole.vtt: the WebVTT document in one piece
};

struct MediaName {
  NameKind kind = NameKind::kHls;
  std::string track;    // empty for the two manifests
  uint64_t number = 0;  // of a segment, image or text, from 1
  friend bool operator==(const MediaName&, const MediaName&) = default;
};

/// May this stand as <track> in a URL: 1 to 64 of a-z, 0-9, '-', '_', '.', not starting with '.'.
bool is_track_name(std::string_view name);

/// "v1/12.m4s". The track name must be one (is_track_name).
std::string make_name(const MediaName& name);
/// The same seen from inside the track's directory ("12.m4s"), as media playlists say it.
std::string make_local_name(const MediaName& name);
/// nullopt: not a name of ours. Numbers have one spelling (no leading zeros), so that a URL has one cache key.
std::optional<MediaName> parse_name(std::string_view path);

/// "video/mp4", "audio/mp4", "application/vnd.apple.mpegurl", "application/dash+xml", "image/jpeg",
/// "text/vtt; charset=utf-8", "application/mp4" (IMSC).
std::string_view content_type(NameKind name, TrackKind track);

}  // namespace pier::packaging
