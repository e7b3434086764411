#include "line_builder.hpp"

#include <algorithm>

#include "characters.hpp"

namespace pier::subtitles::impl {
namespace {

void trim_line(Line& line) {
  const auto blank = [](const Span& span) { return trimmed(span.text).empty(); };
  while (!line.empty() && blank(line.front())) line.erase(line.begin());
  while (!line.empty() && blank(line.back())) line.pop_back();
  if (line.empty()) return;
  std::string& first = line.front().text;
  first.erase(0, static_cast<size_t>(std::ranges::find_if_not(first, is_blank) - first.begin()));
  std::string& last = line.back().text;
  while (!last.empty() && is_blank(last.back())) last.pop_back();
}

}  // namespace

void LineBuilder::text(std::string_view text, const Style& style, const std::string& language) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    add(text.substr(0, end), style, language);
    if (end == std::string_view::npos) return;
    new_line();
    text.remove_prefix(end + 1);
  }
}

void LineBuilder::add(std::string_view part, const Style& style, const std::string& language) {
  std::string clean;
  for (const char c : part) {
    if (c == '\t') {
      clean += ' ';
    } else if (static_cast<uint8_t>(c) >= 0x20 && c != 0x7F) {
      clean += c;
    } else {
      x_dropped = true;
    }
  }
  if (clean.empty()) return;
  Line& line = x_lines.back();
  const bool fresh = x_in_ruby && x_ruby_line + 1 == x_lines.size() && line.size() == x_ruby_from;
  if (!fresh && !line.empty() && line.back().ruby.empty() && line.back().style == style &&
      line.back().language == language) {
    line.back().text += clean;
  } else {
    line.push_back({std::move(clean), style, {}, language});
  }
}

void LineBuilder::begin_ruby() {
  x_in_ruby = true;
  x_ruby_line = x_lines.size() - 1;
  x_ruby_from = x_lines.back().size();
}

void LineBuilder::end_ruby(std::string annotation) {
  if (!x_in_ruby) return;
  x_in_ruby = false;
  Line& line = x_lines.back();
  if (annotation.empty() || x_ruby_line + 1 != x_lines.size() || x_ruby_from >= line.size()) return;
  Span& base = line[x_ruby_from];
  for (size_t i = x_ruby_from + 1; i < line.size(); ++i) base.text += line[i].text;
  line.resize(x_ruby_from + 1);
  base.ruby = std::move(annotation);
}

std::vector<Line> LineBuilder::take() {
  for (Line& line : x_lines) trim_line(line);
  std::erase_if(x_lines, [](const Line& line) { return line.empty(); });
  return std::move(x_lines);
}

}  // namespace pier::subtitles::impl
