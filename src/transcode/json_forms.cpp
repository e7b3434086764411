// JSON forms of the plan's parts: what a task's parameters and an asset's details hold.

#include "json_forms.hpp"

#include <pier/transcode/assemble.hpp>
#include <pier/transcode/chunk.hpp>
#include <pier/transcode/ladder.hpp>
#include <pier/transcode/sound.hpp>

namespace pier::transcode {
namespace impl {

json::array pack(const Rational& value) {
  return {value.num, value.den};
}

Result<Rational> unpack_rational(const json::object& object, std::string_view key) {
  PIER_TRY(const json::array pair, get_array(object, key));
  if (pair.size() != 2 || !pair[0].is_int64() || !pair[1].is_int64() || pair[1].as_int64() == 0) {
    return fail(ErrorCode::kInvalidArgument, std::string(key) + " is not a fraction");
  }
  return Rational(pair[0].as_int64(), pair[1].as_int64());
}

json::object pack(const ColourInfo& colour) {
  return {{"primaries", static_cast<int>(colour.primaries)},
          {"transfer", static_cast<int>(colour.transfer)},
          {"matrix", static_cast<int>(colour.matrix)},
          {"range", static_cast<int>(colour.range)},
          {"chroma_site", static_cast<int>(colour.chroma_site)}};
}

ColourInfo unpack_colour(const json::object& object) {
  ColourInfo colour;
  colour.primaries = static_cast<Primaries>(int_or(object, "primaries", 2));
  colour.transfer = static_cast<Transfer>(int_or(object, "transfer", 2));
  colour.matrix = static_cast<Matrix>(int_or(object, "matrix", 2));
  colour.range = static_cast<Range>(int_or(object, "range", 0));
  colour.chroma_site = static_cast<ChromaSite>(int_or(object, "chroma_site", 255));
  return colour;
}

json::object pack(const colour::PictureSpec& spec) {
  return {{"width", spec.width},
          {"height", spec.height},
          {"bit_depth", spec.format.bit_depth},
          {"chroma", static_cast<int>(spec.format.chroma)},
          {"rgb", spec.format.rgb},
          {"colour", pack(spec.colour)}};
}

Result<colour::PictureSpec> unpack_picture(const json::object& object, std::string_view key) {
  PIER_TRY(const json::object packed, get_object(object, key));
  colour::PictureSpec spec;
  PIER_TRY(const int64_t width, get_int(packed, "width"));
  PIER_TRY(const int64_t height, get_int(packed, "height"));
  PIER_TRY(const json::object colour, get_object(packed, "colour"));
  spec.width = static_cast<int>(width);
  spec.height = static_cast<int>(height);
  spec.format = {static_cast<uint8_t>(int_or(packed, "bit_depth", 8)), static_cast<Chroma>(int_or(packed, "chroma", 1)),
                 bool_or(packed, "rgb", false)};
  spec.colour = unpack_colour(colour);
  return spec;
}

json::object pack(const MasteringDisplay& d) {
  return {{"red", {d.red.x, d.red.y}},       {"green", {d.green.x, d.green.y}},  {"blue", {d.blue.x, d.blue.y}},
          {"white", {d.white.x, d.white.y}}, {"max_luminance", d.max_luminance}, {"min_luminance", d.min_luminance}};
}

std::optional<MasteringDisplay> unpack_mastering(const json::object& object, std::string_view key) {
  const auto packed = get_object(object, key);
  if (!packed) return std::nullopt;
  const auto xy = [&](std::string_view name) {
    MasteringDisplay::Xy point;
    const auto pair = get_array(*packed, name);
    if (pair && pair->size() == 2 && (*pair)[0].is_number() && (*pair)[1].is_number()) {
      point.x = (*pair)[0].to_number<uint16_t>();
      point.y = (*pair)[1].to_number<uint16_t>();
    }
    return point;
  };
  MasteringDisplay display{xy("red"), xy("green"), xy("blue"), xy("white"), 0, 0};
  display.max_luminance = static_cast<uint32_t>(int_or(*packed, "max_luminance", 0));
  display.min_luminance = static_cast<uint32_t>(int_or(*packed, "min_luminance", 0));
  return display;
}

json::array pack(const std::vector<int64_t>& numbers) {
  return json::array(numbers.begin(), numbers.end());
}

Result<std::vector<int64_t>> unpack_numbers(const json::object& object, std::string_view key) {
  PIER_TRY(const json::array packed, get_array(object, key));
  std::vector<int64_t> numbers;
  numbers.reserve(packed.size());
  for (const json::value& value : packed) {
    if (!value.is_int64())
      return fail(ErrorCode::kInvalidArgument, std::string(key) + " holds something that is no number");
    numbers.push_back(value.as_int64());
  }
  return numbers;
}

}  // namespace impl

namespace {

using impl::pack;

std::string_view kind_name(RungKind kind) {
  return kind == RungKind::kVideo ? "video" : kind == RungKind::kAudio ? "audio" : "image";
}

json::object pack_rung(const Rung& rung) {
  return {{"name", rung.name},
          {"kind", kind_name(rung.kind)},
          {"codec", media::to_string(rung.codec)},
          {"height", rung.height},
          {"keep_hdr", rung.keep_hdr},
          {"bit_depth", rung.bit_depth},
          {"preset", rung.preset},
          {"crf", rung.crf},
          {"channels", rung.channels},
          {"kept", rung.kept},
          {"columns", rung.columns},
          {"rows", rung.rows}};
}

Result<Rung> unpack_rung(const json::object& object) {
  Rung rung;
  PIER_TRY(rung.name, get_string(object, "name"));
  PIER_TRY(const std::string kind, get_string(object, "kind"));
  rung.kind = kind == "video" ? RungKind::kVideo : kind == "audio" ? RungKind::kAudio : RungKind::kImage;
  rung.codec = media::codec_from(string_or(object, "codec", ""));
  rung.height = static_cast<int>(int_or(object, "height", 0));
  rung.keep_hdr = bool_or(object, "keep_hdr", true);
  rung.bit_depth = static_cast<int>(int_or(object, "bit_depth", 8));
  rung.preset = string_or(object, "preset", "");
  rung.crf = double_or(object, "crf", 0);
  rung.channels = static_cast<int>(int_or(object, "channels", 2));
  rung.kept = bool_or(object, "kept", false);
  rung.columns = static_cast<int>(int_or(object, "columns", 1));
  rung.rows = static_cast<int>(int_or(object, "rows", 1));
  return rung;
}

}  // namespace

json::object to_json(const ChunkRungResult& result) {
  json::object object{{"samples", result.samples}, {"bytes", result.bytes}};
  if (result.tries == 0) return object;
  object["tries"] = result.tries;
  object["crf"] = result.crf;
  object["bucket"] = to_json(result.bucket);
  return object;
}

namespace {

/// Plans of before name a rate and a buffer only.
BucketSpec bucket_of(const json::object& object) {
  if (const auto bucket = get_object(object, "bucket")) return bucket_from_json(*bucket);
  const int64_t size = int_or(object, "buffer_bits", 0);
  return {int_or(object, "max_bitrate", 0), size, size / 2};
}

}  // namespace

json::object to_json(const PlannedRung& rung) {
  json::object object{{"rung", pack_rung(rung.rung)},  {"track_id", rung.track_id},
                      {"picture", pack(rung.picture)}, {"source_peak_nits", rung.source_peak_nits},
                      {"bitrate", rung.bitrate},       {"bucket", to_json(rung.bucket)}};
  if (rung.mastering_display) object["mastering_display"] = pack(*rung.mastering_display);
  if (rung.content_light) {
    object["content_light"] =
        json::object{{"max_cll", rung.content_light->max_cll}, {"max_fall", rung.content_light->max_fall}};
  }
  if (const Inside& inside = rung.inside; inside.width > 0)
    object["inside"] = json::array{inside.x, inside.y, inside.width, inside.height};
  if (!rung.peaks.empty()) {
    json::array peaks;
    for (const PeakFrom& peak : rung.peaks) peaks.push_back(json::array{peak.pts, peak.nits});
    object["peaks"] = std::move(peaks);
  }
  if (!rung.dynamic.empty()) {
    json::array kinds;
    for (const media::DynamicHdr kind : rung.dynamic) kinds.emplace_back(media::to_string(kind));
    object["dynamic"] = std::move(kinds);
  }
  return object;
}

namespace {

Result<std::vector<media::DynamicHdr>> dynamic_of(const json::object& object) {
  std::vector<media::DynamicHdr> kinds;
  const auto packed = get_array(object, "dynamic");
  if (!packed) return kinds;
  for (const json::value& name : *packed) {
    std::optional<media::DynamicHdr> known;
    for (size_t i = 0; i < media::kDynamicHdrKinds; i++) {
      const auto kind = static_cast<media::DynamicHdr>(i);
      if (name.is_string() && name.as_string() == media::to_string(kind)) known = kind;
    }
    if (!known) return fail(ErrorCode::kInvalidArgument, "a rung carries a kind of metadata that is not known here");
    kinds.push_back(*known);
  }
  return kinds;
}

Result<Inside> inside_of(const json::object& object, const colour::PictureSpec& picture) {
  if (!object.contains("inside")) return Inside();
  PIER_TRY(const std::vector<int64_t> sides, impl::unpack_numbers(object, "inside"));
  const auto fits = [&](size_t from, int whole) {
    return sides[from] >= 0 && sides[from + 2] > 0 && sides[from] + sides[from + 2] <= whole && sides[from] % 2 == 0;
  };
  if (sides.size() != 4 || !fits(0, picture.width) || !fits(1, picture.height))
    return fail(ErrorCode::kInvalidArgument, "the place of the pictures in a rung is malformed");
  const auto side = [&](size_t i) { return static_cast<int>(sides[i]); };
  return Inside{side(0), side(1), side(2), side(3)};
}

Result<std::vector<PeakFrom>> peaks_of(const json::object& object) {
  std::vector<PeakFrom> peaks;
  const auto packed = get_array(object, "peaks");
  if (!packed) return peaks;
  for (const json::value& value : *packed) {
    const json::array* pair = value.if_array();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_int64() || !(*pair)[1].is_number())
      return fail(ErrorCode::kInvalidArgument, "a peak of a rung is malformed");
    peaks.push_back({(*pair)[0].as_int64(), (*pair)[1].to_number<double>()});
  }
  return peaks;
}

}  // namespace

