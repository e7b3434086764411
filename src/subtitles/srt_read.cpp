// SubRip: no standard; as VLC, FFmpeg and the like take it.

#include <pier/core/bytes.hpp>

#include "characters.hpp"
#include "colours.hpp"
#include "line_builder.hpp"
#include "parsed.hpp"

namespace pier::subtitles::impl {
namespace {

constexpr size_t kLongestTag = 500;

struct Open {
  std::string tag;
  Style before;
};

/// The text of one cue: tags of HTML's kind and SubStation's in braces.
class SrtText {
 public:
  SrtText(Found& found, Notes& notes) : x_found(found), x_notes(notes) {}

  void parse(std::string_view text) {
    while (!text.empty()) {
      const size_t special = text.find_first_of("<{");
      x_lines.text(text.substr(0, special), x_style);
      if (special == std::string_view::npos) break;
      text.remove_prefix(special);
      const size_t taken = text.front() == '<' ? tag(text) : braces(text);
      if (taken == 0) x_lines.text(text.substr(0, 1), x_style);
      text.remove_prefix(std::max<size_t>(taken, 1));
    }
    if (x_lines.dropped()) note("control characters left out");
    x_found.cue.lines = x_lines.take();
  }

 private:
  void note(std::string what) { x_notes.add(x_found.number, x_found.line, std::move(what)); }

  /// Length of the tag at the front; 0 when it is none but text.
  size_t tag(std::string_view text) {
    const size_t end = text.substr(0, kLongestTag).find('>');
    if (end == std::string_view::npos || text.substr(0, end).find('\n') != std::string_view::npos) return 0;
    std::string_view inside = trimmed(text.substr(1, end - 1));
    const bool closing = inside.starts_with('/');
    if (closing) inside = trimmed(inside.substr(1));
    size_t length = 0;
    while (length < inside.size() && direction(static_cast<uint8_t>(inside[length])) < 0) ++length;
    if (length == 0 || (length < inside.size() && !is_blank(inside[length]) && inside[length] != '/')) return 0;
    const std::string name = lower_case(inside.substr(0, length));
    if (closing) {
      close(name);
    } else {
      open(name, inside.substr(length));
    }
    return end + 1;
  }

  void open(const std::string& name, std::string_view attributes) {
    if (name == "br") return x_lines.new_line();
    if (x_open.size() >= 32) return note("tags nested more than 32 deep left out");
    x_open.push_back({name, x_style});
    if (name == "i" || name == "em") {
      x_style.italic = true;
    } else if (name == "b" || name == "strong") {
      x_style.bold = true;
    } else if (name == "u") {
      x_style.underline = true;
    } else if (name == "font") {
      font(attributes);
    } else {
      note("tag <" + name + "> left out, its text kept");
    }
  }

  void font(std::string_view attributes) {
    const std::string lower = lower_case(attributes);
    const size_t at = lower.find("color");
    if (at == std::string::npos) return;
    std::string_view value = trimmed(std::string_view(lower).substr(at + 5));
    if (!value.starts_with('=')) return;
    value = trimmed(value.substr(1));
    if (!value.empty() && (value.front() == '"' || value.front() == '\'')) {
      value = value.substr(1, value.find(value.front(), 1) - 1);
    } else {
      value = value.substr(0, value.find(' '));
    }
    auto colour = parse_colour(value);
    if (!colour) colour = parse_colour("#" + std::string(value));
    if (colour) {
      x_style.colour = colour;
    } else {
      note("colour \"" + std::string(value) + "\" left out");
    }
  }

  void close(const std::string& name) {
    for (size_t i = x_open.size(); i-- > 0;) {
      if (x_open[i].tag != name) continue;
      x_style = x_open[i].before;
      x_open.resize(i);
      return;
    }
    note("closing tag </" + name + "> without its opening");
  }

  /// {\an8} places the cue; other overrides are left out.
  size_t braces(std::string_view text) {
    if (!text.starts_with("{\\")) return 0;
    const size_t end = text.substr(0, kLongestTag).find('}');
    if (end == std::string_view::npos) return 0;
    const std::string_view inside = text.substr(2, end - 2);
    if (inside.starts_with("an") && digits(inside.substr(2)) >= 1 && digits(inside.substr(2)) <= 9) {
      place(static_cast<int>(digits(inside.substr(2))));
    } else {
      note("override {\\" + std::string(inside) + "} left out");
    }
    return end + 1;
  }

