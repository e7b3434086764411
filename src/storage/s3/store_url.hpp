#pragma once
// s3://bucket/prefix?endpoint=http://host:port&region=...&style=path|virtual

#include <string>
#include <string_view>

#include <pier/core/result.hpp>

namespace pier::storage::impl {

struct S3Place {
  std::string scheme;  // "http", "https"
  std::string host;    // with the port unless it is the scheme's own; of style virtual the bucket stands in front
  std::string region = "us-east-1";
  std::string bucket;
  std::string prefix;          // "" or "some/where/", decoded
  bool bucket_in_path = true;  // style path

  std::string url() const { return scheme + "://" + host; }
  /// "/bucket/prefix/key" encoded; of the bucket itself: key and prefix empty.
  std::string path(std::string_view whole_key) const;
  /// "S3 bucket b at http://host:port, prefix p/"
  std::string describe() const;
};

bool is_s3_url(std::string_view url);

/// Without an endpoint it is Amazon's of the region, style virtual. Errors: kInvalidArgument, which never repeats the
/// text of a URL that holds a password.
Result<S3Place> parse_s3_url(std::string_view url);

}  // namespace pier::storage::impl
