#pragma once
// Request targets (RFC 9112 section 3.2, RFC 3986). Hostile input.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pier/core/result.hpp>

namespace pier::net {

struct Target {
  std::vector<std::string> path;  // of "/": empty; of "/a/": {"a", ""}
  std::vector<std::pair<std::string, std::string>> query;
};

/// Origin form, absolute form and "*" (empty path). kInvalidArgument: escapes that are none, bytes that are not UTF-8
/// once decoded, control characters, empty segments inside, and segments that mean another place ("..", ".", "%2F",
/// '\\'). A path that passes has one meaning, whoever reads it.
Result<Target> parse_target(std::string_view target);

/// Percent-decoded; '+' is a plus sign, or a blank in queries.
Result<std::string> percent_decode(std::string_view text, bool plus_is_blank = false);
/// Everything but RFC 3986 "unreserved" characters is escaped.
std::string percent_encode(std::string_view text);

}  // namespace pier::net
