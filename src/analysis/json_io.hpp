#pragma once
// Reading our own JSON back: the little that core/json.hpp leaves to its users.

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/json.hpp>
#include <pier/core/rational.hpp>
#include <pier/core/result.hpp>

namespace pier::analysis::impl {

Result<const json::object*> as_object(const json::value& value, std::string_view what);
/// "num" or "num/den".
Result<Rational> get_rational(const json::object& object, std::string_view key);
Result<std::vector<std::string>> get_strings(const json::object& object, std::string_view key);

/// A member, null when absent.
const json::value& member(const json::value& value, std::string_view key);
/// An array of exactly `count` integers.
Result<std::vector<int64_t>> integers(const json::value& value, size_t count);

/// Reads a member written with to_string(E).
template <typename E>
Result<E> enum_from(const json::object& object, std::string_view key, std::initializer_list<E> values) {
  PIER_TRY(const std::string text, get_string(object, key));
  for (const E value : values) {
    if (to_string(value) == text) return value;
  }
  return fail(ErrorCode::kInputDamaged, "'" + std::string(key) + "' has the unknown value '" + text + "'");
}

}  // namespace pier::analysis::impl
