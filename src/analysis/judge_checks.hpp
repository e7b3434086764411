#pragma once
// One rule against facts, findings and measures: the part of judge() that looks at the media.

#include <string_view>
#include <vector>

#include <pier/analysis/report.hpp>

namespace pier::analysis::impl {

/// Everything a rule can be held against.
struct Subject {
  const media::Facts& facts;
  const AnalysisResult* result;
  std::vector<const Waiver*> waivers;  // of findings, that count under this profile and today

  /// The waiver of a finding, or null.
  const Waiver* waived(std::string_view finding) const;
};

/// Whether a finding is one the rule forbids.
bool breaks(const AbsentCheck& check, const Finding& finding);

/// Fills outcome, evidence, values, findings and waived.
void judge_check(const Check& check, const Subject& subject, RuleReport& report);

}  // namespace pier::analysis::impl
