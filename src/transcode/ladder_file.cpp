#include <algorithm>
#include <filesystem>
#include <set>

#include <toml++/toml.h>

#include <pier/core/file.hpp>
#include <pier/transcode/ladder.hpp>
#include <pier/transcode/toml_members.hpp>

namespace pier::transcode {
namespace {

constexpr int64_t kAv1Huge = 4320;  // SVT-AV1 1.4 refuses such pictures with slower presets
constexpr int kAv1HugePreset = 8;

Result<Rung> read_rung(const toml::table& table, const std::string& where) {
  TomlMembers members(table, where);
  Rung rung;
  std::string kind = "video", codec;
  int64_t height = 0, depth = rung.bit_depth, channels = rung.channels, columns = rung.columns, rows = rung.rows;
  double bitrate = 0, max_bitrate = 0;
  members.read("name", rung.name, true);
  members.read("kind", kind);
  members.read("codec", codec, kind != "image");
  members.read("height", height, kind != "audio");
  members.read("at_most", rung.at_most);
  members.read("keep_hdr", rung.keep_hdr);
  members.read("hdr_only", rung.hdr_only);
  members.read("bit_depth", depth);
  members.read("preset", rung.preset, kind == "video");
  members.read("crf", rung.crf, kind == "video");
  members.read("quality", rung.quality);
  rung.kept = kind == "audio" && codec == "source";
  members.read("bitrate", bitrate, kind != "image" && !rung.kept);
  members.read("max_bitrate", max_bitrate, kind == "video");
  members.read("buffer_seconds", rung.buffer_seconds);
  members.read("buffer_start", rung.buffer_start);
  members.read("channels", channels);
  members.read("columns", columns);
  members.read("rows", rows);
  rung.codec = media::codec_from(codec);
  rung.height = static_cast<int>(height);
  rung.bit_depth = static_cast<int>(depth);
  rung.channels = static_cast<int>(channels);
  rung.columns = static_cast<int>(columns);
  rung.rows = static_cast<int>(rows);
  rung.bitrate = static_cast<int64_t>(bitrate * 1e6);
  rung.max_bitrate = static_cast<int64_t>(max_bitrate * 1e6);
  using media::Codec;
  if (kind == "video") {
    rung.kind = RungKind::kVideo;
    if (rung.codec != Codec::kHevc && rung.codec != Codec::kAv1 && rung.codec != Codec::kAvc)
      members.note("codec of a video rung is one of hevc, av1, avc");
    if (depth != 8 && depth != 10) members.note("bit_depth is 8 or 10");
  } else if (kind == "audio") {
    rung.kind = RungKind::kAudio;
    if (!rung.kept && rung.codec != Codec::kAac && rung.codec != Codec::kEac3)
      members.note("codec of an audio rung is aac, eac3 or source");
    if (channels != 2 && channels != 6) members.note("channels is 2 or 6");
  } else if (kind == "image") {
    rung.kind = RungKind::kImage;
    if (columns < 1 || columns > 16 || rows < 1 || rows > 16) members.note("columns and rows are 1 to 16");
  } else {
    members.note("kind is video, audio or image");
  }
  if (rung.codec == Codec::kAv1 && height >= kAv1Huge && std::atoi(rung.preset.c_str()) < kAv1HugePreset)
    members.note("AV1 of 4320 lines or more is coded with preset 8 or above only");
  if (rung.kind != RungKind::kAudio && (height < 16 || height > 8640)) members.note("height is 16 to 8640");
  if (rung.kind == RungKind::kVideo && (max_bitrate < bitrate || bitrate <= 0))
    members.note("0 < bitrate <= max_bitrate");
  const double worst = rung.codec == Codec::kAv1 ? 63 : 51;
  if (rung.kind == RungKind::kVideo && !(rung.crf >= 1 && rung.crf <= worst))
    members.note("crf is 1 to " + std::to_string(static_cast<int>(worst)));
  if (rung.quality != 0 && !(rung.kind == RungKind::kVideo && rung.quality >= 20 && rung.quality <= 60))
    members.note("quality is 20 to 60 dB, of a video rung");
  if (rung.kind == RungKind::kVideo && !(rung.buffer_seconds >= 0.2 && rung.buffer_seconds <= 30))
    members.note("buffer_seconds is 0.2 to 30");
  if (rung.kind == RungKind::kVideo && !(rung.buffer_start >= 0.1 && rung.buffer_start <= 0.9))
    members.note("buffer_start is 0.1 to 0.9");
  PIER_CHECK(members.finish());
  return rung;
}

/// "[channel]", where there is one.
Result<std::optional<ChannelForm>> read_channel(const toml::table& table, const std::string& path) {
  const toml::table* const said = table["channel"].as_table();
  if (said == nullptr) return std::optional<ChannelForm>();
  TomlMembers members(*said, path);
  std::string rate = "50", shape = "16:9", light = "hlg";
  members.read("rate", rate);
  members.read("shape", shape);
  members.read("light", light);
  ChannelForm form;
  const auto pictures = parse_rational(rate);
  if (pictures && *pictures >= Rational(1) && *pictures <= Rational(120))
    form.rate = *pictures;
  else
    members.note("rate of a channel is a text such as \"50\" or \"60000/1001\"");
  std::replace(shape.begin(), shape.end(), ':', '/');
  const auto sides = parse_rational(shape);
  if (sides && *sides >= Rational(1, 4) && *sides <= Rational(4))
    form.shape = *sides;
  else
    members.note("shape of a channel is a text such as \"16:9\"");
  if (light == "sdr")
    form.transfer = Transfer::kBt709;
  else if (light == "pq")
    form.transfer = Transfer::kPq;
  else if (light != "hlg")
    members.note("light of a channel is sdr, hlg or pq");
  PIER_CHECK(members.finish());
  return std::optional(form);
}

/// The rasters that steered rungs may have.
Result<std::vector<int>> read_rasters(const toml::table& table, const std::string& path) {
  std::vector<int> rasters;
  const toml::array* list = table["rasters"].as_array();
  for (size_t i = 0; list != nullptr && i < list->size(); i++) {
    const int64_t height = (*list)[i].value_or<int64_t>(0);
    if (height < 16 || height > 8640 || (!rasters.empty() && height >= rasters.back()))
      return fail(ErrorCode::kInputDamaged, path + ": rasters are heights from 16 to 8640, the largest first");
    rasters.push_back(static_cast<int>(height));
  }
  return rasters;
}

}  // namespace

Result<std::vector<std::string>> ladder_names(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  if (error) return fail(ErrorCode::kNotFound, "no ladders in " + display_text(directory) + ": " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

Result<Ladder> load_ladder(const std::string& directory, const std::string& name) {
  PIER_TRY(const std::vector<std::string> names, ladder_names(directory));
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    std::string list;
    for (const std::string& known : names) list += (list.empty() ? "" : ", ") + known;
    return fail(ErrorCode::kInvalidArgument, "there is no ladder \"" + display_text(name) + "\"; there are: " + list);
  }
  const std::string path = directory + "/" + name + ".toml";
  PIER_TRY(const std::string text, read_file(path, 1U << 20U));
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::kInputDamaged,
                path + ", line " + std::to_string(error.source().begin.line) + ": " + std::string(error.description()));
  }
  Ladder ladder;
  ladder.name = table["name"].value_or(name);
  ladder.title_en = table["title_en"].value_or("");
  ladder.title_zh = table["title_zh"].value_or("");
  const toml::array* rungs = table["rung"].as_array();
  if (rungs == nullptr || rungs->empty()) return fail(ErrorCode::kInputDamaged, path + ": no [[rung]]");
  std::set<std::string> seen;
  for (const toml::node& node : *rungs) {
    if (!node.is_table()) return fail(ErrorCode::kInputDamaged, path + ": rung is not a table");
    PIER_TRY(Rung rung, read_rung(*node.as_table(), path));
    if (!seen.insert(rung.name).second) return fail(ErrorCode::kInputDamaged, path + ": two rungs named " + rung.name);
    ladder.rungs.push_back(std::move(rung));
  }
  const std::string peak = table["peak"].value_or("programme");
  if (peak != "programme" && peak != "scene")
    return fail(ErrorCode::kInputDamaged, path + ": peak is programme or scene");
  ladder.scene_peaks = peak == "scene";
  PIER_TRY(ladder.channel, read_channel(table, path));
  PIER_TRY(ladder.rasters, read_rasters(table, path));
  const auto steered = std::ranges::find_if(ladder.rungs, [](const Rung& rung) { return rung.quality > 0; });
  if (steered != ladder.rungs.end() && ladder.rasters.empty())
    return fail(
        ErrorCode::kInputDamaged,
        path + ": rung " + steered->name + " asks for a quality; rasters = [...] says " + "which heights it may have");
  if (ladder.channel && steered != ladder.rungs.end())
    return fail(ErrorCode::kInputDamaged,
                path + ": rung " + steered->name +
                    " asks for a quality, whose raster depends on the title; a channel's do not");
  return ladder;
}

}  // namespace pier::transcode
