#pragma once
// JSON values are Boost.JSON's; here are the few readers that turn a missing or mistyped member into a clear error.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <pier/core/result.hpp>

namespace pier {

namespace json = boost::json;

/// Parses a whole text (UTF-8); at most `max_depth` nested, no trailing bytes. Of equal keys the last one counts.
/// Fractions may be off by an ulp or two (Boost 1.81): keep exact values as integers or strings.
Result<json::value> parse_json(std::string_view text, int max_depth = 32);

/// Indented by two blanks, for people; json::serialize is for machines. No newline at the end; a number that is not
/// finite becomes null.
std::string pretty_json(const json::value& value);

/// Members of an object; the error names the key. Numbers are accepted as int64 when whole and in range.
Result<std::string> get_string(const json::object& object, std::string_view key);
Result<int64_t> get_int(const json::object& object, std::string_view key);
Result<double> get_double(const json::object& object, std::string_view key);
Result<bool> get_bool(const json::object& object, std::string_view key);
Result<json::object> get_object(const json::object& object, std::string_view key);
Result<json::array> get_array(const json::object& object, std::string_view key);

/// The same with a default for a member that is absent or null (a mistyped one also yields the default).
std::string string_or(const json::object& object, std::string_view key, std::string_view otherwise);
int64_t int_or(const json::object& object, std::string_view key, int64_t otherwise);
double double_or(const json::object& object, std::string_view key, double otherwise);
bool bool_or(const json::object& object, std::string_view key, bool otherwise);

}  // namespace pier
