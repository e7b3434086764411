#include <cerrno>

#include <poll.h>
#include <sys/socket.h>

#include <pier/net/client.hpp>

#include "event_text.hpp"
#include "response_reader.hpp"

namespace pier::net {
namespace {

Result<void> send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    // The server may have answered and closed without reading everything: that answer is what counts.
    if (count < 0 && (errno == EPIPE || errno == ECONNRESET)) return {};
    if (count < 0) return Failure(errno_error(errno, "send to the server"));
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

/// What came; empty: the server closed.
Result<std::string> receive(int fd, std::chrono::milliseconds timeout) {
  pollfd waiter{fd, POLLIN, 0};
  const int ready = ::poll(&waiter, 1, static_cast<int>(timeout.count()));
  if (ready == 0) return fail(ErrorCode::kTimeout, "the server does not answer any more");
  std::string bytes(64U << 10U, '\0');
  const ssize_t count = ready < 0 ? ready : ::recv(fd, bytes.data(), bytes.size(), 0);
  if (count < 0 && errno == EINTR) return receive(fd, timeout);
  if (count < 0 && errno != ECONNRESET) return Failure(errno_error(errno, "read from the server"));
  bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return bytes;
}

std::string write_request(const Endpoint& server, std::string_view method, std::string_view target,
                          std::string_view body, const Headers& headers) {
  std::string out(method);
  out += ' ';
  out += target;
  out += " HTTP/1.1\r\nHost: ";
  out += server.unix_path.empty() ? server.to_string() : "localhost";
  out += "\r\nUser-Agent: pier\r\nConnection: close\r\n";
  for (const auto& [name, value] : headers) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  if (!body.empty() || method == "POST") out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  out += "\r\n";
  out += body;
  return out;
}

bool is_clean(const Headers& headers, std::string_view target) {
  constexpr std::string_view kBreaks("\r\n\0", 3);
  for (const auto& [name, value] : headers) {
    if (name.find_first_of(kBreaks) != std::string::npos || value.find_first_of(kBreaks) != std::string::npos)
      return false;
  }
  return target.starts_with('/') && target.find_first_of(" \r\n") == std::string_view::npos;
}

Error error_of(int status, std::string_view body) {
  const auto problem = parse_json(body);
  if (problem && problem->is_object()) {
    const json::object& object = problem->as_object();
    const std::string code = string_or(object, "code", "");
    const std::string detail = string_or(object, "detail", "");
    if (!code.empty() && !detail.empty()) return {error_code_from(code), detail, {}};
  }
  return {ErrorCode::kIo, "the server answered with status " + std::to_string(status),
          std::string(body.substr(0, 200))};
}

Result<json::value> json_answer(const Result<ClientResponse>& response) {
  if (!response) return Failure(response.error());
  if (response->status < 200 || response->status > 299) return Failure(error_of(response->status, response->body));
  if (response->body.empty()) return json::value();
  return parse_json(response->body);
}

}  // namespace

Result<Endpoint> parse_server_url(std::string_view url) {
  if (url.starts_with("https://")) {
    return fail(ErrorCode::kInputUnsupported, "https is the front end's; name the plain address behind it, http://...");
  }
  if (url.starts_with("http://")) url.remove_prefix(7);
  if (url.ends_with('/') && !url.starts_with("unix:")) url.remove_suffix(1);
  return parse_endpoint(url);
}

Client::Client(Endpoint server, ClientOptions options) : x_server(std::move(server)), x_options(options) {}

Result<ClientResponse> Client::request(std::string_view method, std::string_view target, std::string_view body,
                                       const Headers& headers) const {
  if (!is_clean(headers, target)) return fail(ErrorCode::kInvalidArgument, "this is no address of a server");
  PIER_TRY(const UniqueFd fd, connect_to(x_server, static_cast<int>(x_options.connect_timeout.count())));
  PIER_CHECK(send_all(fd.get(), write_request(x_server, method, target, body, headers)));
  impl::ResponseReader reader(method == "HEAD", x_options.answer_limit);
  ClientResponse response;
  std::string input;
  while (!reader.done()) {
    PIER_TRY(const std::string bytes, receive(fd.get(), x_options.answer_timeout));
    if (bytes.empty()) {
      PIER_CHECK(reader.end());
      break;
    }
    input += bytes;
    PIER_TRY(const size_t used, reader.feed(input));
    input.erase(0, used);
    if (reader.head_done()) response.body += reader.take_body();
  }
  response.status = reader.status();
  response.headers = reader.headers();
  return response;
}

Result<json::value> Client::get(std::string_view target) const {
  return json_answer(request("GET", target));
}

Result<json::value> Client::post(std::string_view target, const json::value& body, const Headers& headers) const {
  Headers all = headers;
  all.emplace_back("Content-Type", "application/json");
  return json_answer(request("POST", target, json::serialize(body), all));
}

Result<void> Client::remove(std::string_view target) const {
  PIER_CHECK(json_answer(request("DELETE", target)));
  return {};
}

Result<bool> Client::events(std::string_view target, const std::function<bool(const ServerEvent&)>& on_event,
                            std::string_view last_event_id) const {
  Headers headers{{"Accept", "text/event-stream"}};
  if (!last_event_id.empty()) headers.emplace_back("Last-Event-ID", last_event_id);
  if (!is_clean(headers, target)) return fail(ErrorCode::kInvalidArgument, "this is no address of a server");
  PIER_TRY(const UniqueFd fd, connect_to(x_server, static_cast<int>(x_options.connect_timeout.count())));
  PIER_CHECK(send_all(fd.get(), write_request(x_server, "GET", target, {}, headers)));
  impl::ResponseReader reader(false, 1U << 30U);
  impl::EventReader events;
  std::string input, refusal;
  while (!reader.done()) {
    PIER_TRY(const std::string bytes, receive(fd.get(), x_options.answer_timeout));
    if (bytes.empty()) {
      PIER_CHECK(reader.end());
      break;
    }
    input += bytes;
    PIER_TRY(const size_t used, reader.feed(input));
    input.erase(0, used);
    if (!reader.head_done()) continue;
    if (reader.status() != 200) {
      refusal += reader.take_body();
      continue;
    }
    events.feed(reader.take_body());
    while (const auto event = events.next()) {
      if (!on_event(*event)) return false;
    }
    if (events.too_large()) return fail(ErrorCode::kTooLarge, "the server sent an event larger than expected");
  }
  if (reader.status() == 204) return true;
  if (reader.status() != 200) return Failure(error_of(reader.status(), refusal));
  return true;
}

}  // namespace pier::net
