#pragma once
// Where whole files are handed over to others: a prefix of an S3 bucket, or a folder of an SFTP server.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <pier/core/result.hpp>

namespace pier::storage {

struct DropOptions {
  std::string known_hosts;    // of OpenSSH; empty: ~/.ssh/known_hosts. A host that is not in it is refused
  std::string key_file;       // private key without a passphrase; empty: a password
  std::string password_file;  // its first line
};

struct DroppedFile {
  std::string name;    // of one file, no folders
  int fd = -1;         // a regular file
  uint64_t size = 0;   // all of it
  std::string sha256;  // of its bytes, hexadecimal
};

/// Not thread-safe.
class FileDrop {
 public:
  virtual ~FileDrop() = default;
  /// nullopt: nothing of this name is there.
  virtual Result<std::optional<uint64_t>> size_of(const std::string& name) = 0;
  /// The name stands for the whole file or for what it was before. Taken up again where it broke while the server comes
  /// back in time. What arrived is checked: on S3 part by part by the service, on SFTP by reading it back
  /// (kVerifyFailed). Without `replace` kAlreadyExists when the name is taken.
  virtual Result<void> put(const DroppedFile& file, bool replace) = 0;
  /// Without secrets: "sftp://user@host/folder/name".
  virtual std::string place_of(const std::string& name) const = 0;
};

/// Is it s3://... or sftp://...?
bool is_drop_url(std::string_view url);

/// "s3://bucket/prefix?endpoint=..." as open_store() takes it, with its keys; "sftp://user@host:port/folder". A
/// password in the URL is kInvalidArgument and is not repeated. Nothing is connected yet.
Result<std::unique_ptr<FileDrop>> open_drop(const std::string& url, const DropOptions& options);

}  // namespace pier::storage
