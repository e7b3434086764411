#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <pier/net/endpoint.hpp>

namespace pier::net {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Result<AddressList> resolve(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const std::string port = std::to_string(endpoint.port);
  const int code = getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &list);
  if (code != 0) {
    return fail(ErrorCode::kInvalidArgument, "no address is known for " + endpoint.host + ": " + gai_strerror(code));
  }
  return AddressList(list, &freeaddrinfo);
}

/// The directory of a socket, held open, and a name for the socket short enough for sockaddr_un.
struct UnixName {
  UniqueFd directory;
  sockaddr_un address{};
};

Result<UnixName> name_unix_socket(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  UnixName name;
  name.directory = UniqueFd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!name.directory) return Failure(errno_error(errno, "folder of the socket " + path));
  const std::string last = slash == std::string::npos ? path : path.substr(slash + 1);
  const std::string text = "/proc/self/fd/" + std::to_string(name.directory.get()) + "/" + last;
  if (last.empty() || text.size() >= sizeof(name.address.sun_path)) {
    return fail(ErrorCode::kInvalidArgument, "the last part of the socket's path must have 1 to 80 bytes: " + path);
  }
  name.address.sun_family = AF_UNIX;
  std::memcpy(name.address.sun_path, text.c_str(), text.size() + 1);
  return name;
}

Result<void> remove_dead_socket(const UnixName& name, const std::string& path) {
  struct stat info{};
  if (::lstat(name.address.sun_path, &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode)) {
    return fail(ErrorCode::kAlreadyExists, path + " is in the way: it is not a socket; move it elsewhere");
  }
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int connected = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&name.address), sizeof(name.address));
  if (connected == 0 || errno == EAGAIN) return fail(ErrorCode::kInUse, "another server listens on " + path);
  if (::unlink(name.address.sun_path) != 0 && errno != ENOENT) return Failure(errno_error(errno, "remove " + path));
  return {};
}

Result<UniqueFd> listen_unix(const std::string& path, int backlog) {
  PIER_TRY(const UnixName name, name_unix_socket(path));
  PIER_CHECK(remove_dead_socket(name, path));
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Failure(errno_error(errno, "make a Unix socket"));
  // Before bind(): the file is never open to others, not even for a moment.
  if (::fchmod(fd.get(), 0600) != 0) return Failure(errno_error(errno, "protect " + path));
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name.address), sizeof(name.address)) != 0 ||
      ::listen(fd.get(), backlog) != 0) {
    return Failure(errno_error(errno, "listen on " + path));
  }
  return fd;
}

Failure listen_failure(int number, const Endpoint& endpoint) {
  const std::string where = endpoint.to_string();
  if (number == EADDRINUSE) {
    return fail(ErrorCode::kInUse, "port " + std::to_string(endpoint.port) + " of " + endpoint.host +
                                       " is in use by another program; choose another with --listen HOST:PORT");
  }
  if (number == EADDRNOTAVAIL) {
    return fail(ErrorCode::kInvalidArgument, "this machine has no address " + endpoint.host + " to listen on");
  }
  return Failure(errno_error(number, "listen on " + where));
}

Result<UniqueFd> listen_tcp(const Endpoint& endpoint, int backlog) {
  PIER_TRY(const AddressList list, resolve(endpoint));
  int last_error = EADDRNOTAVAIL;
  for (const addrinfo* a = list.get(); a != nullptr; a = a->ai_next) {
    UniqueFd fd(::socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol));
    const int on = 1;
    if (fd) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (fd && ::bind(fd.get(), a->ai_addr, a->ai_addrlen) == 0 && ::listen(fd.get(), backlog) == 0) return fd;
    last_error = errno;
    if (last_error == EADDRINUSE) break;
  }
  return listen_failure(last_error, endpoint);
}

/// connect() with a deadline; gives errno.
int connect_within(int fd, const sockaddr* address, socklen_t length, int timeout_ms) {
  if (::connect(fd, address, length) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd waiter{fd, POLLOUT, 0};
  const int ready = ::poll(&waiter, 1, timeout_ms);
  if (ready == 0) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof(error);
  if (ready < 0 || ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

Failure connect_failure(int number, const Endpoint& endpoint) {
  const std::string where = endpoint.to_string();
  if (number == ECONNREFUSED || number == ENOENT) {
    return fail(ErrorCode::kNotFound, "no server listens on " + where + "; is `pier serve` running?");
  }
  if (number == ETIMEDOUT || number == EAGAIN) return fail(ErrorCode::kTimeout, where + " does not answer");
  return Failure(errno_error(number, "connect to " + where));
}

Result<UniqueFd> make_blocking(UniqueFd fd) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK) != 0) {
    return Failure(errno_error(errno, "prepare a socket"));
  }
  return fd;
}

std::string host_text(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

std::string Endpoint::to_string() const {
  return unix_path.empty() ? host_text(host) + ":" + std::to_string(port) : "unix:" + unix_path;
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  Endpoint endpoint;
  if (text.starts_with("unix:")) {
    endpoint.unix_path = text.substr(5);
    if (!endpoint.unix_path.empty() && endpoint.unix_path.find('\0') == std::string::npos) return endpoint;
    return fail(ErrorCode::kInvalidArgument, "unix: needs the path of a socket after it");
  }
  const Failure wrong = fail(ErrorCode::kInvalidArgument,
                             "\"" + display_text(text) + "\" is no HOST:PORT such as 127.0.0.1:8080 or [::1]:8080");
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (port.empty() || code != std::errc() || end != port.data() + port.size()) return wrong;
  if (endpoint.port < 0 || endpoint.port > 65535 || port.front() == '-') return wrong;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong;
  }
  if (host.empty() || host.find_first_of(std::string_view("[]/ \0", 5)) != std::string_view::npos) return wrong;
  endpoint.host = host;
  return endpoint;
}

Result<UniqueFd> listen_on(const Endpoint& endpoint, int backlog) {
  return endpoint.unix_path.empty() ? listen_tcp(endpoint, backlog) : listen_unix(endpoint.unix_path, backlog);
}

Result<UniqueFd> connect_to(const Endpoint& endpoint, int timeout_ms) {
  if (!endpoint.unix_path.empty()) {
    auto name = name_unix_socket(endpoint.unix_path);
    if (!name) return connect_failure(ENOENT, endpoint);
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int error =
        connect_within(fd.get(), reinterpret_cast<const sockaddr*>(&name->address), sizeof(name->address), timeout_ms);
    if (error != 0) return connect_failure(error, endpoint);
    return make_blocking(std::move(fd));
  }
  PIER_TRY(const AddressList list, resolve(endpoint));
  int last_error = EADDRNOTAVAIL;
  for (const addrinfo* a = list.get(); a != nullptr; a = a->ai_next) {
    UniqueFd fd(::socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol));
    if (!fd) return Failure(errno_error(errno, "make a socket"));
    last_error = connect_within(fd.get(), a->ai_addr, a->ai_addrlen, timeout_ms);
    if (last_error != 0) continue;
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return make_blocking(std::move(fd));
  }
  return connect_failure(last_error, endpoint);
}

Result<Endpoint> local_endpoint(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return Failure(errno_error(errno, "read a socket's address"));
  }
  if (address.ss_family == AF_UNIX) {
    return Endpoint{reinterpret_cast<const sockaddr_un*>(&address)->sun_path, {}, 0};
  }
  return parse_endpoint(address_text(address));
}

std::string address_text(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
    return std::string(text) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  return "unix";
}

}  // namespace pier::net
