#include "gop.hpp"

#include <algorithm>
#include <cmath>

#include <pier/analysis/analyse.hpp>

namespace pier::analysis {

namespace {

using media::PictureAccess;
using media::PictureCoding;

constexpr size_t kWindow = 64;  // pictures among which a B picture's neighbours are looked for

}  // namespace

GopAnalyzer::GopAnalyzer(const AnalyzerContext& context)
    : x_video(context.video.value_or(VideoContext{})), x_clock(x_video.time_base, x_video.frame_rate) {}

std::unique_ptr<Analyzer> GopAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<GopAnalyzer>(context);
}

void GopAnalyzer::Spread::add(int64_t value) {
  ++count;
  sum += value;
  smallest = std::min(smallest, value);
  largest = std::max(largest, value);
}

json::object GopAnalyzer::Spread::json(double unit) const {
  if (count == 0) return {};
  const double mean = static_cast<double>(sum) / static_cast<double>(count);
  return {{"min", static_cast<double>(smallest) / unit},
          {"mean", std::round(mean * 1e3 / unit) / 1e3},
          {"max", static_cast<double>(largest) / unit}};
}

// Of codecs whose units are not read here the container's key flag is all there is.
GopAnalyzer::Entry GopAnalyzer::entry_of(const media::Packet& packet, const media::AccessUnit& unit) {
  if (!unit.parsed) return packet.key ? Entry::kClosed : Entry::kNone;
  switch (unit.access) {
    case PictureAccess::kIdr:
      return Entry::kClosed;
    case PictureAccess::kCra:
    case PictureAccess::kBla:
    case PictureAccess::kRecovery:
      return Entry::kOpen;
    default:
      return Entry::kNone;
  }
}

void GopAnalyzer::report(std::string kind, Severity severity, int64_t from_pts, int64_t to_pts, json::object measures) {
  FindingTotals& totals = x_outcome.totals[kind];
  ++totals.count;
  if (from_pts == INT64_MIN) from_pts = to_pts == INT64_MIN ? 0 : to_pts;
  if (to_pts < from_pts) to_pts = from_pts;
  Finding finding;
  finding.kind = std::move(kind);
  finding.severity = severity;
  finding.stream_index = x_video.stream_index;
  finding.time = {Rational(from_pts) * x_video.time_base, Rational(to_pts) * x_video.time_base};
  finding.measures = std::move(measures);
  totals.seconds += (finding.time.end - finding.time.start).value();
  set_id(finding);
  if (static_cast<size_t>(totals.count) <= kMaxFindings) x_outcome.findings.push_back(std::move(finding));
}

void GopAnalyzer::read_unit(const media::Packet& packet, const media::AccessUnit& unit,
                            const media::AccessUnitReader& /*reader*/) {
  const int64_t at_us = x_clock.advance(packet);
  ++x_units;
  x_set_changes += unit.parameter_sets_changed ? 1 : 0;
  x_parsed |= unit.parsed;
  if (unit.parsed && !unit.picture) return;
  const Entry entry = entry_of(packet, unit);
  if (entry != Entry::kNone) {
    begin_group(packet, unit, at_us);
    if (unit.start_codes && !unit.parameter_sets) ++x_entries_without_sets;
  } else if (!x_group) {
    if (x_before_entry++ == 0) x_before_pts = packet.pts;
  } else {
    if (packet.key && unit.parsed) {
      if (++x_false_keys == 1)
        report("gop.false_key", Severity::kWarn, packet.pts, packet.pts, {{"access", to_string(unit.access)}});
    }
    take_leading(packet, unit);
  }
  ++x_by_coding[static_cast<size_t>(unit.coding)];
  take_depth(packet, unit);
  x_layers = std::max(x_layers, unit.temporal_layer + 1);
  ++x_pictures;
  if (packet.pts != INT64_MIN) x_last_pts = std::max(x_last_pts, packet.pts);
}

void GopAnalyzer::begin_group(const media::Packet& packet, const media::AccessUnit& unit, int64_t at_us) {
  if (x_group) end_group(at_us, false);
  x_group = Group{x_pictures, at_us, packet.pts, unit.parsed ? unit.access : PictureAccess::kIdr, 0, 0};
  ++x_groups;
  x_window.clear();
  x_b_run = 0;
  if (x_group->access != PictureAccess::kIdr) return;
  if (x_last_idr) {
    x_idr_pictures.add(x_pictures - *x_last_idr);
    x_idr_us.add(at_us - *x_last_idr_us);
  }
  x_last_idr = x_pictures;
  x_last_idr_us = at_us;
}

