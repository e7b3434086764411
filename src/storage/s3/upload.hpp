#pragma once
// The parts of one multipart upload on their way: several at a time, bounded, each with its digests.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pier/core/concurrency.hpp>
#include <pier/core/file.hpp>

#include "s3/s3_client.hpp"

namespace pier::storage::impl {

/// Bytes of a part: in memory, in a file of its own, or a range of a file that someone else owns until the end.
struct Part {
  Bytes memory;
  UniqueFd own_file;
  int file = -1;  // of someone else
  uint64_t offset = 0;
  uint64_t size = 0;

  RequestBody body() const;
};

/// For the header Content-MD5, by which the service checks what arrives. It is signed with the other headers, so a part
/// needs no SHA-256 of its own beside the one of the whole object.
Result<std::string> content_md5(const RequestBody& body);

class Upload {
 public:
  /// Starts the upload at the service. `key` is whole; `writer` is the mark the object will carry; `replace`: an object
  /// that is there goes, else it makes complete() fail.
  static Result<std::unique_ptr<Upload>> start(S3Client& client, const std::string& key, const std::string& writer,
                                               bool replace = false);
  /// Without complete(): cancelled, waited for and aborted.
  ~Upload();
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  /// Takes the next part; waits while too many are on their way. Gives the error of an earlier one.
  Result<void> add(Part part);
  /// Waits for all parts and joins them; the only completer.
  Result<void> complete(uint64_t size);

 private:
  struct State {
    std::vector<std::string> etags;  // by part number - 1; empty until it arrived
    std::optional<Error> error;
  };

  Upload(S3Client& client, std::string key, std::string writer, std::string id);
  void send_part(uint64_t number, const Part& part);
  Result<std::string> put_part(uint64_t number, const RequestBody& body);
  Result<std::optional<std::string>> recorded(uint64_t number, uint64_t size);
  Result<void> join(uint64_t size);

  S3Client& x_client;
  const std::string x_key, x_writer, x_id;
  std::atomic<bool> x_cancelled{false};
  bool x_replace = false;
  bool x_completed = false;
  bool x_joining = false;  // asked for, and the answer never came
  uint64_t x_parts = 0;
  Guarded<State> x_state;
  std::unique_ptr<ThreadPool> x_pool;
};

}  // namespace pier::storage::impl
