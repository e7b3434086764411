#include <algorithm>
#include <filesystem>

#include <toml++/toml.h>

#include <pier/core/file.hpp>
#include <pier/deliver/recipe.hpp>
#include <pier/transcode/toml_members.hpp>

namespace pier::deliver {
namespace {

using transcode::TomlMembers;

Result<TrackWish> read_track(const toml::table& table, const std::string& where) {
  TomlMembers members(table, where);
  TrackWish track;
  int64_t bits = 0;
  double kilobits = 0;
  members.read("layout", track.layout, true);
  members.read("language", track.language);
  members.read("channels", track.channels);
  members.read("codec", track.codec);
  members.read("bits", bits);
  members.read("kbit", kilobits);
  members.read("optional", track.optional);
  PIER_CHECK(members.finish());
  track.bits = static_cast<int>(bits);
  track.bitrate = static_cast<int64_t>(kilobits * 1000);
  return track;
}

Result<void> read_sound(const toml::table& table, const std::string& where, Wish& wish) {
  TomlMembers members(table, where + ", [sound]");
  double loudness = 0, true_peak = LoudnessWish{}.true_peak_dbtp;
  members.read("audio", wish.audio);
  members.read("loudness", loudness);
  members.read("true_peak", true_peak);
  if (loudness != 0) wish.loudness = LoudnessWish{loudness, true_peak};
  if (const toml::node* downmix = members.find("downmix"); downmix != nullptr) {
    if (!downmix->is_table()) return fail(ErrorCode::kInputDamaged, where + ": downmix is a table");
    TomlMembers inner(*downmix->as_table(), where + ", downmix");
    inner.read("centre", wish.downmix.centre);
    inner.read("surround", wish.downmix.surround);
    inner.read("lfe", wish.downmix.lfe);
    PIER_CHECK(inner.finish());
  }
  if (const toml::node* tracks = members.find("track"); tracks != nullptr) {
    if (!tracks->is_array()) return fail(ErrorCode::kInputDamaged, where + ": tracks are [[sound.track]]");
    for (const toml::node& node : *tracks->as_array()) {
      if (!node.is_table()) return fail(ErrorCode::kInputDamaged, where + ": tracks are [[sound.track]]");
      PIER_TRY(TrackWish track, read_track(*node.as_table(), where + ", [[sound.track]]"));
      wish.tracks.push_back(std::move(track));
    }
  }
  return members.finish();
}

Result<void> read_picture(const toml::table& table, const std::string& where, Wish& wish) {
  TomlMembers members(table, where + ", [picture]");
  double megabits = 0;
  members.read("format", wish.format, true);
  members.read("to", wish.to);
  members.read("tone_map", wish.tone_map);
  members.read("placement", wish.placement);
  members.read("peak_nits", wish.peak_nits);
  members.read("size", wish.size);
  members.read("crf", wish.quality);
  members.read("mbit", megabits);
  members.read("preset", wish.preset);
  members.read("mastering_display", wish.mastering_display);
  members.read("content_light", wish.content_light);
  wish.bitrate = static_cast<int64_t>(megabits * 1e6);
  return members.finish();
}

Result<void> read_subtitles(const toml::table& table, const std::string& where, Recipe& recipe) {
  TomlMembers members(table, where + ", [subtitles]");
  BurnWish burn;
  members.read("burn", recipe.burn, true);
  members.read("encoding", burn.encoding);
  members.read("offset", burn.offset);
  members.read("font", burn.font);
  members.read("look", burn.look);
  members.read("size", burn.size);
  recipe.wish.burn = std::move(burn);
  return members.finish();
}

Result<void> read_sidecars(const toml::table& table, const std::string& where, Recipe& recipe) {
  TomlMembers members(table, where + ", [sidecars]");
  members.read("md5", recipe.md5);
  members.read("xml", recipe.xml);
  members.read("csv", recipe.csv);
  return members.finish();
}

Result<void> read_demand(const toml::table& table, const std::string& where, Recipe& recipe) {
  TomlMembers members(table, where + ", [demand]");
  recipe.demand_verdict = "pass";
  members.read("profile", recipe.demand_profile, true);
  members.read("verdict", recipe.demand_verdict);
  if (recipe.demand_verdict != "pass" && recipe.demand_verdict != "warn") members.note("verdict is pass or warn");
  return members.finish();
}

Result<Recipe> read_recipe(const toml::table& table, const std::string& name) {
  TomlMembers members(table, name);
  Recipe recipe;
  recipe.name = name;
  std::string container;
  members.read("title_en", recipe.title_en);
  members.read("title_zh", recipe.title_zh);
  members.read("recipient", recipe.recipient);
  members.read("file", recipe.file_name, true);
  members.read("container", container, true);
  const auto part = [&](const char* key, auto read) -> Result<void> {
    const toml::node* node = members.find(key);
    if (node == nullptr) return {};
    if (!node->is_table()) return fail(ErrorCode::kInputDamaged, name + ": " + key + " is a table");
    return read(*node->as_table());
  };
  PIER_CHECK(part("picture", [&](const toml::table& inner) { return read_picture(inner, name, recipe.wish); }));
  PIER_CHECK(part("sound", [&](const toml::table& inner) { return read_sound(inner, name, recipe.wish); }));
  PIER_CHECK(part("subtitles", [&](const toml::table& inner) { return read_subtitles(inner, name, recipe); }));
  PIER_CHECK(part("sidecars", [&](const toml::table& inner) { return read_sidecars(inner, name, recipe); }));
  PIER_CHECK(part("demand", [&](const toml::table& inner) { return read_demand(inner, name, recipe); }));
  PIER_CHECK(members.finish());
  if (recipe.wish.format.empty()) return fail(ErrorCode::kInputDamaged, name + ": [picture] with format is missing");
  const auto checked = check_words(recipe.wish);
  if (!checked) return fail(ErrorCode::kInputDamaged, name + ": " + checked.error().message);
  auto fits = container_of("x." + container, recipe.wish.format);
  if (!fits) return fail(ErrorCode::kInputDamaged, name + ": " + fits.error().message);
  recipe.wish.container = *fits;
  return recipe;
}

}  // namespace

Result<void> check_demand(const Recipe& recipe, const Episode& episode) {
  if (recipe.demand_profile.empty()) return {};
  const std::string wanted = "recipe " + recipe.name + " demands the verdict \"" + recipe.demand_verdict +
                             "\" under profile " + recipe.demand_profile;
  if (!episode.judged) {
    return fail(ErrorCode::kInvalidArgument,
                wanted + ", and a file has none: publish the master and give the id of its asset");
  }
  const Judged& judged = *episode.judged;
  if (judged.profile != recipe.demand_profile) {
    return fail(ErrorCode::kNotConform, wanted + ", and asset " + judged.asset + " was not judged by it: pier report " +
                                            judged.asset + " --profile " + recipe.demand_profile);
  }
  if (judged.verdict == "pass" || judged.verdict == recipe.demand_verdict) return {};
  return fail(ErrorCode::kNotConform, wanted + ", and report " + judged.report + " of asset " + judged.asset +
                                          " says \"" + judged.verdict + "\" with " + std::to_string(judged.findings) +
                                          " findings");
}

Result<Recipe> parse_recipe(const std::string& text, const std::string& name) {
  try {
    const toml::table table = toml::parse(text, name);
    PIER_TRY(Recipe recipe, read_recipe(table, name));
    recipe.sha256 = to_hex(sha256(as_bytes(text)));
    return recipe;
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::kInputDamaged,
                name + ", line " + std::to_string(error.source().begin.line) + ": " + std::string(error.description()));
  }
}

Result<Recipe> load_recipe(const std::string& directory, const std::string& name) {
  const bool is_path = name.ends_with(".toml") || name.find('/') != std::string::npos;
  const std::string path = is_path ? name : directory + "/" + name + ".toml";
  const auto text = read_file(path, 1U << 20U);
  if (text) return parse_recipe(*text, std::filesystem::path(path).stem().string());
  if (is_path || text.error().code != ErrorCode::kNotFound) return Failure(text.error());
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".toml") names.push_back(it->path().stem().string());
  }
  std::ranges::sort(names);
  std::string known;
  for (const std::string& one : names) known += (known.empty() ? "" : ", ") + one;
  return fail(ErrorCode::kNotFound, "there is no recipe " + display_text(name) + " in " + display_text(directory) +
                                        (known.empty() ? "" : "; there are " + known));
}

}  // namespace pier::deliver
