#include <algorithm>
#include <map>

#include "colours.hpp"
#include "written.hpp"

namespace pier::subtitles::impl {
namespace {

/// Class names of colours; those that have no default class are defined in a STYLE block.
class Classes {
 public:
  std::string name(const Colour& colour, bool background) {
    const std::string_view known = webvtt_class(colour);
    if (!known.empty()) return (background ? "bg_" : "") + std::string(known);
    std::string name = (background ? "bg_" : "c_") + colour_text(colour).substr(1);
    x_rules[name] = (background ? "background-color: " : "color: ") + colour_text(colour);
    return name;
  }
  std::string sheet() const {
    if (x_rules.empty()) return {};
    std::string text = "STYLE\n";
    for (const auto& [name, rule] : x_rules) text += "::cue(." + name + ") { " + rule + "; }\n";
    return text + "\n";
  }

 private:
  std::map<std::string, std::string> x_rules;
};

std::string span_text(const Span& span, const Cue& cue, Classes& classes) {
  std::string before, after;
  const auto wrap = [&](const std::string& tag, const std::string& more) {
    before += "<" + tag + more + ">";
    after.insert(0, "</" + tag + ">");
  };
  const std::string& language = span.language.empty() ? cue.language : span.language;
  if (!language.empty()) wrap("lang", " " + escaped(language));
  std::string looks;
  if (span.style.colour) looks += "." + classes.name(*span.style.colour, false);
  if (span.style.background) looks += "." + classes.name(*span.style.background, true);
  if (!looks.empty()) wrap("c", looks);
  if (span.style.bold) wrap("b", "");
  if (span.style.italic) wrap("i", "");
  if (span.style.underline) wrap("u", "");
  const std::string text = escaped(span.text);
  if (span.ruby.empty()) return before + text + after;
  return before + "<ruby>" + text + "<rt>" + escaped(span.ruby) + "</rt></ruby>" + after;
}

/// Section 4.4. Percentages across the lines count from the left or the top whatever the writing mode.
std::string area_text(const Cue& cue) {
  const Area& area = *cue.area;
  const bool horizontal = cue.writing == WritingMode::kHorizontal;
  const int32_t across = horizontal ? area.y : area.x, depth = horizontal ? area.height : area.width;
  const int32_t from = horizontal ? area.x : area.y, size = horizontal ? area.width : area.height;
  const bool turned = cue.writing == WritingMode::kVerticalRightToLeft;
  std::string text;
  if (area.block == BlockAlign::kCentre) {
    text = " line:" + percent_text(across + depth / 2) + ",center";
  } else if ((area.block == BlockAlign::kBefore) != turned) {
    text = " line:" + percent_text(across);
  } else {
    text = " line:" + percent_text(across + depth) + ",end";
  }
  if (cue.align == Align::kCentre) {
    text += " position:" + percent_text(from + size / 2) + ",center";
  } else if (cue.align == Align::kStart || cue.align == Align::kLeft) {
    text += " position:" + percent_text(from) + ",line-left";
  } else {
    text += " position:" + percent_text(from + size) + ",line-right";
  }
  return text + " size:" + percent_text(size);
}

/// A line of its own that begins no other block.
bool is_identifier(std::string_view id) {
  const bool block = id.starts_with("NOTE") || id.starts_with("STYLE") || id.starts_with("REGION");
  const bool control = std::ranges::any_of(id, [](char c) { return static_cast<uint8_t>(c) < 0x20; });
  return !block && !control && id.find_first_not_of(' ') != std::string_view::npos &&
         id.find("-->") == std::string_view::npos;
}

std::string settings(const Cue& cue) {
  std::string text;
  if (cue.writing == WritingMode::kVerticalRightToLeft) text += " vertical:rl";
  if (cue.writing == WritingMode::kVerticalLeftToRight) text += " vertical:lr";
  if (cue.area) text += area_text(cue);
  if (cue.align != Align::kCentre) text += " align:" + std::string(align_text(cue.align));
  return text;
}

}  // namespace

Written write_webvtt(const Document& document, const WriteOptions& options) {
  Written written;
  Classes classes;
  std::string cues;
  int64_t number = 0;
  for (const Cue& cue : document.cues) {
    ++number;
    if (is_identifier(cue.id)) cues += cue.id + "\n";
    cues += clock_text(cue.start, '.') + " --> " + clock_text(cue.end, '.') + settings(cue) + "\n";
    for (const Line& line : cue.lines) {
      for (const Span& span : line) cues += span_text(span, cue, classes);
      cues += '\n';
    }
    cues += '\n';
    if (cue.forced) written.notes.push_back({number, 0, "WebVTT cannot say that a cue is forced: left out"});
  }
  const std::string_view map = options.hls_segment ? "X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n" : "";
  written.text = "WEBVTT\n" + std::string(map) + "\n" + classes.sheet() + cues;
  return written;
}

}  // namespace pier::subtitles::impl
