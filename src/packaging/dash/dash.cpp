#include <algorithm>
#include <tuple>

#include <pier/packaging/codec_string.hpp>
#include <pier/packaging/dash.hpp>

#include "dash/xml_writer.hpp"
#include "presentation.hpp"

namespace pier::packaging {
namespace {

using impl::DynamicRange;
using impl::XmlAttributes;
using impl::XmlWriter;
using media::Codec;

constexpr std::string_view kProfiles = "urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019";

// xs:duration in seconds: exact where decimals end, else rounded up to a microsecond.
std::string iso_duration(Rational seconds) {
  constexpr int64_t kScale = 1'000'000'000;
  constexpr int64_t kMicro = 1000;
  int64_t nanos = rescale(kScale, seconds, Rational(1), Rounding::kUp);
  if (Rational(nanos, kScale) != seconds) nanos = (nanos + kMicro - 1) / kMicro * kMicro;
  std::string text = impl::decimal(Rational(nanos, kScale), 9);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return "PT" + text + "S";
}

using Tracks = std::vector<const PackageTrack*>;

struct Run {
  int64_t time = 0, duration = 0, repeat = 0;
  friend bool operator==(const Run&, const Run&) = default;
};

std::vector<Run> timeline(const TrackIndexView& index) {
  std::vector<Run> runs;
  int64_t expected = 0;
  for (const SegmentRecord& segment : index.segments()) {
    const bool goes_on = !runs.empty() && segment.time == expected && segment.duration == runs.back().duration;
    if (goes_on) {
      ++runs.back().repeat;
    } else {
      runs.push_back({segment.time, segment.duration, 0});
    }
    expected = segment.time + segment.duration;
  }
  return runs;
}

void write_template(XmlWriter& xml, const TrackIndexView& index) {
  xml.open("SegmentTemplate", {{"timescale", std::to_string(index.timescale())},
                               {"initialization", "$RepresentationID$/init.mp4"},
                               {"media", "$RepresentationID$/$Number$.m4s"},
                               {"startNumber", "1"}});
  xml.open("SegmentTimeline");
  int64_t expected = -1;
  for (const Run& run : timeline(index)) {
    XmlAttributes attributes;
    if (run.time != expected) attributes.emplace_back("t", std::to_string(run.time));
    attributes.emplace_back("d", std::to_string(run.duration));
    if (run.repeat > 0) attributes.emplace_back("r", std::to_string(run.repeat));
    xml.empty("S", attributes);
    expected = run.time + run.duration * (run.repeat + 1);
  }
  xml.close();
  xml.close();
}

bool one_timeline(const Tracks& tracks) {
  const TrackIndexView& first = tracks.front()->index;
  const std::vector<Run> runs = timeline(first);
  return std::ranges::all_of(tracks, [&](const PackageTrack* track) {
    return track->index.timescale() == first.timescale() && timeline(track->index) == runs;
  });
}

std::string bandwidth(const PackageTrack& track) {
  return std::to_string(peak_bitrate(track.index, impl::target_duration(track.index)));
}

void write_role(XmlWriter& xml, std::string_view role) {
  xml.empty("Role", {{"schemeIdUri", "urn:mpeg:dash:role:2011"}, {"value", std::string(role)}});
}

void write_cicp(XmlWriter& xml, const TrackDescription& track) {
  const ColourInfo& colour = track.video.colour;
  const bool hdr = impl::dynamic_range(track) != DynamicRange::kSdr;
  const auto property = [&](std::string_view name, unsigned value) {
    xml.empty(hdr ? "EssentialProperty" : "SupplementalProperty",
              {{"schemeIdUri", "urn:mpeg:mpegB:cicp:" + std::string(name)}, {"value", std::to_string(value)}});
  };
  if (colour.primaries != Primaries::kUnspecified) property("ColourPrimaries", static_cast<unsigned>(colour.primaries));
  if (colour.transfer != Transfer::kUnspecified) {
    property("TransferCharacteristics", static_cast<unsigned>(colour.transfer));
  }
  if (colour.matrix != Matrix::kUnspecified) property("MatrixCoefficients", static_cast<unsigned>(colour.matrix));
  if (colour.range == Range::kFull) property("VideoFullRangeFlag", 1);
}

Result<void> write_video(XmlWriter& xml, const PackageTrack& track, bool own_template) {
  const VideoDetails& video = track.description.video;
  XmlAttributes attributes{
      {"id", track.name},
      {"codecs", std::string(track.index.codec_string())},
      {"bandwidth", bandwidth(track)},
      {"width", std::to_string(video.width)},
      {"height", std::to_string(video.height)},
      {"sar", std::to_string(video.sample_aspect.num) + ':' + std::to_string(video.sample_aspect.den)}};
  if (video.frame_rate.num > 0) attributes.emplace_back("frameRate", video.frame_rate.to_string());
  PIER_TRY(const auto extra, supplemental_codec(track.description));
  if (extra) {
    attributes.emplace_back("scte214:supplementalCodecs", extra->codec);
    attributes.emplace_back("scte214:supplementalProfiles", extra->brand);
  }
  if (!own_template) {
    xml.empty("Representation", attributes);
    return {};
  }
  xml.open("Representation", attributes);
  write_template(xml, track.index);
  xml.close();
  return {};
}

XmlAttributes set_attributes(int id, std::string_view type, std::string_view mime, std::string_view language) {
  XmlAttributes attributes{
      {"id", std::to_string(id)}, {"contentType", std::string(type)}, {"mimeType", std::string(mime)}};
  if (!language.empty() && language != "und") attributes.emplace_back("lang", std::string(language));
  return attributes;
}

Result<void> write_video_set(XmlWriter& xml, int id, const Tracks& tracks) {
  XmlAttributes attributes = set_attributes(id, "video", "video/mp4", tracks.front()->description.language);
  int width = 0, height = 0;
  for (const PackageTrack* track : tracks) {
    width = std::max(width, track->description.video.width);
    height = std::max(height, track->description.video.height);
  }
  attributes.emplace_back("maxWidth", std::to_string(width));
  attributes.emplace_back("maxHeight", std::to_string(height));
  attributes.emplace_back("segmentAlignment", "true");
  attributes.emplace_back("startWithSAP", "1");
  xml.open("AdaptationSet", attributes);
  write_cicp(xml, tracks.front()->description);
  write_role(xml, "main");
  const bool shared = one_timeline(tracks);
  if (shared) write_template(xml, tracks.front()->index);
  for (const PackageTrack* track : tracks) PIER_CHECK(write_video(xml, *track, !shared));
  xml.close();
  return {};
}

// ChannelConfiguration of ISO/IEC 23091-3 for a WAVE mask; 0: none.
int channel_configuration(const AudioDetails& audio) {
  constexpr std::pair<uint64_t, int> kLayouts[] = {{0x4, 1},   {0x3, 2},  {0x7, 3},   {0x107, 4}, {0x37, 5},
                                                   {0x607, 5}, {0x3F, 6}, {0x60F, 6}, {0xFF, 7},  {0x63F, 12}};
  for (const auto& [mask, configuration] : kLayouts) {
    if (mask == audio.channel_mask) return configuration;
  }
  if (audio.channel_mask != 0) return 0;
  return audio.channels <= 6 ? audio.channels : 0;
}

void write_audio_set(XmlWriter& xml, int id, const Tracks& tracks, bool main) {
  const PackageTrack& first = *tracks.front();
  XmlAttributes attributes = set_attributes(id, "audio", "audio/mp4", first.description.language);
  attributes.emplace_back("segmentAlignment", "true");
  attributes.emplace_back("startWithSAP", "1");
  xml.open("AdaptationSet", attributes);
  if (const int configuration = channel_configuration(first.description.audio); configuration > 0) {
    xml.empty("AudioChannelConfiguration",
              {{"schemeIdUri", "urn:mpeg:mpegB:cicp:ChannelConfiguration"}, {"value", std::to_string(configuration)}});
  }
  if (const std::optional<int> objects = object_complexity(first.description)) {
    // ETSI TS 103 420 annex D.
    const std::string scheme = "tag:dolby.com,2018:dash:EC3_Extension";
    xml.empty("SupplementalProperty", {{"schemeIdUri", scheme + "Type:2018"}, {"value", "JOC"}});
    xml.empty("SupplementalProperty",
              {{"schemeIdUri", scheme + "ComplexityIndex:2018"}, {"value", std::to_string(*objects)}});
  }
  xml.text("Label", impl::label_of(first));
  write_role(xml, main ? "main" : "alternate");
  const bool shared = one_timeline(tracks);
  if (shared) write_template(xml, first.index);
  for (const PackageTrack* track : tracks) {
    const XmlAttributes representation{{"id", track->name},
                                       {"codecs", std::string(track->index.codec_string())},
                                       {"bandwidth", bandwidth(*track)},
                                       {"audioSamplingRate", std::to_string(track->description.audio.sample_rate)}};
    if (shared) {
      xml.empty("Representation", representation);
    } else {
      xml.open("Representation", representation);
      write_template(xml, track->index);
      xml.close();
    }
  }
  xml.close();
}

void write_image_set(XmlWriter& xml, int id, const PackageTrack& track, Rational period) {
  const TrackDescription& description = track.description;
  const ImageDetails& image = description.image;
  const int64_t sheet = image.tile_duration * image.columns * image.rows;
  const int64_t wanted = rescale(1, period, description.seconds(sheet), Rounding::kUp);
  xml.open("AdaptationSet", set_attributes(id, "image", "image/jpeg", {}));
  XmlAttributes attributes{{"timescale", std::to_string(description.timescale)},
                           {"media", "$RepresentationID$/$Number$.jpg"}};
  // @duration promises sheets to the end of the period; when sound goes on longer, only a timeline can say less.
  if (wanted == static_cast<int64_t>(track.index.segments().size())) {
    attributes.emplace_back("duration", std::to_string(sheet));
    attributes.emplace_back("startNumber", "1");
    xml.empty("SegmentTemplate", attributes);
  } else {
    attributes.emplace_back("startNumber", "1");
    xml.open("SegmentTemplate", attributes);
    xml.open("SegmentTimeline");
    for (const Run& run : timeline(track.index)) {
      xml.empty(
          "S",
          {{"t", std::to_string(run.time)}, {"d", std::to_string(run.duration)}, {"r", std::to_string(run.repeat)}});
    }
    xml.close();
    xml.close();
  }
  xml.open("Representation", {{"id", track.name},
                              {"bandwidth", bandwidth(track)},
                              {"width", std::to_string(image.columns * image.tile_width)},
                              {"height", std::to_string(image.rows * image.tile_height)}});
  xml.empty("EssentialProperty", {{"schemeIdUri", "http://dashif.org/guidelines/thumbnail_tile"},
                                  {"value", std::to_string(image.columns) + 'x' + std::to_string(image.rows)}});
  xml.close();
  xml.close();
}

void write_text_set(XmlWriter& xml, int id, const PackageTrack& track) {
  const TrackDescription& description = track.description;
  const bool webvtt = description.codec == Codec::kWebVtt;
  XmlAttributes attributes = set_attributes(id, "text", webvtt ? "text/vtt" : "application/mp4", description.language);
  if (!webvtt) {
    attributes.emplace_back("segmentAlignment", "true");
    attributes.emplace_back("startWithSAP", "1");
  }
  xml.open("AdaptationSet", attributes);
  xml.text("Label", impl::label_of(track));
  write_role(xml, description.text.forced ? "forced-subtitle" : "subtitle");
  if (track.is_default) write_role(xml, "main");
  XmlAttributes representation{{"id", track.name}};
  if (!webvtt) representation.emplace_back("codecs", std::string(track.index.codec_string()));
  representation.emplace_back("bandwidth", bandwidth(track));
  xml.open("Representation", representation);
  if (webvtt) {
    xml.text("BaseURL", make_name({.kind = NameKind::kWholeText, .track = track.name}));
  } else {
    write_template(xml, track.index);
  }
  xml.close();
  xml.close();
}

// Groups of tracks with one key, in the order in which the keys come.
template <typename Key>
std::vector<Tracks> grouped(const Tracks& tracks, Key key) {
  std::vector<Tracks> groups;
  for (const PackageTrack* track : tracks) {
    const auto home =
        std::ranges::find_if(groups, [&](const Tracks& group) { return key(*group.front()) == key(*track); });
    home == groups.end() ? groups.push_back({track}) : home->push_back(track);
  }
  return groups;
}

Result<void> write_sets(XmlWriter& xml, const Package& package) {
  int id = 0;
  const auto video_key = [](const PackageTrack& track) {
    const ColourInfo& colour = track.description.video.colour;
    return std::tuple(track.description.codec, impl::dynamic_range(track.description), colour.primaries,
                      colour.transfer, colour.matrix, colour.range == Range::kFull, track.description.language);
  };
  for (const Tracks& tracks : grouped(impl::ordered_video(package), video_key)) {
    PIER_CHECK(write_video_set(xml, ++id, tracks));
  }
  const auto audio_key = [](const PackageTrack& track) {
    return std::tuple(track.description.language, track.description.audio.channels,
                      track.description.audio.channel_mask, object_complexity(track.description),
                      track.description.audio.priming_samples, track.label);
  };
  for (const Codec codec : {Codec::kAac, Codec::kEac3, Codec::kAc3}) {
    bool main = true;
    for (const Tracks& tracks : grouped(impl::audio_of(package, codec), audio_key)) {
      write_audio_set(xml, ++id, tracks, std::exchange(main, false));
    }
  }
  for (const Codec codec : {Codec::kWebVtt, Codec::kTtml}) {
    for (const PackageTrack* track : impl::texts_of(package, codec)) write_text_set(xml, ++id, *track);
  }
  const Rational period = duration(package);
  for (const PackageTrack* track : impl::images_of(package)) write_image_set(xml, ++id, *track, period);
  return {};
}

// A client that has buffered the longest segment plays on at @bandwidth.
Rational longest_segment(const Package& package) {
  Rational longest;
  for (const PackageTrack& track : package.tracks) {
    if (track.description.kind == TrackKind::kImage) continue;
    longest = std::max(longest, track.description.seconds(track.index.longest_segment()));
  }
  return longest;
}

}  // namespace

Result<std::string> dash_manifest(const Package& package) {
  PIER_CHECK(check(package));
  XmlWriter xml;
  const std::string longest = iso_duration(longest_segment(package));
  const std::string whole = iso_duration(duration(package));
  xml.open("MPD", {{"xmlns", "urn:mpeg:dash:schema:mpd:2011"},
                   {"xmlns:scte214", "urn:scte:dash:scte214-extensions"},
                   {"profiles", std::string(kProfiles)},
                   {"type", "static"},
                   {"mediaPresentationDuration", whole},
                   {"maxSegmentDuration", longest},
                   {"minBufferTime", longest}});
  if (!package.title.empty()) {
    xml.open("ProgramInformation");
    xml.text("Title", package.title);
    xml.close();
  }
  xml.open("Period", {{"id", "1"}, {"start", "PT0S"}, {"duration", whole}});
  PIER_CHECK(write_sets(xml, package));
  xml.close();
  xml.close();
  return xml.take();
}

}  // namespace pier::packaging
