#pragma once
// Bytes of one connection into requests. Beast's parser behind a plain face; no input or output.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <pier/net/message.hpp>

namespace pier::net::impl {

/// Reads one request; a new one is made for the next. Hostile input.
class RequestReader {
 public:
  enum class State { kHead, kHeadDone, kBody, kDone, kFailed };

  explicit RequestReader(size_t header_limit);
  ~RequestReader();

  /// Takes bytes from the front of `bytes`, gives how many; the caller hands the rest in again, with more behind it.
  /// Stops at the end of the head (kHeadDone) until set_body_limit() was called.
  size_t feed(std::string_view bytes);
  State state() const { return x_state; }

  /// In state kHeadDone: the request without its body.
  const Request& head() const { return x_request; }
  void set_body_limit(uint64_t limit);
  bool expects_continue() const { return x_expects_continue; }

  /// In state kDone.
  Request take() { return std::move(x_request); }
  bool keep_alive() const { return x_keep_alive; }
  bool is_http_1_0() const { return x_http_1_0; }

  /// In state kFailed: what to answer before closing.
  const Response& failure() const { return x_failure; }

 private:
  struct Parser;
  void end_head();
  void refuse(int status, std::string_view code, std::string_view message);

  std::unique_ptr<Parser> x_parser;
  State x_state = State::kHead;
  Request x_request;
  Response x_failure;
  bool x_keep_alive = false, x_http_1_0 = false, x_expects_continue = false;
};

}  // namespace pier::net::impl
