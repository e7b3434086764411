// IMSC 1.0.1 Text (W3C Recommendation 2018-04-24), with ruby IMSC 1.1 Text (2018-11-08).

#include <algorithm>
#include <cstdio>
#include <set>

#include "colours.hpp"
#include "written.hpp"

namespace pier::subtitles::impl {
namespace {

struct Region {
  Area area;
  WritingMode writing = WritingMode::kHorizontal;
  friend bool operator==(const Region&, const Region&) = default;
};

std::string_view block_text(BlockAlign block) {
  return block == BlockAlign::kBefore ? "before" : block == BlockAlign::kCentre ? "center" : "after";
}

std::string put(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + escaped(value) + "\"";
}

/// Milliseconds, or microseconds where there is more to it.
std::string time_text(const Rational& seconds) {
  std::string text = clock_text(seconds, '.');
  if ((seconds * Rational(1000)).den == 1) return text;
  const int64_t microseconds = rescale(1, seconds, Rational(1, 1'000'000));
  char fine[48];
  std::snprintf(fine, sizeof fine, "%02lld:%02lld:%02lld.%06lld", static_cast<long long>(microseconds / 3'600'000'000),
                static_cast<long long>(microseconds / 60'000'000 % 60),
                static_cast<long long>(microseconds / 1'000'000 % 60),
                static_cast<long long>(microseconds % 1'000'000));
  return fine;
}

/// xml:id takes names only, and each once.
bool is_name(std::string_view id) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto part = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  return !id.empty() && letter(id.front()) && std::ranges::all_of(id, part) && !id.starts_with("region.") &&
         id != "style.text";
}

std::string span_text(const Span& span) {
  std::string attributes;
  if (!span.language.empty()) attributes += put("xml:lang", span.language);
  if (span.style.colour) attributes += put("tts:color", colour_text(*span.style.colour));
  if (span.style.background) attributes += put("tts:backgroundColor", colour_text(*span.style.background));
  if (span.style.italic) attributes += put("tts:fontStyle", "italic");
  if (span.style.bold) attributes += put("tts:fontWeight", "bold");
  if (span.style.underline) attributes += put("tts:textDecoration", "underline");
  if (span.ruby.empty()) return "<span" + attributes + ">" + escaped(span.text) + "</span>";
  return "<span" + put("tts:ruby", "container") + attributes + "><span" + put("tts:ruby", "base") + ">" +
         escaped(span.text) + "</span><span" + put("tts:ruby", "text") + ">" + escaped(span.ruby) + "</span></span>";
}

class ImscWriter {
 public:
  explicit ImscWriter(const Document& document) : x_document(document) {}

  std::string write() {
    std::string body;
    for (const Cue& cue : x_document.cues) body += paragraph(cue);
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + root() + head() +
           "  <body style=\"style.text\">\n    <div>\n" + body + "    </div>\n  </body>\n</tt>\n";
  }

 private:
  std::string root() const {
    const std::string profile = "http://www.w3.org/ns/ttml/profile/";
    return "<tt xmlns=\"http://www.w3.org/ns/ttml\" xmlns:ttp=\"http://www.w3.org/ns/ttml#parameter\""
           " xmlns:tts=\"http://www.w3.org/ns/ttml#styling\" xmlns:ttm=\"http://www.w3.org/ns/ttml#metadata\""
           " xmlns:itts=\"http://www.w3.org/ns/ttml/profile/imsc1#styling\"" +
           put("xml:lang", x_document.language) + put("ttp:timeBase", "media") + put("ttp:cellResolution", "32 15") +
           (has_ruby(x_document) ? put("ttp:contentProfiles", profile + "imsc1.1/text")
                                 : put("ttp:profile", profile + "imsc1/text")) +
           ">\n";
  }

  std::string head() const {
    std::string text = "  <head>\n";
    if (!x_document.title.empty())
      text += "    <metadata><ttm:title>" + escaped(x_document.title) + "</ttm:title></metadata>\n";
    text +=
        "    <styling>\n      <style xml:id=\"style.text\" tts:fontFamily=\"proportionalSansSerif\" "
        "tts:fontSize=\"80%\""
        " tts:textOutline=\"#000000 5%\"/>\n    </styling>\n    <layout>\n";
    for (size_t i = 0; i < x_regions.size(); ++i) {
      const auto& [area, writing] = x_regions[i];
      text += "      <region" + put("xml:id", "region." + std::to_string(i)) +
              put("tts:origin", percent_text(area.x) + " " + percent_text(area.y)) +
              put("tts:extent", percent_text(area.width) + " " + percent_text(area.height)) +
              put("tts:displayAlign", block_text(area.block)) + put("tts:textAlign", "center");
      if (writing == WritingMode::kVerticalRightToLeft) text += put("tts:writingMode", "tbrl");
      if (writing == WritingMode::kVerticalLeftToRight) text += put("tts:writingMode", "tblr");
      text += "/>\n";
    }
    return text + "    </layout>\n  </head>\n";
  }

  std::string paragraph(const Cue& cue) {
    const Region region{cue.area.value_or(kBottomArea), cue.writing};
    const auto found = std::ranges::find(x_regions, region);
    const auto index = found - x_regions.begin();
    if (found == x_regions.end()) x_regions.push_back(region);
    std::string text = "      <p";
    if (is_name(cue.id) && x_ids.insert(cue.id).second) text += put("xml:id", cue.id);
    text += put("begin", time_text(cue.start)) + put("end", time_text(cue.end)) +
            put("region", "region." + std::to_string(index));
    if (cue.align != Align::kCentre) text += put("tts:textAlign", align_text(cue.align));
    if (is_right_to_left(cue)) text += put("tts:direction", "rtl") + put("tts:unicodeBidi", "embed");
    if (cue.forced) text += put("itts:forcedDisplay", "true");
    if (!cue.language.empty()) text += put("xml:lang", cue.language);
    if (plain_text(cue).find("  ") != std::string::npos) text += put("xml:space", "preserve");
    text += ">";
    for (const Line& line : cue.lines) {
      if (&line != &cue.lines.front()) text += "<br/>";
      for (const Span& span : line) text += span_text(span);
    }
    return text + "</p>\n";
  }

  const Document& x_document;
  std::vector<Region> x_regions;
  std::set<std::string> x_ids;
};

}  // namespace

Written write_imsc(const Document& document) {
  return {ImscWriter(document).write(), {}};
}

}  // namespace pier::subtitles::impl
