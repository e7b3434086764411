// Profiles from TOML. Every mistake is reported with line and key; nothing unknown is passed over.

#include <algorithm>
#include <set>

#include <toml++/toml.h>

#include <pier/analysis/profile.hpp>
#include <pier/core/bytes.hpp>

namespace pier::analysis {

std::string_view to_string(Verified verified) {
  switch (verified) {
    case Verified::kText:
      return "text";
    case Verified::kSource:
      return "source";
    case Verified::kNo:
      return "no";
  }
  return "no";
}

std::string_view to_string(AppliesTo applies_to) {
  switch (applies_to) {
    case AppliesTo::kFile:
      return "file";
    case AppliesTo::kVideo:
      return "video";
    case AppliesTo::kAudio:
      return "audio";
    case AppliesTo::kSdr:
      return "sdr";
    case AppliesTo::kHdr:
      return "hdr";
    case AppliesTo::kPq:
      return "pq";
    case AppliesTo::kHlg:
      return "hlg";
  }
  return "file";
}

namespace {

constexpr int64_t kFormat = 1;

/// Kinds a rule may ask to be absent: those of finding.hpp and their families.
const std::set<std::string_view> kFindingKinds{"black",        "freeze",  "levels",  "levels.reserved",
                                               "levels.range", "silence", "damaged", "signal_change"};

/// Reads one table; remembers where it is for messages.
class TableReader {
 public:
  TableReader(const toml::table& table, std::string where, std::string_view file)
      : x_table(table), x_where(std::move(where)), x_file(file) {}

  Failure mistake(std::string_view key, std::string_view what) const {
    const toml::node* node = x_table.get(key);
    const auto line = node != nullptr ? node->source().begin.line : x_table.source().begin.line;
    return fail(ErrorCode::kInvalidArgument, std::string(x_file) + ":" + std::to_string(line) + ": " + x_where +
                                                 "key '" + std::string(key) + "' " + std::string(what));
  }

  Result<void> only(const std::set<std::string_view>& keys) const {
    for (const auto& [key, node] : x_table) {
      if (!keys.contains(key.str())) return mistake(key.str(), "is not known here");
    }
    return {};
  }

  bool has(std::string_view key) const { return x_table.contains(key); }

  Result<std::string> text(std::string_view key) const {
    const toml::node* node = x_table.get(key);
    if (node == nullptr) return mistake(key, "is missing");
    const auto* value = node->as_string();
    if (value == nullptr) return mistake(key, "must be a text");
    if (value->get().empty()) return mistake(key, "must not be empty");
    if (!is_utf8(value->get())) return mistake(key, "is not UTF-8");
    return value->get();
  }

  Result<Text> both_languages(std::string_view key) const {
    const toml::node* node = x_table.get(key);
    if (node == nullptr) return mistake(key, "is missing");
    if (!node->is_table()) return mistake(key, "must have the members en and zh");
    const TableReader inner(*node->as_table(), x_where + std::string(key) + ": ", x_file);
    PIER_CHECK(inner.only({"en", "zh"}));
    Text both;
    PIER_TRY(both.en, inner.text("en"));
    PIER_TRY(both.zh, inner.text("zh"));
    return both;
  }

  Result<std::optional<double>> number(std::string_view key) const {
    const toml::node* node = x_table.get(key);
    if (node == nullptr) return std::optional<double>();
    if (!node->is_number()) return mistake(key, "must be a number");
    const auto value = node->value<double>();
    if (!value || !(*value >= -1e15 && *value <= 1e15)) return mistake(key, "is out of range");
    return value;
  }

  Result<RuleValue> value_of(std::string_view key, const toml::node& node) const {
    if (const auto* v = node.as_boolean()) return RuleValue(v->get());
    if (const auto* v = node.as_integer()) return RuleValue(v->get());
    if (const auto* v = node.as_floating_point()) return RuleValue(v->get());
    if (const auto* v = node.as_string()) return RuleValue(v->get());
    return mistake(key, "must be a text, a number or true/false");
  }

  Result<RuleValue> value(std::string_view key) const { return value_of(key, *x_table.get(key)); }

  Result<std::vector<RuleValue>> values(std::string_view key) const {
    const toml::array* array = x_table.get(key)->as_array();
    if (array == nullptr || array->empty()) return mistake(key, "must be a list of values");
    std::vector<RuleValue> list;
    for (const toml::node& node : *array) {
      PIER_TRY(RuleValue item, value_of(key, node));
      list.push_back(std::move(item));
    }
    return list;
  }

  template <typename E>
  Result<E> one_of(std::string_view key, std::initializer_list<E> values) const {
    PIER_TRY(const std::string word, text(key));
    std::string known;
    for (const E value : values) {
      if (to_string(value) == word) return value;
      known += (known.empty() ? "" : ", ") + std::string(to_string(value));
    }
    return mistake(key, "is '" + word + "', but must be one of: " + known);
  }

  const toml::table& table() const { return x_table; }

