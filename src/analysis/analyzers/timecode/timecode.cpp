#include "timecode.hpp"

#include <algorithm>
#include <cstdio>

#include <pier/analysis/analyse.hpp>

namespace pier::analysis {

TimecodeAnalyzer::TimecodeAnalyzer(const AnalyzerContext& context) : x_video(context.video.value_or(VideoContext{})) {
  if (x_video.frame_rate.num > 0) x_rate = std::clamp<int64_t>(rescale(1, x_video.frame_rate, Rational(1)), 1, 1000);
}

std::unique_ptr<Analyzer> TimecodeAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<TimecodeAnalyzer>(context);
}

void TimecodeAnalyzer::read_unit(const media::Packet& packet, const media::AccessUnit& unit,
                                 const media::AccessUnitReader& /*reader*/) {
  if (!unit.parsed || !unit.picture) return;
  x_order.push(packet.pts, {unit.clock, packet.duration},
               [this](int64_t pts, const Stamp& stamp) { show(pts, stamp); });
}

std::string TimecodeAnalyzer::text(const media::ClockTime& clock) const {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%02d:%02d:%02d%c%02d", clock.hours % 24, clock.minutes % 60, clock.seconds % 60,
                clock.drop ? ';' : ':', clock.frames % 1000);
  return buffer;
}

// ST 12-1 counts frames up to the rate; above 30 a second pairs (ST 12-1, 12) or fours of pictures may share a number.
bool TimecodeAnalyzer::follows(const media::ClockTime& before, const media::ClockTime& now) const {
  const int64_t seconds_before = (before.hours * 60 + before.minutes) * 60 + before.seconds;
  const int64_t seconds_now = (now.hours * 60 + now.minutes) * 60 + now.seconds;
  if (seconds_now == seconds_before) return now.frames == before.frames + 1;
  if (seconds_now != (seconds_before + 1) % 86400) return false;
  const bool skips = now.drop && now.seconds == 0 && now.minutes % 10 != 0;
  if (now.frames != 0 && !(skips && (now.frames == 2 || now.frames == 4))) return false;
  const int64_t base = before.frames + 1;
  return x_rate == 0 || base == x_rate || (x_rate > 30 && base == x_rate / 2) || (x_rate > 60 && base == x_rate / 4);
}

void TimecodeAnalyzer::show(int64_t pts, const Stamp& stamp) {
  const int64_t number = x_pictures++;
  if (!stamp.clock) {
    ++x_since;
    return;
  }
  ++x_with;
  const media::ClockTime& now = *stamp.clock;
  if (!x_first) x_first = now;
  const int64_t most = x_rate > 60 ? 4 : x_rate > 30 || x_rate == 0 ? 2 : 1;
  bool steady = true;
  if (x_last) {
    const media::ClockTime& last = *x_last;
    const bool same = now.hours == last.hours && now.minutes == last.minutes && now.seconds == last.seconds &&
                      now.frames == last.frames;
    x_repeats = same ? x_repeats + 1 : 1;
    // Where pictures in between carry none, only the direction is known: not judged.
    if (x_since == 0) steady = same ? x_repeats <= most : follows(last, now);
  } else {
    x_repeats = 1;
  }
  if (!steady) {
    ++x_jumps;
    x_said_jumps += now.discontinuity ? 1 : 0;
    FindingTotals& totals = x_outcome.totals["timecode.jump"];
    if (++totals.count <= static_cast<int64_t>(kMaxFindings)) {
      Finding finding;
      finding.kind = "timecode.jump";
      finding.severity = Severity::kWarn;
      finding.stream_index = x_video.stream_index;
      finding.time = {Rational(pts) * x_video.time_base,
                      (Rational(pts) + Rational(std::max<int64_t>(1, stamp.duration))) * x_video.time_base};
      finding.first_frame = finding.last_frame = number;
      finding.measures = {{"from", text(*x_last)}, {"to", text(now)}, {"announced", now.discontinuity}};
      set_id(finding);
      x_outcome.findings.push_back(std::move(finding));
    }
    x_repeats = 1;
  }
  x_last = now;
  x_since = 0;
}

Outcome TimecodeAnalyzer::finish() {
  x_order.flush([this](int64_t pts, const Stamp& stamp) { show(pts, stamp); });
  json::object& measures = x_outcome.measures;
  measures["pictures"] = x_pictures;
  measures["pictures_with"] = x_with;
  measures["jumps"] = x_jumps;
  measures["announced_jumps"] = x_said_jumps;
  measures["container_start"] = x_video.timecode.empty() ? json::value() : json::value(x_video.timecode);
  measures["stream_start"] = x_first ? json::value(text(*x_first)) : json::value();
  measures["stream_end"] = x_last ? json::value(text(*x_last)) : json::value();
  if (x_first && !x_video.timecode.empty()) {
    // ";" and ":" only tell how frames are counted.
    std::string container = x_video.timecode, stream = text(*x_first);
    std::replace(container.begin(), container.end(), ';', ':');
    std::replace(stream.begin(), stream.end(), ';', ':');
    measures["starts_agree"] = container == stream;
  }
  return std::move(x_outcome);
}

}  // namespace pier::analysis