Result<PlannedRung> planned_rung_from_json(const json::object& object) {
  PlannedRung rung;
  PIER_TRY(const json::object packed, get_object(object, "rung"));
  PIER_TRY(rung.rung, unpack_rung(packed));
  rung.track_id = static_cast<uint32_t>(int_or(object, "track_id", 0));
  PIER_TRY(rung.picture, impl::unpack_picture(object, "picture"));
  rung.source_peak_nits = double_or(object, "source_peak_nits", 1000);
  rung.bitrate = int_or(object, "bitrate", 0);
  rung.bucket = bucket_of(object);
  rung.mastering_display = impl::unpack_mastering(object, "mastering_display");
  PIER_TRY(rung.dynamic, dynamic_of(object));
  PIER_TRY(rung.peaks, peaks_of(object));
  PIER_TRY(rung.inside, inside_of(object, rung.picture));
  if (const auto light = get_object(object, "content_light")) {
    rung.content_light = ContentLight{static_cast<uint16_t>(int_or(*light, "max_cll", 0)),
                                      static_cast<uint16_t>(int_or(*light, "max_fall", 0))};
  }
  return rung;
}

json::object to_json(const ChunkSpec& chunk) {
  json::array frames, rungs;
  for (const PlannedFrame& frame : chunk.frames) {
    frames.push_back(json::array{frame.source_pts, static_cast<int64_t>(frame.fingerprint), frame.time, frame.key});
  }
  for (const PlannedRung& rung : chunk.rungs) rungs.push_back(to_json(rung));
  json::object packed{{"index", chunk.index},
                      {"first_segment", chunk.first_segment},
                      {"segment_count", chunk.segment_count},
                      {"stream_index", chunk.stream_index},
                      {"end_pts", chunk.end_pts},
                      {"end_time", chunk.end_time},
                      {"timescale", chunk.timescale},
                      {"frame_rate", pack(chunk.frame_rate)},
                      {"sample_aspect", pack(chunk.sample_aspect)},
                      {"gop_frames", chunk.gop_frames},
                      {"last", chunk.last},
                      {"rotation", chunk.rotation},
                      {"threads", chunk.threads},
                      {"source", pack(chunk.source)},
                      {"key_pts", pack(chunk.key_pts)},
                      {"thumbnail_times", pack(chunk.thumbnail_times)},
                      {"frames", std::move(frames)},
                      {"rungs", std::move(rungs)}};
  if (!chunk.hdr10_plus.empty()) packed["hdr10_plus"] = runs_of(chunk.hdr10_plus);
  return packed;
}

