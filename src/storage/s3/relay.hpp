#pragma once
// For tests: a relay of TCP between the S3 engine and the service, where connections break as they do in life.

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <pier/core/concurrency.hpp>
#include <pier/core/file.hpp>

namespace pier::test {

enum class FaultKind {
  kCutRequest,   // after `bytes` of the request: both sides closed
  kCutAnswer,    // after `bytes` of the answer
  kStallAnswer,  // the same, but the connection stays open and silent
  kLoseAnswer,   // the service does its work; the answer is dropped, the connection closed
  kAnswer,       // `answer` instead of asking the service
  kReplace,      // the service does its work, `answer` comes instead of its own
};

struct Fault {
  std::string match;  // a piece of the request line: "PUT ", "partNumber=2"
  FaultKind kind = FaultKind::kAnswer;
  int times = 1;
  size_t bytes = 0;
  std::string answer;
};

class Relay {
 public:
  /// Relays to "http://host:port" on a port of its own.
  explicit Relay(const std::string& endpoint);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(x_port); }
  void plan(Fault fault);
  /// Away: every connection is cut and new ones are too.
  void set_away(bool away) { x_away = away; }
  /// Request lines with `piece` seen so far, those answered by the relay too.
  int count(std::string_view piece) const;
  int connections() const { return x_connections; }

 private:
  struct Link;
  void accept_all();
  void serve(UniqueFd client);
  bool from_client(Link& link);
  bool from_service(Link& link);
  bool begin_request(Link& link, std::string_view bytes);

  int x_service_port = 0;
  int x_port = 0;
  UniqueFd x_listener;
  std::atomic<bool> x_stop{false}, x_away{false};
  std::atomic<int> x_connections{0};
  Guarded<std::vector<Fault>> x_faults;
  Guarded<std::vector<std::string>> x_lines;
  std::vector<std::jthread> x_threads;
  std::jthread x_acceptor;
};

/// A 503 as S3 words it.
std::string slow_down();

}  // namespace pier::test
