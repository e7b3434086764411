#include <algorithm>

#include <pier/packaging/codec_string.hpp>
#include <pier/packaging/hls.hpp>

#include "cmaf/index_builder.hpp"
#include "hls/renditions.hpp"
#include "presentation.hpp"

namespace pier::packaging {
namespace {

using impl::DynamicRange;
using impl::Group;
using impl::in_quotes;
using impl::playlist_uri;
using impl::Rate;
using impl::rate_of;
using impl::Renditions;

// EXT-X-MAP in a playlist of whole segments asks for 6, in one of I-frames for 5.
constexpr int kMediaVersion = 6;
constexpr int kIframeVersion = 5;
// What the image playlists in the field say.
constexpr int kImageVersion = 7;

std::string head(int version) {
  return "#EXTM3U\n#EXT-X-VERSION:" + std::to_string(version) + '\n';
}

std::string_view video_range(const TrackDescription& track) {
  switch (impl::dynamic_range(track)) {
    case DynamicRange::kHlg:
      return "HLG";
    case DynamicRange::kPq:
      return "PQ";
    default:
      return "SDR";
  }
}

// The picture attributes that variants and I-frame playlists share, with a leading comma.
Result<std::string> picture_attributes(const PackageTrack& track) {
  std::string out;
  PIER_TRY(const auto extra, supplemental_codec(track.description));
  if (extra) out += ",SUPPLEMENTAL-CODECS=" + in_quotes(extra->hls());
  const VideoDetails& video = track.description.video;
  out += ",RESOLUTION=" + std::to_string(video.width) + 'x' + std::to_string(video.height);
  return out;
}

Result<std::string> variant(const PackageTrack& video, const Renditions& with) {
  const Rate rate = rate_of(video), others = with.rate();
  std::string out = "#EXT-X-STREAM-INF:BANDWIDTH=" + std::to_string(rate.peak + others.peak);
  out += ",AVERAGE-BANDWIDTH=" + std::to_string(rate.average + others.average);
  out += ",CODECS=" + in_quotes(std::string(video.index.codec_string()) + with.codecs());
  PIER_TRY(const std::string picture, picture_attributes(video));
  out += picture;
  const Rational frame_rate = video.description.video.frame_rate;
  if (frame_rate.num > 0) out += ",FRAME-RATE=" + impl::decimal(frame_rate, 3);
  out += ",VIDEO-RANGE=" + std::string(video_range(video.description)) + with.attributes();
  return out + ",CLOSED-CAPTIONS=NONE\n" + playlist_uri(video, NameKind::kMediaPlaylist) + '\n';
}

// Sound alone: each group is a variant, its first member the one to load.
std::string sound_variant(const Renditions& with) {
  const Rate rate = with.rate();
  return "#EXT-X-STREAM-INF:BANDWIDTH=" + std::to_string(rate.peak) +
         ",AVERAGE-BANDWIDTH=" + std::to_string(rate.average) + ",CODECS=" + in_quotes(with.codecs().substr(1)) +
         with.attributes() + '\n' + playlist_uri(*with.sound->tracks.front(), NameKind::kMediaPlaylist) + '\n';
}

// The I-frames of a track as parts that last until the next one.
std::vector<impl::TimedBytes> iframes(const TrackIndexView& index) {
  std::vector<impl::TimedBytes> parts;
  const auto fragments = index.fragments();
  for (size_t i = 0; i < fragments.size(); ++i) {
    const int64_t end = i + 1 < fragments.size() ? fragments[i + 1].time : index.end_time();
    parts.push_back({fragments[i].first_unit_end - fragments[i].offset, end - fragments[i].time});
  }
  return parts;
}

int64_t iframe_target_duration(const TrackIndexView& index) {
  int64_t longest = 0;
  for (const impl::TimedBytes& part : iframes(index)) longest = std::max(longest, part.ticks);
  return impl::target_duration(longest, index.timescale());
}

// Peak and mean bit rate of the I-frames alone, as RFC 8216bis defines BANDWIDTH of an I-frame playlist.
Rate iframe_rate(const TrackIndexView& index) {
  const std::vector<impl::TimedBytes> parts = iframes(index);
  uint64_t bytes = 0;
  int64_t ticks = 0;
  for (const impl::TimedBytes& part : parts) {
    bytes += part.bytes;
    ticks += part.ticks;
  }
  return {impl::peak_bitrate(parts, index.timescale(), iframe_target_duration(index)),
          impl::segment_bitrate(bytes, ticks, index.timescale())};
}

Result<std::string> iframe_variant(const PackageTrack& video) {
  const Rate rate = iframe_rate(video.index);
  std::string out = "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=" + std::to_string(rate.peak);
  out += ",AVERAGE-BANDWIDTH=" + std::to_string(rate.average);
  out += ",CODECS=" + in_quotes(video.index.codec_string());
  PIER_TRY(const std::string picture, picture_attributes(video));
  out += picture + ",VIDEO-RANGE=" + std::string(video_range(video.description));
  return out + ",URI=" + in_quotes(playlist_uri(video, NameKind::kIframePlaylist)) + '\n';
}

std::string image_variant(const PackageTrack& track) {
  const ImageDetails& image = track.description.image;
  return "#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=" + std::to_string(rate_of(track).peak) +
         ",RESOLUTION=" + std::to_string(image.tile_width) + 'x' + std::to_string(image.tile_height) +
         ",CODECS=\"jpeg\",URI=" + in_quotes(playlist_uri(track, NameKind::kImagePlaylist)) + '\n';
}

// Decimals of EXTINF whose sum is that of the exact times: each is the difference of two rounded times.
class Clock {
 public:
  Clock(uint32_t timescale, int64_t start) : x_timescale(timescale), x_last(micros(start)) {}
  std::string until(int64_t end) {
    const int64_t now = micros(end);
    const std::string text = impl::decimal(Rational(now - x_last, kScale), 6);
    x_last = now;
    return text;
  }

