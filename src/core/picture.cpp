#include <cstdlib>

#include <pier/core/picture.hpp>

namespace pier {
namespace {

constexpr size_t kAlignment = 64;
constexpr int kMaxSide = 1 << 16;

}  // namespace

std::string PixelFormat::to_string() const {
  const std::string depth = std::to_string(bit_depth);
  if (chroma == Chroma::k400) return "gray" + depth;
  const char* sampling = chroma == Chroma::k420 ? "420p" : chroma == Chroma::k422 ? "422p" : "444p";
  return (rgb ? "rgb" : "yuv") + std::string(sampling) + (bit_depth == 8 ? "" : depth);
}

Picture Picture::allocate(PixelFormat format, int width, int height, const ColourInfo& colour) {
  if (width <= 0 || height <= 0 || width > kMaxSide || height > kMaxSide) return {};
  Picture picture;
  picture.x_view = {format, colour, width, height, {}};
  std::array<size_t, 3> offsets{};
  size_t total = 0;
  for (int p = 0; p < format.plane_count(); ++p) {
    auto& plane = picture.x_view.planes[static_cast<size_t>(p)];
    plane.width = format.plane_width(p, width);
    plane.height = format.plane_height(p, height);
    const size_t row = static_cast<size_t>(plane.width) * static_cast<size_t>(format.bytes_per_sample());
    plane.stride = static_cast<ptrdiff_t>((row + kAlignment - 1) / kAlignment * kAlignment);
    offsets[static_cast<size_t>(p)] = total;
    total += static_cast<size_t>(plane.stride) * static_cast<size_t>(plane.height);
  }
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(kAlignment, total));
  if (memory == nullptr) return {};
  picture.x_owner = std::shared_ptr<const void>(memory, [](const void* p) { std::free(const_cast<void*>(p)); });
  for (int p = 0; p < format.plane_count(); ++p) {
    const auto i = static_cast<size_t>(p);
    picture.x_view.planes[i].data = memory + offsets[i];
  }
  picture.x_writable = true;
  return picture;
}

Picture Picture::wrap(const PictureView& view, std::shared_ptr<const void> owner) {
  Picture picture;
  picture.x_view = view;
  picture.x_owner = std::move(owner);
  return picture;
}

size_t Picture::byte_size() const {
  size_t total = 0;
  for (const Plane& plane : x_view.planes) {
    total += static_cast<size_t>(std::abs(plane.stride)) * static_cast<size_t>(plane.height);
  }
  return total;
}

MutablePictureView Picture::writable() {
  if (!x_writable) std::abort();  // samples of someone else
  MutablePictureView view{x_view.format, x_view.colour, x_view.width, x_view.height, {}};
  for (size_t i = 0; i < view.planes.size(); ++i) {
    const Plane& plane = x_view.planes[i];
    view.planes[i] = {const_cast<std::byte*>(plane.data), plane.stride, plane.width, plane.height};
  }
  return view;
}

}  // namespace pier
