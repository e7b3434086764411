#pragma once
// Events of a feed as lines for people.

#include <string>
#include <string_view>

#include <pier/core/json.hpp>

namespace pier::reports {

/// "12:00:03  black" where it opens, "12:00:09  black ended after 6.2 s", in "en" or "zh"; times are those of the
/// machine. Empty for an event that people need not see. `event` is of api/feed-events.schema.json.
std::string feed_line(const json::object& event, std::string_view language);

}  // namespace pier::reports