namespace {

Result<std::vector<PlannedFrame>> unpack_frames(const json::object& object) {
  PIER_TRY(const json::array packed, get_array(object, "frames"));
  std::vector<PlannedFrame> frames;
  frames.reserve(packed.size());
  for (const json::value& value : packed) {
    const json::array* row = value.if_array();
    if (row == nullptr || row->size() != 4 || !(*row)[0].is_int64() || !(*row)[1].is_int64() || !(*row)[2].is_int64() ||
        !(*row)[3].is_bool()) {
      return fail(ErrorCode::kInvalidArgument, "a frame of the chunk is malformed");
    }
    frames.push_back(
        {(*row)[0].as_int64(), static_cast<uint64_t>((*row)[1].as_int64()), (*row)[2].as_int64(), (*row)[3].as_bool()});
  }
  return frames;
}

}  // namespace

Result<ChunkSpec> chunk_from_json(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::kInvalidArgument, "a chunk is a JSON object");
  const json::object& object = value.as_object();
  ChunkSpec chunk;
  chunk.index = static_cast<int>(int_or(object, "index", 0));
  chunk.first_segment = static_cast<int>(int_or(object, "first_segment", 0));
  chunk.segment_count = static_cast<int>(int_or(object, "segment_count", 1));
  chunk.stream_index = static_cast<int>(int_or(object, "stream_index", 0));
  PIER_TRY(chunk.end_pts, get_int(object, "end_pts"));
  PIER_TRY(chunk.end_time, get_int(object, "end_time"));
  chunk.timescale = static_cast<uint32_t>(int_or(object, "timescale", 0));
  if (chunk.timescale == 0) return fail(ErrorCode::kInvalidArgument, "timescale is missing");
  PIER_TRY(chunk.frame_rate, impl::unpack_rational(object, "frame_rate"));
  PIER_TRY(chunk.sample_aspect, impl::unpack_rational(object, "sample_aspect"));
  chunk.gop_frames = static_cast<int>(int_or(object, "gop_frames", 0));
  chunk.last = bool_or(object, "last", false);
  chunk.rotation = static_cast<int>(int_or(object, "rotation", 0));
  chunk.threads = static_cast<int>(int_or(object, "threads", 1));
  PIER_TRY(chunk.source, impl::unpack_picture(object, "source"));
  PIER_TRY(chunk.key_pts, impl::unpack_numbers(object, "key_pts"));
  PIER_TRY(chunk.thumbnail_times, impl::unpack_numbers(object, "thumbnail_times"));
  PIER_TRY(chunk.frames, unpack_frames(object));
  if (const auto runs = get_array(object, "hdr10_plus")) {
    PIER_TRY(chunk.hdr10_plus, payloads_of(*runs));
    if (chunk.hdr10_plus.size() != chunk.frames.size())
      return fail(ErrorCode::kInvalidArgument, "the metadata of the chunk is not one a frame");
  }
  PIER_TRY(const json::array rungs, get_array(object, "rungs"));
  for (const json::value& rung : rungs) {
    if (!rung.is_object()) return fail(ErrorCode::kInvalidArgument, "a rung of the chunk is malformed");
    PIER_TRY(PlannedRung planned, planned_rung_from_json(rung.as_object()));
    chunk.rungs.push_back(std::move(planned));
  }
  return chunk;
}

