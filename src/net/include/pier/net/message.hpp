#pragma once
// HTTP messages as values, free of any library: what a handler gets and what it gives (RFC 9110, RFC 9112).

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <pier/core/result.hpp>

namespace pier::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// The first value of that name, letters of any case; nullopt when there is none.
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name);

/// A request as it came, taken apart. Nothing in it is trusted.
struct Request {
  std::string method;                                      // "GET"; case counts
  std::string target;                                      // raw: "/media/a%20b?x=1"
  std::vector<std::string> path;                           // decoded segments: UTF-8, no NUL, '/', "." or ".."
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  Headers headers;                                         // names in lower case
  std::string body;
  std::string remote;             // "127.0.0.1:50712", "[::1]:4", "unix"; empty: composed in process
  bool over_unix_socket = false;  // came over the data directory's socket, or composed in process: same user

  std::optional<std::string_view> header(std::string_view name) const { return find_header(headers, name); }
  std::optional<std::string_view> parameter(std::string_view name) const;  // first of that name in the query
};

/// Bytes of an open file, sent by sendfile(2). `owner` keeps the descriptor open until the last byte went out.
struct FileRange {
  std::shared_ptr<const void> owner;
  int fd = -1;
  uint64_t offset = 0;
  uint64_t length = 0;
};

/// One server-sent event (WHATWG HTML 9.2). Newlines in `data` are carried; `id` and `name` must have none.
struct ServerEvent {
  std::string id;
  std::string name;  // "event:" field; empty: "message"
  std::string data;
};

/// A stream of events. The server calls `poll` on its CPU pool every `interval`: it must not wait, gives what is new,
/// and `last` when the stream is over. A client that cannot keep up slows only its own polling.
struct EventStream {
  struct Batch {
    std::vector<ServerEvent> events;
    bool last = false;
  };
  std::function<Batch()> poll;
  std::chrono::milliseconds interval{250};
};

/// `shared_ptr<const string>`: a text that many responses share.
using Body = std::variant<std::string, std::shared_ptr<const std::string>, FileRange, EventStream>;

struct Response {
  int status = 200;
  Headers headers;  // Date, Content-Length, Connection and Transfer-Encoding are the server's
  Body body;
  /// For metrics: a short name with static storage ("segment", "api").
  std::string_view group = "other";

  Response& set(std::string_view name, std::string_view value);  // replaces
};

/// Length of the body in bytes; nullopt for an event stream.
std::optional<uint64_t> body_length(const Body& body);

Response text_response(int status, std::string_view content_type, std::string body);
/// Problem details (RFC 9457): {"type", "title", "status", "detail", "code"}; `code` is to_string(error.code), the
/// detail its message. Error::detail stays inside. Never cached.
Response problem_response(const Error& error);
/// The same with a status of its own, for what has no ErrorCode (405, 415, 431 ...).
Response problem_response(int status, std::string_view code, std::string_view message);

/// "Not Found"
std::string_view reason_phrase(int status);

}  // namespace pier::net
