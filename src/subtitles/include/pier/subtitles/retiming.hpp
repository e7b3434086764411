#pragma once
// Moves and stretches a whole document.

#include <string_view>
#include <vector>

#include <pier/core/result.hpp>
#include <pier/subtitles/cue.hpp>

namespace pier::subtitles {

/// time * stretch + shift
struct Retiming {
  Rational stretch = 1;
  Rational shift = 0;  // seconds
};

/// "2.5", "-0.040", "01:00:00", "-00:00:01.500" in seconds. kInvalidArgument.
Result<Rational> parse_shift(std::string_view text);
/// "25:24": made for pictures shown 25 a second, now shown 24 a second, so all becomes longer by 25/24.
Result<Rational> parse_rate_change(std::string_view text);

/// What then lies before 0 is cut, or dropped, with a note.
std::vector<Note> retime(Document& document, const Retiming& retiming);

/// Leaves out what begins at `end` or later and ends there what would go on: a note says how many of each.
std::vector<Note> cut_at(Document& document, Rational end);

}  // namespace pier::subtitles
