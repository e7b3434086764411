#include "damage.hpp"

#include <algorithm>

namespace pier::analysis::impl {

void report_not_judged(RunCollector runs, int stream, Rational base, Outcome& outcome) {
  report_runs(runs, stream, base, true, outcome,
              [](const Run& run, Finding& finding) { finding.measures["frames_not_judged"] = run.hits; });
}

void report_lost(const std::vector<LostPicture>& lost, int stream, const FrameTable& frames, int64_t count,
                 Outcome& outcome) {
  const auto end_of = [](const LostPicture& one) { return one.pts + std::max<int64_t>(1, one.duration); };
  FindingTotals& totals = outcome.totals["damaged"];
  for (size_t first = 0; first < lost.size();) {
    size_t last = first;
    while (last + 1 < lost.size() && lost[last + 1].pts <= end_of(lost[last]) + 1) ++last;
    const auto next =
        std::ranges::find_if(frames.frames, [&](const FrameRecord& frame) { return frame.pts > lost[last].pts; });
    Finding finding;
    finding.kind = "damaged";
    finding.severity = Severity::kFail;
    finding.stream_index = stream;
    finding.time = {Rational(lost[first].pts) * frames.time_base, Rational(end_of(lost[last])) * frames.time_base};
    finding.first_frame = std::min<int64_t>(next - frames.frames.begin(), std::max<int64_t>(0, count - 1));
    finding.last_frame = finding.first_frame;
    finding.measures["pictures_lost"] = static_cast<int64_t>(last + 1 - first);
    set_id(finding);
    ++totals.count;
    totals.seconds += (finding.time.end - finding.time.start).value();
    if (outcome.findings.size() < kMaxFindings) outcome.findings.push_back(std::move(finding));
    first = last + 1;
  }
}

}  // namespace pier::analysis::impl
