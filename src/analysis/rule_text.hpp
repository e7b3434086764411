#pragma once
// Pieces of rules in words and JSON that profiles and reports share.

#include <optional>
#include <string>

#include <pier/analysis/profile.hpp>

namespace pier::analysis::impl {

/// "at least 1, at most 2"
std::string bounds_text(std::optional<double> min, std::optional<double> max, bool zh);
/// "one of 10, 12"
std::string asked(const FactCheck& check, bool zh);

json::object to_json(const Attestation& attestation);
Result<Attestation> attestation_from_json(const json::value& value);

}  // namespace pier::analysis::impl
