#pragma once
// Bytes into one response, for the client. Beast's parser behind a plain face.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <pier/net/client.hpp>

namespace pier::net::impl {

class ResponseReader {
 public:
  /// `no_body`: the answer to HEAD. A body of more than `limit` bytes is refused (kTooLarge); it is handed out by
  /// take_body() in pieces of any size.
  ResponseReader(bool no_body, uint64_t limit);
  ~ResponseReader();

  /// Takes bytes from the front, gives how many. kIo: it is not HTTP.
  Result<size_t> feed(std::string_view bytes);
  /// The server closed: kTruncated when the response was not whole.
  Result<void> end();
  bool head_done() const;
  bool done() const;
  int status() const;
  Headers headers() const;
  std::string take_body();

 private:
  struct Parser;
  std::unique_ptr<Parser> x_parser;
};

}  // namespace pier::net::impl
