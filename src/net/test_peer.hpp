#pragma once
// For tests: a server on loopback and a bare client socket that sends what it is told.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <pier/net/client.hpp>
#include <pier/net/server.hpp>

namespace pier::net {

inline std::unique_ptr<Server> start_server(Handlers handlers, ServerOptions options = {}) {
  if (options.endpoints.empty()) options.endpoints = {Endpoint{{}, "127.0.0.1", 0}};
  auto server = Server::start(options, std::move(handlers));
  if (!server) ADD_FAILURE() << server.error().message;
  return server ? std::move(*server) : nullptr;
}

inline std::unique_ptr<Server> start_server(std::function<Response(const Request&)> handle,
                                            ServerOptions options = {}) {
  return start_server(Handlers{std::move(handle), {}, {}}, std::move(options));
}

struct Answer {
  int status = 0;
  std::string head, body;
  std::string header(std::string_view name) const {
    const size_t at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return {};
    const size_t start = at + name.size() + 4;
    return head.substr(start, head.find("\r\n", start) - start);
  }
};

/// Sends bytes as they are; reads answers one by one.
class Peer {
 public:
  explicit Peer(const Endpoint& endpoint) {
    auto fd = connect_to(endpoint, 2000);
    EXPECT_TRUE(fd.has_value());
    if (fd) x_fd = std::move(*fd);
  }
  explicit Peer(const Server& server) : Peer(server.endpoints().front()) {}

  int fd() const { return x_fd.get(); }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(x_fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(count));
    }
  }
  /// One more piece; false at the end or after `ms`.
  bool receive(int ms = 5000) {
    pollfd waiter{x_fd.get(), POLLIN, 0};
    if (::poll(&waiter, 1, ms) <= 0) return false;
    char bytes[65536];
    const ssize_t count = ::recv(x_fd.get(), bytes, sizeof(bytes), 0);
    if (count <= 0) return false;
    x_input.append(bytes, static_cast<size_t>(count));
    return true;
  }
  /// The next answer, whole; status 0 when there is none.
  Answer answer(bool no_body = false, int ms = 5000) {
    Answer out;
    size_t end = std::string::npos;
    while ((end = x_input.find("\r\n\r\n")) == std::string::npos) {
      if (!receive(ms)) return out;
    }
    out.head = x_input.substr(0, end + 2);
    x_input.erase(0, end + 4);
    out.status = std::stoi(out.head.substr(9, 3));
    const std::string length = out.header("Content-Length");
    const size_t size = no_body || length.empty() ? 0 : std::stoul(length);
    while (x_input.size() < size && receive(ms)) {
    }
    out.body = x_input.substr(0, size);
    x_input.erase(0, size);
    return out;
  }
  Answer ask(std::string_view request, bool no_body = false) {
    send(request);
    return answer(no_body);
  }
  /// What came so far and was not taken yet.
  std::string answer_bytes() { return std::exchange(x_input, {}); }
  /// Everything until the server closes.
  std::string rest(int ms = 5000) {
    while (receive(ms)) {
    }
    return std::exchange(x_input, {});
  }
  /// Did the server close, within `ms`?
  bool is_closed(int ms = 5000) {
    pollfd waiter{x_fd.get(), POLLIN, 0};
    if (::poll(&waiter, 1, ms) <= 0) return false;
    char byte = 0;
    return ::recv(x_fd.get(), &byte, 1, MSG_PEEK) <= 0;
  }

 private:
  UniqueFd x_fd;
  std::string x_input;
};

inline std::string get(std::string_view target, std::string_view headers = {}) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) + "\r\n";
}

/// A new folder, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  const std::string path;
};

}  // namespace pier::net
