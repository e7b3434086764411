#pragma once
// The loops over samples. Every instruction set gives the same bits: sums are integers, or of multiples of 2^-28 small
// enough that a double holds them exactly; single values come from operations that IEEE 754 rounds in one way only.
//
// Samples are of 8 to 12 bits, one byte each or two. Planes of a call are of one size.

#include <array>
#include <cstdint>
#include <vector>

#include <pier/core/picture.hpp>

#include "light_tables.hpp"

namespace pier::quality::impl {

/// A plane cut into blocks from the left and from the top; those at the right and at the bottom may be smaller.
struct BlockGrid {
  int block_width = 0, block_height = 0;
  int columns = 0, rows = 0;

  static BlockGrid over(const Plane& plane, int block_width, int block_height) {
    return {block_width, block_height, (plane.width + block_width - 1) / block_width,
            (plane.height + block_height - 1) / block_height};
  }
  size_t size() const { return static_cast<size_t>(columns) * static_cast<size_t>(rows); }
};

/// Adds the squared differences of each block to `sums`.
void squared_errors(const Plane& a, const Plane& b, int bytes_per_sample, const BlockGrid& grid, uint64_t* sums);

/// How active each block of luma is, as sums of absolute values of filtered samples (Helmrich et al., eq. 4 to 8): in
/// space a high-pass of 3x3 around every sample, in time the difference to the picture before, or of two differences.
/// Halved: of quads of 2x2 samples instead, the high-pass 6x6. The filter in space is left out where it would look
/// beyond the picture.
struct ActivityTask {
  Plane now, before, before_that;  // data of the latter two may be null: samples of 0
  BlockGrid grid;
  bool halved = false;
  bool two_back = false;  // difference of differences
};
void activities(const ActivityTask& task, int bytes_per_sample, uint64_t* spatial, uint64_t* temporal);

/// SSIM in windows of 8x8 samples at every fourth column and row, summed; planes of at least 8x8. `peak` is the
/// greatest code.
double block_ssim_sum(const Plane& a, const Plane& b, int bytes_per_sample, int peak);

/// Samples in single precision, about `bias` less than what they stand for.
struct FloatPlane {
  static constexpr int kPadding = 64;  // floats after each row, 0
  int width = 0, height = 0;
  std::vector<float> samples;

  FloatPlane() = default;
  FloatPlane(int w, int h);
  int stride() const { return width + kPadding; }
  float* row(int y) { return samples.data() + static_cast<ptrdiff_t>(y) * stride(); }
  const float* row(int y) const { return samples.data() + static_cast<ptrdiff_t>(y) * stride(); }
};

/// code * scale - bias.
void to_float(const Plane& plane, int bytes_per_sample, float scale, float bias, FloatPlane& out);
/// Means of 2x2 samples; a last odd row or column is left out.
FloatPlane halved(const FloatPlane& plane);

struct WindowMeans {
  double ssim = 0, contrast = 0;  // contrast and structure without luminance
};
inline constexpr int kWindow = 11;
/// Means over all whole windows of 11x11 with Gaussian weights of sigma 1.5; the signals range over 1.
WindowMeans gaussian_ssim(const FloatPlane& a, const FloatPlane& b, float bias);

/// One row of codes at full width; rows may be read up to a multiple of kRowPadding.
struct YcbcrRow {
  const uint16_t *y = nullptr, *cb = nullptr, *cr = nullptr;
};
inline constexpr int kRowPadding = 64;
/// PU21 of the display luminance, in units of 256, less kPuBias.
inline constexpr float kPuBias = 1.0F;
void pu21_row(const LightTables& tables, const YcbcrRow& row, int width, float* out);
/// dE-ITP of each pixel. `out` may be written up to a multiple of kRowPadding.
void delta_e_row(const LightTables& tables, const YcbcrRow& a, const YcbcrRow& b, int width, float* out);

}  // namespace pier::quality::impl
