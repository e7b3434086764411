#include "feed_findings.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "finding_kinds.hpp"

namespace pier::analysis::impl {

namespace {

// Said of all there is, or of what stands at its edges: the end of a period decides.
constexpr std::array<std::string_view, 17> kOfWholePeriod{"active",
                                                          "av_length",
                                                          "banding",
                                                          "channels",
                                                          "edits",
                                                          "gop.start",
                                                          "gop.structure",
                                                          "gop.false_key",
                                                          "hdr_use",
                                                          "metadata.late",
                                                          "metadata.st2086_implausible",
                                                          "metadata.light_implausible",
                                                          "package",
                                                          "phase.dual_mono",
                                                          "phase.mono",
                                                          "resolution",
                                                          "sequence"};

// A run may begin or end so near to a cut, seconds, and go on behind it: sound is measured in windows of up to 0.4 s.
const Rational kNearSound(1, 2), kNearPicture(1, 10);

Rational near(const Finding& finding) {
  const auto sources = sources_of(finding.kind);
  const bool sound = !sources.empty() && sources.front()->about == About::kAudio;
  return sound ? kNearSound : kNearPicture;
}

/// The place of a finding may change while it grows.
bool same_place(const std::optional<Region>& a, const std::optional<Region>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height && b->y < a->y + a->height;
}

bool same_thing(const Finding& a, const Finding& b) {
  return a.kind == b.kind && a.stream_index == b.stream_index && same_place(a.region, b.region);
}

bool overlap(const Finding& a, const Finding& b) {
  return a.time.start < b.time.end && b.time.start < a.time.end;
}

}  // namespace

bool told_live(std::string_view kind) {
  return std::ranges::none_of(kOfWholePeriod, [&](std::string_view family) { return of_family(kind, family); });
}

bool gives_live(std::string_view analyzer) {
  return std::ranges::any_of(kinds_of(analyzer), told_live);
}

bool FindingTracker::settled(const Finding& finding, const Moment& moment) const {
  return finding.time.end + Rational(kSettleSeconds) <= moment.now(finding.stream_index);
}

/// The open entry that this finding is, maybe grown: the same start, or the same thing at an overlapping time.
FindingTracker::Entry* FindingTracker::match(const Finding& found, const Moment& moment, std::vector<bool>& taken) {
  const auto take = [&](const auto& is_it) -> Entry* {
    for (size_t i = 0; i < taken.size(); ++i) {
      if (taken[i] || !same_thing(x_open[i].finding, found) || !is_it(x_open[i])) continue;
      taken[i] = true;
      return &x_open[i];
    }
    return nullptr;
  };
  const bool at_start = found.time.start <= moment.period_start + near(found);
  if (Entry* same = take([&](const Entry& e) { return !e.carried && e.part_start == found.time.start; })) return same;
  if (Entry* before = at_start ? take([](const Entry& e) { return e.carried; }) : nullptr) return before;
  return take([&](const Entry& e) { return !e.carried && overlap(e.finding, found); });
}

void FindingTracker::close(const Entry& entry, Change change) {
  x_tell({change, entry.finding, entry.periods, false});
}

bool FindingTracker::is_over(const Finding& finding) const {
  const auto closed = x_closed.find({finding.kind, finding.stream_index});
  return closed != x_closed.end() && std::ranges::any_of(closed->second, [&](const Finding& one) {
           return same_thing(one, finding) && (one.time.start == finding.time.start || overlap(one, finding));
         });
}

void FindingTracker::take_in(const std::vector<Finding>& found, const Moment& moment, bool end) {
  std::vector<bool> taken(x_open.size(), false);
  std::vector<Entry> opened;
  for (const Finding& finding : found) {
    if (!told_live(finding.kind) && !end) continue;
    if (is_over(finding)) continue;
    if (Entry* entry = match(finding, moment, taken)) {
      if (std::exchange(entry->carried, false)) {
        ++entry->periods;
        entry->finding.first_frame = -1;  // frames are counted anew
        x_continued.push_back({finding, moment.period_start - entry->finding.time.start});
      }
      entry->part_start = finding.time.start;
      entry->finding.time.end = finding.time.end;
      entry->finding.last_frame = entry->periods > 1 ? -1 : finding.last_frame;
      entry->finding.region = finding.region;
      entry->finding.severity = finding.severity;
      entry->finding.measures = finding.measures;
      continue;
    }
    opened.push_back({finding, 1, false, finding.time.start});
    x_tell({Change::kOpened, finding, 1, !settled(finding, moment)});
  }
  // What was told and is found no more: the analyzer sees it otherwise now.
  for (size_t i = 0; i < taken.size(); ++i) {
    Entry& entry = x_open[i];
    const Rational now = moment.now(entry.finding.stream_index);
    if (taken[i]) continue;
    if (entry.carried) {
      if (!end && now < moment.period_start + Rational(kPatienceSeconds)) continue;
      close(entry, Change::kClosed);
    } else {
      close(entry, Change::kWithdrawn);
    }
    entry.periods = 0;
  }
  std::erase_if(x_open, [](const Entry& entry) { return entry.periods == 0; });
  std::move(opened.begin(), opened.end(), std::back_inserter(x_open));
}

void FindingTracker::look(const std::vector<Finding>& found, const Moment& moment) {
  take_in(found, moment, false);
  std::erase_if(x_open, [&](const Entry& entry) {
    if (entry.carried || !settled(entry.finding, moment)) return false;
    close(entry, Change::kClosed);
    Finding part = entry.finding;
    part.time.start = entry.part_start;
    x_closed[{part.kind, part.stream_index}].push_back(std::move(part));
    return true;
  });
}

void FindingTracker::end_period(std::vector<Finding>& found, const Moment& moment, bool more_follows) {
  take_in(found, moment, true);
  for (Finding& finding : found) {
    for (const Part& part : x_continued) {
      if (!same_thing(part.finding, finding) || part.finding.time.start != finding.time.start) continue;
      finding.measures["continued"] = true;
      finding.measures["continued_seconds"] = part.before.value();
    }
  }
  const auto reaches = [&](const Finding& finding) {
    return more_follows && told_live(finding.kind) &&
           finding.time.end + near(finding) >= moment.now(finding.stream_index);
  };
  for (Finding& finding : found) {
    if (reaches(finding)) finding.measures["continues"] = true;
  }
  for (Entry& entry : x_open) {
    entry.carried = reaches(entry.finding);
    if (!entry.carried) close(entry, Change::kClosed);
  }
  std::erase_if(x_open, [](const Entry& entry) { return !entry.carried; });
  x_closed.clear();
  x_continued.clear();
}

}  // namespace pier::analysis::impl
