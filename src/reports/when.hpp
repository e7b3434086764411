#pragma once
// Times of a report as people write them.

#include <string>

#include <pier/reports/document.hpp>

namespace pier::reports {

/// Time code of the source where the rate is constant and known, else a clock with milliseconds.
class TimeWriter {
 public:
  explicit TimeWriter(const Document& document);
  /// `time` on the stream's timeline.
  std::string at(Rational time) const;
  /// "01:00:01:00 – 01:00:02:12 (1.48 s)"; the end is exclusive.
  std::string range(const analysis::TimeRange& range, bool zh) const;
  /// `seconds` from the first picture.
  std::string after_start(Rational seconds) const { return at(x_start + seconds); }

 private:
  Rational x_start;
  Rational x_rate;  // 0: clock
  Timecode x_first;
};

/// "1 h 02 min 03.400 s" without what is zero.
std::string length_text(double seconds, bool zh);

}  // namespace pier::reports
