#include <memory>

#include <cairo/cairo.h>
#include <gio/gio.h>
#include <librsvg/rsvg.h>

#include <pier/core/log.hpp>

#include "image_parts.hpp"
#include "surface.hpp"
#include "svg_check.hpp"

namespace pier::overlay {
namespace {

struct Free {
  void operator()(RsvgHandle* handle) const { g_object_unref(handle); }
  void operator()(GInputStream* stream) const { g_object_unref(stream); }
  void operator()(GError* error) const { g_error_free(error); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

Failure damaged(GError* error) {
  const Owned<GError> owned(error);
  return fail(ErrorCode::kInputDamaged,
              "the SVG cannot be drawn: " + display_text(owned ? owned->message : "the library does not say why"));
}

/// Width and height in user units at 96 to the inch, else those of the viewBox.
Result<ImageSize> size_of(RsvgHandle* handle, ImageSize wanted) {
  double width = 0, height = 0;
  if (rsvg_handle_get_intrinsic_size_in_pixels(handle, &width, &height) == 0) {
    gboolean has_width = 0, has_height = 0, has_box = 0;
    RsvgLength ignored_width, ignored_height;
    RsvgRectangle box{};
    rsvg_handle_get_intrinsic_dimensions(handle, &has_width, &ignored_width, &has_height, &ignored_height, &has_box,
                                         &box);
    width = has_box != 0 ? box.width : 0;
    height = has_box != 0 ? box.height : 0;
  }
  const bool sized = width > 0 && height > 0 && std::isfinite(width) && std::isfinite(height);
  if (!sized && (wanted.width == 0 || wanted.height == 0))
    return fail(ErrorCode::kInvalidArgument, "the SVG does not say its size; give width and height");
  return sized ? impl::full_size(wanted, width, height) : wanted;
}

}  // namespace

Result<Image> read_svg(ByteView bytes, ImageSize size) {
  PIER_CHECK(impl::check_file("the SVG", bytes, size));
  PIER_CHECK(impl::check_svg(bytes));
  GError* error = nullptr;
  const Owned<GInputStream> stream(
      g_memory_input_stream_new_from_data(bytes.data(), static_cast<gssize>(bytes.size()), nullptr));
  // Without a base there is no file or address that the library would read.
  const Owned<RsvgHandle> handle(
      rsvg_handle_new_from_stream_sync(stream.get(), nullptr, RSVG_HANDLE_FLAGS_NONE, nullptr, &error));
  if (!handle) return damaged(error);
  PIER_TRY(const ImageSize full, size_of(handle.get(), size));
  PIER_CHECK(impl::check_size("the SVG", full.width, full.height));
  PIER_TRY(const impl::Surface surface, impl::Surface::make(full.width, full.height));
  const RsvgRectangle viewport{0, 0, static_cast<double>(full.width), static_cast<double>(full.height)};
  if (rsvg_handle_render_document(handle.get(), surface.cairo(), &viewport, &error) == 0) return damaged(error);
  return surface.image();
}

}  // namespace pier::overlay
