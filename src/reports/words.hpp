#pragma once
// Names of things in English and Chinese. What has no entry is shown under the name it has in the JSON.

#include <string>
#include <string_view>

#include <pier/core/json.hpp>

namespace pier::reports {

std::string kind_word(std::string_view kind, bool zh);    // of findings
std::string field_word(std::string_view field, bool zh);  // of facts

/// "largest light 1012.5 cd/m²": name and value of a measure, the unit taken from the name ("max_nits").
std::string measure_text(std::string_view name, const json::value& value, bool zh);

}  // namespace pier::reports
