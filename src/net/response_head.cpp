#include "response_head.hpp"

namespace pier::net::impl {
namespace {

void append_safe(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c != '\r' && c != '\n' && c != '\0') out.push_back(c);
  }
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  append_safe(out, name);
  out += ": ";
  append_safe(out, value);
  out += "\r\n";
}

}  // namespace

bool has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

std::string write_head(const Response& response, const HeadFacts& facts) {
  std::string out;
  out.reserve(512);
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  append_header(out, "Date", facts.date);
  if (const auto length = body_length(response.body)) {
    if (has_body(response.status)) append_header(out, "Content-Length", std::to_string(*length));
  } else if (!facts.http_1_0) {
    append_header(out, "Transfer-Encoding", "chunked");
  }
  if (!facts.keep_alive) {
    append_header(out, "Connection", "close");
  } else if (facts.http_1_0) {
    append_header(out, "Connection", "keep-alive");
  }
  out += "\r\n";
  return out;
}

std::string http_date(std::time_t time) {
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[40];
  const size_t length = std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, length};
}

}  // namespace pier::net::impl
