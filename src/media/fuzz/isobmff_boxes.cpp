// ISO BMFF boxes, and the EBML elements of Matroska.

#include "container/isobmff.hpp"
#include "container/matroska.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier::media::impl;
  const ByteSource source(std::as_bytes(std::span(data, size)));
  read_isobmff(source);
  read_matroska(source);
  return 0;
}
