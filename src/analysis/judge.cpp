// The verdict: every rule of a profile, waivers, and what they come to.

#include <algorithm>

#include <pier/analysis/report.hpp>

#include "fact_values.hpp"
#include "judge_checks.hpp"

namespace pier::analysis {

namespace {

bool applies(const media::Facts& facts, AppliesTo to) {
  const media::VideoFacts* video = impl::main_video(facts);
  const Transfer transfer = video != nullptr ? video->colour.transfer : Transfer::kUnspecified;
  const bool hdr = transfer == Transfer::kPq || transfer == Transfer::kHlg;
  switch (to) {
    case AppliesTo::kFile:
    case AppliesTo::kVideo:
      return true;  // a master without pictures is not conform by silence
    case AppliesTo::kPackage:
      return facts.container == "imf";
    case AppliesTo::kAudio:
      return !facts.audio.empty();
    case AppliesTo::kSdr:
      return video != nullptr && !hdr;
    case AppliesTo::kHdr:
      return hdr;
    case AppliesTo::kPq:
      return transfer == Transfer::kPq;
    case AppliesTo::kHlg:
      return transfer == Transfer::kHlg;
    case AppliesTo::kSurround:
      return std::ranges::any_of(facts.audio, [](const media::AudioFacts& audio) { return audio.channels >= 6; });
    case AppliesTo::kHdr10Plus:
      return video != nullptr && video->hdr10_plus;
    case AppliesTo::kHdrVivid:
      return video != nullptr && video->hdr_vivid;
    case AppliesTo::kDolbyVision:
      return video != nullptr && video->dolby_vision.has_value();
  }
  return true;
}

Text absence(AppliesTo to) {
  switch (to) {
    case AppliesTo::kPackage:
      return {"the master is no IMF package", "母版不是 IMF 节目包"};
    case AppliesTo::kAudio:
      return {"there is no sound", "没有声音"};
    case AppliesTo::kSdr:
      return {"the picture is not SDR", "画面不是 SDR"};
    case AppliesTo::kHdr:
      return {"the picture is not signalled as HDR", "画面未标注为 HDR"};
    case AppliesTo::kPq:
      return {"the picture is not PQ", "画面不是 PQ"};
    case AppliesTo::kHlg:
      return {"the picture is not HLG", "画面不是 HLG"};
    case AppliesTo::kSurround:
      return {"no sound track has six channels or more", "没有六声道及以上的声音"};
    case AppliesTo::kHdr10Plus:
      return {"the picture carries no HDR10+ metadata", "画面没有 HDR10+ 元数据"};
    case AppliesTo::kHdrVivid:
      return {"the picture carries no HDR Vivid metadata", "画面没有 HDR Vivid 元数据"};
    case AppliesTo::kDolbyVision:
      return {"the picture carries no Dolby Vision metadata", "画面没有杜比视界元数据"};
    case AppliesTo::kFile:
    case AppliesTo::kVideo:
      break;
  }
  return {"does not apply", "不适用"};
}

RuleReport evaluate(const Rule& rule, const impl::Subject& subject) {
  RuleReport report;
  report.rule = rule.id;
  report.clause = rule.clause;
  report.source = rule.source;
  report.severity = rule.severity;
  report.verified = rule.verified;
  report.message = rule.message;
  report.movielabs = rule.movielabs;
  report.ebu_qc = rule.ebu_qc;
  report.attestation = rule.attestation;
  if (!applies(subject.facts, rule.applies_to)) {
    report.outcome = RuleOutcome::kNotApplicable;
    report.evidence = absence(rule.applies_to);
    return report;
  }
  impl::judge_check(rule.check, subject, report);
  return report;
}

Verdict verdict_of(const std::vector<RuleReport>& rules) {
  bool broken_fail = false, broken_warn = false, open = false, any = false;
  for (const RuleReport& rule : rules) {
    if (!rule.deciding() || rule.outcome == RuleOutcome::kNotApplicable) continue;
    any = true;
    const bool broken = rule.outcome == RuleOutcome::kBroken;
    broken_fail |= broken && rule.severity == Severity::kFail;
    broken_warn |= broken && rule.severity != Severity::kFail;
    open |= rule.outcome == RuleOutcome::kNotJudged;
  }
  if (broken_fail) return Verdict::kFail;
  if (open || !any) return Verdict::kNotJudged;
  return broken_warn ? Verdict::kWarn : Verdict::kPass;
}

/// Waivers that name this profile or none, with what became of them.
class WaiverBook {
 public:
  WaiverBook(const JudgeOptions& options, const std::string& profile) {
    for (const Waiver& waiver : options.waivers.list) {
      const bool here = waiver.profile.empty() || waiver.profile == profile;
      x_entries.push_back({.waiver = waiver, .here = here, .expired = waiver.until < options.today, .met = false});
    }
  }

