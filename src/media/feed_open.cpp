#include <cerrno>
#include <charconv>
#include <optional>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pier/media/feed.hpp>

namespace pier::media {

namespace {

constexpr std::string_view kUdp = "udp://", kLocal = "localaddr=";
constexpr int kSocketBytes = 16 << 20;

struct Address {
  in_addr host{};
  in_addr local{};
  uint16_t port = 0;
};

std::optional<in_addr> ip_of(const std::string& text) {
  in_addr address{};
  if (text.empty()) return address;
  return inet_pton(AF_INET, text.c_str(), &address) == 1 ? std::optional(address) : std::nullopt;
}

Result<Address> parse(const std::string& text) {
  const auto wrong = [&](const std::string& what) {
    return fail(ErrorCode::kInvalidArgument, display_text(text) + ": " + what +
                                                 "; write udp://ADDRESS:PORT, udp://@GROUP:PORT or, to listen on one "
                                                 "interface, udp://@GROUP:PORT?localaddr=ADDRESS");
  };
  std::string_view rest = std::string_view(text).substr(kUdp.size());
  std::string_view query;
  if (const size_t mark = rest.find('?'); mark != std::string_view::npos) {
    query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  if (rest.starts_with('@')) rest.remove_prefix(1);
  const size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return wrong("there is no port");
  const std::string_view port = rest.substr(colon + 1);
  Address address;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size()) return wrong("the port is no number below 65536");
  const auto host = ip_of(std::string(rest.substr(0, colon)));
  if (!host) return wrong("the address is no IPv4 address");
  address.host = *host;
  if (query.empty()) return address;
  const auto local = query.starts_with(kLocal) ? ip_of(std::string(query.substr(kLocal.size()))) : std::nullopt;
  if (!local) return wrong("the only option is localaddr=ADDRESS");
  address.local = *local;
  return address;
}

Result<UniqueFd> listen_on(const Address& address, const std::string& name) {
  const bool group = IN_MULTICAST(ntohl(address.host.s_addr));
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto failed = [&](const char* what) { return Failure(errno_error(errno, what + display_text(name))); };
  if (!fd) return failed("cannot make a socket for ");
  const int yes = 1, bytes = kSocketBytes;
  if (group && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0)
    return failed("cannot share the port of ");
  // More than the system allows an unprivileged user is cut to what it allows.
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RXQ_OVFL, &yes, sizeof yes) != 0)
    return failed("cannot count what is lost of ");
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(address.port);
  where.sin_addr = group ? address.host : address.host.s_addr != 0 ? address.host : address.local;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0)
    return failed("cannot listen on ");
  if (!group) return fd;
  const ip_mreq membership{address.host, address.local};
  if (::setsockopt(fd.get(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership) != 0)
    return failed("cannot join the group of ");
  return fd;
}

Result<UniqueFd> open_waiting(const std::string& path) {
  // Opening a FIFO waits for its writer, as every program does.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return Failure(errno_error(errno, "cannot open " + display_text(path)));
  return fd;
}

}  // namespace

std::string_view to_string(FeedKind kind) {
  switch (kind) {
    case FeedKind::kPipe:
      return "pipe";
    case FeedKind::kFile:
      return "file";
    case FeedKind::kDatagram:
      return "udp";
  }
  return "pipe";
}

Result<FeedInput> open_feed(const std::string& text) {
  FeedInput input{text, {}, FeedKind::kPipe};
  if (text.starts_with(kUdp)) {
    PIER_TRY(const Address address, parse(text));
    PIER_TRY(input.fd, listen_on(address, text));
    input.kind = FeedKind::kDatagram;
    return input;
  }
  if (text == "-") {
    input.fd = UniqueFd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!input.fd) return Failure(errno_error(errno, "cannot read standard input"));
  } else {
    PIER_TRY(input.fd, open_waiting(text));
  }
  struct stat status{};
  if (::fstat(input.fd.get(), &status) != 0) return Failure(errno_error(errno, "cannot look at " + display_text(text)));
  if (S_ISDIR(status.st_mode))
    return fail(ErrorCode::kInvalidArgument, display_text(text) + " is a folder; a feed is one transport stream");
  if (S_ISREG(status.st_mode)) input.kind = FeedKind::kFile;
  return input;
}

}  // namespace pier::media
