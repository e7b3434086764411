#pragma once
// Structural similarity of pictures, made of the kernels.

#include <array>

#include <pier/core/picture.hpp>

#include "kernels.hpp"

namespace pier::quality::impl {

/// Of each plane.
std::array<double, 3> block_ssim(const PictureView& reference, const PictureView& test);
/// Planes by their area.
double whole_block_ssim(const std::array<double, 3>& planes, const PixelFormat& format);

/// Of luma. Contrast and structure below 0 count as 0.
double ms_ssim(const PictureView& reference, const PictureView& test);

}  // namespace pier::quality::impl
