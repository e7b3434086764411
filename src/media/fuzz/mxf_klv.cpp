// MXF partitions and header metadata.

#include "container/mxf.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pier::media::impl::read_mxf(pier::media::impl::ByteSource(std::as_bytes(std::span(data, size))));
  return 0;
}
