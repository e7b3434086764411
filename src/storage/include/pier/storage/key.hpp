#pragma once
// The name of an object, chosen before its first byte: `<organisation>/<kind>/<UUIDv7>-<attempt>`.

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include <pier/core/result.hpp>

namespace pier::storage {

/// Only keys that pass parse_key() or new_key() reach an engine: no dots, no slashes, nothing to traverse with.
struct ObjectKey {
  std::string organisation;  // [a-z0-9][a-z0-9_-]*, at most 64: the tenant who owns and pays
  std::string kind;          // [a-z][a-z0-9_-]*, at most 32: "chunk", "track", "index", "report" ...
  std::string uuid;          // 32 lower-case hexadecimal digits, a UUIDv7 (RFC 9562)
  uint32_t attempt = 1;      // fencing token of the task that writes it; >= 1

  friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};

/// "default/track/0198c2...-1"
std::string to_string(const ObjectKey& key);

/// kInvalidArgument when any part breaks the rules above. Leading zeros of the attempt are refused: one object, one
/// spelling.
Result<ObjectKey> parse_key(std::string_view text);

/// kInvalidArgument for a key built by hand that breaks the rules.
Result<void> check_key(const ObjectKey& key);

/// A fresh key; kInvalidArgument when organisation, kind or attempt break the rules.
Result<ObjectKey> new_key(std::string_view organisation, std::string_view kind, uint32_t attempt = 1);

/// May this text be the organisation part of a key (and so the id of an organisation)?
bool is_organisation_id(std::string_view text);

}  // namespace pier::storage
