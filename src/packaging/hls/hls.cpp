#include <algorithm>
#include <set>

#include <pier/packaging/codec_string.hpp>
#include <pier/packaging/hls.hpp>

#include "cmaf/index_builder.hpp"
#include "presentation.hpp"

namespace pier::packaging {
namespace {

using impl::DynamicRange;
using media::Codec;

// EXT-X-MAP in a playlist of whole segments asks for 6, in one of I-frames for 5.
constexpr int kMediaVersion = 6;
constexpr int kIframeVersion = 5;
// What the image playlists in the field say.
constexpr int kImageVersion = 7;

constexpr std::string_view kAacGroup = "aac";
constexpr std::string_view kEac3Group = "ec3";

// A quoted-string may hold anything but double quotes and line ends.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    out.push_back(control ? ' ' : c == '"' ? '\'' : c);
  }
  return out + '"';
}

std::string head(int version) {
  return "#EXTM3U\n#EXT-X-VERSION:" + std::to_string(version) + '\n';
}

std::string uri(const PackageTrack& track, NameKind kind) {
  return make_name({.kind = kind, .track = track.name, .number = 0});
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
  if (extra) out += ",SUPPLEMENTAL-CODECS=" + quoted(extra->hls());
  const VideoDetails& video = track.description.video;
  out += ",RESOLUTION=" + std::to_string(video.width) + 'x' + std::to_string(video.height);
  return out;
}

struct Rate {
  uint64_t peak = 0, average = 0;
};

Rate rate_of(const PackageTrack& track) {
  return {peak_bitrate(track.index, impl::target_duration(track.index)), average_bitrate(track.index)};
}

struct AudioGroup {
  std::string_view id;
  std::vector<const PackageTrack*> tracks;
  Rate rate;           // of the heaviest member
  std::string codecs;  // of all members, with a leading comma
};

AudioGroup make_group(const Package& package, Codec codec, std::string_view id) {
  AudioGroup group{id, impl::audio_of(package, codec), {}, {}};
  std::set<std::string_view> codecs;
  for (const PackageTrack* track : group.tracks) {
    const Rate rate = rate_of(*track);
    group.rate.peak = std::max(group.rate.peak, rate.peak);
    group.rate.average = std::max(group.rate.average, rate.average);
    if (codecs.insert(track->index.codec_string()).second)
      group.codecs += ',' + std::string(track->index.codec_string());
  }
  return group;
}

std::vector<AudioGroup> audio_groups(const Package& package) {
  std::vector<AudioGroup> groups;
  for (const auto& [codec, id] : {std::pair(Codec::kAac, kAacGroup), {Codec::kEac3, kEac3Group}}) {
    AudioGroup group = make_group(package, codec, id);
    if (!group.tracks.empty()) groups.push_back(std::move(group));
  }
  return groups;
}

std::string media_tags(const AudioGroup& group) {
  std::string out;
  std::set<std::string> names;
  for (const PackageTrack* track : group.tracks) {
    const bool chosen = track == group.tracks.front();
    // Two renditions of a group must not have one name.
    std::string name = impl::label_of(*track);
    for (int number = 2; !names.insert(name).second; ++number) {
      name = impl::label_of(*track) + ' ' + std::to_string(number);
    }
    out += "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=" + quoted(group.id);
    const std::string& language = track->description.language;
    if (!language.empty() && language != "und") out += ",LANGUAGE=" + quoted(language);
    out += ",NAME=" + quoted(name) + ",DEFAULT=" + (chosen ? "YES" : "NO") + ",AUTOSELECT=YES";
    out += ",CHANNELS=" + quoted(std::to_string(impl::channel_count(track->description)));
    out += ",URI=" + quoted(uri(*track, NameKind::kMediaPlaylist)) + '\n';
  }
  return out;
}

Result<std::string> variant(const PackageTrack& video, const AudioGroup* group) {
  const Rate rate = rate_of(video);
  const Rate sound = group != nullptr ? group->rate : Rate{};
  std::string out = "#EXT-X-STREAM-INF:BANDWIDTH=" + std::to_string(rate.peak + sound.peak);
  out += ",AVERAGE-BANDWIDTH=" + std::to_string(rate.average + sound.average);
  out += ",CODECS=" + quoted(std::string(video.index.codec_string()) + (group != nullptr ? group->codecs : ""));
  PIER_TRY(const std::string picture, picture_attributes(video));
  out += picture;
  const Rational frame_rate = video.description.video.frame_rate;
  if (frame_rate.num > 0) out += ",FRAME-RATE=" + impl::decimal(frame_rate, 3);
  out += ",VIDEO-RANGE=" + std::string(video_range(video.description));
  if (group != nullptr) out += ",AUDIO=" + quoted(group->id);
  return out + ",CLOSED-CAPTIONS=NONE\n" + uri(video, NameKind::kMediaPlaylist) + '\n';
}

// Sound alone: each group is a variant, its first member the one to load.
std::string sound_variant(const AudioGroup& group) {
  return "#EXT-X-STREAM-INF:BANDWIDTH=" + std::to_string(group.rate.peak) +
         ",AVERAGE-BANDWIDTH=" + std::to_string(group.rate.average) + ",CODECS=" + quoted(group.codecs.substr(1)) +
         ",AUDIO=" + quoted(group.id) + '\n' + uri(*group.tracks.front(), NameKind::kMediaPlaylist) + '\n';
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
  out += ",CODECS=" + quoted(video.index.codec_string());
  PIER_TRY(const std::string picture, picture_attributes(video));
  out += picture + ",VIDEO-RANGE=" + std::string(video_range(video.description));
  return out + ",URI=" + quoted(uri(video, NameKind::kIframePlaylist)) + '\n';
}

std::string image_variant(const PackageTrack& track) {
  const ImageDetails& image = track.description.image;
  return "#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=" + std::to_string(rate_of(track).peak) +
         ",RESOLUTION=" + std::to_string(image.tile_width) + 'x' + std::to_string(image.tile_height) +
         ",CODECS=\"jpeg\",URI=" + quoted(uri(track, NameKind::kImagePlaylist)) + '\n';
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
  return "#EXT-X-MAP:URI=" + quoted(make_local_name({.kind = NameKind::kInit, .track = {}})) + '\n';
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
    out += "#EXT-X-SESSION-DATA:DATA-ID=\"com.apple.hls.title\",VALUE=" + quoted(package.title) + '\n';
  }
  const std::vector<AudioGroup> groups = audio_groups(package);
  for (const AudioGroup& group : groups) out += media_tags(group);
  const std::vector<const PackageTrack*> videos = impl::ordered_video(package);
  for (const PackageTrack* video : videos) {
    if (!groups.empty()) break;
    PIER_TRY(const std::string line, variant(*video, nullptr));
    out += line;
  }
  for (const AudioGroup& group : groups) {
    if (videos.empty()) out += sound_variant(group);
    for (const PackageTrack* video : videos) {
      PIER_TRY(const std::string line, variant(*video, &group));
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
  PIER_CHECK(need(track, track.index.kind() == TrackKind::kVideo || track.index.kind() == TrackKind::kAudio));
  std::string out = playlist_head(kMediaVersion, impl::target_duration(track.index));
  out += "#EXT-X-INDEPENDENT-SEGMENTS\n" + map_tag();
  Clock clock(track.index.timescale(), track.index.segments().front().time);
  uint64_t number = 0;
  for (const SegmentRecord& segment : track.index.segments()) {
    out += "#EXTINF:" + clock.until(segment.time + segment.duration) + ",\n";
    out += make_local_name({.kind = NameKind::kSegment, .track = {}, .number = ++number}) + '\n';
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
