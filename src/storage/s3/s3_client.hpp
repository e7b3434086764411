#pragma once
// The requests of S3 that the engine needs: signed, tried again where that is right, errors in clear words.

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/clock.hpp>
#include <pier/core/result.hpp>
#include <pier/storage/object_store.hpp>

#include "s3/aws_signature.hpp"
#include "s3/http_transfer.hpp"
#include "s3/s3_answer.hpp"
#include "s3/store_url.hpp"

namespace pier::storage::impl {

/// One request as the engine words it. Re-sent after a lost connection, a time-out, 429 and 5xx, with exponential
/// back-off and full jitter, until the patience of the store is used up.
struct S3Request {
  std::string method;
  std::string key;  // whole, prefix included; empty: the bucket
  Fields query;
  Fields headers;  // lower-case names; all are signed
  RequestBody body;
  std::string payload;       // SHA-256 of the body in hexadecimal; empty: of no bytes
  std::span<std::byte> out;  // a range from `offset` on; where it broke it is resumed only under "if-match"
  uint64_t offset = 0;
  size_t* received = nullptr;
  size_t answer_limit = kLargestAnswer;
  std::chrono::milliseconds stall{0};  // 0: the store's
  const std::atomic<bool>* cancelled = nullptr;
  /// Asked before a request is sent again that may have been done: true when it was. Its answer then is 200 without
  /// headers.
  std::function<Result<bool>()> was_done;
  /// A 2xx that this refuses is tried again (an error inside a 200).
  std::function<bool(const HttpAnswer&)> is_good;
};

struct ObjectHead {
  uint64_t size = 0;
  WallTime modified = 0;
  std::string etag;    // as sent, quotes included
  std::string writer;  // mark of the writer that made it
};

class S3Client {
 public:
  S3Client(S3Place place, Credentials credentials, const StoreOptions& options, std::string ca_file);

  const S3Place& place() const { return x_place; }

  /// An answer of any status below 500, or what kept it from coming.
  Result<HttpAnswer> send(const S3Request& request);
  /// The same; a status of 300 and more becomes its error, `what` in front ("cannot write object x").
  Result<HttpAnswer> expect(const S3Request& request, std::string_view what);

  Result<ObjectHead> head(const std::string& key, std::string_view what);
  /// Is there an object of this writer and size? What to ask when the answer to a write was lost.
  Result<bool> is_written(const std::string& key, uint64_t size, const std::string& writer);

  Result<ObjectPage> list(const std::string& prefix, const std::string& token);
  Result<UploadPage> uploads(const std::string& prefix, const std::string& after_key, const std::string& after_id);
  Result<VersionPage> versions(const std::string& prefix);
  Result<void> remove(const std::string& key, std::string_view what);
  Result<void> remove_all(const std::vector<ListedObject>& objects);
  Result<void> abort_upload(const std::string& key, const std::string& id);
  Result<std::string> versioning();
  std::string presign_get(const std::string& key, std::chrono::seconds valid) const;

  /// The error an answer stands for.
  Error error_of(const HttpAnswer& answer, std::string_view what) const;

 private:
  Result<HttpAnswer> once(const S3Request& request);
  WallTime now() const;
  bool learn_clock(const HttpAnswer& answer);

  const S3Place x_place;
  const Credentials x_credentials;
  const std::chrono::milliseconds x_stall, x_patience;
  std::atomic<int64_t> x_clock_offset{0};  // the service's clock against ours, in microseconds
  HttpTransfer x_transfer;
};

/// "x-amz-meta-..." header that holds the mark of a writer.
inline constexpr std::string_view kWriterHeader = "x-amz-meta-pier-writer";

}  // namespace pier::storage::impl
