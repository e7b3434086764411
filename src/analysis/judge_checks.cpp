// Checks of rules over facts, findings and measures.

#include "judge_checks.hpp"

#include <algorithm>
#include <limits>

#include "fact_values.hpp"
#include "finding_kinds.hpp"
#include "rule_text.hpp"

namespace pier::analysis::impl {

namespace {

constexpr size_t kEvidenceFindings = 20;

void set(RuleReport& report, RuleOutcome outcome, std::string en, std::string zh) {
  report.outcome = outcome;
  report.evidence = {std::move(en), std::move(zh)};
}

std::string number_text(double value) {
  return shown(RuleValue(value));
}

json::value optional_json(std::optional<double> value) {
  return value ? json::value(*value) : json::value();
}

// ---- facts

bool holds(const FactCheck& check, const FactValue& value) {
  if (check.equals) return equal(value.value, *check.equals);
  if (!check.one_of.empty()) {
    return std::ranges::any_of(check.one_of, [&](const RuleValue& one) { return equal(value.value, one); });
  }
  return value.number && (!check.min || *value.number >= *check.min) && (!check.max || *value.number <= *check.max);
}

json::value asked_json(const FactCheck& check) {
  if (check.equals) return as_json(*check.equals);
  if (check.one_of.empty()) return json::object{{"min", optional_json(check.min)}, {"max", optional_json(check.max)}};
  json::array list;
  for (const RuleValue& value : check.one_of) list.push_back(as_json(value));
  return list;
}

void evaluate(const FactCheck& check, const Subject& subject, RuleReport& report) {
  const auto values = fact_values(subject.facts, check.fact);
  report.values = {{"fact", check.fact}, {"asked", asked_json(check)}};
  if (values.empty()) {
    set(report, RuleOutcome::kNotJudged, "the source does not say what " + check.fact + " is",
        "片源没有给出 " + check.fact);
    return;
  }
  json::array actual;
  std::string seen;
  bool good = true;
  for (const FactValue& value : values) {
    actual.push_back(as_json(value.value));
    good &= holds(check, value);
    seen += (seen.empty() ? "" : ", ") + shown(value.value);
  }
  report.values["actual"] = std::move(actual);
  set(report, good ? RuleOutcome::kHolds : RuleOutcome::kBroken,
      check.fact + " is " + seen + "; asked: " + asked(check, false),
      check.fact + " 为 " + seen + "；要求：" + asked(check, true));
}

// ---- findings

/// Findings of a kind or family, as a rule sees them.
struct Seen {
  size_t count = 0;   // that break the rule
  size_t waived = 0;  // that would, and are let pass
  std::string first;  // when the first of `count` is
  std::vector<std::string> ids;
  std::vector<Waiver> waivers;
};

std::string when(const Finding& finding) {
  return number_text(finding.time.start.value()) + "–" + number_text(finding.time.end.value()) + " s";
}

Seen see(const AbsentCheck& check, const Subject& subject) {
  Seen seen;
  for (const Finding& finding : subject.result->findings) {
    if (!breaks(check, finding)) continue;
    if (seen.ids.size() < kEvidenceFindings) seen.ids.push_back(finding.id);
    if (const Waiver* waiver = subject.waived(finding.id)) {
      ++seen.waived;
      if (seen.waivers.size() < kEvidenceFindings) seen.waivers.push_back(*waiver);
    } else if (seen.count++ == 0) {
      seen.first = when(finding);
    }
  }
  return seen;
}

/// Findings of the kind that were counted but not kept in the list: how many, and how long the longest of them can be.
struct Unlisted {
  int64_t count = 0;
  double seconds = 0;
};

Unlisted unlisted(const AnalysisResult& result, const std::string& kind) {
  Unlisted missing;
  const json::value* all = result.measures.if_contains("findings");
  if (all == nullptr || !all->is_object()) return missing;
  for (const auto& [name, counts] : all->get_object()) {
    if (!counts.is_object() || !of_family(std::string_view(name.data(), name.size()), kind)) continue;
    const int64_t count = int_or(counts.get_object(), "count", 0) - int_or(counts.get_object(), "listed", 0);
    if (count <= 0) continue;
    double listed_seconds = 0;
    for (const Finding& finding : result.findings) {
      if (finding.kind == name) listed_seconds += (finding.time.end - finding.time.start).value();
    }
    const double seconds = double_or(counts.get_object(), "seconds", -1);
    missing.count += count;
    missing.seconds =
        std::max(missing.seconds, seconds < 0 ? std::numeric_limits<double>::infinity() : seconds - listed_seconds);
  }
  return missing;
}

/// Why it was not looked for; empty texts when it was.
Text not_looked_for(const AnalysisResult& result, const std::string& kind) {
  for (const KindSource* source : sources_of(kind)) {
    if (looked_for(result, *source, kind)) continue;
    if (source->about == About::kAudio && result.audio.empty())
      return {"no sound could be analysed", "没有可分析的声音"};
    if (source->about == About::kVideo && result.video_stream < 0)
      return {"no picture could be analysed", "没有可分析的画面"};
    return {"it was not looked for when the content was analysed (by " + result.engine + ")",
            "分析内容时（" + result.engine + "）未检测此项"};
  }
  return {};
}

void broken_by(const AbsentCheck& check, Seen& seen, RuleReport& report) {
  const std::string waived = std::to_string(seen.waived);
  if (seen.count == 0) {
    report.waived = std::move(seen.waivers);
    set(report, RuleOutcome::kBroken, "all " + waived + " of kind " + check.kind + " are waived",
        "检出的 " + waived + " 处 " + check.kind + " 均已豁免");
    return;
  }
  const std::string count = std::to_string(seen.count);
  set(report, RuleOutcome::kBroken,
      count + " of kind " + check.kind + ", first at " + seen.first +
          (seen.waived > 0 ? "; " + waived + " more are waived" : ""),
      "检出 " + check.kind + " " + count + " 处，首处 " + seen.first +
          (seen.waived > 0 ? "；另有 " + waived + " 处已豁免" : ""));
}

void evaluate(const AbsentCheck& check, const Subject& subject, RuleReport& report) {
  report.values = {{"absent", check.kind}, {"longer_than_seconds", check.longer_than_seconds}};
  if (subject.result == nullptr) {
    set(report, RuleOutcome::kNotJudged, "the content was not analysed", "未分析内容");
    return;
  }
  const Unlisted missing = unlisted(*subject.result, check.kind);
  const std::string more = std::to_string(missing.count);
  Seen seen = see(check, subject);
  report.values["count"] = seen.count + seen.waived;
  report.findings = std::move(seen.ids);
  const Text blind = not_looked_for(*subject.result, check.kind);
  if (seen.count > 0) {
    broken_by(check, seen, report);
  } else if (!blind.en.empty()) {
    set(report, RuleOutcome::kNotJudged, blind.en, blind.zh);
  } else if (missing.count > 0 && check.longer_than_seconds <= 0) {
    set(report, RuleOutcome::kBroken, more + " more of kind " + check.kind + " were counted but not listed",
        "另有 " + more + " 处 " + check.kind + " 只计数、未列出");
  } else if (missing.count > 0 && missing.seconds > check.longer_than_seconds) {
    set(report, RuleOutcome::kNotJudged,
        more + " more of kind " + check.kind + " were counted but not listed and may be longer than asked",
        "另有 " + more + " 处 " + check.kind + " 只计数、未列出，可能超过要求的时长");
  } else if (seen.waived > 0) {
    broken_by(check, seen, report);
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
    const auto declared = fact_values(subject.facts, check.max_fact);
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
    const std::string_view analyzer = std::string_view(check.measure).substr(0, check.measure.find('.'));
    const bool ran = subject.result->measures.contains(analyzer);
    set(report, RuleOutcome::kNotJudged,
        check.measure + (ran ? " could not be measured"
                             : " was not measured when the content was analysed (by " + subject.result->engine + ")"),
        ran ? "无法测得 " + check.measure : "分析内容时（" + subject.result->engine + "）未测量 " + check.measure);
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

}  // namespace

const Waiver* Subject::waived(std::string_view finding) const {
  const auto found = std::ranges::find_if(waivers, [&](const Waiver* waiver) { return waiver->finding == finding; });
  return found == waivers.end() ? nullptr : *found;
}

bool breaks(const AbsentCheck& check, const Finding& finding) {
  const double length = (finding.time.end - finding.time.start).value();
  return of_family(finding.kind, check.kind) && length > check.longer_than_seconds;
}

void judge_check(const Check& check, const Subject& subject, RuleReport& report) {
  std::visit([&](const auto& one) { evaluate(one, subject, report); }, check);
}

}  // namespace pier::analysis::impl
