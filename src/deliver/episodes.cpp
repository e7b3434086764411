#include <algorithm>
#include <charconv>

#include <pier/core/bytes.hpp>
#include <pier/deliver/recipe.hpp>

namespace pier::deliver {
namespace {

constexpr size_t kLongestName = 240;  // bytes; file systems take 255, and ends and sidecars come behind

/// Rows of RFC 4180: quoted fields may hold commas, quotes twice and line ends.
class Rows {
 public:
  explicit Rows(std::string_view text) : x_text(text) {}

  bool next(std::vector<std::string>& fields, int& line) {
    fields.clear();
    if (x_at >= x_text.size()) return false;
    line = x_line;
    while (field(fields.emplace_back())) {
    }
    return true;
  }
  bool open_quote() const { return x_open; }

 private:
  /// True when another field of the row follows.
  bool field(std::string& out) {
    bool quoted = false;
    for (; x_at < x_text.size(); ++x_at) {
      const char c = x_text[x_at];
      if (c == '\n') x_line++;
      if (quoted) {
        if (c != '"') {
          out += c;
        } else if (x_at + 1 < x_text.size() && x_text[x_at + 1] == '"') {
          out += x_text[++x_at];
        } else {
          quoted = false;
        }
      } else if (c == '"' && out.empty()) {
        quoted = true;
      } else if (c == ',') {
        x_at++;
        return true;
      } else if (c == '\n') {
        x_at++;
        return false;
      } else if (c != '\r') {
        out += c;
      }
    }
    x_open = quoted;
    return false;
  }

  std::string_view x_text;
  size_t x_at = 0;
  int x_line = 1;
  bool x_open = false;
};

Failure bad_name(const std::string& name_template, const std::string& what) {
  return fail(ErrorCode::kInvalidArgument, "file name \"" + display_text(name_template) + "\": " + what);
}

/// "word" or "word:03".
Result<std::string> fill_place(const std::string& name_template, std::string_view place, const Words& words) {
  const size_t colon = place.find(':');
  const std::string key(place.substr(0, colon));
  const auto word = words.find(key);
  if (word == words.end() || word->second.empty())
    return bad_name(name_template, "there is no {" + key + "} for this master");
  if (colon == std::string_view::npos) return word->second;
  size_t width = 0, number = 0;
  const auto whole = [](std::string_view text, size_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
  };
  if (!whole(place.substr(colon + 1), width) || width > 20)
    return bad_name(name_template, "{" + std::string(place) + "} is not understood; write {episode:02}");
  if (!whole(word->second, number))
    return bad_name(name_template, "{" + key + "} is " + display_text(word->second) + ", which is no number");
  std::string text = std::to_string(number);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

Result<void> check_name(const std::string& name_template, const std::string& name) {
  if (name.empty() || name.front() == '.') return bad_name(name_template, "it comes out empty or hidden");
  if (name.size() > kLongestName) return bad_name(name_template, "it comes out longer than 240 bytes");
  const auto bad = [](char c) { return c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(name, bad))
    return bad_name(name_template, "it comes out as " + display_text(name) + ", which no file can be called");
  return {};
}

}  // namespace

Result<std::string> fill_name(const std::string& name_template, const Words& words) {
  std::string name;
  for (size_t at = 0; at < name_template.size(); ++at) {
    const char c = name_template[at];
    if ((c == '{' || c == '}') && at + 1 < name_template.size() && name_template[at + 1] == c) {
      name += c;
      at++;
    } else if (c == '{') {
      const size_t end = name_template.find('}', at);
      if (end == std::string::npos) return bad_name(name_template, "a { is not closed");
      const std::string_view place = std::string_view(name_template).substr(at + 1, end - at - 1);
      PIER_TRY(const std::string text, fill_place(name_template, place, words));
      name += text;
      at = end;
    } else {
      name += c;
    }
  }
  PIER_CHECK(check_name(name_template, name));
  return name;
}

Result<std::vector<Episode>> parse_episodes(const std::string& csv, const std::string& folder) {
  std::string_view text = csv;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (display_text(text) != text)
    return fail(ErrorCode::kInputDamaged, "the list is not UTF-8 text; save it as \"CSV UTF-8\"");
  Rows rows(text);
  std::vector<std::string> names, fields;
  int line = 0;
  if (!rows.next(names, line) || std::ranges::find(names, "master") == names.end())
    return fail(ErrorCode::kInputDamaged, "the first row of the list names its columns, and none is \"master\"");
  std::vector<Episode> episodes;
  while (rows.next(fields, line)) {
    if (fields.size() == 1 && fields[0].empty()) continue;
    if (fields.size() != names.size()) {
      return fail(ErrorCode::kInputDamaged, "line " + std::to_string(line) + " of the list has " +
                                                std::to_string(fields.size()) + " fields, the first row " +
                                                std::to_string(names.size()));
    }
    Episode episode;
    episode.line = line;
    for (size_t i = 0; i < names.size(); ++i) episode.words[names[i]] = fields[i];
    episode.master = episode.words["master"];
    if (episode.master.empty())
      return fail(ErrorCode::kInputDamaged, "line " + std::to_string(line) + " of the list names no master");
    if (episode.master.front() != '/' && !folder.empty()) episode.master = folder + "/" + episode.master;
    episodes.push_back(std::move(episode));
  }
  if (rows.open_quote()) return fail(ErrorCode::kInputDamaged, "the list ends inside a quoted field");
  if (episodes.empty()) return fail(ErrorCode::kInputDamaged, "the list has no rows");
  return episodes;
}

}  // namespace pier::deliver
