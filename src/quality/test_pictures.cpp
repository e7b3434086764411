#include "test_pictures.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace pier::quality::testing {
namespace {

template <typename F>
void each_sample(const MutablePictureView& picture, F&& value) {
  for (size_t p = 0; p < static_cast<size_t>(picture.format.plane_count()); ++p) {
    for (int y = 0; y < picture.planes[p].height; ++y) {
      for (int x = 0; x < picture.planes[p].width; ++x) set_sample(picture, p, x, y, value(p, x, y));
    }
  }
}

Picture copy_of(const Picture& picture) {
  Picture out = Picture::allocate(picture.format(), picture.width(), picture.height(), picture.colour());
  each_sample(out.writable(), [&](size_t p, int x, int y) { return sample(picture.view(), p, x, y); });
  return out;
}

}  // namespace

int sample(const PictureView& picture, size_t plane, int x, int y) {
  const Plane& from = picture.planes[plane];
  return picture.format.bytes_per_sample() == 1 ? int{from.row<uint8_t>(y)[x]} : int{from.row<uint16_t>(y)[x]};
}

void set_sample(const MutablePictureView& picture, size_t plane, int x, int y, int value) {
  const MutablePlane& to = picture.planes[plane];
  const int code = std::clamp(value, 0, (1 << picture.format.bit_depth) - 1);
  if (picture.format.bytes_per_sample() == 1) {
    to.row<uint8_t>(y)[x] = static_cast<uint8_t>(code);
  } else {
    to.row<uint16_t>(y)[x] = static_cast<uint16_t>(code);
  }
}

Picture make_scene(const Scene& scene) {
  Picture picture = Picture::allocate(scene.format, scene.width, scene.height, scene.colour);
  std::mt19937 random(scene.grain + 7919U * static_cast<unsigned>(scene.frame));
  const double unit = 1 << scene.format.bit_depth;
  each_sample(picture.writable(), [&](size_t p, int x, int y) {
    const double at_x = x + 3.0 * scene.frame, at_y = y - 1.0 * scene.frame;
    const double wave = 0.25 * std::sin(at_x * 0.11) * std::cos(at_y * 0.07) + 0.08 * std::sin(at_x * at_y * 0.003);
    const double block = (static_cast<int>(at_x / 40) + static_cast<int>(std::floor(at_y / 24))) % 2 == 0 ? 0.1 : 0;
    const double grain = static_cast<double>(random() % 1024U) / 1024 * 0.02;
    return static_cast<int>(unit * (p == 0 ? 0.45 + wave + block + grain : 0.5 + 0.3 * wave + 0.2 * block + grain));
  });
  return picture;
}

Picture coded(const Picture& picture, int amount, unsigned seed) {
  Picture out = copy_of(picture);
  std::mt19937 random(seed);
  const double scale = std::ldexp(1.0, picture.format().bit_depth - 10);
  const auto range = static_cast<unsigned>(2 * amount + 1);
  each_sample(out.writable(), [&](size_t p, int x, int y) {
    const int error = static_cast<int>(random() % range) - amount;
    return sample(picture.view(), p, x, y) + static_cast<int>(std::lround(error * scale));
  });
  return out;
}

Picture blurred(const Picture& picture, int left, int top, int side) {
  Picture out = copy_of(picture);
  for (int y = top; y < top + side; ++y) {
    for (int x = left; x < left + side; ++x) {
      int sum = 0;
      for (int dy = -2; dy <= 2; ++dy) {
        for (int dx = -2; dx <= 2; ++dx) sum += sample(picture.view(), 0, x + dx, y + dy);
      }
      set_sample(out.writable(), 0, x, y, (sum + 12) / 25);
    }
  }
  return out;
}

}  // namespace pier::quality::testing
