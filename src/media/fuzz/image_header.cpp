// Headers of DPX, OpenEXR and TIFF pictures.

#include "container/image_header.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier::media::impl;
  const auto header = read_image_header(ByteSource(std::as_bytes(std::span(data, size))));
  if (header) header->print();
  return 0;
}
