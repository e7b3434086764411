#include "json_io.hpp"

#include <charconv>

namespace pier::analysis::impl {

namespace {

bool parse_whole(std::string_view text, int64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<const json::object*> as_object(const json::value& value, std::string_view what) {
  if (!value.is_object()) return fail(ErrorCode::kInputDamaged, std::string(what) + " is not a JSON object");
  return &value.get_object();
}

Result<Rational> get_rational(const json::object& object, std::string_view key) {
  PIER_TRY(const std::string text, get_string(object, key));
  const size_t slash = text.find('/');
  int64_t num = 0;
  int64_t den = 1;
  const std::string_view view = text;
  const bool good = parse_whole(view.substr(0, slash), num) &&
                    (slash == std::string::npos || parse_whole(view.substr(slash + 1), den));
  if (!good || den <= 0) {
    return fail(ErrorCode::kInputDamaged, "'" + std::string(key) + "' is not a fraction: '" + text + "'");
  }
  return Rational(num, den);
}

Result<std::vector<std::string>> get_strings(const json::object& object, std::string_view key) {
  PIER_TRY(const json::array array, get_array(object, key));
  std::vector<std::string> strings;
  for (const json::value& item : array) {
    if (!item.is_string())
      return fail(ErrorCode::kInputDamaged, "'" + std::string(key) + "' holds something that is no text");
    strings.emplace_back(item.get_string());
  }
  return strings;
}

const json::value& member(const json::value& value, std::string_view key) {
  static const json::value kNull;
  const json::value* found = value.is_object() ? value.get_object().if_contains(key) : nullptr;
  return found != nullptr ? *found : kNull;
}

Result<std::vector<int64_t>> integers(const json::value& value, size_t count) {
  if (!value.is_array() || value.get_array().size() != count) {
    return fail(ErrorCode::kInputDamaged, "saved state should hold " + std::to_string(count) + " integers here");
  }
  std::vector<int64_t> numbers;
  for (const json::value& item : value.get_array()) {
    if (!item.is_int64()) return fail(ErrorCode::kInputDamaged, "saved state holds something that is no integer");
    numbers.push_back(item.get_int64());
  }
  return numbers;
}

}  // namespace pier::analysis::impl
