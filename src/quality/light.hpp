#pragma once
// Figures of display light: PU21-SSIM and dE-ITP.

#include <pier/core/picture.hpp>

#include "light_tables.hpp"

namespace pier::quality::impl {

/// SSIM in Gaussian windows of the PU21-encoded luminance of all pixels; signals range over 256 PU21 units, as its
/// authors have it. Chroma that is subsampled is repeated.
double pu21_ssim(const LightTables& tables, const PictureView& reference, const PictureView& test);

struct DeltaE {
  double mean = 0, p999 = 0;  // the 99.9th percentile, rounded down to 1/256
};
DeltaE delta_e_itp(const LightTables& tables, const PictureView& reference, const PictureView& test);

}  // namespace pier::quality::impl
