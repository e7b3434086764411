// XML answers of an S3 service.

#include "s3/s3_answer.hpp"

#include <cstddef>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier::storage::impl;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)read_error(text);
  (void)read_object_page(text);
  (void)read_version_page(text);
  (void)read_upload_page(text);
  (void)read_upload_id(text);
  (void)read_parts(text);
  (void)read_delete_errors(text);
  (void)read_versioning(text);
  (void)is_complete_result(text);
  (void)parse_time(text);
  return 0;
}
