#pragma once
// The first bytes of an answer.

#include <ctime>
#include <string>

#include <pier/net/message.hpp>

namespace pier::net::impl {

struct HeadFacts {
  bool keep_alive = true;
  bool http_1_0 = false;
  std::string_view date;  // http_date()
};

/// Status line and headers, with the empty line. Bytes that could end a line are dropped from names and values: no
/// handler can be made to split a response.
std::string write_head(const Response& response, const HeadFacts& facts);

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::time_t time);

/// May the answer carry a body, and so a length, at all?
bool has_body(int status);

}  // namespace pier::net::impl
