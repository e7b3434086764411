// Reports as JSON and as text.

#include <algorithm>

#include <pier/analysis/report.hpp>

#include "json_io.hpp"

namespace pier::analysis {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kWarn:
      return "warn";
    case Verdict::kFail:
      return "fail";
    case Verdict::kNotJudged:
      return "not_judged";
  }
  return "not_judged";
}

std::string_view to_string(RuleOutcome outcome) {
  switch (outcome) {
    case RuleOutcome::kHolds:
      return "holds";
    case RuleOutcome::kBroken:
      return "broken";
    case RuleOutcome::kNotJudged:
      return "not_judged";
    case RuleOutcome::kNotApplicable:
      return "not_applicable";
  }
  return "not_judged";
}

namespace {

json::object to_json(const Text& text) {
  return {{"en", text.en}, {"zh", text.zh}};
}

Result<Text> get_text(const json::object& object, std::string_view key) {
  PIER_TRY(const json::object inner, get_object(object, key));
  Text text;
  PIER_TRY(text.en, get_string(inner, "en"));
  PIER_TRY(text.zh, get_string(inner, "zh"));
  return text;
}

json::array to_json(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.push_back(json::value(text));
  return array;
}

json::object to_json(const RuleReport& rule) {
  return {{"rule", rule.rule},
          {"clause", rule.clause},
          {"source", rule.source},
          {"severity", to_string(rule.severity)},
          {"verified", to_string(rule.verified)},
          {"deciding", rule.deciding()},
          {"outcome", to_string(rule.outcome)},
          {"message", to_json(rule.message)},
          {"evidence", to_json(rule.evidence)},
          {"values", rule.values},
          {"findings", to_json(rule.findings)}};
}

Result<RuleReport> rule_from_json(const json::value& value) {
  PIER_TRY(const json::object* object, impl::as_object(value, "rule of a report"));
  RuleReport rule;
  PIER_TRY(rule.rule, get_string(*object, "rule"));
  PIER_TRY(rule.clause, get_string(*object, "clause"));
  PIER_TRY(rule.source, get_string(*object, "source"));
  PIER_TRY(rule.severity, impl::enum_from(*object, "severity", {Severity::kInfo, Severity::kWarn, Severity::kFail}));
  PIER_TRY(rule.verified, impl::enum_from(*object, "verified", {Verified::kText, Verified::kSource, Verified::kNo}));
  PIER_TRY(rule.outcome, impl::enum_from(*object, "outcome",
                                         {RuleOutcome::kHolds, RuleOutcome::kBroken, RuleOutcome::kNotJudged,
                                          RuleOutcome::kNotApplicable}));
  PIER_TRY(rule.message, get_text(*object, "message"));
  PIER_TRY(rule.evidence, get_text(*object, "evidence"));
  PIER_TRY(rule.values, get_object(*object, "values"));
  PIER_TRY(rule.findings, impl::get_strings(*object, "findings"));
  return rule;
}

struct Counts {
  int64_t deciding_hold = 0, deciding_broken = 0, deciding_open = 0, other_met = 0, other_unmet = 0, not_applicable = 0;
};

Counts count(const Report& report) {
  Counts counts;
  for (const RuleReport& rule : report.rules) {
    if (rule.outcome == RuleOutcome::kNotApplicable) {
      ++counts.not_applicable;
    } else if (!rule.deciding()) {
      ++(rule.outcome == RuleOutcome::kHolds ? counts.other_met : counts.other_unmet);
    } else if (rule.outcome == RuleOutcome::kHolds) {
      ++counts.deciding_hold;
    } else {
      ++(rule.outcome == RuleOutcome::kBroken ? counts.deciding_broken : counts.deciding_open);
    }
  }
  return counts;
}

json::object to_json(const Counts& counts) {
  return {{"deciding_hold", counts.deciding_hold},       {"deciding_broken", counts.deciding_broken},
          {"deciding_not_judged", counts.deciding_open}, {"unverified_met", counts.other_met},
          {"unverified_not_met", counts.other_unmet},    {"not_applicable", counts.not_applicable}};
}

std::string_view verdict_word(Verdict verdict, bool zh) {
  switch (verdict) {
    case Verdict::kPass:
      return zh ? "通过" : "PASS";
    case Verdict::kWarn:
      return zh ? "通过（有警告）" : "PASS with warnings";
    case Verdict::kFail:
      return zh ? "不通过" : "FAIL";
    case Verdict::kNotJudged:
      return zh ? "未判定" : "NOT JUDGED";
  }
  return "";
}

std::string padded(std::string_view text, size_t width) {
  std::string out(text);
  out.resize(std::max(width, out.size()), ' ');
  return out;
}

std::string rule_lines(const RuleReport& rule, std::string_view mark, const std::string& language) {
  std::string text = "  " + padded(mark, 12) + padded(rule.rule, 22) + " " + rule.message.in(language) + "\n";
  text += std::string(14, ' ') + rule.evidence.in(language) + "  [" + rule.clause + "]\n";
  return text;
}

}  // namespace