void GopAnalyzer::end_group(int64_t at_us, bool last) {
  const Group& group = *x_group;
  // AVC and AV1 do not mark leading pictures: any that are shown before an access point other than IDR may refer back.
  const bool open = group.skipped > 0 || (group.leading > 0 && group.access != PictureAccess::kIdr);
  x_open += open ? 1 : 0;
  if (x_groups == 1 && open) x_lost_leading = group.skipped > 0 ? group.skipped : group.leading;
  const int64_t us = at_us - group.start_us;
  if (us > kAccessGapUs) {
    report("gop.access_gap", Severity::kWarn, group.entry_pts, x_last_pts,
           {{"gap_seconds", impl::seconds_of(us)}, {"pictures", x_pictures - group.first}});
  }
  // The last group may have been cut off.
  if (last && x_groups > 1) return;
  x_length.add(x_pictures - group.first);
  x_access_us.add(us);
}

void GopAnalyzer::take_leading(const media::Packet& packet, const media::AccessUnit& unit) {
  Group& group = *x_group;
  const bool timed = packet.pts != INT64_MIN && group.entry_pts != INT64_MIN;
  if (unit.access == PictureAccess::kRasl || unit.access == PictureAccess::kRadl ||
      (timed && packet.pts < group.entry_pts)) {
    ++group.leading;
  }
  if (unit.access != PictureAccess::kRasl) return;
  ++group.skipped;
  // H.265 7.4.2.2: no RASL picture belongs to an IDR picture.
  if (group.access == PictureAccess::kIdr && ++x_bad_leading == 1)
    report("gop.structure", Severity::kFail, packet.pts, packet.pts,
           {{"problem", "skipped leading picture (RASL) behind an IDR picture"}});
}

// How many steps of B pictures lie between a picture and the I or P pictures around it.
void GopAnalyzer::take_depth(const media::Packet& packet, const media::AccessUnit& unit) {
  const bool b = unit.coding == PictureCoding::kB;
  x_b_run = b ? x_b_run + 1 : 0;
  x_longest_b_run = std::max(x_longest_b_run, x_b_run);
  if (packet.pts == INT64_MIN) return;
  int depth = 0;
  if (b) {
    const Reordered* before = nullptr;
    const Reordered* after = nullptr;
    for (const Reordered& other : x_window) {
      if (other.pts < packet.pts && (before == nullptr || other.pts > before->pts)) before = &other;
      if (other.pts > packet.pts && (after == nullptr || other.pts < after->pts)) after = &other;
    }
    // A B picture that only looks back stands where a P picture would.
    if (after != nullptr) depth = std::max(before == nullptr ? 0 : before->depth, after->depth) + 1;
  }
  x_depth = std::max(x_depth, depth);
  if (!unit.reference) return;
  if (x_window.size() >= kWindow) x_window.erase(x_window.begin());
  x_window.push_back({packet.pts, depth});
}

Outcome GopAnalyzer::finish() {
  const int64_t end_us = x_clock.now_us() + x_clock.duration_us();
  if (x_group) end_group(end_us, true);
  if (x_before_entry > 0 || x_lost_leading > 0) {
    report("gop.start", Severity::kWarn, x_before_pts, x_before_pts,
           {{"pictures_before_access", x_before_entry}, {"leading_pictures_lost", x_lost_leading}});
  }
  json::object& measures = x_outcome.measures;
  measures["access_units"] = x_units;
  measures["pictures"] = x_pictures;
  measures["parsed"] = x_parsed;
  measures["i_pictures"] = x_by_coding[static_cast<size_t>(PictureCoding::kI)];
  measures["p_pictures"] = x_by_coding[static_cast<size_t>(PictureCoding::kP)];
  measures["b_pictures"] = x_by_coding[static_cast<size_t>(PictureCoding::kB)];
  measures["groups"] = x_groups;
  measures["open_groups"] = x_open;
  measures["closed"] = x_groups > 0 && x_open == 0;
  measures["length_pictures"] = x_length.json(1);
  measures["access_spacing_seconds"] = x_access_us.json(1e6);
  measures["idr_spacing_pictures"] = x_idr_pictures.json(1);
  measures["idr_spacing_seconds"] = x_idr_us.json(1e6);
  measures["b_depth"] = x_depth;
  measures["longest_b_run"] = x_longest_b_run;
  measures["temporal_layers"] = x_layers;
  measures["pictures_before_access"] = x_before_entry;
  measures["leading_pictures_lost"] = x_lost_leading;
  measures["parameter_set_changes"] = x_set_changes;
  measures["access_points_without_parameter_sets"] = x_entries_without_sets;
  measures["false_keys"] = x_false_keys;
  return std::move(x_outcome);
}

}  // namespace pier::analysis
