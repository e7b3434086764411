#include <array>

#include <pier/media/facts.hpp>

namespace pier::media {
namespace {

struct KindName {
  HdrKind kind;
  std::string_view name;
};
constexpr std::array kKinds = {
    KindName{HdrKind::kSdr, "sdr"},
    KindName{HdrKind::kHlg, "hlg"},
    KindName{HdrKind::kPq, "pq"},
    KindName{HdrKind::kHdr10, "hdr10"},
    KindName{HdrKind::kHdr10Plus, "hdr10plus"},
    KindName{HdrKind::kHdrVivid, "hdr_vivid"},
    KindName{HdrKind::kDolbyVision, "dolby_vision"},
};

constexpr std::array<std::string_view, 4> kChromas = {"4:0:0", "4:2:0", "4:2:2", "4:4:4"};

Rational rational_or(const json::object& object, std::string_view key, Rational otherwise) {
  const auto value = parse_rational(string_or(object, key, ""));
  return value ? *value : otherwise;
}

json::object xy(MasteringDisplay::Xy value) {
  return {{"x", value.x}, {"y", value.y}};
}

MasteringDisplay::Xy xy_from(const json::object& object, std::string_view key) {
  const auto inner = get_object(object, key);
  if (!inner) return {};
  return {static_cast<uint16_t>(int_or(*inner, "x", 0)), static_cast<uint16_t>(int_or(*inner, "y", 0))};
}

// Chromaticity in steps of 0.00002 and luminance in steps of 0.0001 cd/m2, as ST 2086 counts.
json::object display_json(const MasteringDisplay& display) {
  return {{"red", xy(display.red)},
          {"green", xy(display.green)},
          {"blue", xy(display.blue)},
          {"white", xy(display.white)},
          {"max_luminance", display.max_luminance},
          {"min_luminance", display.min_luminance}};
}

MasteringDisplay display_from(const json::object& object) {
  return {xy_from(object, "red"),
          xy_from(object, "green"),
          xy_from(object, "blue"),
          xy_from(object, "white"),
          static_cast<uint32_t>(int_or(object, "max_luminance", 0)),
          static_cast<uint32_t>(int_or(object, "min_luminance", 0))};
}

json::object colour_json(const ColourInfo& colour) {
  return {{"primaries", static_cast<int>(colour.primaries)},     {"transfer", static_cast<int>(colour.transfer)},
          {"matrix", static_cast<int>(colour.matrix)},           {"range", to_string(colour.range)},
          {"chroma_site", static_cast<int>(colour.chroma_site)}, {"primaries_name", to_string(colour.primaries)},
          {"transfer_name", to_string(colour.transfer)},         {"matrix_name", to_string(colour.matrix)}};
}

ColourInfo colour_from(const json::object& object) {
  ColourInfo colour;
  colour.primaries = static_cast<Primaries>(int_or(object, "primaries", 2));
  colour.transfer = static_cast<Transfer>(int_or(object, "transfer", 2));
  colour.matrix = static_cast<Matrix>(int_or(object, "matrix", 2));
  colour.chroma_site = static_cast<ChromaSite>(int_or(object, "chroma_site", 255));
  const std::string range = string_or(object, "range", "");
  for (const Range value : {Range::kNarrow, Range::kFull}) {
    if (range == to_string(value)) colour.range = value;
  }
  return colour;
}

json::object format_json(const PixelFormat& format) {
  return {
      {"bit_depth", format.bit_depth}, {"chroma", kChromas[static_cast<size_t>(format.chroma)]}, {"rgb", format.rgb}};
}

PixelFormat format_from(const json::object& object) {
  PixelFormat format;
  format.bit_depth = static_cast<uint8_t>(int_or(object, "bit_depth", 8));
  format.rgb = bool_or(object, "rgb", false);
  const std::string chroma = string_or(object, "chroma", "4:2:0");
  for (size_t at = 0; at < kChromas.size(); ++at) {
    if (chroma == kChromas[at]) format.chroma = static_cast<Chroma>(at);
  }
  return format;
}

json::object carrier_json(const CarrierFact& fact) {
  return {{"carrier", fact.carrier},
          {"field", fact.field},
          {"value", fact.value},
          {"count", fact.count},
          {"first_packet", fact.first_packet}};
}

json::array carriers_json(const std::vector<CarrierFact>& facts) {
  json::array list;
  for (const CarrierFact& fact : facts) list.push_back(carrier_json(fact));
  return list;
}

std::vector<CarrierFact> carriers_from(const json::object& object, std::string_view key) {
  std::vector<CarrierFact> facts;
  const auto list = get_array(object, key);
  if (!list) return facts;
  for (const json::value& value : *list) {
    if (!value.is_object()) continue;
    const json::object& entry = value.get_object();
    facts.push_back({string_or(entry, "carrier", ""), string_or(entry, "field", ""), string_or(entry, "value", ""),
                     int_or(entry, "count", 1), int_or(entry, "first_packet", 0)});
  }
  return facts;
}

json::object dolby_json(const DolbyVision& dolby) {
  return {{"profile", dolby.profile},
          {"level", dolby.level},
          {"compatibility_id", dolby.compatibility_id},
          {"enhancement_layer", dolby.enhancement_layer},
          {"rpu", dolby.rpu},
          {"base_layer", dolby.base_layer}};
}

json::object edits_json(const EditList& edits) {
  return {{"edits", edits.edits},
          {"delay", edits.delay.to_string()},
          {"cut_start", edits.cut_start.to_string()},
          {"cut_end", edits.cut_end.to_string()},
          {"rearranged", edits.rearranged},
          {"dwell", edits.dwell}};
}

std::optional<EditList> edits_from(const json::object& parent) {
  const auto object = get_object(parent, "edits");
  if (!object) return std::nullopt;
  EditList edits;
  edits.edits = static_cast<int>(int_or(*object, "edits", 0));
  edits.delay = rational_or(*object, "delay", 0);
  edits.cut_start = rational_or(*object, "cut_start", 0);
  edits.cut_end = rational_or(*object, "cut_end", 0);
  edits.rearranged = bool_or(*object, "rearranged", false);
  edits.dwell = bool_or(*object, "dwell", false);
  return edits;
}

DolbyVision dolby_from(const json::object& object) {
  return {static_cast<int>(int_or(object, "profile", 0)),
          static_cast<int>(int_or(object, "level", 0)),
          static_cast<int>(int_or(object, "compatibility_id", 0)),
          bool_or(object, "enhancement_layer", false),
          bool_or(object, "rpu", false),
          bool_or(object, "base_layer", true)};
}

json::object video_json(const VideoFacts& video) {
  json::object object = {{"stream_index", video.stream_index},
                         {"id", video.id},
                         {"programme", video.programme},
                         {"codec", to_string(video.codec)},
                         {"codec_name", video.codec_name},
                         {"profile", video.profile},
                         {"tier", video.tier},
                         {"level", video.level},
                         {"decodable", video.decodable},
                         {"width", video.width},
                         {"height", video.height},
                         {"sample_aspect", video.sample_aspect.to_string()},
                         {"format", format_json(video.format)},
                         {"colour", colour_json(video.colour)},
                         {"hdr", to_string(video.hdr)},
                         {"hdr10_plus", video.hdr10_plus},
                         {"hdr_vivid", video.hdr_vivid},
                         {"time_base", video.time_base.to_string()},
                         {"frame_rate", video.frame_rate.to_string()},
                         {"variable_rate", video.variable_rate},
                         {"interlaced", video.interlaced},
                         {"frames", video.frames},
                         {"start_pts", video.start_pts},
                         {"duration", video.duration.to_string()},
                         {"rotation", video.rotation},
                         {"bitrate", video.bitrate},
                         {"language", video.language},
                         {"timecode", video.timecode}};
  if (video.mastering_display) object["mastering_display"] = display_json(*video.mastering_display);
  if (video.content_light) {
    object["content_light"] = {{"max_cll", video.content_light->max_cll}, {"max_fall", video.content_light->max_fall}};
  }
  if (video.dolby_vision) object["dolby_vision"] = dolby_json(*video.dolby_vision);
  if (!video.captions.empty()) object["captions"] = json::array(video.captions.begin(), video.captions.end());
  if (video.edits) object["edits"] = edits_json(*video.edits);
  object["carriers"] = carriers_json(video.carriers);
  json::array disagreements;
  for (const Disagreement& disagreement : video.disagreements) {
    disagreements.push_back(json::object{
        {"field", disagreement.field}, {"message", disagreement.message}, {"said", carriers_json(disagreement.said)}});
  }
  object["disagreements"] = std::move(disagreements);
  return object;
}

void nested_video_from(const json::object& object, VideoFacts& video) {
  if (const auto inner = get_object(object, "format")) video.format = format_from(*inner);
  if (const auto inner = get_object(object, "colour")) video.colour = colour_from(*inner);
  if (const auto inner = get_object(object, "mastering_display")) video.mastering_display = display_from(*inner);
  if (const auto inner = get_object(object, "content_light")) {
    video.content_light = ContentLight{static_cast<uint16_t>(int_or(*inner, "max_cll", 0)),
                                       static_cast<uint16_t>(int_or(*inner, "max_fall", 0))};
  }
  if (const auto inner = get_object(object, "dolby_vision")) video.dolby_vision = dolby_from(*inner);
  video.carriers = carriers_from(object, "carriers");
  const auto captions = get_array(object, "captions");
  for (size_t i = 0; captions && i < captions->size(); ++i) {
    if ((*captions)[i].is_string()) video.captions.emplace_back((*captions)[i].get_string());
  }
  const auto disagreements = get_array(object, "disagreements");
  if (!disagreements) return;
  for (const json::value& value : *disagreements) {
    if (!value.is_object()) continue;
    const json::object& entry = value.get_object();
    video.disagreements.push_back(
        {string_or(entry, "field", ""), carriers_from(entry, "said"), string_or(entry, "message", "")});
  }
}

VideoFacts video_from(const json::object& object) {
  VideoFacts video;
  video.stream_index = static_cast<int>(int_or(object, "stream_index", 0));
  video.id = int_or(object, "id", 0);
  video.programme = static_cast<int>(int_or(object, "programme", 0));
  video.codec = codec_from(string_or(object, "codec", ""));
  video.codec_name = string_or(object, "codec_name", "");
  video.profile = string_or(object, "profile", "");
  video.tier = string_or(object, "tier", "");
  video.level = string_or(object, "level", "");
  video.decodable = bool_or(object, "decodable", true);
  video.width = static_cast<int>(int_or(object, "width", 0));
  video.height = static_cast<int>(int_or(object, "height", 0));
  video.sample_aspect = rational_or(object, "sample_aspect", 1);
  const std::string hdr = string_or(object, "hdr", "sdr");
  for (const KindName& entry : kKinds) {
    if (entry.name == hdr) video.hdr = entry.kind;
  }
  video.hdr10_plus = bool_or(object, "hdr10_plus", false);
  video.hdr_vivid = bool_or(object, "hdr_vivid", false);
  video.time_base = rational_or(object, "time_base", 0);
  video.frame_rate = rational_or(object, "frame_rate", 0);
  video.variable_rate = bool_or(object, "variable_rate", false);
  video.interlaced = bool_or(object, "interlaced", false);
  video.frames = int_or(object, "frames", 0);
  video.start_pts = int_or(object, "start_pts", 0);
  video.duration = rational_or(object, "duration", 0);
  video.rotation = static_cast<int>(int_or(object, "rotation", 0));
  video.bitrate = int_or(object, "bitrate", 0);
  video.language = string_or(object, "language", "");
  video.timecode = string_or(object, "timecode", "");
  video.edits = edits_from(object);
  nested_video_from(object, video);
  return video;
}

json::object audio_json(const AudioFacts& audio) {
  json::array labels;
  for (const std::string& label : audio.mca_labels) labels.emplace_back(label);
  json::object object{{"stream_index", audio.stream_index},
                      {"id", audio.id},
                      {"programme", audio.programme},
                      {"codec", to_string(audio.codec)},
                      {"codec_name", audio.codec_name},
                      {"profile", audio.profile},
                      {"layout", audio.layout},
                      {"language", audio.language},
                      {"decodable", audio.decodable},
                      {"sample_rate", audio.sample_rate},
                      {"channels", audio.channels},
                      {"bit_depth", audio.bit_depth},
                      {"channel_mask", static_cast<int64_t>(audio.channel_mask)},
                      {"mca_labels", std::move(labels)},
                      {"duration", audio.duration.to_string()},
                      {"bitrate", audio.bitrate}};
  if (audio.edits) object["edits"] = edits_json(*audio.edits);
  return object;
}

AudioFacts audio_from(const json::object& object) {
  AudioFacts audio;
  audio.stream_index = static_cast<int>(int_or(object, "stream_index", 0));
  audio.id = int_or(object, "id", 0);
  audio.programme = static_cast<int>(int_or(object, "programme", 0));
  audio.codec = codec_from(string_or(object, "codec", ""));
  audio.codec_name = string_or(object, "codec_name", "");
  audio.profile = string_or(object, "profile", "");
  audio.layout = string_or(object, "layout", "");
  audio.language = string_or(object, "language", "");
  audio.decodable = bool_or(object, "decodable", true);
  audio.sample_rate = static_cast<int>(int_or(object, "sample_rate", 0));
  audio.channels = static_cast<int>(int_or(object, "channels", 0));
  audio.bit_depth = static_cast<int>(int_or(object, "bit_depth", 0));
  audio.channel_mask = static_cast<uint64_t>(int_or(object, "channel_mask", 0));
  audio.duration = rational_or(object, "duration", 0);
  audio.bitrate = int_or(object, "bitrate", 0);
  audio.edits = edits_from(object);
  if (const auto labels = get_array(object, "mca_labels")) {
    for (const json::value& label : *labels)
      audio.mca_labels.emplace_back(label.is_string() ? std::string(label.get_string()) : "");
  }
  return audio;
}

template <typename T, typename F>
void list_from(const json::object& object, std::string_view key, std::vector<T>& out, F&& read) {
  const auto list = get_array(object, key);
  if (!list) return;
  for (const json::value& value : *list) {
    if (value.is_object()) out.push_back(read(value.get_object()));
  }
}

}  // namespace

std::string_view to_string(HdrKind kind) {
  for (const KindName& entry : kKinds) {
    if (entry.kind == kind) return entry.name;
  }
  return "sdr";
}

json::object to_json(const Facts& facts) {
  json::object object;
  put_path(object, "path", facts.path);
  object["container"] = facts.container;
  object["bytes"] = facts.bytes;
  object["duration"] = facts.duration.to_string();
  object["timecode"] = facts.timecode;
  if (facts.programme) {
    object["programme"] = {{"in", facts.programme->in.to_string()}, {"out", facts.programme->out.to_string()}};
  }
  object["sampled"] = facts.sampled;
  object["sample_statement"] = facts.sample_statement;
  object["main_video"] = facts.main_video;
  json::array video;
  json::array audio;
  json::array text;
  json::array warnings;
  for (const VideoFacts& entry : facts.video) video.push_back(video_json(entry));
  for (const AudioFacts& entry : facts.audio) audio.push_back(audio_json(entry));
  for (const TextFacts& entry : facts.text) {
    text.push_back(json::object{
        {"stream_index", entry.stream_index}, {"codec_name", entry.codec_name}, {"language", entry.language}});
  }
  for (const std::string& warning : facts.warnings) warnings.emplace_back(warning);
  object["video"] = std::move(video);
  object["audio"] = std::move(audio);
  object["text"] = std::move(text);
  object["warnings"] = std::move(warnings);
  return object;
}

Result<Facts> facts_from_json(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::kInvalidArgument, "facts must be a JSON object");
  const json::object& object = value.get_object();
  Facts facts;
  PIER_TRY(facts.path, get_path(object, "path"));
  PIER_TRY(facts.container, get_string(object, "container"));
  facts.bytes = static_cast<uint64_t>(int_or(object, "bytes", 0));
  facts.duration = rational_or(object, "duration", 0);
  facts.timecode = string_or(object, "timecode", "");
  if (const auto programme = get_object(object, "programme"))
    facts.programme = DeclaredProgramme{rational_or(*programme, "in", 0), rational_or(*programme, "out", 0)};
  facts.sampled = bool_or(object, "sampled", false);
  facts.sample_statement = string_or(object, "sample_statement", "");
  list_from(object, "video", facts.video, video_from);
  list_from(object, "audio", facts.audio, audio_from);
  list_from(object, "text", facts.text, [](const json::object& entry) {
    return TextFacts{static_cast<int>(int_or(entry, "stream_index", 0)), string_or(entry, "codec_name", ""),
                     string_or(entry, "language", "")};
  });
  const int64_t main = int_or(object, "main_video", -1);
  facts.main_video = main >= 0 && main < static_cast<int64_t>(facts.video.size()) ? static_cast<int>(main) : -1;
  if (const auto warnings = get_array(object, "warnings")) {
    for (const json::value& warning : *warnings) {
      if (warning.is_string()) facts.warnings.emplace_back(warning.get_string());
    }
  }
  return facts;
}

}  // namespace pier::media
