#pragma once
// Edit decision lists of CMX 3600: one video and up to four sound tracks, cuts and dissolves, M2 speeds.

#include <string>
#include <string_view>
#include <vector>

#include <pier/timeline/timeline.hpp>

namespace pier::timeline {

/// `rate`: of its time codes; the list does not say it. At 30000/1001 and 60000/1001 `FCM: DROP FRAME` and ";" count by
/// dropping. Source ranges are time codes of the media (metadata "cmx_3600" says so and keeps the reel); sound tracks
/// have "pier": {"channel": 1...4}. Errors name the line: kInputDamaged, kInputUnsupported for wipes and keys,
/// kTooLarge over 8 MiB.
Result<Timeline> read_edl(std::string_view text, Rational rate);

struct WrittenEdl {
  std::string text;
  std::vector<std::string> lost;  // what a list has no words for
};
/// kInputUnsupported for timelines that are no list at all: more than one video or four sound tracks, times that are no
/// whole pictures of `rate`.
Result<WrittenEdl> write_edl(const Timeline& timeline, Rational rate);

}  // namespace pier::timeline
