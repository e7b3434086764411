#pragma once
// The XML of S3: bodies of requests, and answers, which come from the network: hostile bytes, bounded size, no guesses.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/clock.hpp>
#include <pier/core/result.hpp>

namespace pier::storage::impl {

/// A page of a thousand keys of 1024 bytes, percent-encoded, stays below.
constexpr size_t kLargestAnswer = size_t{8} << 20U;

struct S3Error {
  std::string code;     // "NoSuchKey"; empty: the answer was no error document
  std::string message;  // RGW sends none
};
/// Never fails: what cannot be read gives an empty code.
S3Error read_error(std::string_view xml);

struct ListedObject {
  std::string key;
  std::string version;  // of a list of versions
  uint64_t size = 0;
  WallTime modified = 0;
};
struct ObjectPage {
  std::vector<ListedObject> objects;
  std::string next;  // continuation token; empty: the last page
};
Result<ObjectPage> read_object_page(std::string_view xml);

/// Versions and delete markers.
struct VersionPage {
  std::vector<ListedObject> objects;
  bool more = false;
};
Result<VersionPage> read_version_page(std::string_view xml);

struct ListedUpload {
  std::string key;
  std::string id;
  WallTime initiated = 0;
};
struct UploadPage {
  std::vector<ListedUpload> uploads;
  std::string next_key, next_id;  // both empty: the last page
};
Result<UploadPage> read_upload_page(std::string_view xml);

/// The upload id of a CreateMultipartUpload answer.
Result<std::string> read_upload_id(std::string_view xml);

struct ListedPart {
  uint64_t number = 0;
  uint64_t size = 0;
  std::string etag;
};
Result<std::vector<ListedPart>> read_parts(std::string_view xml);

/// Keys that DeleteObjects could not remove: "code key".
Result<std::vector<std::string>> read_delete_errors(std::string_view xml);

/// "Enabled", "Suspended", or "" for a bucket that never had versions.
Result<std::string> read_versioning(std::string_view xml);

/// CompleteMultipartUpload may answer 200 and hold an error all the same; only this root element means done.
bool is_complete_result(std::string_view xml);

/// "2026-11-23T02:41:04.123Z" and the date of HTTP headers (RFC 9110 section 5.6.7); nullopt when it is neither.
std::optional<WallTime> parse_time(std::string_view text);

/// Body of DeleteObjects: key and, where there is one, version.
std::string delete_body(const std::vector<ListedObject>& objects);
/// Body of CompleteMultipartUpload: the parts from 1 on.
std::string complete_body(const std::vector<std::string>& etags);

}  // namespace pier::storage::impl
