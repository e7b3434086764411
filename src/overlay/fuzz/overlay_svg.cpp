#include <span>

#include <pier/overlay/image.hpp>

/// An SVG is drawn or refused, at a size that does not hold the fuzzer up.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto image = pier::overlay::read_svg(std::as_bytes(std::span(data, size)), {64, 64});
  if (image && (image->width != 64 || image->height != 64)) __builtin_trap();
  return 0;
}
