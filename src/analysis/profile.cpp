// Profiles from TOML. Every mistake is reported with line and key; nothing unknown is passed over.

#include <algorithm>
#include <set>

#include <pier/analysis/profile.hpp>
#include <pier/core/bytes.hpp>

#include "finding_kinds.hpp"
#include "toml_reader.hpp"

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
    case AppliesTo::kPackage:
      return "package";
    case AppliesTo::kVideo:
      return "video";
    case AppliesTo::kAudio:
      return "audio";
    case AppliesTo::kSurround:
      return "surround";
    case AppliesTo::kSdr:
      return "sdr";
    case AppliesTo::kHdr:
      return "hdr";
    case AppliesTo::kPq:
      return "pq";
    case AppliesTo::kHlg:
      return "hlg";
    case AppliesTo::kHdr10Plus:
      return "hdr10plus";
    case AppliesTo::kHdrVivid:
      return "hdr_vivid";
    case AppliesTo::kDolbyVision:
      return "dolby_vision";
  }
  return "file";
}

namespace {

using impl::TableReader;

constexpr int64_t kFormat = 1;
constexpr auto kAnywhere = {AppliesTo::kFile,     AppliesTo::kPackage,   AppliesTo::kVideo,    AppliesTo::kAudio,
                            AppliesTo::kSurround, AppliesTo::kSdr,       AppliesTo::kHdr,      AppliesTo::kPq,
                            AppliesTo::kHlg,      AppliesTo::kHdr10Plus, AppliesTo::kHdrVivid, AppliesTo::kDolbyVision};

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
  if (impl::sources_of(check.kind).empty())
    return in.mistake("absent", "names '" + check.kind + "', which no analyzer finds");
  PIER_TRY(const auto seconds, in.number("longer_than_seconds"));
  check.longer_than_seconds = seconds.value_or(0);
  return Check(std::move(check));
}

Result<Check> read_measure(const TableReader& in) {
  MeasureCheck check;
  PIER_TRY(check.measure, in.text("measure"));
  if (!impl::is_measure(check.measure))
    return in.mistake("measure", "names '" + check.measure + "', which no analyzer measures");
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

Result<std::string> read_movielabs(const TableReader& in) {
  PIER_TRY(std::string code, in.text_or_empty("movielabs"));
  const auto good = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '/'; };
  const bool form = std::ranges::all_of(code, good) && std::ranges::count(code, '/') == 1;
  if (!code.empty() && !form) return in.mistake("movielabs", "must be CATEGORY/TERM of the QC vocabulary");
  return code;
}

Result<std::string> read_ebu_qc(const TableReader& in) {
  PIER_TRY(std::string item, in.text_or_empty("ebu_qc"));
  const bool form = item.size() == 5 && item.find_first_not_of("0123456789") == 4 && item[4] >= 'A' && item[4] <= 'Z';
  if (!item.empty() && !form) return in.mistake("ebu_qc", "must be four digits and a letter, as 0051B");
  return item;
}

/// Over what is asked and of what, not over its wording.
std::string digest_of(const Rule& rule) {
  json::object asked = to_json(rule);
  for (const char* key : {"severity", "source", "verified", "message", "movielabs", "ebu_qc", "digest"})
    asked.erase(key);
  return to_hex(sha256(as_bytes(json::serialize(asked))));
}

Result<Rule> read_rule(const TableReader& in) {
  Rule rule;
  PIER_TRY(rule.id, in.text("id"));
  PIER_TRY(rule.clause, in.text("clause"));
  PIER_TRY(rule.severity, in.one_of("severity", {Severity::kWarn, Severity::kFail}));
  PIER_TRY(rule.applies_to, in.one_of("applies_to", kAnywhere));
  PIER_TRY(rule.source, in.text("source"));
  PIER_TRY(rule.verified, in.one_of("verified", {Verified::kText, Verified::kSource, Verified::kNo}));
  PIER_TRY(rule.message, in.both_languages("message"));
  PIER_TRY(rule.movielabs, read_movielabs(in));
  PIER_TRY(rule.ebu_qc, read_ebu_qc(in));
  static const std::set<std::string_view> kKeys{"id",       "clause",  "severity",  "applies_to", "source",
                                                "verified", "message", "movielabs", "ebu_qc"};
  PIER_TRY(rule.check, impl::read_check(in, kKeys));
  rule.digest = digest_of(rule);
  return rule;
}

