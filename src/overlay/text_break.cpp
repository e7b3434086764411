#include "text_break.hpp"

#include <algorithm>

#include "characters.hpp"
#include "shape.hpp"

namespace pier::overlay::impl {
namespace {

class Breaking {
 public:
  Breaking(const TextLine& line, const TextStyle& style, const Fonts& fonts)
      : x_line(line), x_style(style), x_fonts(fonts) {}

  Result<std::vector<TextLine>> run() {
    for (size_t span = 0; span < x_line.size(); ++span) {
      PIER_TRY(const std::u32string characters, characters_of(x_line[span].text));
      x_text += characters;
      x_spans.insert(x_spans.end(), characters.size(), span);
    }
    std::vector<TextLine> lines;
    for (size_t begin = 0; begin < x_text.size();) {
      PIER_TRY(const size_t end, end_of_line(begin));
      size_t shown = end;
      while (shown > begin && x_text[shown - 1] == U' ') --shown;
      if (shown > begin) lines.push_back(part(begin, shown));
      begin = end;
    }
    return lines;
  }

 private:
  Result<bool> fits(size_t begin, size_t end) const {
    while (end > begin + 1 && x_text[end - 1] == U' ') --end;
    PIER_TRY(const ShapedLine shaped, shape(part(begin, end), x_style.size, x_style.vertical, x_fonts));
    return shaped.length <= x_style.longest;
  }
  /// A word with ruby stays whole.
  bool opportunity(size_t at) const {
    if (at >= x_text.size()) return true;
    const bool in_ruby = x_spans[at] == x_spans[at - 1] && !x_line[x_spans[at]].ruby.empty();
    return !in_ruby && may_break(x_text[at - 1], x_text[at]);
  }
  Result<size_t> end_of_line(size_t begin) const {
    PIER_TRY(const bool all, fits(begin, x_text.size()));
    if (all) return x_text.size();
    size_t last = begin;  // the last opportunity where the line still fits
    for (size_t at = begin + 1; at <= x_text.size(); ++at) {
      if (!opportunity(at)) continue;
      PIER_TRY(const bool fit, fits(begin, at));
      if (!fit) break;
      last = at;
    }
    if (last > begin) return last;
    for (last = begin + 1; last < x_text.size(); ++last) {
      PIER_TRY(const bool fit, fits(begin, last + 1));
      if (!fit) break;
    }
    return last;
  }
  TextLine part(size_t begin, size_t end) const {
    TextLine made;
    for (size_t at = begin; at < end;) {
      const size_t span = x_spans[at];
      size_t stop = at;
      while (stop < end && x_spans[stop] == span) ++stop;
      TextSpan& copy = made.emplace_back(x_line[span]);
      copy.text = utf8_of(std::u32string_view(x_text).substr(at, stop - at));
      at = stop;
    }
    return made;
  }

  const TextLine& x_line;
  const TextStyle& x_style;
  const Fonts& x_fonts;
  std::u32string x_text;
  std::vector<size_t> x_spans;  // of each character
};

}  // namespace

Result<std::vector<TextLine>> broken(const TextLine& line, const TextStyle& style, const Fonts& fonts) {
  if (style.longest <= 0) return std::vector<TextLine>{line};
  PIER_TRY(std::vector<TextLine> lines, Breaking(line, style, fonts).run());
  if (lines.empty()) lines.emplace_back();
  return lines;
}

}  // namespace pier::overlay::impl
