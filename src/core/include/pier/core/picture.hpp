#pragma once
// Decoded pictures: planar samples, one byte each at 8 bit, two bytes (native order, value in the low bits) above.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <pier/core/cicp.hpp>

namespace pier {

enum class Chroma : uint8_t { k400, k420, k422, k444 };

/// Planes are Y, Cb, Cr; with `rgb` they are R, G, B (then chroma is k444).
struct PixelFormat {
  uint8_t bit_depth = 8;  // 8 ... 16
  Chroma chroma = Chroma::k420;
  bool rgb = false;

  int bytes_per_sample() const { return bit_depth > 8 ? 2 : 1; }
  int plane_count() const { return chroma == Chroma::k400 ? 1 : 3; }
  /// Size of plane `plane` of a picture: odd sizes round up.
  int plane_width(int plane, int width) const {
    return plane == 0 || chroma == Chroma::k444 || chroma == Chroma::k400 ? width : (width + 1) / 2;
  }
  int plane_height(int plane, int height) const {
    return plane == 0 || chroma != Chroma::k420 ? height : (height + 1) / 2;
  }
  std::string to_string() const;  // "yuv420p" (8 bit), "yuv420p10", "rgb444p12", "gray8"
  friend bool operator==(PixelFormat, PixelFormat) = default;
};

/// Borrowed samples of one plane. `stride` is in bytes and may exceed the row.
template <typename Byte>
struct BasicPlane {
  Byte* data = nullptr;
  ptrdiff_t stride = 0;
  int width = 0;
  int height = 0;

  /// Row `y` as samples of T (uint8_t or uint16_t, as the format says).
  template <typename T>
  auto* row(int y) const {
    using Sample = std::conditional_t<std::is_const_v<Byte>, const T, T>;
    return reinterpret_cast<Sample*>(data + y * stride);
  }
};
using Plane = BasicPlane<const std::byte>;
using MutablePlane = BasicPlane<std::byte>;

template <typename Byte>
struct BasicPictureView {
  PixelFormat format;
  ColourInfo colour;
  int width = 0;
  int height = 0;
  std::array<BasicPlane<Byte>, 3> planes;
};
using PictureView = BasicPictureView<const std::byte>;
using MutablePictureView = BasicPictureView<std::byte>;

/// A picture that owns (or shares) its memory. Copies share; the samples are immutable once shared between threads.
class Picture {
 public:
  Picture() = default;
  /// New samples, uninitialised; rows start on 64-byte boundaries and may be read and written up to the stride. Empty
  /// (false) when a side is not 1 to 65536 or the memory is not to be had.
  static Picture allocate(PixelFormat format, int width, int height, const ColourInfo& colour);
  /// Samples that belong to `owner` (a decoder's frame).
  static Picture wrap(const PictureView& view, std::shared_ptr<const void> owner);

  explicit operator bool() const { return x_owner != nullptr; }
  const PictureView& view() const { return x_view; }
  int width() const { return x_view.width; }
  int height() const { return x_view.height; }
  const PixelFormat& format() const { return x_view.format; }
  const ColourInfo& colour() const { return x_view.colour; }
  size_t byte_size() const;
  /// Writable planes; only for the one who called allocate(), before sharing. Aborts on a wrapped picture.
  MutablePictureView writable();
  void set_colour(const ColourInfo& colour) { x_view.colour = colour; }

 private:
  PictureView x_view;
  std::shared_ptr<const void> x_owner;
  bool x_writable = false;
};

}  // namespace pier
