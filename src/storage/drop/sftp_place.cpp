#include <algorithm>
#include <cctype>
#include <charconv>

#include <pier/core/bytes.hpp>

#include "drop/drops.hpp"

namespace pier::storage::impl {
namespace {

constexpr std::string_view kScheme = "sftp://";

Failure wrong(const std::string& what) {
  return fail(ErrorCode::kInvalidArgument,
              "a place by SFTP is sftp://user@host/folder or sftp://user@host:port/folder: " + what);
}

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_' || c == '~' || c == '/';
}

bool is_host(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == ':' || c == '[' || c == ']';
  });
}

}  // namespace

std::string SftpPlace::url(const std::string& path) const {
  std::string url = std::string(kScheme) + host + ":" + std::to_string(port);
  for (const char c : path) {
    if (is_plain(c)) {
      url += c;
    } else {
      const auto byte = static_cast<std::byte>(c);
      url += "%" + to_hex(ByteView(&byte, 1));
    }
  }
  return url;
}

Result<SftpPlace> parse_sftp_url(std::string_view url) {
  if (!url.starts_with(kScheme)) return wrong("it begins with something else");
  url.remove_prefix(kScheme.size());
  const size_t slash = url.find('/');
  std::string_view authority = url.substr(0, slash);
  SftpPlace place;
  const size_t at = authority.rfind('@');
  if (at == std::string_view::npos || at == 0) return wrong("the user is missing");
  const std::string_view user = authority.substr(0, at);
  if (user.find(':') != std::string_view::npos)
    return wrong("a password does not belong in it; put it into a file and give --password-file");
  place.user = user;
  authority.remove_prefix(at + 1);
  const size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  if (has_port) {
    const std::string_view port = authority.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), place.port);
    if (error != std::errc() || end != port.data() + port.size() || place.port < 1 || place.port > 65535)
      return wrong("the port is no number from 1 to 65535");
    authority = authority.substr(0, colon);
  }
  if (!is_host(authority)) return wrong("the host is missing or is no name of a host");
  place.host = authority;
  if (slash == std::string_view::npos) return wrong("the folder is missing");
  place.folder = url.substr(slash);
  while (place.folder.ends_with('/')) place.folder.pop_back();
  const bool odd =
      std::ranges::any_of(place.folder, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '?'; });
  if (odd) return wrong("the folder has characters that do not belong there");
  return place;
}

}  // namespace pier::storage::impl
