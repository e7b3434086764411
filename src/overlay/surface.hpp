#pragma once
// A surface of cairo to draw on, and what was drawn as an image.

#include <memory>

#include <cairo/cairo.h>

#include <pier/core/picture.hpp>
#include <pier/overlay/image.hpp>

namespace pier::overlay::impl {

class Surface {
 public:
  /// Transparent. kTooLarge, kOverloaded when there is no memory.
  static Result<Surface> make(int width, int height);

  cairo_t* cairo() const { return x_cairo.get(); }
  /// kInternal when cairo met an error while drawing.
  Result<Image> image() const;

 private:
  struct Free {
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
    void operator()(cairo_t* cairo) const { cairo_destroy(cairo); }
  };
  Surface() = default;
  std::unique_ptr<cairo_surface_t, Free> x_surface;
  std::unique_ptr<cairo_t, Free> x_cairo;
};

}  // namespace pier::overlay::impl
