#include <pier/core/bytes.hpp>
#include <pier/subtitles/retiming.hpp>

#include "characters.hpp"
#include "parsed.hpp"

namespace pier::subtitles {

Result<Rational> parse_shift(std::string_view text) {
  const auto wrong = [&] {
    return fail(ErrorCode::kInvalidArgument, "\"" + display_text(text) +
                                                 "\" is no time to shift by; give seconds (-1.5) "
                                                 "or hours, minutes and seconds (-01:00:00.040)");
  };
  std::string_view rest = impl::trimmed(text);
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest.starts_with('-')) return wrong();
  const std::string clock = rest.find(':') == std::string_view::npos ? "0:" + std::string(rest) : std::string(rest);
  const auto time = impl::parse_clock(clock);
  if (!time || time->seconds > Rational(100 * 3600)) return wrong();
  return negative ? Rational(0) - time->seconds : time->seconds;
}

Result<Rational> parse_rate_change(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    const auto from = parse_rational(text.substr(0, colon)), to = parse_rational(text.substr(colon + 1));
    const auto fits = [](const auto& rate) {
      return rate && rate->num > 0 && rate->value() <= 1000 && rate->value() >= 1;
    };
    if (fits(from) && fits(to)) return *from / *to;
  }
  return fail(ErrorCode::kInvalidArgument, "\"" + display_text(text) +
                                               "\" is no change of rate; give the rate it was made for "
                                               "and the one it is shown at, such as 25:24 or 25:24000/1001");
}

std::vector<Note> retime(Document& document, const Retiming& retiming) {
  std::vector<Note> notes;
  std::vector<Cue> kept;
  int64_t number = 0;
  for (Cue& cue : document.cues) {
    ++number;
    cue.start = cue.start * retiming.stretch + retiming.shift;
    cue.end = cue.end * retiming.stretch + retiming.shift;
    if (cue.end <= Rational(0)) {
      notes.push_back({number, 0, "now lies before the beginning: left out"});
      continue;
    }
    if (cue.start < Rational(0)) {
      notes.push_back({number, 0, "now begins before the beginning: cut"});
      cue.start = 0;
    }
    kept.push_back(std::move(cue));
  }
  document.cues = std::move(kept);
  return notes;
}

std::vector<Note> cut_at(Document& document, Rational end) {
  std::vector<Note> notes;
  const size_t before = document.cues.size();
  std::erase_if(document.cues, [&](const Cue& cue) { return cue.start >= end; });
  const size_t out = before - document.cues.size();
  if (out > 0)
    notes.push_back({0, 0,
                     std::to_string(out) + " of " + std::to_string(before) +
                         " cues begin after the end of the programme: left out"});
  size_t shortened = 0;
  for (Cue& cue : document.cues) {
    if (cue.end <= end) continue;
    cue.end = end;
    ++shortened;
  }
  if (shortened > 0)
    notes.push_back({0, 0,
                     std::to_string(shortened) + " of " + std::to_string(before) +
                         " cues go on after the end of the programme: cut there"});
  return notes;
}

}  // namespace pier::subtitles
