#include <png.h>

#include <pier/colour/transfer.hpp>
#include <pier/overlay/image.hpp>

#include "image_parts.hpp"

namespace pier::overlay {
namespace {

/// libpng's own short interface; its long one leaves functions by longjmp.
class Reading {
 public:
  Reading() { x_image.version = PNG_IMAGE_VERSION; }
  ~Reading() { png_image_free(&x_image); }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  Result<Image> read(ByteView bytes) {
    if (png_image_begin_read_from_memory(&x_image, bytes.data(), bytes.size()) == 0) return damaged();
    PIER_CHECK(impl::check_size("the PNG", x_image.width, x_image.height));
    Image image;
    image.width = static_cast<int>(x_image.width);
    image.height = static_cast<int>(x_image.height);
    image.pixels.resize(size_t{x_image.width} * x_image.height);
    // 16 bits are given in linear light, premultiplied; 8 bits as sRGB, straight.
    const bool linear = (x_image.format & PNG_FORMAT_FLAG_LINEAR) != 0;
    x_image.format = linear ? PNG_FORMAT_LINEAR_RGB_ALPHA : PNG_FORMAT_RGBA;
    PIER_CHECK(linear ? read_linear(image) : read_srgb(image));
    return image;
  }

 private:
  Failure damaged() const {
    return fail(ErrorCode::kInputDamaged, "the PNG cannot be read: " + std::string(x_image.message));
  }
  Result<void> read_srgb(Image& image) {
    std::vector<uint8_t> samples(image.pixels.size() * 4);
    if (png_image_finish_read(&x_image, nullptr, samples.data(), 0, nullptr) == 0) return damaged();
    for (size_t i = 0; i < image.pixels.size(); ++i) {
      const uint8_t* from = &samples[4 * i];
      image.pixels[i] = impl::pixel_of({from[0], from[1], from[2], from[3]});
    }
    return {};
  }
  Result<void> read_linear(Image& image) {
    static_assert(sizeof(Pixel) == 4 * sizeof(uint16_t));
    if (png_image_finish_read(&x_image, nullptr, image.pixels.data(), 0, nullptr) == 0) return damaged();
    for (Pixel& pixel : image.pixels) {
      for (uint16_t* value : {&pixel.red, &pixel.green, &pixel.blue}) {
        const double light = pixel.alpha == 0 ? 0 : std::min(1.0, static_cast<double>(*value) / pixel.alpha);
        *value = static_cast<uint16_t>(std::lround(65535 * colour::srgb_inverse_eotf(light)));
      }
    }
    return {};
  }

  png_image x_image{};
};

}  // namespace

Result<Image> read_png(ByteView bytes, ImageSize size) {
  PIER_CHECK(impl::check_file("the PNG", bytes, size));
  PIER_TRY(Image image, Reading().read(bytes));
  return impl::resized(std::move(image), size);
}

}  // namespace pier::overlay
