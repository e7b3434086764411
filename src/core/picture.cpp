#include <cstdlib>
#include <mutex>
#include <vector>

#include <pier/core/picture.hpp>

namespace pier {
namespace {

constexpr size_t kAlignment = 64;
constexpr int kMaxSide = 1 << 16;

/// Memory of pictures that are gone, for the next ones of their size: pages that come fresh from the system cost about
/// as much as filling them. The last one freed is given first, as part of it is still in the cache.
class Spares {
 public:
  Spares() { x_blocks.reserve(kMostBlocks + 1); }

  std::byte* take(size_t bytes) {
    const std::scoped_lock lock(x_mutex);
    for (size_t i = x_blocks.size(); i-- > 0;) {
      if (x_blocks[i].bytes != bytes) continue;
      std::byte* memory = x_blocks[i].memory;
      x_blocks.erase(x_blocks.begin() + static_cast<ptrdiff_t>(i));
      x_bytes -= bytes;
      return memory;
    }
    return nullptr;
  }

  void give(std::byte* memory, size_t bytes) noexcept {
    if (bytes < kLeast || bytes > kMost) return std::free(memory);
    const std::scoped_lock lock(x_mutex);
    x_blocks.push_back({memory, bytes});
    x_bytes += bytes;
    while (x_bytes > kMost || x_blocks.size() > kMostBlocks) {
      std::free(x_blocks.front().memory);
      x_bytes -= x_blocks.front().bytes;
      x_blocks.erase(x_blocks.begin());
    }
  }

 private:
  struct Block {
    std::byte* memory;
    size_t bytes;
  };
  // Smaller ones the allocator keeps itself.
  static constexpr size_t kLeast = size_t{128} << 10;
  static constexpr size_t kMost = size_t{128} << 20;
  static constexpr size_t kMostBlocks = 64;

  std::mutex x_mutex;
  std::vector<Block> x_blocks;  // oldest first
  size_t x_bytes = 0;
};

#ifdef __SANITIZE_ADDRESS__
constexpr bool kReuse = false;  // a picture used after its end must be seen
#else
constexpr bool kReuse = true;
#endif

/// Never destroyed: pictures may outlive everything.
Spares& spares() {
  static Spares& all = *new Spares;
  return all;
}

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
  std::byte* memory = kReuse ? spares().take(total) : nullptr;
  if (memory == nullptr) memory = static_cast<std::byte*>(std::aligned_alloc(kAlignment, total));
  if (memory == nullptr) return {};
  picture.x_owner = std::shared_ptr<const void>(memory, [total](const void* p) {
    auto* own = static_cast<std::byte*>(const_cast<void*>(p));
    if (kReuse)
      spares().give(own, total);
    else
      std::free(own);
  });
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
