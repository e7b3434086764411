#include "response_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace pier::net::impl {

namespace http = boost::beast::http;

struct ResponseReader::Parser {
  http::response_parser<http::string_body> http;
};

ResponseReader::ResponseReader(bool no_body, uint64_t limit) : x_parser(std::make_unique<Parser>()) {
  x_parser->http.header_limit(64U << 10U);
  x_parser->http.body_limit(limit);
  x_parser->http.skip(no_body);
}

ResponseReader::~ResponseReader() = default;

Result<size_t> ResponseReader::feed(std::string_view bytes) {
  size_t used = 0;
  while (used < bytes.size() && !x_parser->http.is_done()) {
    boost::system::error_code code;
    const size_t count = x_parser->http.put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), code);
    used += count;
    if (code == http::error::need_more) return used;
    if (code == http::error::body_limit) {
      return fail(ErrorCode::kTooLarge, "the server's answer is larger than expected");
    }
    if (code) return fail(ErrorCode::kIo, "the server's answer is not HTTP: " + code.message());
    if (count == 0) return used;
  }
  return used;
}

Result<void> ResponseReader::end() {
  boost::system::error_code code;
  if (!x_parser->http.is_done() && head_done()) x_parser->http.put_eof(code);
  if (code || !x_parser->http.is_done()) {
    return fail(ErrorCode::kTruncated, "the server closed the connection in the middle of its answer");
  }
  return {};
}

bool ResponseReader::head_done() const {
  return x_parser->http.is_header_done();
}
bool ResponseReader::done() const {
  return x_parser->http.is_done();
}
int ResponseReader::status() const {
  return x_parser->http.get().result_int();
}

Headers ResponseReader::headers() const {
  Headers out;
  for (const auto& field : x_parser->http.get()) {
    std::string name(field.name_string().data(), field.name_string().size());
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    out.emplace_back(std::move(name), std::string(field.value().data(), field.value().size()));
  }
  return out;
}

std::string ResponseReader::take_body() {
  std::string out;
  out.swap(x_parser->http.get().body());
  return out;
}

}  // namespace pier::net::impl
