#pragma once
// A small blocking HTTP/1.1 client for the command line: JSON requests and event streams, over TCP or a Unix socket.

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include <pier/core/json.hpp>
#include <pier/core/result.hpp>
#include <pier/net/endpoint.hpp>
#include <pier/net/message.hpp>

namespace pier::net {

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds answer_timeout{60'000};  // without one byte from the server; also of event streams
  size_t answer_limit = 64U << 20U;                  // bytes of an answer's body: kTooLarge
};

struct ClientResponse {
  int status = 0;
  Headers headers;  // names in lower case
  std::string body;
};

/// "http://host:port", "host:port" or "unix:/path". https is kInputUnsupported: ask the front end's plain port.
Result<Endpoint> parse_server_url(std::string_view url);

/// One request a connection; may be used from many threads.
class Client {
 public:
  explicit Client(Endpoint server, ClientOptions options = {});

  /// Any status is an answer. Errors are about the way there: kNotFound (nobody listens), kTimeout, kIo, kTooLarge.
  Result<ClientResponse> request(std::string_view method, std::string_view target, std::string_view body = {},
                                 const Headers& headers = {}) const;

  /// request() with JSON both ways; a problem details answer becomes its Error again (code and message).
  Result<json::value> get(std::string_view target) const;
  Result<json::value> post(std::string_view target, const json::value& body, const Headers& headers = {}) const;
  Result<void> remove(std::string_view target) const;  // DELETE

  /// Events until the server ends the stream (true), or `on_event` gives false (false). With `last_event_id` the
  /// server leaves out what was seen.
  Result<bool> events(std::string_view target, const std::function<bool(const ServerEvent&)>& on_event,
                      std::string_view last_event_id = {}) const;

 private:
  Endpoint x_server;
  ClientOptions x_options;
};

}  // namespace pier::net
