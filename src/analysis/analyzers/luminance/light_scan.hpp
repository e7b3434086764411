#pragma once
// Light of one frame.

#include <cstdint>

#include "picture_scan.hpp"
#include "signal.hpp"

namespace pier::analysis::impl {

/// Of max(R, G, B) in display light, millionths of cd/m2.
struct FrameLight {
  int64_t largest = 0;       // of every pixel
  int64_t smallest = 0;      // this and the others: of the pixels that are counted
  int64_t largest_9999 = 0;  // what 99.99 % of them do not exceed
  int64_t average = 0;
};

/// Counted are the rows of counted_row(); with HLG, whose OOTF needs all components, of large pictures every fourth
/// pixel of them.
FrameLight scan_light(const PictureView& picture, const Signal& signal, const LargestComponent& scanned);

}  // namespace pier::analysis::impl
