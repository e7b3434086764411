#pragma once
// Light of one frame.

#include <cstdint>

#include <pier/core/picture.hpp>

#include "signal.hpp"

namespace pier::analysis::impl {

/// Of max(R, G, B) in display light, millionths of cd/m2.
struct FrameLight {
  int64_t largest = 0;
  int64_t largest_9999 = 0;  // what 99.99 % of the pixels do not exceed
  int64_t average = 0;
};

/// PQ and SDR: every pixel. HLG: every second row and column, since the OOTF needs all three components of a pixel.
FrameLight scan_light(const PictureView& picture, const Signal& signal);

}  // namespace pier::analysis::impl
