#pragma once
// Collects the text of a cue into lines of spans.

#include <string>
#include <string_view>
#include <vector>

#include <pier/subtitles/cue.hpp>

namespace pier::subtitles::impl {

class LineBuilder {
 public:
  /// A line feed in the text begins a new line. Control characters are left out; dropped() tells.
  void text(std::string_view text, const Style& style, const std::string& language = {});
  void new_line() { x_lines.emplace_back(); }
  /// What follows until end_ruby() is annotated. Ruby within ruby and line breaks in ruby end the first.
  void begin_ruby();
  void end_ruby(std::string annotation);
  bool dropped() const { return x_dropped; }
  /// Blanks at the ends of lines, and empty lines, are taken off.
  std::vector<Line> take();

 private:
  void add(std::string_view part, const Style& style, const std::string& language);
  std::vector<Line> x_lines = std::vector<Line>(1);
  size_t x_ruby_from = 0, x_ruby_line = 0;
  bool x_in_ruby = false, x_dropped = false;
};

}  // namespace pier::subtitles::impl