  std::vector<const Waiver*> of_findings() const {
    std::vector<const Waiver*> list;
    for (const Entry& entry : x_entries) {
      if (entry.here && !entry.expired && !entry.waiver.finding.empty()) list.push_back(&entry.waiver);
    }
    return list;
  }

  /// Waives a broken rule, or says that a waiver of it or of one of its findings has expired.
  void settle(const Rule& rule, const AnalysisResult* result, RuleReport& report) {
    for (Entry& entry : x_entries) {
      const bool names_rule = entry.waiver.rule == rule.id && report.outcome == RuleOutcome::kBroken;
      if (!entry.here || (!names_rule && !names_finding(entry.waiver, rule, result))) continue;
      entry.met = true;
      if (entry.expired) {
        report.evidence.en += "; the waiver by " + entry.waiver.who + " ended on " + entry.waiver.until;
        report.evidence.zh += "；" + entry.waiver.who + " 的豁免已于 " + entry.waiver.until + " 到期";
      } else if (names_rule) {
        report.waived.push_back(entry.waiver);
      }
    }
  }

  std::vector<WaiverReport> reports() const {
    std::vector<WaiverReport> list;
    for (const Entry& entry : x_entries) {
      const WaiverState used = entry.expired ? WaiverState::kExpired : WaiverState::kApplied;
      list.push_back({entry.waiver, entry.met ? used : WaiverState::kUnused});
    }
    return list;
  }

 private:
  static bool names_finding(const Waiver& waiver, const Rule& rule, const AnalysisResult* result) {
    const auto* check = std::get_if<AbsentCheck>(&rule.check);
    if (waiver.finding.empty() || check == nullptr || result == nullptr) return false;
    return std::ranges::any_of(result->findings, [&](const Finding& finding) {
      return finding.id == waiver.finding && impl::breaks(*check, finding);
    });
  }

  struct Entry {
    Waiver waiver;
    bool here, expired, met;
  };
  std::vector<Entry> x_entries;
};

void add_warnings(const media::Facts& facts, const AnalysisResult* result, const Profile& profile, Report& report) {
  report.warnings = profile.warnings;
  report.warnings.insert(report.warnings.end(), facts.warnings.begin(), facts.warnings.end());
  if (facts.sampled) report.warnings.push_back("facts were taken from a sample: " + facts.sample_statement);
  if (result == nullptr) return;
  report.warnings.insert(report.warnings.end(), result->warnings.begin(), result->warnings.end());
  if (result->engine != kEngineVersion) {
    report.warnings.push_back("measured by engine " + result->engine + ", judged by " + std::string(kEngineVersion) +
                              ": rules on what the former did not look for are not judged");
  }
}

}  // namespace

Result<Report> judge(const media::Facts& facts, const AnalysisResult* result, const Profile& profile,
                     const JudgeOptions& options) {
  if (profile.rules.empty()) return fail(ErrorCode::kInvalidArgument, "profile '" + profile.id + "' has no rules");
  if (!options.waivers.list.empty() && options.today.empty())
    return fail(ErrorCode::kInvalidArgument, "waivers need the day of the judgement");
  Report report;
  report.profile = profile.id;
  report.profile_version = profile.version;
  report.profile_digest = profile.digest;
  report.profile_title = profile.title;
  report.overlay_digest = profile.overlay_digest;
  report.engine = result != nullptr ? result->engine : std::string(kEngineVersion);
  report.judged_by = std::string(kEngineVersion);
  report.analysed = result != nullptr;
  WaiverBook book(options, profile.id);
  const impl::Subject subject{facts, result, book.of_findings()};
  for (const Rule& rule : profile.rules) {
    RuleReport judged = evaluate(rule, subject);
    book.settle(rule, result, judged);
    report.rules.push_back(std::move(judged));
  }
  report.verdict = verdict_of(report.rules);
  report.waivers = book.reports();
  report.waivers_digest = options.waivers.digest;
  add_warnings(facts, result, profile, report);
  return report;
}

}  // namespace pier::analysis
