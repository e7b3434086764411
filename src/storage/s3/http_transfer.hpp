#pragma once
// One HTTP exchange over libcurl: connections are kept and used again, a stalled one is given up, TLS is verified.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/concurrency.hpp>
#include <pier/core/result.hpp>

#include "s3/aws_signature.hpp"

namespace pier::storage::impl {

/// Bytes of a request: in memory, or a range of an open file when `file` >= 0. Borrowed.
struct RequestBody {
  ByteView memory;
  int file = -1;
  uint64_t offset = 0;
  uint64_t size = 0;
};

struct HttpRequest {
  std::string method;
  std::string url;  // encoded
  Fields headers;
  RequestBody body;
  std::span<std::byte> out;                 // where the body of a 206 goes; the rest of it is an error
  size_t* received = nullptr;               // bytes in `out`, also when the exchange failed half-way
  size_t answer_limit = 64U << 10U;         // of every other body: kTooLarge
  std::chrono::milliseconds stall{30'000};  // without one byte in or out
  const std::atomic<bool>* cancelled = nullptr;
};

struct HttpAnswer {
  int status = 0;
  Fields headers;  // names in lower case
  std::string body;

  std::string_view header(std::string_view name) const;  // "" when there is none
};

class HttpTransfer {
 public:
  /// `ca_file`: certificates to trust instead of the system's; may be empty.
  HttpTransfer(std::chrono::milliseconds connect_timeout, std::string ca_file);
  ~HttpTransfer();
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  /// Any status is an answer. Errors: kTimeout and kIo may be tried again, and the server may have done what was asked;
  /// kPermission (its certificate), kTooLarge, kCancelled, kInternal may not. Thread-safe. Never re-sends a body.
  Result<HttpAnswer> exchange(const HttpRequest& request);

 private:
  struct Handle;
  std::unique_ptr<Handle> take();
  void give_back(std::unique_ptr<Handle> handle);

  const std::chrono::milliseconds x_connect_timeout;
  const std::string x_ca_file;
  Guarded<std::vector<std::unique_ptr<Handle>>> x_idle;
};

}  // namespace pier::storage::impl
