// Any bytes as the input of a connection: requests, targets, Range and If-None-Match values.

#include <cstdint>
#include <cstdlib>
#include <string>

#include <pier/net/byte_range.hpp>
#include <pier/net/target.hpp>

#include "request_reader.hpp"

namespace {

using pier::net::RangeKind;
using pier::net::impl::RequestReader;

void check(bool holds) {
  if (!holds) std::abort();
}

void check_range(std::string_view header, uint64_t size) {
  const auto choice = pier::net::choose_range(header, size);
  if (choice.kind == RangeKind::kPart) check(choice.range.first <= choice.range.last && choice.range.last < size);
}

void check_request(const pier::net::Request& request) {
  for (const std::string& segment : request.path) {
    check(segment != ".." && segment != "." && segment.find('/') == std::string::npos &&
          segment.find('\0') == std::string::npos);
  }
  for (const auto& [name, value] : request.headers) {
    check_range(value, 100);
    pier::net::matches_etag(value, "\"a\"");
  }
}

/// The same result whether bytes come at once or one by one.
void read_requests(std::string_view input, size_t piece) {
  std::string buffer;
  auto reader = std::make_unique<RequestReader>(4096);
  while (true) {
    buffer.erase(0, reader->feed(buffer));
    if (reader->state() == RequestReader::State::kHeadDone) {
      reader->set_body_limit(4096);
      continue;
    }
    if (reader->state() == RequestReader::State::kDone) {
      const auto request = reader->take();
      check(request.body.size() <= 4096);
      check_request(request);
      reader = std::make_unique<RequestReader>(4096);
      if (!buffer.empty()) continue;
    }
    if (reader->state() == RequestReader::State::kFailed || input.empty()) return;
    buffer += input.substr(0, piece);
    input.remove_prefix(std::min(piece, input.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_range(input, 1);
  check_range(input, 0);
  check_range(input, UINT64_MAX);
  if (const auto target = pier::net::parse_target(input)) {
    for (const std::string& segment : target->path) check(segment != ".." && segment.find('/') == std::string::npos);
  }
  read_requests(input, 65536);
  if (size < 8192) read_requests(input, 7);
  return 0;
}
