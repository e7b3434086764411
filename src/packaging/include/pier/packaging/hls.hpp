#pragma once
// HLS playlists (RFC 8216 and draft-pantos-hls-rfc8216bis) of a complete programme. Pure functions of the indexes: the
// same package gives the same bytes. UTF-8, LF line ends. URIs are those of names.hpp, relative to the playlist.

#include <string>

#include <pier/packaging/package.hpp>

namespace pier::packaging {

/// hls.m3u8. Variants: SDR before HLG before PQ; AVC, HEVC, AV1 in each; rising bandwidth. Every video track is listed
/// with the AAC group when there is one, then, when there is E-AC-3, all again with that group; where there are
/// subtitles, all that with those in WebVTT, then all again with those in IMSC. I-frame playlists of all video tracks
/// and image playlists follow.
Result<std::string> hls_multivariant(const Package& package);

/// <track>/media.m3u8; of WebVTT its segments, of IMSC as of pictures.
Result<std::string> hls_media_playlist(const PackageTrack& track);
/// <track>/iframes.m3u8: the first access unit of each fragment as a byte range of the segment's own URL.
Result<std::string> hls_iframe_playlist(const PackageTrack& track);
/// <track>/images.m3u8: EXT-X-IMAGES-ONLY and EXT-X-TILES ("Image Media Playlist" 0.4, as Roku and
/// shaka-player read it).
Result<std::string> hls_image_playlist(const PackageTrack& track);

}  // namespace pier::packaging
