#pragma once
// postgresql://user:password@host:port/name?...: what may be shown of it.

#include <string>
#include <string_view>

#include <pier/core/result.hpp>
#include <pier/database/address.hpp>

namespace pier::database::impl {

/// For messages about an address nobody could read: user information and query are left out.
std::string without_password(std::string_view url);

struct PostgresAddress {
  std::string url;       // with the password, for libpq alone
  std::string where;     // "postgresql://user@host:port/name": for people
  std::string database;  // its name
  std::string user;
};
/// As libpq reads it, environment included; kInvalidArgument.
Result<PostgresAddress> parse_postgres_url(const std::string& url);

}  // namespace pier::database::impl
