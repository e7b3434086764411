#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include <pier/packaging/track.hpp>

namespace pier::packaging {
namespace {

using media::Codec;

constexpr std::pair<TrackKind, std::string_view> kKinds[] = {{TrackKind::kVideo, "video"},
                                                             {TrackKind::kAudio, "audio"},
                                                             {TrackKind::kText, "text"},
                                                             {TrackKind::kImage, "image"}};

// The codecs a stored track may have.
constexpr std::pair<Codec, std::string_view> kCodecs[] = {
    {Codec::kHevc, "hevc"},   {Codec::kAvc, "avc"},       {Codec::kAv1, "av1"},
    {Codec::kAac, "aac"},     {Codec::kEac3, "eac3"},     {Codec::kAc3, "ac3"},
    {Codec::kMjpeg, "mjpeg"}, {Codec::kWebVtt, "webvtt"}, {Codec::kTtml, "ttml"}};

constexpr size_t kMaxConfiguration = size_t{1} << 20U;
constexpr size_t kDolbyVisionSize = 24;
constexpr int kMaxRaster = 65535;

Failure bad(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

json::array rational_json(Rational value) {
  return {value.num, value.den};
}

std::optional<int64_t> whole(const json::value& value) {
  boost::system::error_code error;
  const auto number = value.is_number() ? value.to_number<int64_t>(error) : 0;
  return value.is_number() && !error ? std::optional(number) : std::nullopt;
}

Result<Rational> rational_from(const json::object& object, std::string_view key) {
  PIER_TRY(const json::array pair, get_array(object, key));
  const auto num = pair.size() == 2 ? whole(pair[0]) : std::nullopt;
  const auto den = pair.size() == 2 ? whole(pair[1]) : std::nullopt;
  if (!num || !den || *den <= 0) return bad("member \"" + std::string(key) + "\" must be a fraction [num, den]");
  return Rational(*num, *den);
}

template <typename Integer>
Result<Integer> integer_from(const json::object& object, std::string_view key, Integer low = 0,
                             Integer high = std::numeric_limits<Integer>::max()) {
  PIER_TRY(const int64_t value, get_int(object, key));
  if (!std::in_range<Integer>(value) || static_cast<Integer>(value) < low || static_cast<Integer>(value) > high) {
    return bad("member \"" + std::string(key) + "\" is out of range");
  }
  return static_cast<Integer>(value);
}

Result<Bytes> bytes_from(const json::object& object, std::string_view key) {
  return from_base64(string_or(object, key, ""));
}

json::object colour_json(const ColourInfo& colour) {
  return {{"primaries", static_cast<int>(colour.primaries)},
          {"transfer", static_cast<int>(colour.transfer)},
          {"matrix", static_cast<int>(colour.matrix)},
          {"range", static_cast<int>(colour.range)},
          {"chroma_site", static_cast<int>(colour.chroma_site)}};
}

Result<ColourInfo> colour_from(const json::object& object) {
  PIER_TRY(const auto primaries, integer_from<uint8_t>(object, "primaries"));
  PIER_TRY(const auto transfer, integer_from<uint8_t>(object, "transfer"));
  PIER_TRY(const auto matrix, integer_from<uint8_t>(object, "matrix"));
  PIER_TRY(const auto range, integer_from<uint8_t>(object, "range", 0, static_cast<uint8_t>(Range::kFull)));
  PIER_TRY(const auto chroma_site, integer_from<uint8_t>(object, "chroma_site"));
  return ColourInfo{static_cast<Primaries>(primaries), static_cast<Transfer>(transfer), static_cast<Matrix>(matrix),
                    static_cast<Range>(range), static_cast<ChromaSite>(chroma_site)};
}

json::array mastering_json(const MasteringDisplay& display) {
  return {display.red.x,  display.red.y,   display.green.x, display.green.y,       display.blue.x,
          display.blue.y, display.white.x, display.white.y, display.max_luminance, display.min_luminance};
}

Result<MasteringDisplay> mastering_from(const json::array& values) {
  if (values.size() != 10) return bad("member \"mastering_display\" must have 10 numbers");
  std::array<uint32_t, 10> numbers{};
  for (size_t i = 0; i < numbers.size(); ++i) {
    const int64_t limit = i < 8 ? 65535 : std::numeric_limits<uint32_t>::max();
    const auto number = whole(values[i]);
    if (!number || *number < 0 || *number > limit) return bad("member \"mastering_display\" is out of range");
    numbers[i] = static_cast<uint32_t>(*number);
  }
  const auto xy = [&](size_t i) {
    return MasteringDisplay::Xy{static_cast<uint16_t>(numbers[i]), static_cast<uint16_t>(numbers[i + 1])};
  };
  return MasteringDisplay{xy(0), xy(2), xy(4), xy(6), numbers[8], numbers[9]};
}

json::object video_json(const VideoDetails& video) {
  json::object object{{"width", video.width},
                      {"height", video.height},
                      {"sample_aspect", rational_json(video.sample_aspect)},
                      {"colour", colour_json(video.colour)},
                      {"frame_rate", rational_json(video.frame_rate)}};
  if (video.mastering_display) object["mastering_display"] = mastering_json(*video.mastering_display);
  if (video.content_light) {
    object["content_light"] = {{"max_cll", video.content_light->max_cll}, {"max_fall", video.content_light->max_fall}};
  }
  if (!video.dolby_vision.empty()) object["dolby_vision"] = to_base64(video.dolby_vision);
  if (!video.hdr_vivid.empty()) object["hdr_vivid"] = to_base64(video.hdr_vivid);
  return object;
}

Result<VideoDetails> video_from(const json::object& object) {
  VideoDetails video;
  PIER_TRY(video.width, integer_from<int>(object, "width"));
  PIER_TRY(video.height, integer_from<int>(object, "height"));
  PIER_TRY(video.sample_aspect, rational_from(object, "sample_aspect"));
  PIER_TRY(const json::object colour, get_object(object, "colour"));
  PIER_TRY(video.colour, colour_from(colour));
  PIER_TRY(video.frame_rate, rational_from(object, "frame_rate"));
  if (object.contains("mastering_display")) {
    PIER_TRY(const json::array values, get_array(object, "mastering_display"));
    PIER_TRY(video.mastering_display, mastering_from(values));
  }
  if (object.contains("content_light")) {
    PIER_TRY(const json::object light, get_object(object, "content_light"));
    ContentLight level;
    PIER_TRY(level.max_cll, integer_from<uint16_t>(light, "max_cll"));
    PIER_TRY(level.max_fall, integer_from<uint16_t>(light, "max_fall"));
    video.content_light = level;
  }
  PIER_TRY(video.dolby_vision, bytes_from(object, "dolby_vision"));
  PIER_TRY(video.hdr_vivid, bytes_from(object, "hdr_vivid"));
  return video;
}

json::object audio_json(const AudioDetails& audio) {
  // The mask travels as text: JSON readers elsewhere keep only 53 bits.
  return {{"sample_rate", audio.sample_rate},
          {"channels", audio.channels},
          {"channel_mask", std::to_string(audio.channel_mask)},
          {"frame_samples", audio.frame_samples},
          {"priming_samples", audio.priming_samples},
          {"programme_samples", audio.programme_samples}};
}

Result<AudioDetails> audio_from(const json::object& object) {
  AudioDetails audio;
  PIER_TRY(audio.sample_rate, integer_from<int>(object, "sample_rate"));
  PIER_TRY(audio.channels, integer_from<int>(object, "channels"));
  PIER_TRY(audio.frame_samples, integer_from<int>(object, "frame_samples"));
  PIER_TRY(audio.priming_samples, integer_from<int64_t>(object, "priming_samples"));
  PIER_TRY(audio.programme_samples, integer_from<int64_t>(object, "programme_samples"));
  PIER_TRY(const std::string mask, get_string(object, "channel_mask"));
  const auto [end, error] = std::from_chars(mask.data(), mask.data() + mask.size(), audio.channel_mask);
  if (error != std::errc() || end != mask.data() + mask.size()) return bad("member \"channel_mask\" is not a number");
  return audio;
}

json::object image_json(const ImageDetails& image) {
  return {{"columns", image.columns},
          {"rows", image.rows},
          {"tile_width", image.tile_width},
          {"tile_height", image.tile_height},
          {"tile_duration", image.tile_duration}};
}

Result<ImageDetails> image_from(const json::object& object) {
  ImageDetails image;
  PIER_TRY(image.columns, integer_from<int>(object, "columns"));
  PIER_TRY(image.rows, integer_from<int>(object, "rows"));
  PIER_TRY(image.tile_width, integer_from<int>(object, "tile_width"));
  PIER_TRY(image.tile_height, integer_from<int>(object, "tile_height"));
  PIER_TRY(image.tile_duration, integer_from<int64_t>(object, "tile_duration"));
  return image;
}

json::object text_json(const TextDetails& text) {
  return {{"name", text.name}, {"forced", text.forced}, {"default", text.is_default}};
}

bool is_language(std::string_view tag) {
  const auto part_of_tag = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return tag.size() <= 35 && std::ranges::all_of(tag, part_of_tag);
}

Result<void> check_video(const TrackDescription& track) {
  const VideoDetails& video = track.video;
  if (track.codec != Codec::kHevc && track.codec != Codec::kAvc && track.codec != Codec::kAv1) {
    return fail(ErrorCode::kInputUnsupported, "a video track is HEVC, AVC or AV1");
  }
  if (video.width < 1 || video.height < 1 || video.width > kMaxRaster || video.height > kMaxRaster) {
    return bad("the raster must lie between 1x1 and 65535x65535");
  }
  const Rational aspect = video.sample_aspect;
  if (aspect.num < 1 || aspect.num > 65535 || aspect.den > 65535) return bad("the sample aspect is out of range");
  if (video.frame_rate.num < 0) return bad("the frame rate is negative");
  if (video.colour.transfer == Transfer::kHlg && (video.mastering_display || video.content_light)) {
    return bad("an HLG track carries no mastering display and no content light level: leave them out");
  }
  if (!video.dolby_vision.empty() && video.dolby_vision.size() != kDolbyVisionSize) {
    return bad("a Dolby Vision configuration record has 24 bytes");
  }
  if (video.hdr_vivid.size() > kMaxConfiguration) return bad("the HDR Vivid configuration is too large");
  return {};
}

Result<void> check_audio(const TrackDescription& track) {
  const AudioDetails& audio = track.audio;
  if (track.codec != Codec::kAac && track.codec != Codec::kEac3 && track.codec != Codec::kAc3) {
    return fail(ErrorCode::kInputUnsupported, "a sound track is AAC, AC-3 or E-AC-3");
  }
  if (audio.sample_rate < 1 || track.timescale != static_cast<uint32_t>(audio.sample_rate)) {
    return bad("the timescale of a sound track is its sample rate");
  }
  if (audio.channels < 1 || audio.channels > 64) return bad("a sound track has 1 to 64 channels");
  if (audio.frame_samples < 1 || audio.priming_samples < 0 || audio.programme_samples < 1 ||
      audio.programme_samples > INT64_MAX / 2 || audio.priming_samples > INT64_MAX / 4) {
    return bad("frame, priming and programme lengths of a sound track must be known");
  }
  if (track.duration != 0 && track.duration != audio.programme_samples) {
    return bad("the duration of a sound track is its programme length");
  }
  return {};
}

Result<void> check_image(const TrackDescription& track) {
  const ImageDetails& image = track.image;
  if (track.codec != Codec::kMjpeg) return fail(ErrorCode::kInputUnsupported, "tile sheets are JPEG");
  constexpr int kMaxGrid = 1000;
  if (image.columns < 1 || image.rows < 1 || image.columns > kMaxGrid || image.rows > kMaxGrid) {
    return bad("a tile sheet has 1 to 1000 columns and rows");
  }
  if (image.tile_width < 1 || image.tile_height < 1 || image.tile_width > kMaxRaster / image.columns ||
      image.tile_height > kMaxRaster / image.rows) {
    return bad("a tile sheet must fit into 65535x65535 samples");
  }
  if (image.tile_duration < 1 || image.tile_duration > INT64_MAX / (kMaxGrid * kMaxGrid)) {
    return bad("the duration of a tile is out of range");
  }
  return {};
}

Result<void> check_text(const TrackDescription& track) {
  constexpr size_t kMaxName = 1000;
  if (track.codec != Codec::kWebVtt && track.codec != Codec::kTtml) {
    return fail(ErrorCode::kInputUnsupported, "a text track is WebVTT or TTML");
  }
  const std::string_view profile = as_text(track.configuration);
  if (track.codec == Codec::kTtml ? profile != "im1t" && profile != "im2t" : !profile.empty()) {
    return bad("the configuration of a TTML track is its processor profile, im1t or im2t, that of WebVTT is empty");
  }
  if (!is_utf8(track.text.name) || track.text.name.size() > kMaxName) {
    return bad("the name of a text track is UTF-8 of at most " + std::to_string(kMaxName) + " bytes");
  }
  return {};
}

bool needs_configuration(const TrackDescription& track) {
  return track.kind != TrackKind::kImage && track.codec != Codec::kWebVtt;
}

}  // namespace

std::string_view to_string(TrackKind kind) {
  for (const auto& [value, name] : kKinds) {
    if (value == kind) return name;
  }
  return "unknown";
}

Result<TrackKind> track_kind_from(std::string_view name) {
  for (const auto& [value, text] : kKinds) {
    if (text == name) return value;
  }
  return bad("\"" + std::string(name.substr(0, 40)) + "\" is not a kind of track");
}

std::optional<int> object_complexity(const TrackDescription& track) {
  constexpr size_t kExtended = 7;  // with flag_ec3_extension_type_a and complexity_index_type_a at its end
  const Bytes& box = track.configuration;
  const bool said =
      track.codec == Codec::kEac3 && box.size() == kExtended && (box[kExtended - 2] & std::byte{1}) != std::byte{0};
  return said ? std::optional(std::to_integer<int>(box.back())) : std::nullopt;
}

Result<void> check(const TrackDescription& track) {
  if (track.track_id == 0) return bad("a track_id starts at 1");
  if (track.timescale == 0) return bad("a track needs a timescale");
  if (track.duration < 0 || track.bitrate < 0 || track.max_bitrate < 0)
    return bad("a duration or bit rate is negative");
  if (track.kind != TrackKind::kAudio && track.duration == 0) return bad("the duration of the track must be known");
  if (!is_language(track.language)) return bad("the language of the track is not a BCP 47 tag");
  if (needs_configuration(track) && track.configuration.empty()) return bad("the decoder configuration is missing");
  if (track.configuration.size() > kMaxConfiguration) return bad("the decoder configuration is too large");
  switch (track.kind) {
    case TrackKind::kVideo:
      return check_video(track);
    case TrackKind::kAudio:
      return check_audio(track);
    case TrackKind::kImage:
      return check_image(track);
    case TrackKind::kText:
      return check_text(track);
  }
  return bad("an unknown kind of track");
}

json::object to_json(const TrackDescription& track) {
  json::object object{{"track_id", track.track_id}, {"kind", to_string(track.kind)}};
  const auto* codec = std::ranges::find(kCodecs, track.codec, [](const auto& entry) { return entry.first; });
  object["codec"] = codec == std::end(kCodecs) ? "unknown" : codec->second;
  object["configuration"] = to_base64(track.configuration);
  object["timescale"] = track.timescale;
  object["duration"] = track.duration;
  object["language"] = track.language;
  object["bitrate"] = track.bitrate;
  object["max_bitrate"] = track.max_bitrate;
  if (track.kind == TrackKind::kVideo) object["video"] = video_json(track.video);
  if (track.kind == TrackKind::kAudio) object["audio"] = audio_json(track.audio);
  if (track.kind == TrackKind::kImage) object["image"] = image_json(track.image);
  if (track.kind == TrackKind::kText) object["text"] = text_json(track.text);
  return object;
}

Result<TrackDescription> track_description_from_json(const json::object& object) {
  TrackDescription track;
  PIER_TRY(track.track_id, integer_from<uint32_t>(object, "track_id"));
  PIER_TRY(const std::string kind, get_string(object, "kind"));
  PIER_TRY(track.kind, track_kind_from(kind));
  PIER_TRY(const std::string name, get_string(object, "codec"));
  const auto* codec = std::ranges::find(kCodecs, name, [](const auto& entry) { return entry.second; });
  if (codec != std::end(kCodecs)) track.codec = codec->first;
  PIER_TRY(track.configuration, bytes_from(object, "configuration"));
  PIER_TRY(track.timescale, integer_from<uint32_t>(object, "timescale"));
  PIER_TRY(track.duration, integer_from<int64_t>(object, "duration"));
  track.language = string_or(object, "language", "");
  track.bitrate = int_or(object, "bitrate", 0);
  track.max_bitrate = int_or(object, "max_bitrate", 0);
  if (track.kind == TrackKind::kVideo) {
    PIER_TRY(const json::object details, get_object(object, "video"));
    PIER_TRY(track.video, video_from(details));
  } else if (track.kind == TrackKind::kAudio) {
    PIER_TRY(const json::object details, get_object(object, "audio"));
    PIER_TRY(track.audio, audio_from(details));
  } else if (track.kind == TrackKind::kImage) {
    PIER_TRY(const json::object details, get_object(object, "image"));
    PIER_TRY(track.image, image_from(details));
  } else if (track.kind == TrackKind::kText) {
    PIER_TRY(const json::object details, get_object(object, "text"));
    track.text = {string_or(details, "name", ""), bool_or(details, "forced", false),
                  bool_or(details, "default", false)};
  }
  return track;
}

}  // namespace pier::packaging
