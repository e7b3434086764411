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

}  // namespace pier::transcode
