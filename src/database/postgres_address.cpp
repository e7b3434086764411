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

bool is_secret(std::string_view keyword) {
  return keyword == "password" || keyword == "sslpassword";
}

/// RFC 3986 section 2.1.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else
      out.append("%").append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
  }
  return out;
}

Result<Options> read_options(const std::string& url) {
  const std::string shown = display_text(without_password(url));
  if (url.find('\0') != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, "\"" + shown + "\" has a zero byte in it and is no address of records");
  }
  char* trouble = nullptr;
  Options given(PQconninfoParse(url.c_str(), &trouble));
  PQfreemem(trouble);  // it quotes the address with its password
  if (given) return given;
  return fail(ErrorCode::kInvalidArgument,
              "\"" + shown +
                  "\" is no address libpq can read; write postgresql://user@host:port/name, with %40 for @, %2F for /"
                  " and %3A for : inside user and password");
}

}  // namespace

std::string without_password(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url.substr(0, url.find('?')));
  const size_t at = url.rfind('@');  // a password may hold any sign, unescaped by mistake
  const size_t begin = at == std::string_view::npos || at < scheme ? scheme + 3 : at + 1;
  const std::string_view rest = url.substr(begin);
  return std::string(url.substr(0, scheme + 3)) + std::string(rest.substr(0, rest.find('?')));
}

Result<PostgresAddress> parse_postgres_url(const std::string& url) {
  PIER_TRY(const Options given, read_options(url));
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

namespace pier::database {

bool is_server_url(std::string_view url) {
  return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

Result<std::string> remembered_url(const std::string& url) {
  PIER_TRY(const impl::Options given, impl::read_options(url));
  std::string text = "postgresql://";
  for (const PQconninfoOption* entry = given.get(); entry->keyword != nullptr; ++entry) {
    if (entry->val == nullptr || *entry->val == '\0' || impl::is_secret(entry->keyword)) continue;
    text.append(text.ends_with("//") ? "?" : "&").append(entry->keyword);
    text.append("=").append(impl::percent_encoded(entry->val));
  }
  return text;
}

}  // namespace pier::database
