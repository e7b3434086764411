#pragma once
// Light of one frame.

#include <cstdint>

#include "picture_scan.hpp"
#include "signal.hpp"

namespace pier::analysis::impl {

/// Of max(R, G, B) in display light, millionths of cd/m2.
struct FrameLight {
  int64_t smallest = 0;      // of every pixel
  int64_t largest = 0;       // of every pixel
  int64_t largest_9999 = 0;  // what 99.99 % of the pixels do not exceed
  int64_t average = 0;
};

/// Average and percentile: of the rows that LargestComponent::bins counts; with HLG, whose OOTF needs all components of
/// a pixel, of every second pixel of them in pictures of more than kEveryRow pixels.
FrameLight scan_light(const PictureView& picture, const Signal& signal, const LargestComponent& scanned);

}  // namespace pier::analysis::impl
