// MXF track files of anybody, judged.

#include <sys/mman.h>

#include <pier/core/file.hpp>
#include <pier/imf/conformance.hpp>

#include "codestream.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier;
  const ByteView bytes = std::as_bytes(std::span(data, size));
  (void)imf::impl::read_codestream_header(bytes);
  const UniqueFd file(::memfd_create("track", MFD_CLOEXEC));
  if (write_all(file.get(), bytes)) (void)imf::check_track_file(file.get());
  return 0;
}
