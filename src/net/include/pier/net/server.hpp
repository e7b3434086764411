#pragma once
// An HTTP/1.1 server: coroutines on a few I/O threads, handlers on a bounded CPU pool, files by sendfile(2).
//
// No TLS, no HTTP/2, no compression: a front end (nginx, Traffic Server) does those.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pier/core/metrics.hpp>
#include <pier/core/result.hpp>
#include <pier/net/endpoint.hpp>
#include <pier/net/message.hpp>

namespace pier::net {

/// Called from many threads at once. What one throws becomes a 500 and a log line.
struct Handlers {
  /// On the CPU pool; may read disks and records, must not wait for long: other requests queue behind it.
  std::function<Response(const Request&)> handle;
  /// Optional, on an I/O thread, before `handle`: an answer that is ready in memory, else nullopt. Must not block.
  std::function<std::optional<Response>(const Request&)> quick;
  /// Optional, on an I/O thread, once the head of a request is read: how many bytes its body may have. More: 413.
  /// Absent: ServerOptions::body_limit.
  std::function<uint64_t(const Request&)> body_limit;
};

struct ServerOptions {
  std::vector<Endpoint> endpoints;
  int io_threads = 0;                // 0: half the cores, 1 to 4
  int cpu_threads = 0;               // 0: the cores, at least 2
  size_t cpu_queue = 256;            // requests that wait for a CPU thread; beyond: 503 with Retry-After
  size_t max_connections = 1024;     // beyond: 503 with Retry-After, then closed
  size_t header_limit = 16U << 10U;  // bytes of a request's head; beyond: 431 (its target beyond 8 KiB: 414)
  uint64_t body_limit = 1U << 20U;
  std::chrono::milliseconds header_timeout{10'000};  // from the first byte of a request to the end of its head: 408
  std::chrono::milliseconds body_timeout{60'000};    // from there to its last byte: 408
  std::chrono::milliseconds idle_timeout{60'000};    // between requests
  std::chrono::milliseconds write_timeout{30'000};   // without one byte taken by the client
  Metrics* metrics = nullptr;  // pier_http_*: requests, bytes, seconds by group; connections; refused
};

/// Thread-safe.
class Server {
 public:
  /// Listens on all endpoints, or on none: kInUse (names the port), kPermission, kInvalidArgument.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, Handlers handlers);
  /// stop() without patience.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Where it listens: real ports, in the order asked for.
  const std::vector<Endpoint>& endpoints() const;
  size_t connections() const;

  /// Stops accepting, closes idle connections and event streams, lets requests in flight finish (their connections
  /// close after the answer) for up to `patience`, cuts the rest, waits for handlers that run. Once; idempotent.
  void stop(std::chrono::milliseconds patience);

  struct Impl;

 private:
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace pier::net
