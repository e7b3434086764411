#include "postgres_address.hpp"

#include <memory>

#include <libpq-fe.h>

#include <pier/core/bytes.hpp>

namespace pier::database::impl {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

/// The value given for a keyword, else the one of libpq's defaults and environment.
std::string value_of(const Options& given, const Options& defaults, std::string_view keyword) {
  for (const Options* options : {&given, &defaults}) {
    for (const PQconninfoOption* entry = options->get(); entry != nullptr && entry->keyword != nullptr; ++entry) {
      if (keyword == entry->keyword && entry->val != nullptr && *entry->val != '\0') return entry->val;
    }
  }
  return {};
}

}  // namespace

bool is_postgres_url(std::string_view url) {
  return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

std::string without_password(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url.substr(0, url.find('?')));
  const size_t at = url.rfind('@');  // a password may hold any sign, unescaped by mistake
  const size_t begin = at == std::string_view::npos || at < scheme ? scheme + 3 : at + 1;
  const std::string_view rest = url.substr(begin);
  return std::string(url.substr(0, scheme + 3)) + std::string(rest.substr(0, rest.find('?')));
}

Result<PostgresAddress> parse_postgres_url(const std::string& url) {
  const std::string shown = display_text(without_password(url));
  if (url.find('\0') != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, "\"" + shown + "\" has a zero byte in it and is no address of records");
  }
  char* trouble = nullptr;
  const Options given(PQconninfoParse(url.c_str(), &trouble));
  PQfreemem(trouble);  // it quotes the address with its password
  if (!given) {
    return fail(ErrorCode::kInvalidArgument,
                "\"" + shown +
                    "\" is no address libpq can read; write postgresql://user@host:port/name, with %40 for @, %2F for /"
                    " and %3A for : inside user and password");
  }
  const Options defaults(PQconndefaults());
  PostgresAddress address;
  address.url = url;
  address.user = value_of(given, defaults, "user");
  address.database = value_of(given, defaults, "dbname");
  if (address.database.empty()) address.database = address.user;
  const std::string host = value_of(given, defaults, "host");
  const std::string port = value_of(given, defaults, "port");
  address.where = "postgresql://" + address.user + "@" + (host.empty() ? "localhost" : host) +
                  (port.empty() ? "" : ":" + port) + "/" + address.database;
  address.where = display_text(address.where);
  return address;
}

}  // namespace pier::database::impl