 private:
  static constexpr int64_t kScale = 1'000'000;
  int64_t micros(int64_t ticks) const { return rescale(ticks, Rational(1, x_timescale), Rational(1, kScale)); }
  uint32_t x_timescale;
  int64_t x_last;
};

std::string playlist_head(int version, int64_t target_duration) {
  return head(version) + "#EXT-X-TARGETDURATION:" + std::to_string(target_duration) +
         "\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-PLAYLIST-TYPE:VOD\n";
}

std::string map_tag() {
  return "#EXT-X-MAP:URI=" + in_quotes(make_local_name({.kind = NameKind::kInit, .track = {}})) + '\n';
}

Result<void> need(const PackageTrack& track, bool fits) {
  if (fits && !track.index.segments().empty()) return {};
  return fail(ErrorCode::kNotFound, "track \"" + display_text(track.name) + "\" has no such playlist");
}

}  // namespace

Result<std::string> hls_multivariant(const Package& package) {
  PIER_CHECK(check(package));
  std::string out = head(kMediaVersion) + "#EXT-X-INDEPENDENT-SEGMENTS\n";
  if (!package.title.empty()) {
    out += "#EXT-X-SESSION-DATA:DATA-ID=\"com.apple.hls.title\",VALUE=" + in_quotes(package.title) + '\n';
  }
  const std::vector<Group> sounds = impl::audio_groups(package), texts = impl::text_groups(package);
  for (const Group& group : sounds) out += impl::audio_tags(group);
  for (const Group& group : texts) out += impl::text_tags(group);
  const std::vector<const PackageTrack*> videos = impl::ordered_video(package);
  for (const Renditions& with : impl::combinations(sounds, texts)) {
    if (videos.empty()) out += sound_variant(with);
    for (const PackageTrack* video : videos) {
      PIER_TRY(const std::string line, variant(*video, with));
      out += line;
    }
  }
  for (const PackageTrack* video : videos) {
    PIER_TRY(const std::string line, iframe_variant(*video));
    out += line;
  }
  for (const PackageTrack* image : impl::images_of(package)) out += image_variant(*image);
  return out;
}

Result<std::string> hls_media_playlist(const PackageTrack& track) {
  PIER_CHECK(need(track, track.index.kind() != TrackKind::kImage));
  const bool webvtt = track.description.codec == media::Codec::kWebVtt;
  const NameKind piece = webvtt ? NameKind::kText : NameKind::kSegment;
  std::string out = playlist_head(kMediaVersion, impl::target_duration(track.index));
  out += "#EXT-X-INDEPENDENT-SEGMENTS\n" + (webvtt ? "" : map_tag());
  Clock clock(track.index.timescale(), track.index.segments().front().time);
  uint64_t number = 0;
  for (const SegmentRecord& segment : track.index.segments()) {
    out += "#EXTINF:" + clock.until(segment.time + segment.duration) + ",\n";
    out += make_local_name({.kind = piece, .track = {}, .number = ++number}) + '\n';
  }
  return out + "#EXT-X-ENDLIST\n";
}

Result<std::string> hls_iframe_playlist(const PackageTrack& track) {
  PIER_CHECK(need(track, track.index.kind() == TrackKind::kVideo));
  const TrackIndexView& index = track.index;
  const auto fragments = index.fragments();
  const auto end_of = [&](size_t i) { return i + 1 < fragments.size() ? fragments[i + 1].time : index.end_time(); };
  std::string out = playlist_head(kIframeVersion, iframe_target_duration(index));
  out += "#EXT-X-I-FRAMES-ONLY\n" + map_tag();
  Clock clock(index.timescale(), index.segments().front().time);
  uint64_t number = 0;
  for (const SegmentRecord& segment : index.segments()) {
    const std::string name = make_local_name({.kind = NameKind::kSegment, .track = {}, .number = ++number});
    for (size_t i = segment.first_fragment; i < segment.first_fragment + segment.fragment_count; ++i) {
      out += "#EXTINF:" + clock.until(end_of(i)) + ",\n#EXT-X-BYTERANGE:";
      out += std::to_string(fragments[i].first_unit_end - fragments[i].offset) + '@';
      out += std::to_string(fragments[i].offset - segment.offset) + '\n' + name + '\n';
    }
  }
  return out + "#EXT-X-ENDLIST\n";
}

Result<std::string> hls_image_playlist(const PackageTrack& track) {
  PIER_CHECK(need(track, track.index.kind() == TrackKind::kImage));
  const ImageDetails& image = track.description.image;
  std::string out = playlist_head(kImageVersion, impl::target_duration(track.index)) + "#EXT-X-IMAGES-ONLY\n";
  const std::string tiles = "#EXT-X-TILES:RESOLUTION=" + std::to_string(image.tile_width) + 'x' +
                            std::to_string(image.tile_height) + ",LAYOUT=" + std::to_string(image.columns) + 'x' +
                            std::to_string(image.rows) +
                            ",DURATION=" + impl::decimal(track.description.seconds(image.tile_duration), 6) + '\n';
  Clock clock(track.index.timescale(), track.index.segments().front().time);
  uint64_t number = 0;
  for (const SegmentRecord& segment : track.index.segments()) {
    out += "#EXTINF:" + clock.until(segment.time + segment.duration) + ",\n" + tiles;
    out += make_local_name({.kind = NameKind::kImage, .track = {}, .number = ++number}) + '\n';
  }
  return out + "#EXT-X-ENDLIST\n";
}

}  // namespace pier::packaging
