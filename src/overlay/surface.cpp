#include "surface.hpp"

#include "image_parts.hpp"

namespace pier::overlay::impl {

Result<Surface> Surface::make(int width, int height) {
  PIER_CHECK(check_size("the graphic", width, height));
  Surface made;
  made.x_surface.reset(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height));
  made.x_cairo.reset(cairo_create(made.x_surface.get()));
  if (cairo_status(made.x_cairo.get()) != CAIRO_STATUS_SUCCESS)
    return fail(ErrorCode::kOverloaded, "there is no memory for a graphic of " + std::to_string(width) + "x" +
                                            std::to_string(height) + " samples");
  return made;
}

/// cairo's pixels are premultiplied, eight bits a component, in one native 32-bit number.
Result<Image> Surface::image() const {
  if (const cairo_status_t status = cairo_status(x_cairo.get()); status != CAIRO_STATUS_SUCCESS)
    return fail(ErrorCode::kInternal, std::string("cannot draw a graphic: ") + cairo_status_to_string(status));
  cairo_surface_flush(x_surface.get());
  Image image;
  image.width = cairo_image_surface_get_width(x_surface.get());
  image.height = cairo_image_surface_get_height(x_surface.get());
  const auto* data = reinterpret_cast<const std::byte*>(cairo_image_surface_get_data(x_surface.get()));
  const int stride = cairo_image_surface_get_stride(x_surface.get());
  image.pixels.reserve(static_cast<size_t>(image.width) * static_cast<size_t>(image.height));
  for (int y = 0; y < image.height; ++y) {
    const Plane plane{data, stride, image.width, image.height};
    for (int x = 0; x < image.width; ++x) {
      const uint32_t argb = plane.row<uint32_t>(y)[x];
      const uint32_t alpha = argb >> 24U;
      const auto straight = [alpha](uint32_t value) {
        return static_cast<uint16_t>(alpha == 0 ? 0 : std::min<uint32_t>(65535, (value * 65535 + alpha / 2) / alpha));
      };
      image.pixels.push_back({straight((argb >> 16U) & 255U), straight((argb >> 8U) & 255U), straight(argb & 255U),
                              static_cast<uint16_t>(alpha * 257)});
    }
  }
  return image;
}

}  // namespace pier::overlay::impl
