#pragma once
// What one stored track is: everything its boxes, its index and the manifests say about it. A value; thread-safe as
// any value. The JSON form is stored in the index object and in the catalogue.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pier/core/bytes.hpp>
#include <pier/core/cicp.hpp>
#include <pier/core/json.hpp>
#include <pier/core/rational.hpp>
#include <pier/media/frame.hpp>

namespace pier::packaging {

enum class TrackKind : uint8_t { kVideo, kAudio, kText, kImage };
std::string_view to_string(TrackKind kind);  // "video", "audio", "text", "image"
Result<TrackKind> track_kind_from(std::string_view name);

struct VideoDetails {
  int width = 0, height = 0;   // coded raster, samples
  Rational sample_aspect = 1;  // `pasp`
  ColourInfo colour;           // `colr` of type nclx; written when primaries, transfer or matrix are specified
  std::optional<MasteringDisplay> mastering_display;  // `mdcv`, never for HLG
  std::optional<ContentLight> content_light;          // `clli`, never for HLG
  Bytes dolby_vision;   // DOVIDecoderConfigurationRecord (24 bytes; `dvcC` or `dvvC` by its profile); empty: none
  Bytes hdr_vivid;      // payload of `cuvv` (T/UWA 005.1); empty: none
  Rational frame_rate;  // nominal, pictures a second; 0 when unknown (variable)
  friend bool operator==(const VideoDetails&, const VideoDetails&) = default;
};

struct AudioDetails {
  int sample_rate = 0;
  int channels = 0;
  uint64_t channel_mask = 0;      // WAVE/FFmpeg order; 0 unknown
  int frame_samples = 0;          // samples of one coded frame: 1024 AAC-LC, 1536 AC-3 and E-AC-3
  int64_t priming_samples = 0;    // decoded samples before the programme
  int64_t programme_samples = 0;  // true length after priming
  friend bool operator==(const AudioDetails&, const AudioDetails&) = default;
};

/// Thumbnails: JPEG sheets of columns x rows tiles, filled row by row. A tile shows the programme for tile_duration.
struct ImageDetails {
  int columns = 0, rows = 0;
  int tile_width = 0, tile_height = 0;  // samples of one tile
  int64_t tile_duration = 0;            // ticks of the track's timescale
  friend bool operator==(const ImageDetails&, const ImageDetails&) = default;
};

/// Subtitles, as HLS and DASH offer them.
struct TextDetails {
  std::string name;         // for people, any language, UTF-8; empty: made from the language
  bool forced = false;      // only what must be read even by those who want no subtitles
  bool is_default = false;  // shown when the viewer says nothing
  friend bool operator==(const TextDetails&, const TextDetails&) = default;
};

struct TrackDescription {
  uint32_t track_id = 1;  // track_ID of the boxes: each track of an asset has its own
  TrackKind kind = TrackKind::kVideo;
  media::Codec codec = media::Codec::kUnknown;  // hevc, avc, av1 | aac, eac3, ac3 | mjpeg (tile sheets) | webvtt, ttml
  /// Payload of hvcC, avcC, av1C, dec3 or dac3, or the AudioSpecificConfig; of TTML the processor profile as text,
  /// "im1t" or "im2t" (W3C TTML profile registry); nothing of tile sheets and WebVTT.
  Bytes configuration;
  uint32_t timescale = 0;  // ticks a second; sound: the sample rate
  /// Presentation end of the track in ticks, counted from time 0 of the programme. The last picture lasts until here.
  /// Sound: equals programme_samples (0 is taken to mean that).
  int64_t duration = 0;
  std::string language;     // BCP 47; empty: undetermined
  int64_t bitrate = 0;      // bit/s, what the ladder asked for; `btrt`, a label only
  int64_t max_bitrate = 0;  // bit/s; 0 unknown
  VideoDetails video;       // read when kind is kVideo
  AudioDetails audio;       // read when kind is kAudio
  ImageDetails image;       // read when kind is kImage
  TextDetails text;         // read when kind is kText

  /// Ticks as seconds.
  Rational seconds(int64_t ticks) const { return Rational(ticks, timescale == 0 ? 1 : timescale); }
  friend bool operator==(const TrackDescription&, const TrackDescription&) = default;
};

/// The BCP 47 tag of what a container says: a three-letter code (ISO 639-2, /B or /T) in its shortest form (RFC 5646
/// section 2.2.1), "und" and what is no tag as nothing, a tag as it is. "chi" -> "zh", "yue" -> "yue".
std::string language_tag(std::string_view code);

/// A well-formed tag (RFC 5646 section 2.1) with a language of two or three letters, as it is written by convention
/// and in its shortest form: "zho-hans-cn" -> "zh-Hans-CN", "und" -> nothing. kInvalidArgument shows what tags look
/// like.
Result<std::string> parse_language(std::string_view text);

/// Of E-AC-3 with objects coded beside its channels (ETSI TS 103 420 clause 8.3): the number of objects to be decoded.
std::optional<int> object_complexity(const TrackDescription& description);

/// What makes a description unusable (no raster, no timescale, configuration absent ...), in words.
Result<void> check(const TrackDescription& description);

json::object to_json(const TrackDescription& description);
/// Reads the form, does not check() it: a description may still wait for its configuration.
Result<TrackDescription> track_description_from_json(const json::object& object);

}  // namespace pier::packaging
