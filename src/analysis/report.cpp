// Reports as JSON and as text.

#include <algorithm>

#include <pier/analysis/report.hpp>

#include "json_io.hpp"
#include "rule_text.hpp"

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

std::string_view to_string(WaiverState state) {
  switch (state) {
    case WaiverState::kApplied:
      return "applied";
    case WaiverState::kExpired:
      return "expired";
    case WaiverState::kUnused:
      return "unused";
  }
  return "unused";
}

namespace {

json::object to_json(const Waiver& waiver) {
  json::object object{{"who", waiver.who}, {"why", waiver.why}, {"until", waiver.until}};
  if (!waiver.rule.empty()) object["rule"] = waiver.rule;
  if (!waiver.finding.empty()) object["finding"] = waiver.finding;
  if (!waiver.profile.empty()) object["profile"] = waiver.profile;
  return object;
}

Result<Waiver> waiver_from_json(const json::value& value) {
  PIER_TRY(const json::object* object, impl::as_object(value, "waiver"));
  Waiver waiver;
  waiver.rule = string_or(*object, "rule", "");
  waiver.finding = string_or(*object, "finding", "");
  waiver.profile = string_or(*object, "profile", "");
  PIER_TRY(waiver.who, get_string(*object, "who"));
  PIER_TRY(waiver.why, get_string(*object, "why"));
  PIER_TRY(waiver.until, get_string(*object, "until"));
  return waiver;
}

/// Reports of earlier engines have no such list.
json::array list_or_none(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : json::array();
}

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
  json::object object{{"rule", rule.rule},
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
  if (!rule.movielabs.empty()) object["movielabs"] = rule.movielabs;
  if (!rule.ebu_qc.empty()) object["ebu_qc"] = rule.ebu_qc;
  if (rule.attestation) object["attestation"] = impl::to_json(*rule.attestation);
  if (!rule.waived.empty()) {
    json::array waived;
    for (const Waiver& waiver : rule.waived) waived.push_back(to_json(waiver));
    object["waived"] = std::move(waived);
  }
  return object;
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
  rule.movielabs = string_or(*object, "movielabs", "");
  rule.ebu_qc = string_or(*object, "ebu_qc", "");
  if (const json::value* attestation = object->if_contains("attestation")) {
    PIER_TRY(rule.attestation, impl::attestation_from_json(*attestation));
  }
  for (const json::value& item : list_or_none(*object, "waived")) {
    PIER_TRY(Waiver waiver, waiver_from_json(item));
    rule.waived.push_back(std::move(waiver));
  }
  return rule;
}

struct Counts {
  int64_t deciding_hold = 0, deciding_broken = 0, deciding_open = 0;  // verified rules
  int64_t other_met = 0, other_unmet = 0, other_open = 0;             // rules that nobody verified
  int64_t waived = 0, not_applicable = 0;
};

Counts count(const Report& report) {
  Counts counts;
  for (const RuleReport& rule : report.rules) {
    if (rule.outcome == RuleOutcome::kNotApplicable) {
      ++counts.not_applicable;
    } else if (!rule.waived.empty()) {
      ++counts.waived;
    } else if (!rule.deciding()) {
      const bool open = rule.outcome == RuleOutcome::kNotJudged;
      ++(rule.outcome == RuleOutcome::kHolds ? counts.other_met : open ? counts.other_open : counts.other_unmet);
    } else if (rule.outcome == RuleOutcome::kHolds) {
      ++counts.deciding_hold;
    } else {
      ++(rule.outcome == RuleOutcome::kBroken ? counts.deciding_broken : counts.deciding_open);
    }
  }
  return counts;
}

json::object to_json(const Counts& counts) {
  return {{"deciding_hold", counts.deciding_hold},
          {"deciding_broken", counts.deciding_broken},
          {"deciding_not_judged", counts.deciding_open},
          {"unverified_met", counts.other_met},
          {"unverified_not_met", counts.other_unmet},
          {"unverified_not_judged", counts.other_open},
          {"waived", counts.waived},
          {"not_applicable", counts.not_applicable}};
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

std::string change_text(const json::object& change) {
  std::string text;
  for (const auto& [key, value] : change)
    text += (text.empty() ? "" : ", ") + std::string(key) + " = " + json::serialize(value);
  return text;
}

std::string rule_lines(const RuleReport& rule, std::string_view mark, const std::string& language) {
  const bool zh = language == "zh";
  const std::string indent(14, ' ');
  std::string text = "  " + padded(mark, 12) + padded(rule.rule, 22) + " " + rule.message.in(language) + "\n";
  text += indent + rule.evidence.in(language) + "  [" + rule.clause + "]\n";
  if (const auto& told = rule.attestation) {
    text +=
        indent +
        (zh ? "由 " + told->by + " 依据 " + told->document + " " + told->clause + " 认证（" + told->date + "）"
            : "attested by " + told->by + " after " + told->document + ", " + told->clause + " (" + told->date + ")");
    if (!told->change.empty()) text += (zh ? "，改为 " : "; changed: ") + change_text(told->change);
    text += "\n";
  }
  for (const Waiver& waiver : rule.waived) {
    const std::string finding = waiver.finding.empty() ? "" : waiver.finding + " ";
    text += indent +
            (zh ? finding + "由 " + waiver.who + " 豁免至 " + waiver.until + "：" + waiver.why
                : finding + "waived by " + waiver.who + " until " + waiver.until + ": " + waiver.why) +
            "\n";
  }
  return text;
}

/// "conform by 12 verified rules", or what stands against it.
std::string summary(const Counts& counts, bool zh) {
  const auto number = [](int64_t n) { return std::to_string(n); };
  const auto rules = [&](int64_t n) { return number(n) + (n == 1 ? " verified rule" : " verified rules"); };
  if (zh) {
    return "  依据 " + number(counts.deciding_hold) + " 条已核实规则符合，" + number(counts.deciding_broken) +
           " 条不符合，" + number(counts.deciding_open) + " 条未判定；未核实规则（不参与判定）符合 " +
           number(counts.other_met) + " 条、不符合 " + number(counts.other_unmet) + " 条、未判定 " +
           number(counts.other_open) + " 条；豁免 " + number(counts.waived) + " 条；不适用 " +
           number(counts.not_applicable) + " 条\n";
  }
  return "  conform by " + rules(counts.deciding_hold) + ", " + number(counts.deciding_broken) + " broken, " +
         number(counts.deciding_open) +
         " not judged; unverified rules (they decide nothing): " + number(counts.other_met) + " met, " +
         number(counts.other_unmet) + " not met, " + number(counts.other_open) + " not judged; " +
         number(counts.waived) + " waived; " + number(counts.not_applicable) + " not applicable\n";
}

std::string waiver_lines(const Report& report, bool zh) {
  std::string text;
  for (const WaiverReport& entry : report.waivers) {
    if (entry.state == WaiverState::kApplied) continue;
    const std::string what = entry.waiver.rule.empty() ? entry.waiver.finding : entry.waiver.rule;
    if (entry.state == WaiverState::kExpired) {
      text += zh ? "  豁免已于 " + entry.waiver.until + " 到期：" + what + "（" + entry.waiver.who + "）\n"
                 : "  waiver ended on " + entry.waiver.until + ": " + what + " (" + entry.waiver.who + ")\n";
    } else {
      text += zh ? "  未用到的豁免：" + what + "（" + entry.waiver.who + "）\n"
                 : "  waiver without use: " + what + " (" + entry.waiver.who + ")\n";
    }
  }
  return text;
}

}  // namespace

json::object to_json(const Report& report) {
  json::array rules, waivers;
  for (const RuleReport& rule : report.rules) rules.push_back(to_json(rule));
  for (const WaiverReport& waiver : report.waivers) {
    json::object object = to_json(waiver.waiver);
    object["state"] = to_string(waiver.state);
    waivers.push_back(std::move(object));
  }
  return {{"format", 1},
          {"verdict", to_string(report.verdict)},
          {"profile", report.profile},
          {"profile_version", report.profile_version},
          {"profile_digest", report.profile_digest},
          {"profile_title", to_json(report.profile_title)},
          {"overlay_digest", report.overlay_digest},
          {"engine", report.engine},
          {"judged_by", report.judged_by},
          {"analysed", report.analysed},
          {"counts", to_json(count(report))},
          {"rules", std::move(rules)},
          {"waivers", std::move(waivers)},
          {"waivers_digest", report.waivers_digest},
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
  report.overlay_digest = string_or(*object, "overlay_digest", "");
  report.judged_by = string_or(*object, "judged_by", report.engine);
  report.waivers_digest = string_or(*object, "waivers_digest", "");
  for (const json::value& item : list_or_none(*object, "waivers")) {
    WaiverReport waiver;
    PIER_TRY(waiver.waiver, waiver_from_json(item));
    PIER_TRY(waiver.state, impl::enum_from(item.get_object(), "state",
                                           {WaiverState::kApplied, WaiverState::kExpired, WaiverState::kUnused}));
    report.waivers.push_back(std::move(waiver));
  }
  PIER_TRY(report.warnings, impl::get_strings(*object, "warnings"));
  return report;
}

std::string describe(const Report& report, std::string_view language_tag) {
  const bool zh = language_tag.starts_with("zh");
  const std::string language = zh ? "zh" : "en";
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
  const auto unverified = [](RuleOutcome outcome) {
    return [outcome](const RuleReport& r) {
      return r.verified == Verified::kNo && r.waived.empty() && r.outcome == outcome;
    };
  };
  section(zh ? "不符合" : "fail", broken(Severity::kFail));
  section(zh ? "警告" : "warn", broken(Severity::kWarn));
  section(zh ? "未判定" : "not judged",
          [](const RuleReport& r) { return r.deciding() && r.outcome == RuleOutcome::kNotJudged; });
  section(zh ? "已豁免" : "waived", [](const RuleReport& r) { return !r.waived.empty(); });
  section(zh ? "未核实不符" : "(not met)", unverified(RuleOutcome::kBroken));
  section(zh ? "未核实未判" : "(open)", unverified(RuleOutcome::kNotJudged));
  section(zh ? "未核实符合" : "(met)", unverified(RuleOutcome::kHolds));
  text += summary(count(report), zh) + waiver_lines(report, zh);
  for (const std::string& warning : report.warnings) text += (zh ? "  注意：" : "  note: ") + warning + "\n";
  return text;
}

}  // namespace pier::analysis
