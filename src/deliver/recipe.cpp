#include <algorithm>
#include <filesystem>
#include <set>

#include <toml++/toml.h>

#include <pier/core/file.hpp>
#include <pier/deliver/recipe.hpp>

namespace pier::deliver {
namespace {

/// Takes the members of one TOML table; the first that is unknown or mistyped is named with its line.
class Members {
 public:
  Members(const toml::table& table, std::string where) : x_table(table), x_where(std::move(where)) {}

  template <typename T>
  void read(const char* key, T& value, bool needed = false) {
    const toml::node* node = find(key);
    if (node == nullptr) {
      if (needed) note(x_table, std::string(key) + " is missing");
    } else if (auto got = node->value<T>()) {
      value = *got;
    } else {
      note(*node, std::string(key) + " has the wrong type");
    }
  }
  const toml::node* find(const char* key) {
    x_known.insert(key);
    return x_table.get(key);
  }
  Result<void> finish() {
    for (const auto& [key, node] : x_table) {
      if (!x_known.contains(std::string(key.str()))) note(node, "unknown key " + std::string(key.str()));
    }
    if (x_error.empty()) return {};
    return fail(ErrorCode::kInputDamaged, x_error);
  }
  void note(const toml::node& node, const std::string& what) {
    if (x_error.empty()) x_error = x_where + ", line " + std::to_string(node.source().begin.line) + ": " + what;
  }

 private:
  const toml::table& x_table;
  std::string x_where, x_error;
  std::set<std::string> x_known;
};

Result<TrackWish> read_track(const toml::table& table, const std::string& where) {
  Members members(table, where);
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
  Members members(table, where + ", [sound]");
  double loudness = 0, true_peak = LoudnessWish{}.true_peak_dbtp;
  members.read("audio", wish.audio);
  members.read("loudness", loudness);
  members.read("true_peak", true_peak);
  if (loudness != 0) wish.loudness = LoudnessWish{loudness, true_peak};
  if (const toml::node* downmix = members.find("downmix"); downmix != nullptr) {
    if (!downmix->is_table()) return fail(ErrorCode::kInputDamaged, where + ": downmix is a table");
    Members inner(*downmix->as_table(), where + ", downmix");
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
  Members members(table, where + ", [picture]");
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
  Members members(table, where + ", [subtitles]");
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
  Members members(table, where + ", [sidecars]");
  members.read("md5", recipe.md5);
  members.read("xml", recipe.xml);
  members.read("csv", recipe.csv);
  return members.finish();
}

Result<Recipe> read_recipe(const toml::table& table, const std::string& name) {
  Members members(table, name);
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
