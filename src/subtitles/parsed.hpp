#pragma once
// What the parsers give to read(), before times are mended.

#include <string>
#include <string_view>
#include <vector>

#include <pier/subtitles/reading.hpp>

namespace pier::subtitles::impl {

class Notes {
 public:
  void add(int64_t cue, int64_t line, std::string what);
  /// The kept ones, and how many were not.
  std::vector<Note> take();

 private:
  std::vector<Note> x_notes;
  int64_t x_left_out = 0;
};

/// A cue as it stands in the file. Its times may be anything that a Rational of a few days can be.
struct Found {
  Cue cue;
  int64_t number = 0, line = 0;
  bool open_end = false;  // no end is said
};

struct Parsed {
  Document document;  // without cues
  std::vector<Found> cues;
};

/// Text is UTF-8.
Result<Parsed> parse_srt(std::string_view text, Notes& notes);
Result<Parsed> parse_webvtt(std::string_view text, Notes& notes);
Result<Parsed> parse_ttml(const std::string& text, Notes& notes);
/// `encoding` receives the name of the code table.
Result<Parsed> parse_ebu_stl(ByteView bytes, Notes& notes, std::string& encoding);
bool is_ebu_stl(ByteView bytes);

/// Puts what cannot be shown right: order, reversed, negative and absent times, empty, doubled and overlapping cues.
std::vector<Cue> mend(std::vector<Found> found, Notes& notes);

/// Bytes of one cue as it is written, tags and all.
inline constexpr size_t kMaxCueSource = 4U << 20U;

/// kTooLarge once a further cue would be one too many.
Result<void> check_count(size_t cues);

/// Lines of a text without their ends (LF, CR, CRLF).
std::vector<std::string_view> lines_of(std::string_view text);

/// "01:02:03,450", "02:03.450", with sign and with minutes or seconds over 59 where `odd` is then set.
struct ClockTime {
  Rational seconds = {};
  bool odd = false;
};
std::optional<ClockTime> parse_clock(std::string_view text);
/// "00:00:01,000 --> 00:00:02,500 ...": what stands behind the times is `rest`.
struct TimeLine {
  ClockTime start, end;
  std::string_view rest;
};
std::optional<TimeLine> parse_time_line(std::string_view line);

}  // namespace pier::subtitles::impl
