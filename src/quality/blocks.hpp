#pragma once
// Squared errors of a picture by blocks, which PSNR and XPSNR share.

#include <array>
#include <cstdint>
#include <vector>

#include <pier/core/picture.hpp>

#include "kernels.hpp"

namespace pier::quality::impl {

struct PlaneErrors {
  BlockGrid grid;
  std::vector<uint64_t> sums;
  uint64_t total() const;
};

struct BlockErrors {
  std::array<PlaneErrors, 3> planes;
};

/// `block`: side in luma samples, chroma accordingly; 0: each plane is one block.
BlockErrors block_errors(const PictureView& reference, const PictureView& test, int block);

/// dB of each plane, at most kMostDb.
std::array<double, 3> psnr(const BlockErrors& errors, const PictureView& reference);
/// (6 Y + Cb + Cr) / 8.
double weighted_psnr(const std::array<double, 3>& planes);

}  // namespace pier::quality::impl