  void place(int pad) {
    const int row = (pad - 1) / 3, column = (pad - 1) % 3;
    x_found.cue.align = column == 0 ? Align::kLeft : column == 1 ? Align::kCentre : Align::kRight;
    x_found.cue.area.reset();
    if (row > 0) x_found.cue.area = row == 1 ? kMiddleArea : kTopArea;
  }

  Found& x_found;
  Notes& x_notes;
  LineBuilder x_lines;
  Style x_style;
  std::vector<Open> x_open;
};

bool looks_like_times(std::string_view line) {
  const std::string_view front = trimmed(line);
  return line.find("-->") != std::string_view::npos && !front.empty() &&
         (digits(front.substr(0, 1)) >= 0 || front.front() == '-');
}

class SrtReader {
 public:
  SrtReader(std::string_view text, Notes& notes) : x_lines(lines_of(text)), x_notes(notes) {}

  Result<Parsed> read() {
    size_t at = next_times(0);
    if (at == x_lines.size())
      return fail(ErrorCode::kInputUnsupported, "there is no line of times (00:00:01,000 --> 00:00:02,000) in it");
    for (size_t i = 0; i + 1 < at; ++i) {
      if (!trimmed(x_lines[i]).empty()) x_notes.add(0, line(i), "text before the first cue left out");
    }
    while (at < x_lines.size()) {
      const size_t next = next_times(at + 1);
      PIER_CHECK(cue(at, next));
      at = next;
    }
    return std::move(x_parsed);
  }

 private:
  static int64_t line(size_t index) { return static_cast<int64_t>(index) + 1; }

  size_t next_times(size_t from) const {
    while (from < x_lines.size() && !looks_like_times(x_lines[from])) ++from;
    return from;
  }

  /// The counter of the next cue is no text of this one.
  size_t text_end(size_t at, size_t next) const {
    const auto blank = [&](size_t i) { return trimmed(x_lines[i]).empty(); };
    size_t end = next;
    if (next < x_lines.size()) {
      while (end > at + 1 && blank(end - 1)) --end;
      const bool counter = end > at + 1 && digits(trimmed(x_lines[end - 1])) >= 0;
      if (counter && (end == at + 2 || blank(end - 2) || digits(trimmed(x_lines[end - 1])) == x_number + 1)) --end;
    }
    while (end > at + 1 && blank(end - 1)) --end;
    return end;
  }

  Result<void> cue(size_t at, size_t next) {
    PIER_CHECK(check_count(x_parsed.cues.size()));
    ++x_number;
    const size_t end = text_end(at, next);
    const auto times = parse_time_line(x_lines[at]);
    if (!times) {
      x_notes.add(x_number, line(at),
                  "its times make no sense (" + display_text(x_lines[at].substr(0, 60)) + "): left out");
      return {};
    }
    Found found;
    found.number = x_number;
    found.line = line(at);
    found.cue.start = times->start.seconds;
    found.cue.end = times->end.seconds;
    if (times->start.odd || times->end.odd)
      x_notes.add(x_number, line(at), "minutes or seconds over 59 in its times, counted as they stand");
    std::string text;
    for (size_t i = at + 1; i < end; ++i) {
      if (trimmed(x_lines[i]).empty()) {
        x_notes.add(x_number, line(i), "an empty line within its text left out");
        continue;
      }
      if (!text.empty()) text += '\n';
      text += x_lines[i];
    }
    if (text.size() > kMaxCueSource)
      return fail(ErrorCode::kTooLarge, "line " + std::to_string(line(at)) + ": the text of a cue is longer than " +
                                            std::to_string(kMaxCueSource) + " bytes");
    SrtText(found, x_notes).parse(text);
    x_parsed.cues.push_back(std::move(found));
    return {};
  }

  std::vector<std::string_view> x_lines;
  Notes& x_notes;
  Parsed x_parsed;
  int64_t x_number = 0;
};

}  // namespace

Result<Parsed> parse_srt(std::string_view text, Notes& notes) {
  return SrtReader(text, notes).read();
}

}  // namespace pier::subtitles::impl
