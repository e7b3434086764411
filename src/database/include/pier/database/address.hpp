#pragma once
// Addresses of records: what they say about themselves without being opened.

#include <string>
#include <string_view>

#include <pier/core/result.hpp>

namespace pier::database {

/// Are these records on a server, where several machines reach them?
bool is_server_url(std::string_view url);

/// The address of records on a server in one form and without passwords, to be written down and compared: it opens
/// again with PGPASSWORD or ~/.pgpass where a password is wanted. kInvalidArgument, whose message shows no password.
Result<std::string> remembered_url(const std::string& url);

}  // namespace pier::database
