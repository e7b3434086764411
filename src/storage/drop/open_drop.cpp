#include "drop/drops.hpp"
#include "s3/store_url.hpp"

namespace pier::storage {
namespace {

constexpr std::string_view kSftp = "sftp://";

}  // namespace

bool is_drop_url(std::string_view url) {
  return impl::is_s3_url(url) || url.starts_with(kSftp);
}

Result<std::unique_ptr<FileDrop>> open_drop(const std::string& url, const DropOptions& options) {
  return impl::is_s3_url(url) ? impl::open_s3_drop(url) : impl::open_sftp_drop(url, options);
}

}  // namespace pier::storage
