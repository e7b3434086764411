#include <algorithm>
#include <cmath>
#include <cstring>

#include "characters.hpp"
#include "colours.hpp"
#include "ttml_parts.hpp"

namespace pier::subtitles::impl {
namespace {

constexpr int kMaxReferences = 64;  // of one element, with what they refer to
constexpr size_t kMaxReferenceText = 4096;
constexpr size_t kMaxValue = 256;
constexpr int kMaxAttributes = 200;  // of a style or region

void set_align(TtmlLook& look, std::string_view value) {
  look.align_said = true;
  if (value == "left") look.align = Align::kLeft;
  if (value == "right") look.align = Align::kRight;
  if (value == "center") look.align = Align::kCentre;
  if (value == "start") look.align = Align::kStart;
  if (value == "end") look.align = Align::kEnd;
}

bool set_text_style(TtmlLook& look, std::string_view name, std::string_view value) {
  if (name == "color") {
    if (const auto colour = parse_colour(value)) look.style.colour = colour;
  } else if (name == "backgroundColor") {
    if (const auto colour = parse_colour(value)) look.style.background = colour;
  } else if (name == "fontStyle") {
    look.style.italic = value == "italic" || value == "oblique";
  } else if (name == "fontWeight") {
    look.style.bold = value == "bold";
  } else if (name == "textDecoration") {
    if (value.find("noUnderline") != std::string_view::npos || value == "none") {
      look.style.underline = false;
    } else if (value.find("underline") != std::string_view::npos) {
      look.style.underline = true;
    }
  } else {
    return false;
  }
  return true;
}

void set_style(TtmlLook& look, std::string_view name, std::string_view value) {
  if (set_text_style(look, name, value)) return;
  if (name == "textAlign") set_align(look, value);
  if (name == "visibility") look.visible = value != "hidden";
  if (name == "forcedDisplay") look.forced = value == "true";
  if (name == "ruby") look.ruby = value;
  if (name == "display") look.display = value != "none";
  if (name == "origin") look.origin = value;
  if (name == "position") look.position = value;
  if (name == "extent") look.extent = value;
  if (name == "displayAlign") look.display_align = value;
  if (name == "writingMode") look.writing_mode = value;
}

void apply_attributes(const pugi::xml_node& node, TtmlLook& look) {
  for (const pugi::xml_attribute one : node.attributes()) {
    if (std::string_view(one.name()).find(':') == std::string_view::npos) continue;
    const std::string_view value(one.value(), ::strnlen(one.value(), kMaxValue));
    if (value.size() < kMaxValue) set_style(look, local_name(one.name()), trimmed(value));
  }
}

void apply_references(const pugi::xml_node& node, const TtmlStyles& styles, TtmlLook& look, int& left) {
  const char* references = node.attribute("style").value();
  std::string_view list = trimmed({references, ::strnlen(references, kMaxReferenceText)});
  while (!list.empty() && left > 0) {
    const size_t end = std::min(list.find_first_of(" \t\r\n"), list.size());
    const auto found = styles.find(list.substr(0, end));
    list = trimmed(list.substr(end));
    --left;
    if (found == styles.end()) continue;
    apply_references(found->second, styles, look, left);
    apply_attributes(found->second, look);
  }
}

/// In 1/100 % of `whole` (px) or of the cells there are.
std::optional<int32_t> length(std::string_view text, double whole, int cells) {
  char* end = nullptr;
  const std::string number(text);
  const double value = std::strtod(number.c_str(), &end);
  const std::string_view unit = std::string_view(number).substr(static_cast<size_t>(end - number.c_str()));
  double percent = 0;
  if (unit == "%" || unit == "vw" || unit == "vh" || unit == "rw" || unit == "rh") {
    percent = value;
  } else if (unit == "c") {
    percent = value * 100 / cells;
  } else if (unit == "px" && whole > 0) {
    percent = value * 100 / whole;
  } else {
    return std::nullopt;
  }
  if (!std::isfinite(percent)) return std::nullopt;
  return static_cast<int32_t>(std::lround(std::clamp(percent, 0.0, 100.0) * 100));
}

}  // namespace

bool is_crowded(const pugi::xml_node& element) {
  int left = kMaxAttributes;
  for (pugi::xml_attribute one = element.first_attribute(); one; one = one.next_attribute()) {
    if (left-- == 0) return true;
  }
  return false;
}

TtmlLook inherited(const TtmlLook& parent) {
  TtmlLook look;
  look.style = parent.style;
  look.style.background.reset();
  look.align = parent.align;
  look.align_said = parent.align_said;
  look.visible = parent.visible;
  look.forced = parent.forced;
  return look;
}

void apply_styles(const pugi::xml_node& element, const TtmlStyles& styles, TtmlLook& look) {
  int left = kMaxReferences;
  apply_references(element, styles, look, left);
  if (local_name(element.name()) == "region") {
    int inner_left = kMaxReferences;
    for (const pugi::xml_node inner : element.children()) {
      if (inner_left-- == 0) break;
      if (local_name(inner.name()) != "style" || is_crowded(inner)) continue;
      apply_references(inner, styles, look, left);
      apply_attributes(inner, look);
    }
  }
  apply_attributes(element, look);
}

std::optional<std::pair<int32_t, int32_t>> parse_lengths(std::string_view text, const TtmlRoot& root) {
  text = trimmed(text);
  const size_t blank = text.find_first_of(" \t\r\n");
  if (blank == std::string_view::npos) return std::nullopt;
  const auto first = length(text.substr(0, blank), root.width, root.columns);
  const auto second = length(trimmed(text.substr(blank)), root.height, root.rows);
  if (!first || !second) return std::nullopt;
  return std::pair(*first, *second);
}

Area area_of(const TtmlLook& look, const TtmlRoot& root) {
  Area area;
  area.block = BlockAlign::kBefore;
  if (const auto extent = parse_lengths(look.extent, root)) {
    area.width = extent->first;
    area.height = extent->second;
  }
  if (const auto origin = parse_lengths(look.origin, root)) {
    area.x = origin->first;
    area.y = origin->second;
  } else if (const auto position = parse_lengths(look.position, root)) {
    area.x = static_cast<int32_t>(int64_t{position->first} * (10'000 - area.width) / 10'000);
    area.y = static_cast<int32_t>(int64_t{position->second} * (10'000 - area.height) / 10'000);
  }
  area.width = std::min(area.width, 10'000 - area.x);
  area.height = std::min(area.height, 10'000 - area.y);
  if (look.display_align == "center") area.block = BlockAlign::kCentre;
  if (look.display_align == "after") area.block = BlockAlign::kAfter;
  return area;
}

WritingMode writing_of(const TtmlLook& look) {
  if (look.writing_mode == "tbrl" || look.writing_mode == "tb") return WritingMode::kVerticalRightToLeft;
  if (look.writing_mode == "tblr") return WritingMode::kVerticalLeftToRight;
  return WritingMode::kHorizontal;
}

}  // namespace pier::subtitles::impl
