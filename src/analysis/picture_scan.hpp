#pragma once
// What the analyzers that look at every pixel share: one walk over the rows of a picture while they are in the cache.

#include <array>

#include "frame_light.hpp"
#include "outside_counts.hpp"

namespace pier::analysis {

struct PictureScan {
  FrameLight light;
  std::array<kernels::RangeCounts, 3> levels;  // planes against nominal black and peak and reserved codes
  OutsideCounts gamut;                         // against kGamutLimits
};

/// Reduced views that are made on the way; null: not.
struct ScanViews {
  const MutablePictureView* quarter = nullptr;  // FrameViews::luma_quarter()
  const MutablePictureView* eighth = nullptr;   // FrameViews::eighth() of 4:2:0 and 4:0:0; wants `quarter`
};

/// `interlaced`: see count_flagged().
PictureScan scan_picture(const PictureView& picture, const Signal& signal, bool interlaced,
                         const ScanViews& views = {});

}  // namespace pier::analysis
