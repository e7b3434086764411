#pragma once
// Who answers a command: the server it names, the server of the data directory, or one composed here and now. All three
// speak the same HTTP API; the last two over the socket in the data directory.

#include <chrono>
#include <memory>
#include <optional>

#include <pier/api/gateway.hpp>
#include <pier/net/client.hpp>
#include <pier/net/server.hpp>
#include <pier/workflows/engine.hpp>

#include "console.hpp"

namespace pier::app {

/// The socket of a data directory.
net::Endpoint data_socket(const std::string& data);

/// An engine, its HTTP face and the socket in the data directory (and TCP when asked for).
class Service {
 public:
  /// `listen` may be empty: the socket alone. Does not start workers.
  static Result<std::unique_ptr<Service>> start(const workflows::EngineOptions& options,
                                                const std::optional<net::Endpoint>& listen);
  ~Service();
  workflows::Engine& engine() { return *x_engine; }
  const std::vector<net::Endpoint>& endpoints() const { return x_server->endpoints(); }
  /// Finishes requests in flight, ends running children (their tasks stay in the queue).
  void stop();

 private:
  std::unique_ptr<workflows::Engine> x_engine;
  std::unique_ptr<api::Gateway> x_gateway;
  std::unique_ptr<net::Server> x_server;
};

/// A way to the API for one command.
class Connection {
 public:
  /// kInUse when another process holds the data directory without answering on its socket.
  static Result<Connection> open(const Globals& globals, const std::string& purpose);
  const net::Client& client() const { return *x_client; }
  /// Ours when nobody else serves the directory; its workers run once start_workers() was called.
  Service* own() { return x_service.get(); }
  void start_workers();

 private:
  std::unique_ptr<Service> x_service;
  std::unique_ptr<net::Client> x_client;
};

/// Follows a job with a progress bar until it has ended, and gives its last view. After Ctrl-C: kCancelled (the job
/// stays in the queue).
Result<json::object> follow_job(const net::Client& client, const std::string& job_id, const std::string& title,
                                bool silent);

/// Ctrl-C and SIGTERM set a flag instead of ending the process. Call once, early.
void catch_interrupts();
bool interrupted();
/// Sleeps until interrupted or the time is over.
void sleep_interruptibly(std::chrono::milliseconds time);

}  // namespace pier::app
