#include "parsed.hpp"

#include "characters.hpp"

namespace pier::subtitles::impl {
namespace {

constexpr size_t kMaxNotes = 500;
constexpr std::string_view kArrow = "-->";

std::string_view until_blank(std::string_view text) {
  size_t end = 0;
  while (end < text.size() && !is_blank(text[end])) ++end;
  return text.substr(0, end);
}

}  // namespace

void Notes::add(int64_t cue, int64_t line, std::string what) {
  if (x_notes.size() < kMaxNotes) {
    x_notes.push_back({cue, line, std::move(what)});
  } else {
    ++x_left_out;
  }
}

std::vector<Note> Notes::take() {
  if (x_left_out > 0) x_notes.push_back({0, 0, std::to_string(x_left_out) + " further notes are left out"});
  x_left_out = 0;
  return std::move(x_notes);
}

Result<void> check_count(size_t cues) {
  if (cues < kMaxCues) return {};
  return fail(ErrorCode::kTooLarge, "more than " + std::to_string(kMaxCues) + " cues; cut the file into parts");
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  size_t begin = 0;
  while (begin < text.size()) {
    size_t end = begin;
    while (end < text.size() && text[end] != '\n' && text[end] != '\r') ++end;
    lines.push_back(text.substr(begin, end - begin));
    begin = end + (text.substr(end).starts_with("\r\n") ? 2 : 1);
  }
  return lines;
}

std::optional<ClockTime> parse_clock(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const size_t point = text.find_first_of(".,");
  Rational fraction = 0;
  if (point != std::string_view::npos) {
    const std::string_view part = text.substr(point + 1);
    const int64_t value = digits(part);
    if (value < 0) return std::nullopt;
    int64_t unit = 1;
    for (size_t i = 0; i < part.size(); ++i) unit *= 10;
    fraction = {value, unit};
  }
  int64_t parts[3] = {0, 0, 0};
  std::string_view clock = text.substr(0, point);
  int count = 0;
  for (bool more = true; more; ++count) {
    const size_t colon = clock.find(':');
    more = colon != std::string_view::npos;
    if (count == 3) return std::nullopt;
    parts[count] = digits(trimmed(clock.substr(0, colon)));
    if (parts[count] < 0) return std::nullopt;
    if (more) clock.remove_prefix(colon + 1);
  }
  if (count < 2) return std::nullopt;
  const int64_t hours = count == 3 ? parts[0] : 0, minutes = parts[count - 2], seconds = parts[count - 1];
  ClockTime time{Rational(hours * 3600 + minutes * 60 + seconds) + fraction, minutes > 59 || seconds > 59};
  if (negative) time.seconds = Rational(0) - time.seconds;
  return time;
}

std::optional<TimeLine> parse_time_line(std::string_view line) {
  const size_t arrow = line.find(kArrow);
  if (arrow == std::string_view::npos) return std::nullopt;
  const std::string_view behind = trimmed(line.substr(arrow + kArrow.size()));
  const std::string_view second = until_blank(behind);
  const auto start = parse_clock(trimmed(line.substr(0, arrow)));
  const auto end = parse_clock(second);
  if (!start || !end) return std::nullopt;
  return TimeLine{*start, *end, trimmed(behind.substr(second.size()))};
}

}  // namespace pier::subtitles::impl
