#pragma once
// What an analyzer saw. Judging is not done here: the severity of a finding is a hint of the measuring side, the
// verdict is the profile's (profile.hpp).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/json.hpp>
#include <pier/core/rational.hpp>
#include <pier/core/result.hpp>

namespace pier::analysis {

enum class Severity : uint8_t { kInfo, kWarn, kFail };
std::string_view to_string(Severity severity);  // "info", "warn", "fail"

/// Seconds on the stream's own timeline (presentation time stamp times time base); `end` is exclusive.
struct TimeRange {
  Rational start;
  Rational end;
  friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

/// Samples of the coded picture, before rotation.
struct Region {
  int x = 0, y = 0, width = 0, height = 0;
  friend bool operator==(const Region&, const Region&) = default;
};

/// Kinds: "black", "freeze", "levels.reserved", "levels.range", "gamut", "silence", "damaged",
/// "signal_change"; of streams and files "gop.*", "hrd.*", "metadata.*", "timecode.jump", "edits.*", "package.*",
/// "sequence.*" (the READMEs of the analyzers say which).
struct Finding {
  std::string id;  // "fnd_" + 16 hexadecimal digits of (kind, stream, start): the same in every run over the same media
  std::string kind;
  Severity severity = Severity::kInfo;
  int stream_index = -1;  // as the demuxer counts
  TimeRange time;
  int64_t first_frame = -1;  // presentation order, from 0, both ends included; -1 for sound
  int64_t last_frame = -1;
  std::optional<Region> region;
  json::object measures;  // numbers with their unit in the name: "share", "max_nits", "samples"
};

/// Fills `id` from the other members.
void set_id(Finding& finding);

json::object to_json(const Finding& finding);
Result<Finding> finding_from_json(const json::value& value);

/// Orders by time, then stream, kind and id, so that a list does not depend on who reported first.
void sort_findings(std::vector<Finding>& findings);

}  // namespace pier::analysis
