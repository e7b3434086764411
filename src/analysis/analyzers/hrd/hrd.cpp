#include "hrd.hpp"

#include <algorithm>
#include <utility>

#include <pier/analysis/analyse.hpp>

namespace pier::analysis {

HrdAnalyzer::HrdAnalyzer(const AnalyzerContext& context)
    : x_video(context.video.value_or(VideoContext{})), x_clock(x_video.time_base, x_video.frame_rate) {}

std::unique_ptr<Analyzer> HrdAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<HrdAnalyzer>(context);
}

void HrdAnalyzer::read_unit(const media::Packet& packet, const media::AccessUnit& unit,
                            const media::AccessUnitReader& reader) {
  if (!unit.parsed || !unit.picture) return;
  // The parameters hold for a coded video sequence: they are looked at where one may begin.
  if (unit.access == media::PictureAccess::kOrdinary && x_units > 0) return take(packet, unit, x_hrd, x_limit);
  take(packet, unit, reader.hrd(), reader.level_limit());
}

void HrdAnalyzer::take(const media::Packet& packet, const media::AccessUnit& unit,
                       const std::optional<media::HrdParameters>& hrd, const std::optional<media::LevelLimit>& limit) {
  ++x_units;
  x_stripped |= !unit.start_codes;
  x_filler |= unit.filler;
  x_clock.advance(packet);
  if (x_units > 1 && (hrd != x_hrd || limit != x_limit)) ++x_parameter_changes;
  if (hrd != x_hrd) close_model();
  x_hrd = hrd;
  x_limit = limit;
  if (limit) take_level(packet, unit, *limit);
  if (hrd) take_schedule(packet, unit);
}

void HrdAnalyzer::close_model() {
  if (!x_model) return;
  x_model->finish();
  for (const impl::BufferEvent& event : x_model->take_events()) report(event);
  x_fullest = std::max(x_fullest, x_model->fullest_bits());
  x_least_margin_us = std::min(x_least_margin_us, x_model->least_margin_us());
  x_model.reset();
}

void HrdAnalyzer::take_schedule(const media::Packet& packet, const media::AccessUnit& unit) {
  if (!x_not_judged.empty()) return;
  if (!x_model) {
    if (!unit.buffering_period) {
      ++x_without_timing;
      return;
    }
    // The schedule of the highest rate: a stream must conform to each of them.
    x_model.emplace(*x_hrd, x_hrd->schedules.size() - 1, x_video.codec == media::Codec::kHevc);
  }
  if (!unit.timing && !unit.buffering_period) {
    x_not_judged = "an access unit without picture timing message";
    return;
  }
  const int64_t bits = x_hrd->nal ? unit.nal_bits : unit.vcl_bits;
  if (!x_model->add(x_units - 1, packet.pts, bits, unit.timing.value_or(media::PictureTiming{}),
                    unit.buffering_period)) {
    x_not_judged = "buffering messages that contradict themselves";
    return;
  }
  ++x_judged;
  for (const impl::BufferEvent& event : x_model->take_events()) report(event);
}

void HrdAnalyzer::take_level(const media::Packet& packet, const media::AccessUnit& unit,
                             const media::LevelLimit& limit) {
  const int64_t excess = x_bucket.add(x_clock.now_us(), unit.nal_bits, limit);
  if (excess == 0) return;
  Finding finding;
  finding.kind = "hrd.level";
  finding.severity = Severity::kWarn;
  finding.measures = {{"limit", limit.name},
                      {"excess_bits", excess},
                      {"max_bit_rate_kbps", limit.bit_rate / 1000},
                      {"buffer_bits", limit.buffer_bits}};
  x_outcome.totals[finding.kind].count += 1;
  if (x_outcome.totals[finding.kind].count > static_cast<int64_t>(kMaxFindings)) return;
  const Rational at = packet.pts == INT64_MIN ? Rational(0) : Rational(packet.pts) * x_video.time_base;
  finding.stream_index = x_video.stream_index;
  finding.time = {at, at};
  set_id(finding);
  x_outcome.findings.push_back(std::move(finding));
}

void HrdAnalyzer::report(const impl::BufferEvent& event) {
  // A container that took the filler out takes bits out that a constant rate needs.
  if (event.overflow && x_stripped && !x_filler && x_hrd->schedules.back().constant) return;
  Finding finding;
  finding.kind = event.overflow ? "hrd.overflow" : "hrd.underflow";
  finding.severity = Severity::kFail;
  FindingTotals& totals = x_outcome.totals[finding.kind];
  if (++totals.count > static_cast<int64_t>(kMaxFindings)) return;
  finding.stream_index = x_video.stream_index;
  const Rational at = event.pts == INT64_MIN ? Rational(0) : Rational(event.pts) * x_video.time_base;
  finding.time = {at, at};
  finding.measures["access_unit"] = event.unit;
  if (event.overflow) {
    finding.measures["excess_bits"] = event.excess_bits;
  } else {
    finding.measures["late_ms"] = static_cast<double>(event.late_us) / 1e3;
  }
  set_id(finding);
  x_outcome.findings.push_back(std::move(finding));
}

json::object HrdAnalyzer::schedule_measures() const {
  const media::HrdSchedule& schedule = x_hrd->schedules.back();
  json::object object{{"type", x_hrd->nal ? "nal" : "vcl"},
                      {"schedules", static_cast<int64_t>(x_hrd->schedules.size())},
                      {"bit_rate_kbps", static_cast<double>(schedule.bit_rate) / 1e3},
                      {"buffer_bits", schedule.buffer_bits},
                      {"constant_rate", schedule.constant}};
  if (x_judged == 0) return object;
  object["fullest_bits"] = x_fullest;
  object["least_margin_ms"] = static_cast<double>(x_least_margin_us) / 1e3;
  const bool blind = schedule.constant && x_stripped && !x_filler;
  object["overflow_judged"] = !blind;
  return object;
}

Outcome HrdAnalyzer::finish() {
  close_model();
  json::object& measures = x_outcome.measures;
  const bool by_messages = x_judged > 0;
  measures["model"] = by_messages ? "messages" : x_limit ? "level" : "none";
  measures["judged_access_units"] = x_judged;
  measures["parameter_changes"] = x_parameter_changes;
  if (x_hrd) measures["schedule"] = schedule_measures();
  if (x_limit) {
    measures["level"] = {{"limit", x_limit->name},
                         {"max_bit_rate_kbps", x_limit->bit_rate / 1000},
                         {"buffer_bits", x_limit->buffer_bits},
                         {"fullest_bits", x_bucket.fullest_bits()}};
  }
  std::string reason = x_not_judged;
  if (reason.empty() && !by_messages) {
    const bool known = x_video.codec == media::Codec::kHevc || x_video.codec == media::Codec::kAvc;
    reason = !known  ? "the codec has no buffer model here"
             : x_hrd ? "no buffering period message"
                     : "the stream declares no buffering parameters";
  }
  measures["not_judged"] = reason.empty() ? json::value() : json::value(reason);
  if (!reason.empty()) x_outcome.not_looked_for = {"hrd.underflow", "hrd.overflow"};
  if (!x_limit) x_outcome.not_looked_for.emplace_back("hrd.level");
  return std::move(x_outcome);
}

}  // namespace pier::analysis
