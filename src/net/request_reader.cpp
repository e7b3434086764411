#include "request_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <pier/net/target.hpp>

namespace pier::net::impl {
namespace {

namespace http = boost::beast::http;

constexpr size_t kTargetLimit = 8U << 10U;

std::string lower_case(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

struct RequestReader::Parser {
  http::request_parser<http::string_body> http;
};

RequestReader::RequestReader(size_t header_limit) : x_parser(std::make_unique<Parser>()) {
  x_parser->http.header_limit(static_cast<uint32_t>(header_limit));
  // Set per request once its head is read: until then no body byte is taken.
  x_parser->http.body_limit(boost::none);
}

RequestReader::~RequestReader() = default;

size_t RequestReader::feed(std::string_view bytes) {
  size_t used = 0;
  while (x_state == State::kHead || x_state == State::kBody) {
    boost::system::error_code code;
    const size_t count = x_parser->http.put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), code);
    used += count;
    if (code == http::error::need_more) return used;
    if (code == http::error::header_limit) {
      refuse(431, "too_large", "the request's head is larger than this server takes");
    } else if (code == http::error::body_limit) {
      refuse(413, "too_large", "the request's body is larger than this address takes");
    } else if (code == http::error::bad_version) {
      refuse(505, "invalid_argument", "this server speaks HTTP/1.1");
    } else if (code) {
      refuse(400, "invalid_argument", "the request is not HTTP: " + code.message());
    } else if (x_state == State::kHead && x_parser->http.is_header_done()) {
      end_head();
    } else if (x_state == State::kBody && x_parser->http.is_done()) {
      x_request.body = std::move(x_parser->http.get().body());
      x_state = State::kDone;
    } else if (count == 0 || used == bytes.size()) {
      return used;
    }
  }
  return used;
}

void RequestReader::end_head() {
  const auto& message = x_parser->http.get();
  x_keep_alive = message.keep_alive();
  x_http_1_0 = message.version() < 11;
  x_request.method = view(message.method_string());
  x_request.target = view(message.target());
  size_t hosts = 0;
  for (const auto& field : message) {
    x_request.headers.emplace_back(lower_case(view(field.name_string())), view(field.value()));
    if (field.name() == http::field::host) hosts++;
  }
  if (x_request.target.size() > kTargetLimit) {
    return refuse(414, "too_large", "the request's address is longer than 8192 bytes");
  }
  if (hosts > 1 || (hosts == 0 && !x_http_1_0)) {
    return refuse(400, "invalid_argument", "the request needs one Host header");
  }
  auto target = parse_target(x_request.target);
  if (!target) return refuse(400, to_string(target.error().code), target.error().message);
  x_request.path = std::move(target->path);
  x_request.query = std::move(target->query);
  if (const auto expect = x_request.header("expect")) {
    if (lower_case(*expect) != "100-continue") return refuse(417, "invalid_argument", "unknown Expect header");
    x_expects_continue = !x_parser->http.is_done();
  }
  x_state = State::kHeadDone;
}

void RequestReader::set_body_limit(uint64_t limit) {
  const auto length = x_parser->http.content_length();
  if (length && *length > limit) {
    return refuse(
        413, "too_large",
        "the request's body has " + std::to_string(*length) + " bytes; this address takes " + std::to_string(limit));
  }
  x_parser->http.body_limit(limit);
  x_state = State::kBody;
  if (x_parser->http.is_done()) {
    x_state = State::kDone;
  }
}

void RequestReader::refuse(int status, std::string_view code, std::string_view message) {
  x_state = State::kFailed;
  x_keep_alive = false;
  x_failure = problem_response(status, code, message);
  x_failure.group = "refused";
}

}  // namespace pier::net::impl
