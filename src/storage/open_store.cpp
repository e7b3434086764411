#include <cstdlib>

#include <pier/core/file.hpp>
#include <pier/storage/object_store.hpp>

#include "s3/credentials.hpp"
#include "s3/s3_store.hpp"
#include "s3/store_url.hpp"

namespace pier::storage {
namespace {

constexpr std::string_view kDirectoryScheme = "dir:";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string spool_place(const std::string& given) {
  if (!given.empty()) return given;
  const std::string temporary = variable("TMPDIR");
  return temporary.empty() ? "/var/tmp" : temporary;
}

}  // namespace

bool is_remote_store(std::string_view url) {
  return impl::is_s3_url(url);
}

Result<std::unique_ptr<ObjectStore>> open_store(const std::string& url, const StoreOptions& given) {
  if (url.starts_with(kDirectoryScheme)) return open_directory_store(url.substr(kDirectoryScheme.size()));
  if (!impl::is_s3_url(url)) {
    const size_t scheme = url.find("://");
    if (scheme == std::string::npos || url.find('/') < scheme) return open_directory_store(url);
    return fail(ErrorCode::kInvalidArgument, "no store is of the kind \"" + display_text(url.substr(0, scheme)) +
                                                 "://\"; it is a directory, dir:/path or s3://bucket/prefix");
  }
  PIER_TRY(impl::S3Place place, impl::parse_s3_url(url));
  PIER_TRY(impl::Credentials credentials, impl::find_credentials());
  StoreOptions options = given;
  options.spool_directory = spool_place(given.spool_directory);
  PIER_CHECK(make_directories(options.spool_directory));
  return impl::open_s3_store(std::move(place), std::move(credentials), options, variable("AWS_CA_BUNDLE"));
}

}  // namespace pier::storage
