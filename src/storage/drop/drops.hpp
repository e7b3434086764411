#pragma once
// The kinds of places files are handed over to.

#include <pier/storage/file_drop.hpp>

namespace pier::storage::impl {

struct SftpPlace {
  std::string user, host, folder;  // the folder absolute, without a slash at its end ("" for the root)
  int port = 22;

  std::string url(const std::string& path) const;  // encoded, without the user
};
/// kInvalidArgument; never repeats a password.
Result<SftpPlace> parse_sftp_url(std::string_view url);

Result<std::unique_ptr<FileDrop>> open_s3_drop(const std::string& url);
Result<std::unique_ptr<FileDrop>> open_sftp_drop(const std::string& url, const DropOptions& options);

}  // namespace pier::storage::impl