json::object to_json(const AudioMap& map) {
  json::array groups;
  for (const SoundGroup& group : map.groups) {
    json::array channels;
    for (const SourceChannel& channel : group.channels)
      channels.push_back(json::array{channel.stream_index, channel.channel});
    groups.push_back(
        json::object{{"layout", group.layout}, {"language", group.language}, {"channels", std::move(channels)}});
  }
  return {{"groups", std::move(groups)}, {"reason", map.reason}, {"proposed", map.proposed}};
}

namespace {

Result<SoundGroup> unpack_group(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::kInvalidArgument, "a sound group is a JSON object");
  const json::object& object = value.as_object();
  SoundGroup group;
  PIER_TRY(group.layout, get_string(object, "layout"));
  group.language = string_or(object, "language", "");
  PIER_TRY(const json::array channels, get_array(object, "channels"));
  for (const json::value& channel : channels) {
    const json::array* pair = channel.if_array();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_int64() || !(*pair)[1].is_int64()) {
      return fail(ErrorCode::kInvalidArgument, "a channel of the audio map is malformed");
    }
    group.channels.push_back({static_cast<int>((*pair)[0].as_int64()), static_cast<int>((*pair)[1].as_int64())});
  }
  return group;
}

}  // namespace

Result<AudioMap> audio_map_from_json(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::kInvalidArgument, "an audio map is a JSON object");
  AudioMap map;
  PIER_TRY(const json::array groups, get_array(value.as_object(), "groups"));
  for (const json::value& packed : groups) {
    PIER_TRY(SoundGroup group, unpack_group(packed));
    map.groups.push_back(std::move(group));
  }
  map.reason = string_or(value.as_object(), "reason", "");
  map.proposed = bool_or(value.as_object(), "proposed", false);
  return map;
}

