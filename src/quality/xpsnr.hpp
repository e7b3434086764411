#pragma once
// XPSNR: Helmrich, Siekmann, Becker, Bosse, Marpe, Wiegand, "XPSNR: A Low-Complexity Extension of the Perceptually
// Weighted Peak Signal-to-Noise Ratio for High-Resolution Video Quality Assessment", ICASSP 2020, in the form of the
// authors' filter for FFmpeg, whose figures these are.
//
// Luma is cut into blocks of about 128 samples at 3840x2160. Each block weighs its squared error by the inverse of its
// activity: errors hide where there is texture or motion. Chroma takes the weights of luma.

#include <array>
#include <cstdint>
#include <vector>

#include <pier/core/picture.hpp>
#include <pier/core/rational.hpp>

#include "blocks.hpp"

namespace pier::quality::impl {

struct XpsnrGeometry {
  int width = 0, height = 0, bit_depth = 0;
  int block = 0;                // side in luma samples, a multiple of 4; 0: too small, errors are not weighted
  bool halved = false;          // above HD: activity is measured on quads
  bool smoothed = false;        // up to 640x480: no block weighs more than the heaviest around it
  bool two_back = false;        // from 32 pictures a second on
  double picture_activity = 0;  // its square root

  static XpsnrGeometry of(int width, int height, int bit_depth, Rational frame_rate);
};

/// Activities of all blocks to weights.
std::vector<double> xpsnr_weights(const XpsnrGeometry& geometry, const BlockGrid& grid,
                                  const std::vector<uint64_t>& spatial, const std::vector<uint64_t>& temporal);

/// dB of Y, Cb, Cr, at most kMostDb. `errors` are of blocks of geometry.block; planes of `before` and `before_that` may
/// have no data.
std::array<double, 3> xpsnr(const XpsnrGeometry& geometry, const BlockErrors& errors, const PictureView& reference,
                            const PictureView& before, const PictureView& before_that);

/// 4 Y, 1 Cb, 1 Cr in squared error.
double weighted_xpsnr(const std::array<double, 3>& planes);

}  // namespace pier::quality::impl
