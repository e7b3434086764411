#pragma once
// The text form of server-sent events (WHATWG HTML 9.2.5 and 9.2.6), both ways.

#include <optional>
#include <string>
#include <string_view>

#include <pier/net/message.hpp>

namespace pier::net::impl {

std::string write_event(const ServerEvent& event);

/// Reads a stream that comes in pieces. Hostile input: an event larger than `limit` ends the reading.
class EventReader {
 public:
  explicit EventReader(size_t limit = 4U << 20U) : x_limit(limit) {}
  void feed(std::string_view bytes) { x_text += bytes; }
  /// The next whole event, without comments; nullopt: more bytes are needed.
  std::optional<ServerEvent> next();
  bool too_large() const { return x_text.size() > x_limit; }

 private:
  size_t x_limit;
  std::string x_text;
};

}  // namespace pier::net::impl
