#include <algorithm>

#include "characters.hpp"
#include "webvtt_parts.hpp"

namespace pier::subtitles::impl {
namespace {

constexpr int32_t kAll = 10'000;

std::optional<Align> align_from(std::string_view value) {
  if (value == "start") return Align::kStart;
  if (value == "center" || value == "middle") return Align::kCentre;
  if (value == "end") return Align::kEnd;
  if (value == "left") return Align::kLeft;
  if (value == "right") return Align::kRight;
  return std::nullopt;
}

}  // namespace

std::optional<int32_t> parse_percentage(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  const size_t point = text.find('.');
  const int64_t whole = digits(text.substr(0, point));
  int64_t hundredths = 0;
  if (point != std::string_view::npos) {
    std::string part(text.substr(point + 1));
    if (digits(part.substr(0, 9)) < 0) return std::nullopt;
    part = (part + "000").substr(0, 3);
    hundredths = (digits(part) + 5) / 10;
  }
  if (whole < 0 || whole * 100 + hundredths > kAll) return std::nullopt;
  return static_cast<int32_t>(whole * 100 + hundredths);
}

bool WebVttPlace::set(std::string_view name, std::string_view value) {
  if (name == "vertical") {
    if (value != "rl" && value != "lr") return false;
    x_writing = value == "rl" ? WritingMode::kVerticalRightToLeft : WritingMode::kVerticalLeftToRight;
    return true;
  }
  if (name == "align") {
    const auto align = align_from(value);
    if (align) x_align = *align;
    return align.has_value();
  }
  if (name == "size") {
    const auto size = parse_percentage(value);
    if (!size) return false;
    x_size = size;
    x_moved = x_moved || *size != kAll;
    return true;
  }
  if (name == "line") return set_line(value);
  if (name == "position") return set_position(value);
  return false;
}

bool WebVttPlace::set_line(std::string_view value) {
  const size_t comma = value.find(',');
  const std::string_view anchor = comma == std::string_view::npos ? "start" : value.substr(comma + 1);
  if (anchor != "start" && anchor != "center" && anchor != "end") return false;
  value = value.substr(0, comma);
  if (value == "auto") return true;
  const auto percentage = parse_percentage(value);
  bool from_end = false;
  int32_t line = 0;
  if (percentage) {
    line = *percentage;
  } else {
    from_end = value.starts_with('-');
    const int64_t count = digits(from_end ? value.substr(1) : value);
    if (count < 0) return false;
    line = static_cast<int32_t>(std::min<int64_t>((from_end ? count - 1 : count) * kLineHeight, kAll - kLineHeight));
    line = std::max(line, 0);
  }
  x_line = line;
  x_line_from_end = from_end;
  x_line_is_number = !percentage;
  x_line_anchor = anchor == "start" ? Anchor::kStart : anchor == "center" ? Anchor::kCentre : Anchor::kEnd;
  if (!percentage) x_line_anchor = Anchor::kStart;
  x_moved = true;
  return true;
}

bool WebVttPlace::set_position(std::string_view value) {
  const size_t comma = value.find(',');
  std::optional<Anchor> anchor;
  if (comma != std::string_view::npos) {
    const std::string_view name = value.substr(comma + 1);
    if (name == "line-left" || name == "start") anchor = Anchor::kStart;
    if (name == "center" || name == "middle") anchor = Anchor::kCentre;
    if (name == "line-right" || name == "end") anchor = Anchor::kEnd;
    if (!anchor) return false;
  }
  const auto position = parse_percentage(value.substr(0, comma));
  if (!position) return false;
  x_position = position;
  x_position_anchor = anchor;
  x_moved = true;
  return true;
}

WebVttPlace::Anchor WebVttPlace::position_anchor() const {
  if (x_position_anchor) return *x_position_anchor;
  if (x_align == Align::kCentre) return Anchor::kCentre;
  return x_align == Align::kStart || x_align == Align::kLeft ? Anchor::kStart : Anchor::kEnd;
}

/// From left (vertical) or top (horizontal), and which way the lines stand in it.
void WebVttPlace::block_axis(int32_t& from, int32_t& length, BlockAlign& block) const {
  const bool rtl_lines = x_writing == WritingMode::kVerticalRightToLeft;
  if (!x_line) {
    from = x_writing == WritingMode::kHorizontal ? kBottomArea.y : 1000;
    length = x_writing == WritingMode::kHorizontal ? kBottomArea.height : 8000;
    block = BlockAlign::kAfter;
    return;
  }
  int32_t line = *x_line;
  Anchor anchor = x_line_anchor;
  // A line number counts from where lines begin, or from the other side when it is negative.
  if (x_line_is_number && x_line_from_end != rtl_lines) {
    line = kAll - line;
    anchor = Anchor::kEnd;
  }
  if (anchor == Anchor::kCentre) {
    const int32_t half = std::min(line, kAll - line);
    from = line - half;
    length = 2 * half;
    block = BlockAlign::kCentre;
  } else {
    from = anchor == Anchor::kStart ? line : 0;
    length = anchor == Anchor::kStart ? kAll - line : line;
    block = (anchor == Anchor::kStart) != rtl_lines ? BlockAlign::kBefore : BlockAlign::kAfter;
  }
}

void WebVttPlace::apply(Cue& cue) const {
  cue.align = x_align;
  cue.writing = x_writing;
  if (!x_moved) return;
  const Anchor anchor = position_anchor();
  const int32_t position = x_position.value_or(anchor == Anchor::kStart ? 0 : anchor == Anchor::kEnd ? kAll : kAll / 2);
  const int32_t room = anchor == Anchor::kStart ? kAll - position
                       : anchor == Anchor::kEnd ? position
                                                : 2 * std::min(position, kAll - position);
  const int32_t size = std::min(x_size.value_or(kAll), room);
  const int32_t from = anchor == Anchor::kStart ? position
                       : anchor == Anchor::kEnd ? position - size
                                                : position - size / 2;
  Area area;
  const bool horizontal = x_writing == WritingMode::kHorizontal;
  block_axis(horizontal ? area.y : area.x, horizontal ? area.height : area.width, area.block);
  (horizontal ? area.x : area.y) = from;
  (horizontal ? area.width : area.height) = size;
  cue.area = area;
}

bool WebVttRegion::add(std::string_view line) {
  bool understood = true;
  const auto pair = [](std::string_view value, int32_t& x, int32_t& y) {
    const size_t comma = value.find(',');
    if (comma == std::string_view::npos) return false;
    const auto first = parse_percentage(value.substr(0, comma)), second = parse_percentage(value.substr(comma + 1));
    if (!first || !second) return false;
    x = *first;
    y = *second;
    return true;
  };
  line = trimmed(line);
  while (!line.empty()) {
    const size_t end = std::min(line.find_first_of(" \t"), line.size());
    const std::string_view setting = line.substr(0, end);
    line = trimmed(line.substr(end));
    const size_t colon = setting.find_first_of(":=");
    if (colon == std::string_view::npos) return false;
    const std::string_view name = setting.substr(0, colon), value = setting.substr(colon + 1);
    if (name == "id") {
      id = value;
    } else if (name == "width") {
      const auto percentage = parse_percentage(value);
      understood = understood && percentage.has_value();
      width = percentage.value_or(width);
    } else if (name == "lines") {
      const int64_t count = digits(value);
      understood = understood && count > 0;
      if (count > 0) lines = static_cast<int32_t>(std::min<int64_t>(count, 18));
    } else if (name == "regionanchor") {
      understood = pair(value, anchor_x, anchor_y) && understood;
    } else if (name == "viewportanchor") {
      understood = pair(value, viewport_x, viewport_y) && understood;
    } else if (name != "scroll") {
      understood = false;
    }
  }
  return understood;
}

Area WebVttRegion::area() const {
  const int32_t height = std::min(lines * kLineHeight, kAll);
  const auto begin = [](int32_t viewport, int32_t anchor, int32_t length) {
    const int64_t from = viewport - static_cast<int64_t>(anchor) * length / kAll;
    return static_cast<int32_t>(std::clamp<int64_t>(from, 0, kAll - length));
  };
  return {begin(viewport_x, anchor_x, width), begin(viewport_y, anchor_y, height), width, height, BlockAlign::kAfter};
}

}  // namespace pier::subtitles::impl
