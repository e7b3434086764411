// URLs of stores and files with credentials.

#include "s3/store_url.hpp"

#include <cstddef>
#include <cstdlib>

#include "s3/credentials.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier::storage::impl;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto place = parse_s3_url(text);
  if (place) {
    // What passes is fit for a request line and a Host header.
    const std::string line = place->url() + place->path(place->prefix + "x");
    for (const char c : line) {
      if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) std::abort();
    }
  }
  (void)parse_credentials(text, "default");
  return 0;
}
