// WebVTT: W3C Candidate Recommendation 2019-04-04, sections 4 and 6.

#include <map>

#include "characters.hpp"
#include "parsed.hpp"
#include "webvtt_parts.hpp"

namespace pier::subtitles::impl {
namespace {

class WebVttReader {
 public:
  WebVttReader(std::string_view text, Notes& notes) : x_lines(lines_of(text)), x_notes(notes) {}

  Result<Parsed> read() {
    PIER_CHECK(header());
    while (x_at < x_lines.size()) {
      if (trimmed(x_lines[x_at]).empty()) {
        ++x_at;
      } else {
        PIER_CHECK(block());
      }
    }
    return std::move(x_parsed);
  }

 private:
  static int64_t line(size_t index) { return static_cast<int64_t>(index) + 1; }
  bool at_end() const { return x_at >= x_lines.size() || trimmed(x_lines[x_at]).empty(); }

  Result<void> header() {
    const std::string_view first = x_lines.empty() ? std::string_view() : x_lines.front();
    if (!first.starts_with("WEBVTT") || (first.size() > 6 && !is_blank(first[6])))
      return fail(ErrorCode::kInputDamaged, "line 1: a WebVTT file begins with WEBVTT");
    for (x_at = 1; !at_end(); ++x_at) {
      const std::string_view text = x_lines[x_at];
      if (text.find("-->") != std::string_view::npos) {
        x_notes.add(0, line(x_at), "no empty line behind the header");
        return {};
      }
      const size_t colon = text.find_first_of(":=");
      if (colon == std::string_view::npos) continue;
      const std::string key = lower_case(trimmed(text.substr(0, colon)));
      const std::string_view value = trimmed(text.substr(colon + 1));
      if (key == "language") x_parsed.document.language = value;
      if (key == "x-timestamp-map") map_of_times(value, line(x_at));
    }
    return {};
  }

  /// LOCAL:hh:mm:ss.mmm is where the segment's own clock stands; only what is not 0 moves cues of a whole file.
  void map_of_times(std::string_view value, int64_t at) {
    if (value.find("LOCAL:00:00:00.000") == std::string_view::npos)
      x_notes.add(0, at, "X-TIMESTAMP-MAP is of a segment and not applied; move the cues with --shift");
  }

  Result<void> block() {
    const std::string_view first = trimmed(x_lines[x_at]);
    const bool times = first.find("-->") != std::string_view::npos;
    if (!times && (first == "NOTE" || first.starts_with("NOTE "))) {
      skip_block();
    } else if (!times && first == "STYLE") {
      read_style();
    } else if (!times && first == "REGION") {
      read_region();
    } else {
      return read_cue();
    }
    return {};
  }

  void skip_block() {
    while (!at_end()) ++x_at;
  }

  void read_style() {
    std::string sheet;
    const int64_t at = line(x_at);
    for (++x_at; !at_end(); ++x_at) {
      sheet += x_lines[x_at];
      sheet += '\n';
    }
    if (!x_classes.add_sheet(sheet))
      x_notes.add(0, at, "STYLE block: only colours, weight, style and decoration of ::cue(.class) are kept");
  }

  void read_region() {
    WebVttRegion region;
    for (++x_at; !at_end(); ++x_at) {
      if (!region.add(x_lines[x_at])) x_notes.add(0, line(x_at), "a setting of the region is not understood");
    }
    if (!region.id.empty()) x_regions[region.id] = region.area();
  }

  Result<void> read_cue() {
    std::string id;
    if (x_lines[x_at].find("-->") == std::string_view::npos) {
      id = trimmed(x_lines[x_at]);
      const size_t id_line = x_at++;
      if (at_end() || x_lines[x_at].find("-->") == std::string_view::npos) {
        x_notes.add(0, line(id_line), "a block without times left out");
        skip_block();
        return {};
      }
    }
    PIER_CHECK(check_count(x_parsed.cues.size()));
    Found found;
    found.number = ++x_number;
    found.line = line(x_at);
    found.cue.id = id;
    const auto times = parse_time_line(x_lines[x_at++]);
    std::string text;
    for (; !at_end() && x_lines[x_at].find("-->") == std::string_view::npos; ++x_at) {
      if (!text.empty()) text += '\n';
      text += x_lines[x_at];
    }
    if (!times) {
      x_notes.add(found.number, found.line, "its times make no sense: left out");
      return {};
    }
    if (text.size() > kMaxCueSource)
      return fail(ErrorCode::kTooLarge, "line " + std::to_string(found.line) + ": the text of a cue is longer than " +
                                            std::to_string(kMaxCueSource) + " bytes");
    found.cue.start = times->start.seconds;
    found.cue.end = times->end.seconds;
    if (times->start.odd || times->end.odd)
      x_notes.add(found.number, found.line, "minutes or seconds over 59 in its times, counted as they stand");
    settings(found, times->rest);
    WebVttText(found, x_classes, x_notes).parse(text);
    x_parsed.cues.push_back(std::move(found));
    return {};
  }

  void settings(Found& found, std::string_view rest) {
    WebVttPlace place;
    while (!rest.empty()) {
      size_t end = 0;
      while (end < rest.size() && !is_blank(rest[end])) ++end;
      const std::string_view setting = rest.substr(0, end);
      rest = trimmed(rest.substr(end));
      const size_t colon = setting.find(':');
      const std::string_view name = setting.substr(0, colon);
      const std::string_view value = colon == std::string_view::npos ? std::string_view() : setting.substr(colon + 1);
      if (name == "region") {
        const auto region = x_regions.find(std::string(value));
        if (region != x_regions.end()) found.cue.area = region->second;
        if (region == x_regions.end()) x_notes.add(found.number, found.line, "its region is not defined");
      } else if (!place.set(name, value)) {
        x_notes.add(found.number, found.line, "setting " + display_text(setting.substr(0, 40)) + " left out");
      }
    }
    place.apply(found.cue);
  }

  std::vector<std::string_view> x_lines;
  Notes& x_notes;
  Parsed x_parsed;
  size_t x_at = 0;
  int64_t x_number = 0;
  WebVttClasses x_classes;
  std::map<std::string, Area> x_regions;
};

}  // namespace

Result<Parsed> parse_webvtt(std::string_view text, Notes& notes) {
  return WebVttReader(text, notes).read();
}

}  // namespace pier::subtitles::impl