 private:
  const toml::table& x_table;
  std::string x_where;
  std::string_view x_file;
};

Result<Check> read_fact(const TableReader& in) {
  FactCheck check;
  PIER_TRY(check.fact, in.text("fact"));
  if (in.has("equals")) {
    PIER_TRY(check.equals, in.value("equals"));
  }
  if (in.has("one_of")) {
    PIER_TRY(check.one_of, in.values("one_of"));
  }
  PIER_TRY(check.min, in.number("min"));
  PIER_TRY(check.max, in.number("max"));
  const int kinds = (check.equals ? 1 : 0) + (check.one_of.empty() ? 0 : 1) + (check.min || check.max ? 1 : 0);
  if (kinds != 1) return in.mistake("fact", "needs exactly one of: equals; one_of; min and/or max");
  const bool known = std::ranges::find(fact_names(), check.fact) != fact_names().end();
  if (!known) return in.mistake("fact", "names '" + check.fact + "', which is no fact");
  return Check(std::move(check));
}

Result<Check> read_absent(const TableReader& in) {
  AbsentCheck check;
  PIER_TRY(check.kind, in.text("absent"));
  if (!kFindingKinds.contains(check.kind))
    return in.mistake("absent", "names '" + check.kind + "', which no analyzer finds");
  PIER_TRY(const auto seconds, in.number("longer_than_seconds"));
  check.longer_than_seconds = seconds.value_or(0);
  return Check(std::move(check));
}

Result<Check> read_measure(const TableReader& in) {
  MeasureCheck check;
  PIER_TRY(check.measure, in.text("measure"));
  PIER_TRY(check.min, in.number("min"));
  PIER_TRY(check.max, in.number("max"));
  if (in.has("max_fact")) {
    PIER_TRY(check.max_fact, in.text("max_fact"));
    const bool known = std::ranges::find(fact_names(), check.max_fact) != fact_names().end();
    if (!known) return in.mistake("max_fact", "names '" + check.max_fact + "', which is no fact");
  }
  if (!check.min && !check.max && check.max_fact.empty()) return in.mistake("measure", "needs min, max or max_fact");
  return Check(std::move(check));
}

Result<Check> read_check(const TableReader& in) {
  const int kinds = (in.has("fact") ? 1 : 0) + (in.has("absent") ? 1 : 0) + (in.has("measure") ? 1 : 0);
  if (kinds != 1) return in.mistake("id", "belongs to a rule that needs exactly one of: fact, absent, measure");
  static const std::set<std::string_view> kAlways{"id",     "clause",   "severity", "applies_to",
                                                  "source", "verified", "message"};
  std::set<std::string_view> allowed = kAlways;
  if (in.has("fact")) {
    allowed.insert({"fact", "equals", "one_of", "min", "max"});
    PIER_CHECK(in.only(allowed));
    return read_fact(in);
  }
  if (in.has("absent")) {
    allowed.insert({"absent", "longer_than_seconds"});
    PIER_CHECK(in.only(allowed));
    return read_absent(in);
  }
  allowed.insert({"measure", "min", "max", "max_fact"});
  PIER_CHECK(in.only(allowed));
  return read_measure(in);
}

Result<Rule> read_rule(const TableReader& in) {
  Rule rule;
  PIER_TRY(rule.id, in.text("id"));
  PIER_TRY(rule.clause, in.text("clause"));
  PIER_TRY(rule.severity, in.one_of("severity", {Severity::kWarn, Severity::kFail}));
  PIER_TRY(rule.applies_to,
           in.one_of("applies_to", {AppliesTo::kFile, AppliesTo::kVideo, AppliesTo::kAudio, AppliesTo::kSdr,
                                    AppliesTo::kHdr, AppliesTo::kPq, AppliesTo::kHlg}));
  PIER_TRY(rule.source, in.text("source"));
  PIER_TRY(rule.verified, in.one_of("verified", {Verified::kText, Verified::kSource, Verified::kNo}));
  PIER_TRY(rule.message, in.both_languages("message"));
  PIER_TRY(rule.check, read_check(in));
  return rule;
}

Result<void> read_rules(const TableReader& root, std::string_view file, Profile& profile) {
  const toml::node* node = root.table().get("rule");
  if (node == nullptr || !node->is_array_of_tables()) return root.mistake("rule", "must be a list of tables: [[rule]]");
  std::set<std::string> seen;
  for (const toml::node& item : *node->as_array()) {
    const toml::table& table = *item.as_table();
    const std::string id = table["id"].value_or(std::string());
    const TableReader in(table, "rule '" + id + "': ", file);
    PIER_TRY(Rule rule, read_rule(in));
    if (!seen.insert(rule.id).second) return in.mistake("id", "is used twice");
    profile.rules.push_back(std::move(rule));
  }
  return {};
}

Result<Profile> read_profile(const toml::table& table, std::string_view file) {
  const TableReader root(table, "", file);
  PIER_CHECK(root.only({"format", "id", "version", "title", "rule"}));
  if (table["format"].value<int64_t>() != kFormat) return root.mistake("format", "must be 1");
  Profile profile;
  PIER_TRY(profile.id, root.text("id"));
  const bool word = std::ranges::all_of(
      profile.id, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
  if (!word) return root.mistake("id", "may hold only lower-case letters, digits, '-' and '.'");
  PIER_TRY(profile.version, root.text("version"));
  PIER_TRY(profile.title, root.both_languages("title"));
  PIER_CHECK(read_rules(root, file, profile));
  return profile;
}

}  // namespace

Result<Profile> parse_profile(std::string_view text, std::string_view name) {
  try {
    const toml::table table = toml::parse(text, name);
    PIER_TRY(Profile profile, read_profile(table, name));
    profile.path = std::string(name);
    profile.digest = to_hex(sha256(as_bytes(text)));
    return profile;
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::kInvalidArgument, std::string(name) + ":" + std::to_string(error.source().begin.line) +
                                                 ": " + std::string(error.description()));
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInvalidArgument, std::string(name) + ": cannot be read as a profile", error.what());
  }
}

}  // namespace pier::analysis
