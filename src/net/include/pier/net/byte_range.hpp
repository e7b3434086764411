#pragma once
// Range and conditional requests (RFC 9110 sections 13 and 14) with strong entity tags. Hostile input.

#include <cstdint>
#include <string_view>

#include <pier/net/message.hpp>

namespace pier::net {

struct ByteRange {
  uint64_t first = 0;
  uint64_t last = 0;  // included
  uint64_t length() const { return last - first + 1; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

enum class RangeKind : uint8_t {
  kWhole,          // no range, or one that RFC 9110 lets us ignore: several ranges, another unit, not well formed
  kPart,           // one range of the representation
  kUnsatisfiable,  // well formed, but nothing of it exists
};
struct RangeChoice {
  RangeKind kind = RangeKind::kWhole;
  ByteRange range;
};

/// The value of a Range header against a representation of `size` bytes.
RangeChoice choose_range(std::string_view header, uint64_t size);

/// Does an If-None-Match value name this tag ("\"abc\"")? Weak comparison; "*" matches.
bool matches_etag(std::string_view header, std::string_view etag);

/// Turns a 200 response of `etag` (set here as a header, with Accept-Ranges) into what the request's conditions and
/// range ask for: 304, 206, 416 or 200 as it was. Works on strings and file ranges; HEAD is answered as GET (the server
/// leaves the body out).
Response apply_conditions(const Request& request, Response response, std::string_view etag);

}  // namespace pier::net
