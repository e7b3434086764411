#include "structure.hpp"

#include <algorithm>
#include <cmath>

namespace pier::quality::impl {

std::array<double, 3> block_ssim(const PictureView& reference, const PictureView& test) {
  std::array<double, 3> planes{};
  const int peak = (1 << reference.format.bit_depth) - 1;
  for (size_t p = 0; p < static_cast<size_t>(reference.format.plane_count()); ++p) {
    const Plane& plane = reference.planes[p];
    const int columns = plane.width / 4 - 1, rows = plane.height / 4 - 1;
    planes[p] = block_ssim_sum(plane, test.planes[p], reference.format.bytes_per_sample(), peak) / columns / rows;
  }
  return planes;
}

double whole_block_ssim(const std::array<double, 3>& planes, const PixelFormat& format) {
  if (format.chroma == Chroma::k400) return planes[0];
  const double chroma = format.chroma == Chroma::k420 ? 0.25 : format.chroma == Chroma::k422 ? 0.5 : 1;
  return (planes[0] + chroma * (planes[1] + planes[2])) / (1 + 2 * chroma);
}

double ms_ssim(const PictureView& reference, const PictureView& test) {
  // Wang, Simoncelli, Bovik, "Multi-scale structural similarity for image quality assessment", Asilomar 2003.
  constexpr double kExponents[] = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};
  constexpr float kBias = 0.5F;
  const float scale = 1.0F / static_cast<float>((1 << reference.format.bit_depth) - 1);
  const int bytes = reference.format.bytes_per_sample();
  FloatPlane a(reference.width, reference.height), b = a;
  to_float(reference.planes[0], bytes, scale, kBias, a);
  to_float(test.planes[0], bytes, scale, kBias, b);
  double product = 1;
  for (size_t i = 0; i < std::size(kExponents); ++i) {
    const bool last = i + 1 == std::size(kExponents);
    const WindowMeans means = gaussian_ssim(a, b, kBias);
    product *= std::pow(std::max(0.0, last ? means.ssim : means.contrast), kExponents[i]);
    if (last) break;
    a = halved(a);
    b = halved(b);
  }
  return product;
}

}  // namespace pier::quality::impl
