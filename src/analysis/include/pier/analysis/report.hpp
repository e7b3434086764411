#pragma once
// The verdict on one master under one profile.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/analysis/analyse.hpp>
#include <pier/analysis/profile.hpp>
#include <pier/analysis/waiver.hpp>

namespace pier::analysis {

enum class Verdict : uint8_t { kPass, kWarn, kFail, kNotJudged };
std::string_view to_string(Verdict verdict);  // "pass", "warn", "fail", "not_judged"

enum class RuleOutcome : uint8_t { kHolds, kBroken, kNotJudged, kNotApplicable };
std::string_view to_string(RuleOutcome outcome);  // "holds", "broken", "not_judged", "not_applicable"

struct RuleReport {
  std::string rule;
  std::string clause;
  std::string source;
  Severity severity = Severity::kFail;
  Verified verified = Verified::kNo;
  RuleOutcome outcome = RuleOutcome::kNotJudged;
  Text message;                       // the rule
  Text evidence;                      // what was found, or why it was not judged
  json::object values;                // what was compared, by name
  std::vector<std::string> findings;  // ids, at most 20
  std::string movielabs, ebu_qc;      // codes of the rule, see profile.hpp
  std::optional<Attestation> attestation;
  std::vector<Waiver> waived;  // broken, and let pass by these
  bool deciding() const { return verified != Verified::kNo && waived.empty(); }
};

enum class WaiverState : uint8_t { kApplied, kExpired, kUnused };
std::string_view to_string(WaiverState state);  // "applied", "expired", "unused"

struct WaiverReport {
  Waiver waiver;
  WaiverState state = WaiverState::kUnused;  // expired: it would have been applied
};

struct Report {
  Verdict verdict = Verdict::kNotJudged;
  std::string profile;
  std::string profile_version;
  std::string profile_digest;
  Text profile_title;
  std::string overlay_digest;     // empty: the profile as shipped
  std::string engine;             // that measured
  std::string judged_by;          // engine that judged
  bool analysed = false;          // false: facts only
  std::vector<RuleReport> rules;  // in the order of the profile
  std::vector<WaiverReport> waivers;
  std::string waivers_digest;
  std::vector<std::string> warnings;
};

struct JudgeOptions {
  Waivers waivers;
  std::string today;  // "2026-11-22", needed with waivers
};

/// A deciding rule of severity fail that is broken: fail; else one that applies and was not judged: not_judged; else a
/// broken one of severity warn: warn; else pass (not_judged when no deciding rule applied at all).
/// A broken rule that is waived, itself or by all its findings, decides nothing.
/// `result` may be null: rules on measures and findings are then not judged, and say so. It may come from another
/// engine version: what that one did not look for is not judged. Pure. Errors: kInvalidArgument (no rules; waivers
/// without a day).
Result<Report> judge(const media::Facts& facts, const AnalysisResult* result, const Profile& profile,
                     const JudgeOptions& options = {});

json::object to_json(const Report& report);
Result<Report> report_from_json(const json::value& value);

/// Plain text for a terminal: verdict, then broken rules, not judged ones, and a count of the others. Language "en" or
/// "zh".
std::string describe(const Report& report, std::string_view language);

}  // namespace pier::analysis
