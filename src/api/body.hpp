#pragma once
// Reading what a client says: bodies, query parameters, inputs below a root. Errors name the member and what it wants.

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include <pier/core/json.hpp>
#include <pier/net/message.hpp>

namespace pier::api::impl {

/// The body as a JSON object. Another Content-Type: kInvalidArgument, so that no web page of another site can post
/// without the browser asking first.
Result<json::object> read_object(const net::Request& request);

/// kInvalidArgument names a member that is none of `known`.
Result<void> refuse_unknown(const json::object& object, std::initializer_list<std::string_view> known,
                            std::string_view where);

/// Of an address that takes no members: no body, or {}.
Result<void> refuse_members(const net::Request& request);

enum class Kind { kText, kObject, kArray, kBoolean, kAny };
/// Absent and null are fine; another type is kInvalidArgument.
Result<void> check_member(const json::object& object, std::string_view key, Kind kind, std::string_view where);

/// A profile is named by its id; a file of one's own (it has a '/' or ends in .toml) only over the socket in the data
/// directory, and by its absolute path: kPermission, kInvalidArgument.
Result<void> check_profile_name(std::string_view profile, const net::Request& request, std::string_view where);

/// "limit" of a list: 1..500, default 50.
Result<size_t> read_limit(const net::Request& request);
/// kInvalidArgument for a query parameter that is none of `known`.
Result<void> refuse_unknown_parameters(const net::Request& request, std::initializer_list<std::string_view> known);

/// The absolute path of `relative` below the root of that name, links resolved and never leaving it (openat2,
/// RESOLVE_BENEATH). kInvalidArgument: no such root; kPermission: it leads outside; kNotFound.
Result<std::string> resolve_beneath(const std::map<std::string, std::string>& roots, const std::string& root,
                                    const std::string& relative);

net::Response json_response(int status, const json::value& value);

}  // namespace pier::api::impl
