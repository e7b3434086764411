#pragma once
// Graphics as they come from people: pictures with alpha in sRGB, of PNG and SVG files. The bytes are hostile; the
// readers hold no state and may run on any thread.

#include <cstdint>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/result.hpp>

namespace pier::overlay {

/// An sRGB colour (IEC 61966-2-1), not premultiplied.
struct Rgba {
  uint8_t red = 255, green = 255, blue = 255, alpha = 255;
  friend bool operator==(const Rgba&, const Rgba&) = default;
};

/// The same with 16 bits a component: 65535 is 1.
struct Pixel {
  uint16_t red = 0, green = 0, blue = 0, alpha = 0;
  friend bool operator==(const Pixel&, const Pixel&) = default;
};

inline constexpr size_t kMaxImageBytes = 64U << 20U;  // of a file
inline constexpr int kMaxImageSide = 16'384;
inline constexpr int64_t kMaxImagePixels = 7680LL * 4320;
inline constexpr size_t kMaxSvgElements = 50'000;

struct Image {
  int width = 0, height = 0;
  std::vector<Pixel> pixels;  // rows from the top, width * height

  const Pixel& at(int x, int y) const { return pixels[static_cast<size_t>(y) * static_cast<size_t>(width) + x]; }
};

/// The size wanted, in samples; 0: follows from the other side, both 0: that of the file.
struct ImageSize {
  int width = 0, height = 0;
};

/// A PNG (W3C PNG 3rd edition) of any kind; a gamma that it states is heeded, colour profiles are not.
/// kInputDamaged, kTooLarge.
Result<Image> read_png(ByteView bytes, ImageSize size = {});

/// An SVG 1.1 drawing that is complete in itself. Refused, with what and where: references to anything but parts of
/// the same file, entities, pictures, scripts, and text (its font would depend on the machine: make outlines of it).
/// kInputDamaged, kInputUnsupported, kTooLarge.
Result<Image> read_svg(ByteView bytes, ImageSize size = {});

/// Which of the two it is by its content. kInputUnsupported for others.
Result<Image> read_image(ByteView bytes, ImageSize size = {});

}  // namespace pier::overlay
