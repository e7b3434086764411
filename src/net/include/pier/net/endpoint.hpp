#pragma once
// Where to listen or to connect: "127.0.0.1:8080", "[::1]:0", "localhost:8080", "unix:/path".

#include <string>
#include <string_view>

#include <sys/socket.h>

#include <pier/core/file.hpp>
#include <pier/core/result.hpp>

namespace pier::net {

struct Endpoint {
  std::string unix_path;  // set: a Unix socket; bytes, of any length
  std::string host;
  int port = 0;  // 0: one that is free

  std::string to_string() const;  // as parse_endpoint() takes it
};

/// kInvalidArgument when `text` is none of the forms above.
Result<Endpoint> parse_endpoint(std::string_view text);

/// A listening socket, non-blocking. kInUse names the port; kPermission, kInvalidArgument (no such address here).
/// A Unix socket is readable and writable by its owner only; a dead one left behind at its path is replaced, a living
/// one is kInUse. The path may be longer than the 107 bytes of sockaddr_un.
Result<UniqueFd> listen_on(const Endpoint& endpoint, int backlog);

/// A connected socket, blocking. kNotFound: nothing listens there.
Result<UniqueFd> connect_to(const Endpoint& endpoint, int timeout_ms);

/// The endpoint a listening socket got: its real port.
Result<Endpoint> local_endpoint(int fd);
/// "127.0.0.1:50712", "unix".
std::string address_text(const sockaddr_storage& address);

}  // namespace pier::net
