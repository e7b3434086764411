#pragma once
// Profiles: rule sets as data (profiles/*.toml). Each rule names its clause, its source and whether the text behind
// it was verified; a rule with `verified = "no"` never decides a verdict.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <pier/analysis/finding.hpp>
#include <pier/core/json.hpp>
#include <pier/core/result.hpp>
#include <pier/media/facts.hpp>

namespace pier::analysis {

enum class Verified : uint8_t { kText, kSource, kNo };
std::string_view to_string(Verified verified);  // "text", "source", "no"

/// What a rule is about; where the thing is absent the rule is "not applicable".
enum class AppliesTo : uint8_t {
  kFile,
  kPackage,  // an IMF package
  kVideo,
  kAudio,
  kSurround,  // a sound track of six channels or more
  kSdr,
  kHdr,
  kPq,
  kHlg,
  kHdr10Plus,
  kHdrVivid,
  kDolbyVision
};
/// "file", "package", "video", "audio", "surround", "sdr", "hdr", "pq", "hlg", "hdr10plus", "hdr_vivid", "dolby_vision"
std::string_view to_string(AppliesTo applies_to);

/// English and Chinese.
struct Text {
  std::string en, zh;
  const std::string& in(std::string_view language) const { return language.starts_with("zh") ? zh : en; }
};

using RuleValue = std::variant<bool, int64_t, double, std::string>;

/// Names a FactCheck may use: "video.raster", "video.frame_rate", "audio.sample_rate", ... (fact_values.cpp).
const std::vector<std::string>& fact_names();

/// Kinds of findings a rule may ask to be absent, families included ("levels" and "levels.reserved"), and paths of the
/// measures it may bound (finding_kinds.cpp).
std::vector<std::string> finding_kind_names();
std::vector<std::string> measure_names();

/// A fact against a value. Of several sound tracks each must hold.
struct FactCheck {
  std::string fact;
  std::optional<RuleValue> equals;
  std::vector<RuleValue> one_of;
  std::optional<double> min, max;
};

/// No finding of this kind (and longer than `longer_than_seconds`); "levels" also matches "levels.reserved".
struct AbsentCheck {
  std::string kind;
  double longer_than_seconds = 0;
};

/// A number in AnalysisResult::measures by dotted path ("luminance.max_cll_nits"; "loudness.streams.*.integrated_lufs":
/// each must hold) within bounds, which are numbers or facts.
struct MeasureCheck {
  std::string measure;
  std::optional<double> min, max;
  std::string max_fact;  // e.g. "video.max_cll": measured must not exceed declared
};

using Check = std::variant<FactCheck, AbsentCheck, MeasureCheck>;

/// Who holds the text of a rule says what it asks (attest.hpp).
struct Attestation {
  std::string rule;
  std::string rule_digest;  // Rule::digest when it was attested
  std::string document, clause, by;
  std::string date;     // RFC 3339
  json::object change;  // keys of the check that were replaced: {"max": -3.0}
};

struct Rule {
  std::string id;
  std::string clause;
  Severity severity = Severity::kFail;  // what it is when it does not hold: kWarn or kFail
  AppliesTo applies_to = AppliesTo::kFile;
  std::string source;
  Verified verified = Verified::kNo;
  Check check;
  Text message;           // what is asked, as one sentence
  std::string movielabs;  // category and term of the MovieLabs QC vocabulary 1.1: "COLOR-TRANSFORM/MAXFALL-MAXCLL"
  std::string ebu_qc;     // item of the EBU QC catalogue: "0051B"
  std::string digest;     // SHA-256 of id, clause, applies_to and check as shipped, hexadecimal
  std::optional<Attestation> attestation;  // `verified` and `check` are those of the overlay
};

struct Profile {
  std::string id;
  std::string version;
  Text title;
  std::vector<Rule> rules;
  std::string path;                   // where it was read
  std::string digest;                 // SHA-256 of the file, hexadecimal
  std::string overlay_path;           // empty: no overlay was applied
  std::string overlay_digest;         // SHA-256 of the overlay
  std::vector<std::string> warnings;  // attestations that do not count, and why
};

/// Errors name file, line and key: "profiles/x.toml:12: rule 'raster': unknown key 'one_off'".
Result<Profile> parse_profile(std::string_view toml, std::string_view name);

/// All mistakes of a profile, one a rule, in the words parse_profile would use; empty when it is sound.
std::vector<std::string> lint_profile(std::string_view toml, std::string_view name);

/// What a rule asks, for people: "video.bit_depth: one of 10, 12".
std::string describe(const Check& check, std::string_view language);
json::object to_json(const Rule& rule);
json::object to_json(const Profile& profile);

/// Where profiles are looked for, in order: $PIER_SHARE/profiles; <program>/../share/pier/profiles; the source tree
/// this was built from. Only folders that exist.
std::vector<std::string> profile_directories();

/// `name` is an id ("itu-bt2100") or the path of a user's own file (has a '/' or ends in .toml). kNotFound lists what
/// there is. `overlays`: directory of overlays (attest.hpp); the one of this profile is applied when there is one.
Result<Profile> load_profile(std::string_view name, const std::vector<std::string>& directories = profile_directories(),
                             const std::string& overlays = {});
/// All of them, by id; the first directory that has an id wins.
Result<std::vector<Profile>> list_profiles(const std::vector<std::string>& directories = profile_directories());

struct ProfileChoice {
  std::string id;
  Text reason;
};
/// The profile to judge by when none was named: PQ or HLG in UHD at 50, 100 or 120 Hz is judged by "itu-bt2100",
/// anything else by "screen-any".
ProfileChoice choose_profile(const media::Facts& facts);

}  // namespace pier::analysis
