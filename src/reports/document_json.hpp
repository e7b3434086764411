#pragma once
// Parts of the document's JSON that others write too.

#include <string>
#include <vector>

#include <pier/reports/document.hpp>

namespace pier::reports::impl {

Result<Rational> get_fraction(const json::object& object, std::string_view key);
json::array to_json(const std::vector<std::string>& texts);
/// What is absent or no text is left out.
std::vector<std::string> strings_from(const json::object& object, std::string_view key);
json::object to_json(const Still& still);
Result<Still> still_from_json(const json::value& value);

}  // namespace pier::reports::impl
