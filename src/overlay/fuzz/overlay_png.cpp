#include <span>

#include <pier/overlay/image.hpp>

/// A PNG is read or refused; what was read has as many samples as it says.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto image = pier::overlay::read_png(std::as_bytes(std::span(data, size)));
  if (image && image->pixels.size() != static_cast<size_t>(image->width) * static_cast<size_t>(image->height))
    __builtin_trap();
  return 0;
}