json::object to_json(const Report& report) {
  json::array rules;
  for (const RuleReport& rule : report.rules) rules.push_back(to_json(rule));
  return {{"format", 1},
          {"verdict", to_string(report.verdict)},
          {"profile", report.profile},
          {"profile_version", report.profile_version},
          {"profile_digest", report.profile_digest},
          {"profile_title", to_json(report.profile_title)},
          {"engine", report.engine},
          {"analysed", report.analysed},
          {"counts", to_json(count(report))},
          {"rules", std::move(rules)},
          {"warnings", to_json(report.warnings)}};
}

Result<Report> report_from_json(const json::value& value) {
  PIER_TRY(const json::object* object, impl::as_object(value, "report"));
  if (int_or(*object, "format", 0) != 1)
    return fail(ErrorCode::kInputUnsupported, "this report has a form this engine does not read");
  Report report;
  PIER_TRY(report.verdict,
           impl::enum_from(*object, "verdict", {Verdict::kPass, Verdict::kWarn, Verdict::kFail, Verdict::kNotJudged}));
  PIER_TRY(report.profile, get_string(*object, "profile"));
  PIER_TRY(report.profile_version, get_string(*object, "profile_version"));
  PIER_TRY(report.profile_digest, get_string(*object, "profile_digest"));
  PIER_TRY(report.profile_title, get_text(*object, "profile_title"));
  PIER_TRY(report.engine, get_string(*object, "engine"));
  PIER_TRY(report.analysed, get_bool(*object, "analysed"));
  PIER_TRY(const json::array rules, get_array(*object, "rules"));
  for (const json::value& item : rules) {
    PIER_TRY(RuleReport rule, rule_from_json(item));
    report.rules.push_back(std::move(rule));
  }
  PIER_TRY(report.warnings, impl::get_strings(*object, "warnings"));
  return report;
}

std::string describe(const Report& report, std::string_view language_tag) {
  const bool zh = language_tag.starts_with("zh");
  const std::string language = zh ? "zh" : "en";
  const Counts counts = count(report);
  std::string text = std::string(verdict_word(report.verdict, zh)) + (zh ? "：" : ": ") +
                     report.profile_title.in(language) + " (" + report.profile + " " + report.profile_version + ")\n";
  const auto section = [&](std::string_view mark, auto wanted) {
    for (const RuleReport& rule : report.rules) {
      if (wanted(rule)) text += rule_lines(rule, mark, language);
    }
  };
  const auto broken = [](Severity severity) {
    return [severity](const RuleReport& r) {
      return r.deciding() && r.outcome == RuleOutcome::kBroken &&
             (r.severity == Severity::kFail) == (severity == Severity::kFail);
    };
  };
  section(zh ? "不符合" : "fail", broken(Severity::kFail));
  section(zh ? "警告" : "warn", broken(Severity::kWarn));
  section(zh ? "未判定" : "not judged",
          [](const RuleReport& r) { return r.deciding() && r.outcome == RuleOutcome::kNotJudged; });
  section(zh ? "未核实" : "unverified", [](const RuleReport& r) {
    return !r.deciding() && (r.outcome == RuleOutcome::kBroken || r.outcome == RuleOutcome::kNotJudged);
  });
  if (zh) {
    text += "  " + std::to_string(counts.deciding_hold) + " 条已核实规则符合，" +
            std::to_string(counts.deciding_broken) + " 条不符合，" + std::to_string(counts.deciding_open) +
            " 条未判定；未核实规则（不参与判定）符合 " + std::to_string(counts.other_met) + " 条、不符合或未判定 " +
            std::to_string(counts.other_unmet) + " 条；不适用 " + std::to_string(counts.not_applicable) + " 条\n";
  } else {
    text += "  " + std::to_string(counts.deciding_hold) + " verified rules hold, " +
            std::to_string(counts.deciding_broken) + " broken, " + std::to_string(counts.deciding_open) +
            " not judged; unverified rules (they decide nothing): " + std::to_string(counts.other_met) + " met, " +
            std::to_string(counts.other_unmet) + " not met or not judged; " + std::to_string(counts.not_applicable) +
            " not applicable\n";
  }
  for (const std::string& warning : report.warnings) text += (zh ? "  注意：" : "  note: ") + warning + "\n";
  return text;
}

}  // namespace pier::analysis
