#include "s3/relay.hpp"

#include <array>
#include <optional>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace pier::test {
namespace {

constexpr int kTickMs = 20;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

bool begins_request(std::string_view bytes) {
  for (const std::string_view method : {"GET /", "PUT /", "POST /", "HEAD /", "DELETE /"}) {
    if (bytes.starts_with(method)) return bytes.find(" HTTP/1.1\r\n") != std::string_view::npos;
  }
  return false;
}

}  // namespace

struct Relay::Link {
  UniqueFd client, service;
  std::optional<Fault> fault;
  size_t asked = 0, answered = 0;  // bytes of this request and of its answer
  bool silent = false;
};

Relay::Relay(const std::string& endpoint) : x_listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  x_service_port = std::stoi(endpoint.substr(endpoint.rfind(':') + 1));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  if (::bind(x_listener.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return;
  if (::listen(x_listener.get(), 64) != 0) return;
  ::getsockname(x_listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  x_port = ntohs(address.sin_port);
  x_acceptor = std::jthread([this] { accept_all(); });
}

Relay::~Relay() {
  x_stop = true;
  x_acceptor.join();
  x_threads.clear();
}

void Relay::plan(Fault fault) {
  x_faults.with([&](auto& faults) { faults.push_back(std::move(fault)); });
}

int Relay::count(std::string_view piece) const {
  return x_lines.with([&](const auto& lines) {
    int found = 0;
    for (const std::string& line : lines) found += line.find(piece) != std::string::npos ? 1 : 0;
    return found;
  });
}

void Relay::accept_all() {
  while (!x_stop) {
    pollfd waiter{x_listener.get(), POLLIN, 0};
    if (::poll(&waiter, 1, kTickMs) <= 0) continue;
    UniqueFd client(::accept4(x_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client || x_away) continue;
    ++x_connections;
    const int fd = client.release();
    x_threads.emplace_back([this, fd] { serve(UniqueFd(fd)); });
  }
}

void Relay::serve(UniqueFd client) {
  Link link;
  link.client = std::move(client);
  link.service = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(x_service_port);
  if (::connect(link.service.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return;
  while (!x_stop && !x_away) {
    pollfd waiters[] = {{link.client.get(), POLLIN, 0}, {link.service.get(), POLLIN, 0}};
    // Away is away from the moment it is said: what comes after it does not reach the service.
    if (::poll(waiters, 2, kTickMs) <= 0 || x_away) continue;
    if (waiters[0].revents != 0 && !from_client(link)) return;
    if (waiters[1].revents != 0 && !from_service(link)) return;
    if (link.silent) std::this_thread::sleep_for(std::chrono::milliseconds(kTickMs));
  }
}

/// False: close both sides.
bool Relay::begin_request(Link& link, std::string_view bytes) {
  const std::string line(bytes.substr(0, bytes.find("\r\n")));
  x_lines.with([&](auto& lines) { lines.push_back(line); });
  link.asked = link.answered = 0;
  link.fault = x_faults.with([&](auto& faults) -> std::optional<Fault> {
    for (Fault& fault : faults) {
      if (fault.times == 0 || line.find(fault.match) == std::string::npos) continue;
      --fault.times;
      return fault;
    }
    return std::nullopt;
  });
  if (!link.fault || link.fault->kind != FaultKind::kAnswer) return true;
  send_all(link.client.get(), link.fault->answer);
  return false;
}

bool Relay::from_client(Link& link) {
  std::array<char, 65536> buffer;
  const ssize_t count = ::recv(link.client.get(), buffer.data(), buffer.size(), 0);
  if (count <= 0) return false;
  std::string_view bytes(buffer.data(), static_cast<size_t>(count));
  if (begins_request(bytes) && !begin_request(link, bytes)) return false;
  link.asked += bytes.size();
  if (link.fault && link.fault->kind == FaultKind::kCutRequest && link.asked >= link.fault->bytes) return false;
  return send_all(link.service.get(), bytes);
}

bool Relay::from_service(Link& link) {
  std::array<char, 65536> buffer;
  const ssize_t count = ::recv(link.service.get(), buffer.data(), buffer.size(), 0);
  if (count <= 0) return false;
  std::string_view bytes(buffer.data(), static_cast<size_t>(count));
  if (!link.fault || bytes.starts_with("HTTP/1.1 100")) return send_all(link.client.get(), bytes);
  link.answered += bytes.size();
  switch (link.fault->kind) {
    case FaultKind::kLoseAnswer:
      return false;
    case FaultKind::kReplace:
      send_all(link.client.get(), link.fault->answer);
      return false;
    case FaultKind::kStallAnswer:
      if (link.answered < link.fault->bytes) break;
      link.silent = true;
      return true;
    case FaultKind::kCutAnswer:
      if (link.answered < link.fault->bytes) break;
      send_all(link.client.get(), bytes.substr(0, bytes.size() / 2));
      return false;
    default:
      break;
  }
  return send_all(link.client.get(), bytes);
}

std::string slow_down() {
  return "HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: 46\r\nConnection: close\r\n\r\n"
         "<Error><Code>SlowDown</Code><Message/></Error>";
}

}  // namespace pier::test
