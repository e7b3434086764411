// Rules over facts, measures and findings.

#include <algorithm>

#include <pier/analysis/report.hpp>

#include "fact_values.hpp"

namespace pier::analysis {

namespace {

constexpr size_t kEvidenceFindings = 20;

/// Everything a rule can be held against.
struct Subject {
  const media::Facts& facts;
  const AnalysisResult* result;
};

void set(RuleReport& report, RuleOutcome outcome, std::string en, std::string zh) {
  report.outcome = outcome;
  report.evidence = {std::move(en), std::move(zh)};
}

bool applies(const media::Facts& facts, AppliesTo to) {
  const media::VideoFacts* video = impl::main_video(facts);
  const Transfer transfer = video != nullptr ? video->colour.transfer : Transfer::kUnspecified;
  const bool hdr = transfer == Transfer::kPq || transfer == Transfer::kHlg;
  switch (to) {
    case AppliesTo::kFile:
    case AppliesTo::kVideo:
      return true;  // a master without pictures is not conform by silence
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
  }
  return true;
}

Text absence(AppliesTo to) {
  switch (to) {
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
    default:
      return {"does not apply", "不适用"};
  }
}

std::string number_text(double value) {
  return impl::shown(RuleValue(value));
}

std::string bounds_text(std::optional<double> min, std::optional<double> max, bool zh) {
  std::string text;
  if (min) text += (zh ? "不低于 " : "at least ") + number_text(*min);
  if (min && max) text += zh ? "，" : ", ";
  if (max) text += (zh ? "不高于 " : "at most ") + number_text(*max);
  return text;
}

json::value optional_json(std::optional<double> value) {
  return value ? json::value(*value) : json::value();
}

// ---- facts

bool holds(const FactCheck& check, const impl::FactValue& value) {
  if (check.equals) return impl::equal(value.value, *check.equals);
  if (!check.one_of.empty()) {
    return std::ranges::any_of(check.one_of, [&](const RuleValue& one) { return impl::equal(value.value, one); });
  }
  return value.number && (!check.min || *value.number >= *check.min) && (!check.max || *value.number <= *check.max);
}

std::string asked_text(const FactCheck& check, bool zh) {
  if (check.equals) return impl::shown(*check.equals);
  if (check.one_of.empty()) return bounds_text(check.min, check.max, zh);
  std::string list = zh ? "其中之一：" : "one of ";
  for (size_t i = 0; i < check.one_of.size(); ++i) list += (i == 0 ? "" : ", ") + impl::shown(check.one_of[i]);
  return list;
}

json::value asked_json(const FactCheck& check) {
  if (check.equals) return impl::as_json(*check.equals);
  if (check.one_of.empty()) return json::object{{"min", optional_json(check.min)}, {"max", optional_json(check.max)}};
  json::array list;
  for (const RuleValue& value : check.one_of) list.push_back(impl::as_json(value));
  return list;
}

void evaluate(const FactCheck& check, const Subject& subject, RuleReport& report) {
  const auto values = impl::fact_values(subject.facts, check.fact);
  report.values = {{"fact", check.fact}, {"asked", asked_json(check)}};
  if (values.empty()) {
    set(report, RuleOutcome::kNotJudged, "the source does not say what " + check.fact + " is",
        "片源没有给出 " + check.fact);
    return;
  }
  json::array actual;
  std::string seen;
  bool good = true;
  for (const impl::FactValue& value : values) {
    actual.push_back(impl::as_json(value.value));
    good &= holds(check, value);
    seen += (seen.empty() ? "" : ", ") + impl::shown(value.value);
  }
  report.values["actual"] = std::move(actual);
  set(report, good ? RuleOutcome::kHolds : RuleOutcome::kBroken,
      check.fact + " is " + seen + "; asked: " + asked_text(check, false),
      check.fact + " 为 " + seen + "；要求：" + asked_text(check, true));
}

// ---- findings

bool of_kind(const Finding& finding, const std::string& kind) {
  return finding.kind == kind || finding.kind.starts_with(kind + ".");
}

/// Findings of the kind that were counted but not kept in the list.
int64_t unlisted(const AnalysisResult& result, const std::string& kind) {
  const json::value* all = result.measures.if_contains("findings");
  if (all == nullptr || !all->is_object()) return 0;
  int64_t missing = 0;
  for (const auto& [name, counts] : all->get_object()) {
    const bool same = name == kind || name.starts_with(kind + ".");
    if (same && counts.is_object())
      missing += int_or(counts.get_object(), "count", 0) - int_or(counts.get_object(), "listed", 0);
  }
  return missing;
}

void evaluate(const AbsentCheck& check, const Subject& subject, RuleReport& report) {
  report.values = {{"absent", check.kind}, {"longer_than_seconds", check.longer_than_seconds}};
  if (subject.result == nullptr) {
    set(report, RuleOutcome::kNotJudged, "the content was not analysed", "未分析内容");
    return;
  }
  const bool sound = check.kind == "silence";
  if (sound ? subject.result->audio.empty() : subject.result->video_stream < 0) {
    set(report, RuleOutcome::kNotJudged, sound ? "no sound could be analysed" : "no picture could be analysed",
        sound ? "没有可分析的声音" : "没有可分析的画面");
    return;
  }
  size_t count = 0;
  std::string first;
  for (const Finding& finding : subject.result->findings) {
    const double length = (finding.time.end - finding.time.start).value();
    if (!of_kind(finding, check.kind) || length <= check.longer_than_seconds) continue;
    if (count++ == 0)
      first = number_text(finding.time.start.value()) + "–" + number_text(finding.time.end.value()) + " s";
    if (report.findings.size() < kEvidenceFindings) report.findings.push_back(finding.id);
  }
  report.values["count"] = count;
  const int64_t missing = unlisted(*subject.result, check.kind);
  if (count > 0) {
    set(report, RuleOutcome::kBroken, std::to_string(count) + " of kind " + check.kind + ", first at " + first,
        "检出 " + check.kind + " " + std::to_string(count) + " 处，首处 " + first);
  } else if (missing > 0) {
    set(report, RuleOutcome::kNotJudged,
        std::to_string(missing) + " more findings of this kind were counted but not listed",
        "另有 " + std::to_string(missing) + " 处同类检出只计数、未列出");
  } else {
    set(report, RuleOutcome::kHolds, "none found", "未检出");
  }
}

// ---- measures

struct MeasuredValue {
  std::string path;
  std::optional<double> value;  // empty: null or no number
};

void collect(const json::value& value, std::string_view rest, const std::string& path,
             std::vector<MeasuredValue>& out) {
  if (rest.empty()) {
    const bool number = value.is_number();
    out.push_back({path, number ? std::optional(value.to_number<double>()) : std::nullopt});
    return;
  }
  const size_t dot = rest.find('.');
  const std::string_view key = rest.substr(0, dot);
  const std::string_view left = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  const std::string prefix = path.empty() ? "" : path + ".";
  if (key == "*" && value.is_array()) {
    const json::array& array = value.get_array();
    for (size_t i = 0; i < array.size(); ++i) collect(array[i], left, prefix + std::to_string(i), out);
  } else if (value.is_object()) {
    if (const json::value* member = value.get_object().if_contains(key))
      collect(*member, left, prefix + std::string(key), out);
  }
}

void evaluate(const MeasureCheck& check, const Subject& subject, RuleReport& report) {
  report.values = {{"measure", check.measure}};
  if (subject.result == nullptr) {
    set(report, RuleOutcome::kNotJudged, "the content was not analysed", "未分析内容");
    return;
  }
  std::optional<double> max = check.max;
  if (!check.max_fact.empty()) {
    const auto declared = impl::fact_values(subject.facts, check.max_fact);
    if (declared.empty() || !declared.front().number) {
      set(report, RuleOutcome::kNotApplicable, check.max_fact + " is not declared", "未声明 " + check.max_fact);
      return;
    }
    max = max ? std::min(*max, *declared.front().number) : *declared.front().number;
  }
  report.values["asked"] = {{"min", optional_json(check.min)}, {"max", optional_json(max)}};
  std::vector<MeasuredValue> values;
  collect(json::value(subject.result->measures), check.measure, "", values);
  if (values.empty() || std::ranges::any_of(values, [](const MeasuredValue& v) { return !v.value; })) {
    set(report, RuleOutcome::kNotJudged, check.measure + " could not be measured", "无法测得 " + check.measure);
    return;
  }
  json::array actual;
  std::string seen;
  bool good = true;
  for (const MeasuredValue& value : values) {
    actual.push_back(*value.value);
    good &= (!check.min || *value.value >= *check.min) && (!max || *value.value <= *max);
    seen += (seen.empty() ? "" : ", ") + number_text(*value.value);
  }
  report.values["actual"] = std::move(actual);
  set(report, good ? RuleOutcome::kHolds : RuleOutcome::kBroken,
      check.measure + " is " + seen + "; asked: " + bounds_text(check.min, max, false),
      check.measure + " 为 " + seen + "；要求：" + bounds_text(check.min, max, true));
}

RuleReport evaluate(const Rule& rule, const Subject& subject) {
  RuleReport report;
  report.rule = rule.id;
  report.clause = rule.clause;
  report.source = rule.source;
  report.severity = rule.severity;
  report.verified = rule.verified;
  report.message = rule.message;
  if (!applies(subject.facts, rule.applies_to)) {
    const Text why = absence(rule.applies_to);
    set(report, RuleOutcome::kNotApplicable, why.en, why.zh);
    return report;
  }
  std::visit([&](const auto& check) { evaluate(check, subject, report); }, rule.check);
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

}  // namespace

Result<Report> judge(const media::Facts& facts, const AnalysisResult* result, const Profile& profile) {
  if (profile.rules.empty()) return fail(ErrorCode::kInvalidArgument, "profile '" + profile.id + "' has no rules");
  Report report;
  report.profile = profile.id;
  report.profile_version = profile.version;
  report.profile_digest = profile.digest;
  report.profile_title = profile.title;
  report.engine = result != nullptr ? result->engine : std::string(kEngineVersion);
  report.analysed = result != nullptr;
  const Subject subject{facts, result};
  for (const Rule& rule : profile.rules) report.rules.push_back(evaluate(rule, subject));
  report.verdict = verdict_of(report.rules);
  report.warnings = facts.warnings;
  if (result != nullptr)
    report.warnings.insert(report.warnings.end(), result->warnings.begin(), result->warnings.end());
  if (facts.sampled) report.warnings.push_back("facts were taken from a sample: " + facts.sample_statement);
  return report;
}

}  // namespace pier::analysis
