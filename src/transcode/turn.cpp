#include <algorithm>
#include <cstring>

#include <pier/transcode/source_parts.hpp>

namespace pier::transcode {
namespace {

template <typename T>
void turn_plane(const Plane& from, const MutablePlane& to, int degrees) {
  for (int y = 0; y < to.height; y++) {
    T* out = to.row<T>(y);
    for (int x = 0; x < to.width; x++) {
      if (degrees == 90)
        out[x] = from.row<T>(from.height - 1 - x)[y];
      else if (degrees == 180)
        out[x] = from.row<T>(from.height - 1 - y)[from.width - 1 - x];
      else
        out[x] = from.row<T>(x)[from.width - 1 - y];
    }
  }
}

template <typename Sample>
void fill(const MutablePlane& plane, uint32_t value) {
  for (int y = 0; y < plane.height; ++y) {
    Sample* const row = plane.row<Sample>(y);
    std::fill(row, row + plane.width, static_cast<Sample>(value));
  }
}

}  // namespace

Result<Picture> turned(const Picture& picture, int degrees) {
  if (degrees == 0) return picture;
  const PictureView& from = picture.view();
  const bool swaps = degrees != 180;
  if (swaps && from.format.chroma == Chroma::k422) {
    return fail(ErrorCode::kInputUnsupported,
                "4:2:2 pictures with a rotation flag of 90 degrees; turn the master upright first");
  }
  Picture made =
      Picture::allocate(from.format, swaps ? from.height : from.width, swaps ? from.width : from.height, from.colour);
  const MutablePictureView to = made.writable();
  for (int plane = 0; plane < from.format.plane_count(); plane++) {
    const auto index = static_cast<size_t>(plane);
    if (from.format.bytes_per_sample() == 1)
      turn_plane<uint8_t>(from.planes[index], to.planes[index], degrees);
    else
      turn_plane<uint16_t>(from.planes[index], to.planes[index], degrees);
  }
  return made;
}

Picture black_picture(PixelFormat format, int width, int height, const ColourInfo& colour) {
  Picture black = Picture::allocate(format, width, height, colour);
  if (!black) return black;
  const MutablePictureView view = black.writable();
  const uint32_t darkest = colour.range == Range::kFull ? 0U : 16U;
  for (int plane = 0; plane < format.plane_count(); ++plane) {
    const uint32_t value = (plane == 0 || format.rgb ? darkest : 128U) << (format.bit_depth - 8U);
    if (format.bit_depth > 8)
      fill<uint16_t>(view.planes[static_cast<size_t>(plane)], value);
    else
      fill<uint8_t>(view.planes[static_cast<size_t>(plane)], value);
  }
  return black;
}

Picture framed(const Picture& picture, int width, int height, int x, int y) {
  const PixelFormat& format = picture.format();
  Picture whole = black_picture(format, width, height, picture.colour());
  if (!whole) return whole;
  const MutablePictureView out = whole.writable();
  const auto bytes = static_cast<size_t>(format.bytes_per_sample());
  for (int plane = 0; plane < format.plane_count(); ++plane) {
    const Plane& in = picture.view().planes[static_cast<size_t>(plane)];
    const MutablePlane& to = out.planes[static_cast<size_t>(plane)];
    const auto left = static_cast<size_t>(format.plane_width(plane, x)) * bytes;
    const int top = format.plane_height(plane, y);
    for (int row = 0; row < in.height; ++row)
      std::memcpy(to.row<std::byte>(top + row) + left, in.row<std::byte>(row), static_cast<size_t>(in.width) * bytes);
  }
  return whole;
}

}  // namespace pier::transcode
