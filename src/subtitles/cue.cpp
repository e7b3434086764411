#include <algorithm>

#include <pier/subtitles/cue.hpp>

#include "characters.hpp"

namespace pier::subtitles {

json::object to_json(const Note& note) {
  json::object object;
  if (note.cue > 0) object["cue"] = note.cue;
  if (note.line > 0) object["line"] = note.line;
  object["what"] = note.what;
  return object;
}

std::string plain_text(const Cue& cue) {
  std::string text;
  for (const Line& line : cue.lines) {
    if (&line != &cue.lines.front()) text += '\n';
    for (const Span& span : line) text += span.text;
  }
  return text;
}

bool has_ruby(const Document& document) {
  return std::ranges::any_of(document.cues, [](const Cue& cue) {
    return std::ranges::any_of(cue.lines, [](const Line& line) {
      return std::ranges::any_of(line, [](const Span& span) { return !span.ruby.empty(); });
    });
  });
}

bool is_right_to_left(const Cue& cue) {
  const std::string text = plain_text(cue);
  for (size_t at = 0; at < text.size();) {
    const int direction = impl::direction(impl::next_character(text, at));
    if (direction != 0) return direction > 0;
  }
  return false;
}

}  // namespace pier::subtitles
