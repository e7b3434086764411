// Overlays: read, applied, written.

#include <algorithm>
#include <filesystem>
#include <sstream>

#include <fcntl.h>
#include <sys/file.h>

#include <pier/analysis/attest.hpp>
#include <pier/core/bytes.hpp>
#include <pier/core/file.hpp>

#include "json_io.hpp"
#include "rule_text.hpp"
#include "toml_reader.hpp"

namespace pier::analysis {

namespace {

using impl::TableReader;

constexpr size_t kLargestOverlay = 4U << 20U;
const std::set<std::string_view> kChangeable{"equals", "one_of", "min", "max", "longer_than_seconds"};

json::value json_of(const RuleValue& value) {
  return std::visit([](const auto& v) { return json::value(v); }, value);
}

Result<json::object> read_change(const TableReader& in) {
  PIER_CHECK(in.only(kChangeable));
  json::object change;
  for (const auto& [key, node] : in.table()) {
    if (key.str() == "one_of") {
      PIER_TRY(const auto values, in.values(key.str()));
      json::array list;
      for (const RuleValue& value : values) list.push_back(json_of(value));
      change[key.str()] = std::move(list);
    } else {
      PIER_TRY(const RuleValue value, in.value(key.str()));
      change[key.str()] = json_of(value);
    }
  }
  return change;
}

Result<Attestation> read_attestation(const TableReader& in, const std::string& where, std::string_view file) {
  PIER_CHECK(in.only({"rule", "rule_digest", "document", "clause", "by", "date", "change"}));
  Attestation attestation;
  PIER_TRY(attestation.rule, in.text("rule"));
  PIER_TRY(attestation.rule_digest, in.text("rule_digest"));
  PIER_TRY(attestation.document, in.text("document"));
  PIER_TRY(attestation.clause, in.text("clause"));
  PIER_TRY(attestation.by, in.text("by"));
  PIER_TRY(attestation.date, in.text("date"));
  if (in.has("change")) {
    const toml::table* table = in.table().get("change")->as_table();
    if (table == nullptr) return in.mistake("change", "must be a table");
    PIER_TRY(attestation.change, read_change(TableReader(*table, where + "change: ", file)));
  }
  return attestation;
}

toml::array array_of(const json::array& list) {
  toml::array array;
  for (const json::value& item : list) {
    if (item.is_bool()) array.push_back(item.get_bool());
    if (item.is_int64()) array.push_back(item.get_int64());
    if (item.is_double()) array.push_back(item.get_double());
    if (item.is_string()) array.push_back(std::string(item.get_string()));
  }
  return array;
}

void put(toml::table& table, std::string_view key, const json::value& value) {
  if (value.is_array()) {
    table.insert_or_assign(key, array_of(value.get_array()));
  } else if (value.is_bool()) {
    table.insert_or_assign(key, value.get_bool());
  } else if (value.is_int64()) {
    table.insert_or_assign(key, value.get_int64());
  } else if (value.is_double()) {
    table.insert_or_assign(key, value.get_double());
  } else if (value.is_string()) {
    table.insert_or_assign(key, std::string(value.get_string()));
  }
}

/// The check with some of its keys replaced, read anew so that it is as sound as one of a profile.
Result<Check> changed(const Rule& rule, const json::object& change) {
  toml::table table = impl::table_of(rule.check);
  const bool exact = change.contains("equals") || change.contains("one_of");
  const bool bounds = change.contains("min") || change.contains("max");
  if (exact || bounds) {
    table.erase("equals");
    table.erase("one_of");
  }
  if (exact) {
    table.erase("min");
    table.erase("max");
  }
  for (const auto& [key, value] : change) put(table, key, value);
  const TableReader in(table, "", "rule '" + rule.id + "' with the change");
  return impl::read_check(in, {});
}

/// Why an attestation does not count, empty when it does.
std::string apply(Profile& profile, const Attestation& attestation) {
  const auto rule = std::ranges::find(profile.rules, attestation.rule, &Rule::id);
  const std::string which =
      "the attestation of rule '" + attestation.rule + "' by " + attestation.by + " (" + attestation.date + ") ";
  if (rule == profile.rules.end()) return which + "does not count: the profile has no such rule any more";
  if (rule->digest != attestation.rule_digest)
    return which + "does not count: it was given for another text of the rule; attest it again";
  // An earlier attestation of the same rule may have changed the check; digests are those of the shipped rule.
  if (!attestation.change.empty()) {
    Result<Check> check = changed(*rule, attestation.change);
    if (!check) return which + "does not count: " + check.error().message;
    rule->check = std::move(*check);
  }
  rule->verified = Verified::kText;
  rule->attestation = attestation;
  return {};
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\u%04X", byte);
      out += buffer;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string written(const Attestation& attestation, const toml::table& change) {
  std::string text = "\n[[attest]]\n";
  const auto line = [&](const char* key, const std::string& value) {
    text += std::string(key) + " = " + quoted(value) + "\n";
  };
  line("rule", attestation.rule);
  line("rule_digest", attestation.rule_digest);
  line("document", attestation.document);
  line("clause", attestation.clause);
  line("by", attestation.by);
  line("date", attestation.date);
  if (change.empty()) return text;
  std::ostringstream keys;
  keys << toml::toml_formatter(change, toml::format_flags::none);
  return text + "[attest.change]\n" + keys.str() + "\n";
}

Result<toml::table> parse_changes(const std::vector<std::string>& changes) {
  std::string text;
  for (const std::string& change : changes) {
    if (change.find('\n') != std::string::npos) return fail(ErrorCode::kInvalidArgument, "a change is one line");
    text += change + "\n";
  }
  PIER_TRY(toml::table table, impl::parse_toml(text, "change"));
  return table;
}

/// Exclusive among processes until it goes.
Result<UniqueFd> lock_directory(const std::string& directory) {
  UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return Failure(errno_error(errno, "cannot open " + directory));
  if (::flock(fd.get(), LOCK_EX) != 0) return Failure(errno_error(errno, "cannot lock " + directory));
  return fd;
}

Result<Profile> profile_with(const Profile& shipped, const std::string& text, const std::string& path) {
  PIER_TRY(const Overlay overlay, parse_overlay(text, path));
  PIER_TRY(Profile profile, with_overlay(shipped, overlay));
  profile.overlay_path = path;
  return profile;
}

}  // namespace

namespace impl {

json::object to_json(const Attestation& attestation) {
  return {{"rule", attestation.rule},
          {"rule_digest", attestation.rule_digest},
          {"document", attestation.document},
          {"clause", attestation.clause},
          {"by", attestation.by},
          {"date", attestation.date},
          {"change", attestation.change}};
}

Result<Attestation> attestation_from_json(const json::value& value) {
  PIER_TRY(const json::object* object, as_object(value, "attestation"));
  Attestation attestation;
  PIER_TRY(attestation.rule, get_string(*object, "rule"));
  PIER_TRY(attestation.rule_digest, get_string(*object, "rule_digest"));
  PIER_TRY(attestation.document, get_string(*object, "document"));
  PIER_TRY(attestation.clause, get_string(*object, "clause"));
  PIER_TRY(attestation.by, get_string(*object, "by"));
  PIER_TRY(attestation.date, get_string(*object, "date"));
  PIER_TRY(attestation.change, get_object(*object, "change"));
  return attestation;
}

}  // namespace impl

Result<Overlay> parse_overlay(std::string_view text, std::string_view name) {
  PIER_TRY(const toml::table table, impl::parse_toml(text, name));
  const TableReader root(table, "", name);
  PIER_CHECK(root.only({"format", "profile", "attest"}));
  if (table["format"].value<int64_t>() != 1) return root.mistake("format", "must be 1");
  Overlay overlay;
  PIER_TRY(overlay.profile, root.text("profile"));
  PIER_TRY(const auto attestations, root.tables("attest"));
  for (const toml::table* item : attestations) {
    const std::string where = "attestation of '" + (*item)["rule"].value_or(std::string()) + "': ";
    PIER_TRY(Attestation attestation, read_attestation(TableReader(*item, where, name), where, name));
    overlay.attestations.push_back(std::move(attestation));
  }
  overlay.digest = to_hex(sha256(as_bytes(text)));
  return overlay;
}

Result<Profile> with_overlay(Profile shipped, const Overlay& overlay) {
  if (overlay.profile != shipped.id) {
    return fail(ErrorCode::kInvalidArgument,
                "the overlay belongs to profile '" + overlay.profile + "', not to '" + shipped.id + "'");
  }
  // Of several of one rule the last counts: it starts from the rule as shipped.
  std::vector<const Attestation*> last;
  for (const Attestation& attestation : overlay.attestations) {
    std::erase_if(last, [&](const Attestation* earlier) { return earlier->rule == attestation.rule; });
    last.push_back(&attestation);
  }
  for (const Attestation* attestation : last) {
    std::string why_not = apply(shipped, *attestation);
    if (!why_not.empty()) shipped.warnings.push_back(std::move(why_not));
  }
  shipped.overlay_digest = overlay.digest;
  return shipped;
}

std::string overlay_directory(std::string_view data) {
  return std::string(data) + "/profiles";
}

std::string overlay_path(std::string_view overlays, std::string_view profile) {
  return std::string(overlays) + "/" + std::string(profile) + ".overlay.toml";
}

Result<Profile> attest(const Profile& shipped, const AttestRequest& request, const std::string& overlays,
                       WallTime now) {
  for (const std::string* text : {&request.document, &request.clause, &request.by}) {
    if (text->empty() || !is_utf8(*text))
      return fail(ErrorCode::kInvalidArgument, "an attestation names document, clause and who attests, in UTF-8");
  }
  const auto rule = std::ranges::find(shipped.rules, request.rule, &Rule::id);
  if (rule == shipped.rules.end()) {
    std::string known;
    for (const Rule& one : shipped.rules) known += (known.empty() ? "" : ", ") + one.id;
    return fail(ErrorCode::kNotFound,
                "profile '" + shipped.id + "' has no rule '" + request.rule + "'; it has: " + known);
  }
  PIER_TRY(const toml::table change, parse_changes(request.changes));
  PIER_TRY(const json::object keys, read_change(TableReader(change, "", "change")));
  PIER_CHECK(changed(*rule, keys));
  const Attestation attestation{.rule = rule->id,
                                .rule_digest = rule->digest,
                                .document = request.document,
                                .clause = request.clause,
                                .by = request.by,
                                .date = to_rfc3339(now),
                                .change = {}};
  PIER_CHECK(make_directories(overlays));
  PIER_TRY(const UniqueFd lock, lock_directory(overlays));
  const std::string path = overlay_path(overlays, shipped.id);
  std::string text = "# Attestations for profile " + shipped.id +
                     ", written by pier profiles attest. To withdraw one, delete its table.\n" +
                     "format = 1\nprofile = " + quoted(shipped.id) + "\n";
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    PIER_TRY(text, read_file(path, kLargestOverlay));
  }
  text += written(attestation, change);
  PIER_TRY(Profile profile, profile_with(shipped, text, path));
  PIER_CHECK(replace_file(path, as_bytes(text)));
  return profile;
}

}  // namespace pier::analysis