/// Goes on after a mistake, so that all can be told; a profile is good when there was none.
class ProfileReader {
 public:
  ProfileReader(const toml::table& table, std::string_view file) : x_root(table, "", file), x_file(file) {}

  Profile read() {
    check(x_root.only({"format", "id", "version", "title", "rule"}));
    if (x_root.table()["format"].value<int64_t>() != kFormat) check(x_root.mistake("format", "must be 1"));
    x_profile.id = taken(x_root.text("id"));
    const bool word = std::ranges::all_of(
        x_profile.id, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
    if (!word) check(x_root.mistake("id", "may hold only lower-case letters, digits, '-' and '.'"));
    x_profile.version = taken(x_root.text("version"));
    x_profile.title = taken(x_root.both_languages("title"));
    read_rules();
    return std::move(x_profile);
  }

  const std::vector<Error>& mistakes() const { return x_mistakes; }

 private:
  void check(const Result<void>& result) {
    if (!result) x_mistakes.push_back(result.error());
  }
  template <typename T>
  T taken(Result<T> result) {
    if (result) return std::move(*result);
    x_mistakes.push_back(std::move(result).error());
    return {};
  }

  void read_rules() {
    const auto tables = taken(x_root.tables("rule"));
    if (tables.empty() && x_mistakes.empty()) check(x_root.mistake("rule", "must be a list of tables: [[rule]]"));
    std::set<std::string> seen;
    for (const toml::table* table : tables) {
      const std::string id = (*table)["id"].value_or(std::string());
      const TableReader in(*table, "rule '" + id + "': ", x_file);
      Result<Rule> rule = read_rule(in);
      if (!rule) {
        x_mistakes.push_back(rule.error());
      } else if (!seen.insert(rule->id).second) {
        check(in.mistake("id", "is used twice"));
      } else {
        x_profile.rules.push_back(std::move(*rule));
      }
    }
  }

  TableReader x_root;
  std::string_view x_file;
  Profile x_profile;
  std::vector<Error> x_mistakes;
};

struct Parsed {
  Profile profile;
  std::vector<Error> mistakes;
};

Parsed parse(std::string_view text, std::string_view name) {
  Parsed parsed;
  const Result<toml::table> table = impl::parse_toml(text, name);
  if (!table) {
    parsed.mistakes.push_back(table.error());
    return parsed;
  }
  ProfileReader reader(*table, name);
  parsed.profile = reader.read();
  parsed.profile.path = std::string(name);
  parsed.profile.digest = to_hex(sha256(as_bytes(text)));
  parsed.mistakes = reader.mistakes();
  return parsed;
}

}  // namespace

namespace impl {

Result<Check> read_check(const TableReader& in, const std::set<std::string_view>& others) {
  const int kinds = (in.has("fact") ? 1 : 0) + (in.has("absent") ? 1 : 0) + (in.has("measure") ? 1 : 0);
  if (kinds != 1) return in.mistake("id", "belongs to a rule that needs exactly one of: fact, absent, measure");
  std::set<std::string_view> allowed = others;
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

Result<toml::table> parse_toml(std::string_view text, std::string_view name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::kInvalidArgument, std::string(name) + ":" + std::to_string(error.source().begin.line) +
                                                 ": " + std::string(error.description()));
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInvalidArgument, std::string(name) + ": cannot be read as TOML", error.what());
  }
}

}  // namespace impl

Result<Profile> parse_profile(std::string_view text, std::string_view name) {
  Parsed parsed = parse(text, name);
  if (!parsed.mistakes.empty()) return Failure(std::move(parsed.mistakes.front()));
  return std::move(parsed.profile);
}

std::vector<std::string> lint_profile(std::string_view text, std::string_view name) {
  std::vector<std::string> messages;
  for (const Error& mistake : parse(text, name).mistakes) messages.push_back(mistake.message);
  return messages;
}

}  // namespace pier::analysis
