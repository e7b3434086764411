// Profiles and rules as JSON and as words.

#include <pier/analysis/profile.hpp>

#include "fact_values.hpp"
#include "rule_text.hpp"
#include "toml_reader.hpp"

namespace pier::analysis {

namespace {

using impl::asked;

json::value json_of(const toml::node& node) {
  if (const auto* v = node.as_boolean()) return json::value(v->get());
  if (const auto* v = node.as_integer()) return json::value(v->get());
  if (const auto* v = node.as_floating_point()) return json::value(v->get());
  if (const auto* v = node.as_string()) return json::value(v->get());
  json::array list;
  if (const auto* array = node.as_array()) {
    for (const toml::node& item : *array) list.push_back(json_of(item));
  }
  return list;
}

}  // namespace

namespace impl {

toml::table table_of(const Check& check) {
  const auto put_number = [](toml::table& table, std::string_view key, std::optional<double> value) {
    if (value) table.insert_or_assign(key, *value);
  };
  const auto put_value = [](toml::table& table, std::string_view key, const RuleValue& value) {
    std::visit([&](const auto& v) { table.insert_or_assign(key, v); }, value);
  };
  toml::table table;
  if (const auto* fact = std::get_if<FactCheck>(&check)) {
    table.insert_or_assign("fact", fact->fact);
    if (fact->equals) put_value(table, "equals", *fact->equals);
    if (!fact->one_of.empty()) {
      toml::array list;
      for (const RuleValue& value : fact->one_of) std::visit([&](const auto& v) { list.push_back(v); }, value);
      table.insert_or_assign("one_of", std::move(list));
    }
    put_number(table, "min", fact->min);
    put_number(table, "max", fact->max);
  } else if (const auto* absent = std::get_if<AbsentCheck>(&check)) {
    table.insert_or_assign("absent", absent->kind);
    table.insert_or_assign("longer_than_seconds", absent->longer_than_seconds);
  } else {
    const auto& measure = std::get<MeasureCheck>(check);
    table.insert_or_assign("measure", measure.measure);
    put_number(table, "min", measure.min);
    put_number(table, "max", measure.max);
    if (!measure.max_fact.empty()) table.insert_or_assign("max_fact", measure.max_fact);
  }
  return table;
}

std::string bounds_text(std::optional<double> min, std::optional<double> max, bool zh) {
  std::string text;
  if (min) text += (zh ? "不低于 " : "at least ") + shown(RuleValue(*min));
  if (min && max) text += zh ? "，" : ", ";
  if (max) text += (zh ? "不高于 " : "at most ") + shown(RuleValue(*max));
  return text;
}

std::string asked(const FactCheck& check, bool zh) {
  if (check.equals) return shown(*check.equals);
  if (check.one_of.empty()) return bounds_text(check.min, check.max, zh);
  std::string list = zh ? "其中之一：" : "one of ";
  for (size_t i = 0; i < check.one_of.size(); ++i) list += (i == 0 ? "" : ", ") + shown(check.one_of[i]);
  return list;
}

}  // namespace impl

std::string describe(const Check& check, std::string_view language) {
  const bool zh = language.starts_with("zh");
  const std::string colon = zh ? "：" : ": ";
  if (const auto* fact = std::get_if<FactCheck>(&check)) return fact->fact + colon + asked(*fact, zh);
  if (const auto* absent = std::get_if<AbsentCheck>(&check)) {
    if (absent->longer_than_seconds <= 0) return (zh ? "不得检出 " : "no ") + absent->kind;
    const std::string seconds = impl::shown(RuleValue(absent->longer_than_seconds));
    return zh ? "不得检出超过 " + seconds + " 秒的 " + absent->kind
              : "no " + absent->kind + " longer than " + seconds + " s";
  }
  const auto& measure = std::get<MeasureCheck>(check);
  std::string bounds = impl::bounds_text(measure.min, measure.max, zh);
  if (!measure.max_fact.empty()) {
    if (!bounds.empty()) bounds += zh ? "，" : ", ";
    bounds += (zh ? "不高于 " : "at most ") + measure.max_fact;
  }
  return measure.measure + colon + bounds;
}

json::object to_json(const Rule& rule) {
  json::object check;
  for (const auto& [key, node] : impl::table_of(rule.check)) check[key.str()] = json_of(node);
  json::object object{{"id", rule.id},
                      {"clause", rule.clause},
                      {"severity", to_string(rule.severity)},
                      {"applies_to", to_string(rule.applies_to)},
                      {"source", rule.source},
                      {"verified", to_string(rule.verified)},
                      {"check", std::move(check)},
                      {"message", {{"en", rule.message.en}, {"zh", rule.message.zh}}},
                      {"digest", rule.digest}};
  if (!rule.movielabs.empty()) object["movielabs"] = rule.movielabs;
  if (!rule.ebu_qc.empty()) object["ebu_qc"] = rule.ebu_qc;
  if (rule.attestation) object["attestation"] = impl::to_json(*rule.attestation);
  return object;
}

json::object to_json(const Profile& profile) {
  json::array rules, warnings;
  for (const Rule& rule : profile.rules) rules.push_back(to_json(rule));
  for (const std::string& warning : profile.warnings) warnings.push_back(json::value(warning));
  json::object object{{"id", profile.id},
                      {"version", profile.version},
                      {"title", {{"en", profile.title.en}, {"zh", profile.title.zh}}},
                      {"path", profile.path},
                      {"digest", profile.digest},
                      {"rules", std::move(rules)},
                      {"warnings", std::move(warnings)}};
  if (!profile.overlay_digest.empty()) {
    object["overlay_path"] = profile.overlay_path;
    object["overlay_digest"] = profile.overlay_digest;
  }
  return object;
}

}  // namespace pier::analysis