json::object to_json(const SoundSpec& spec) {
  AudioMap one;
  one.groups.push_back(spec.group);
  return {{"group", to_json(one).at("groups").as_array().at(0)},
          {"kept", spec.kept},
          {"codec", media::to_string(spec.encoder.codec)},
          {"sample_rate", spec.encoder.sample_rate},
          {"channel_mask", spec.encoder.channel_mask},
          {"bitrate", spec.encoder.bitrate},
          {"source_rate", spec.source_rate},
          {"programme_start", pack(spec.programme_start)},
          {"programme_samples", spec.programme_samples}};
}

Result<SoundSpec> sound_from_json(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::kInvalidArgument, "sound settings are a JSON object");
  const json::object& object = value.as_object();
  SoundSpec spec;
  const json::value* group = object.if_contains("group");
  if (group == nullptr) return fail(ErrorCode::kInvalidArgument, "group is missing");
  PIER_TRY(spec.group, unpack_group(*group));
  if (spec.group.channels.empty()) return fail(ErrorCode::kInvalidArgument, "a sound needs channels");
  spec.kept = bool_or(object, "kept", false);
  spec.encoder.codec = media::codec_from(string_or(object, "codec", ""));
  spec.encoder.sample_rate = static_cast<int>(int_or(object, "sample_rate", 48000));
  spec.encoder.channel_mask = static_cast<uint64_t>(int_or(object, "channel_mask", 3));
  spec.encoder.bitrate = int_or(object, "bitrate", 128000);
  spec.source_rate = static_cast<int>(int_or(object, "source_rate", 48000));
  PIER_TRY(spec.programme_start, impl::unpack_rational(object, "programme_start"));
  PIER_TRY(spec.programme_samples, get_int(object, "programme_samples"));
  return spec;
}

}  // namespace pier::transcode
