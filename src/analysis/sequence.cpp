#include "sequence.hpp"

#include <algorithm>
#include <map>

#include "finding_kinds.hpp"

namespace pier::analysis {

namespace {

class Builder {
 public:
  Builder(const media::SequenceReport& report, Rational rate) : x_report(report), x_picture(rate.inverse()) {}

  void add(std::string kind, int64_t first, int64_t last, json::object measures) {
    Finding finding;
    finding.kind = std::move(kind);
    finding.severity = Severity::kFail;
    finding.stream_index = 0;
    finding.first_frame = first - x_report.first;
    finding.last_frame = last - x_report.first;
    finding.time = {Rational(finding.first_frame) * x_picture, Rational(finding.last_frame + 1) * x_picture};
    measures["first_number"] = first;
    measures["last_number"] = last;
    finding.measures = std::move(measures);
    set_id(finding);
    FindingTotals& totals = x_totals[finding.kind];
    ++totals.count;
    totals.seconds += (finding.time.end - finding.time.start).value();
    if (x_findings.size() < kMaxFindings) x_findings.push_back(std::move(finding));
  }

  std::vector<Finding> x_findings;
  std::map<std::string, FindingTotals> x_totals;

 private:
  const media::SequenceReport& x_report;
  Rational x_picture;
};

/// The pass counts the pictures it saw.
void number_as_files(AnalysisResult& result) {
  const auto& frames = result.frames.frames;
  const auto number = [&](int64_t& frame) {
    if (frame >= 0 && frame < static_cast<int64_t>(frames.size())) frame = frames[static_cast<size_t>(frame)].pts;
  };
  for (Finding& finding : result.findings) {
    number(finding.first_frame);
    number(finding.last_frame);
  }
}

}  // namespace

void add_sequence(const media::SequenceReport& report, const media::Facts& facts, AnalysisResult& result) {
  if (report.missing > 0 || report.odd_count > 0) number_as_files(result);
  const Rational rate = facts.video.empty() ? Rational(0) : facts.video.front().frame_rate;
  Builder builder(report, rate.num > 0 ? rate : Rational(25));
  for (const auto& gap : report.gaps)
    builder.add("sequence.gap", gap.first, gap.last, {{"missing", gap.last - gap.first + 1}});
  const std::string expected = report.header.print();
  for (size_t i = 0; i < report.odd.size();) {
    size_t end = i + 1;
    while (end < report.odd.size() && report.odd[end].found == report.odd[i].found &&
           report.odd[end].number == report.odd[end - 1].number + 1) {
      ++end;
    }
    builder.add("sequence.size", report.odd[i].number, report.odd[end - 1].number,
                {{"found", report.odd[i].found}, {"expected", expected}});
    i = end;
  }
  for (Finding& finding : builder.x_findings) result.findings.push_back(std::move(finding));
  sort_findings(result.findings);
  json::value& counts = result.measures["findings"];
  if (!counts.is_object()) counts.emplace_object();
  for (const auto& [kind, totals] : builder.x_totals) {
    const auto listed = std::ranges::count(result.findings, kind, &Finding::kind);
    counts.get_object()[kind] = {{"count", totals.count}, {"seconds", totals.seconds}, {"listed", listed}};
  }
  json::array others;
  for (const std::string& other : report.others) others.emplace_back(other);
  result.measures["sequence"] = {{"frames", report.frames},
                                 {"first_number", report.first},
                                 {"last_number", report.last},
                                 {"missing", report.missing},
                                 {"odd_pictures", report.odd_count},
                                 {"picture", expected},
                                 {"other_sequences", std::move(others)}};
  for (const char* source : {"sequence", "package"}) {
    for (const std::string_view kind : impl::kinds_of(source)) result.looked_for.emplace_back(kind);
  }
}

AnalysisResult sequence_result(const media::SequenceReport& report, const media::Facts& facts) {
  AnalysisResult result;
  add_sequence(report, facts, result);
  result.warnings.emplace_back("the pictures of the sequence were not decoded: only their headers were read");
  return result;
}

}  // namespace pier::analysis
