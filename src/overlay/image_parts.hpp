#pragma once
// What the readers of images share.

#include <algorithm>
#include <cmath>
#include <string>

#include <pier/overlay/image.hpp>

namespace pier::overlay::impl {

inline Pixel pixel_of(const Rgba& colour) {
  const auto wide = [](uint8_t value) { return static_cast<uint16_t>(value * 257); };
  return {wide(colour.red), wide(colour.green), wide(colour.blue), wide(colour.alpha)};
}

/// kTooLarge for files and wanted sizes over the limits of image.hpp; `what` begins the message.
Result<void> check_file(const std::string& what, ByteView bytes, ImageSize wanted);
Result<void> check_size(const std::string& what, int64_t width, int64_t height);

/// `wanted` with what follows from the other side filled in.
ImageSize full_size(ImageSize wanted, double width, double height);

/// Each new sample is the mean of what it covers of the old ones, weighted by alpha and by a triangle two samples wide.
Result<Image> resized(Image image, ImageSize wanted);

}  // namespace pier::overlay::impl
