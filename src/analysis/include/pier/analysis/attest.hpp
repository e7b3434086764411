#pragma once
// Overlays: whoever holds the text of a standard attests a rule. What is attested lies in the data directory of an
// installation, `<data>/profiles/<profile>.overlay.toml`, never in the shipped file: that one is replaced at every
// upgrade, may be read-only, and must stay comparable by its digest; who attested what is a record of the operator.
//
// An attestation names document, clause and person, and counts for the text of the rule it was given for: when a later
// version of the profile asks something else, it does not count and the report says so. Of several of one rule the
// last counts; all are kept.

#include <string>
#include <string_view>
#include <vector>

#include <pier/analysis/profile.hpp>
#include <pier/core/clock.hpp>

namespace pier::analysis {

struct Overlay {
  std::string profile;
  std::vector<Attestation> attestations;  // in the order they were made
  std::string digest;                     // SHA-256 of the file
};

/// Errors name file, line and key.
Result<Overlay> parse_overlay(std::string_view toml, std::string_view name);

/// `verified` of each attested rule becomes "text", its check what was changed. Attestations that do not fit become
/// warnings of the profile.
Result<Profile> with_overlay(Profile shipped, const Overlay& overlay);

struct AttestRequest {
  std::string rule;
  std::string document, clause, by;
  std::vector<std::string> changes;  // keys of the check in TOML: "max = -3.0", "one_of = [10, 12]"
};

/// `<data>/profiles`
std::string overlay_directory(std::string_view data);
std::string overlay_path(std::string_view overlays, std::string_view profile);

/// Appends to the overlay of `shipped` (read without one) in directory `overlays`, durably, and gives the profile with
/// it. Safe against a second process that does the same. Errors: kNotFound (no such rule), kInvalidArgument (a text is
/// missing, a change does not fit the rule).
Result<Profile> attest(const Profile& shipped, const AttestRequest& request, const std::string& overlays, WallTime now);

}  // namespace pier::analysis
