#pragma once
// What one frame shows of its cadence: how much it differs from the one before, and whether its two fields do.

#include <cstdint>

#include <pier/core/picture.hpp>

namespace pier::analysis::impl {

/// In millionths of black to peak; -1 when there is nothing to compare with.
struct Change {
  int64_t largest = -1;  // mean of the block of 16 x 16 samples that changed most
  int64_t mean = -1;     // of all samples
  // Of means over cells about a fortieth of the width, in which what moves changes evenly with its way:
  int64_t coarse = -1;    // mean change
  int64_t middle = -1;    // its median: what happens in a small part of the picture does not move it
  int64_t contrast = -1;  // mean distance of the cells from their mean, in this frame
};

/// Fills what is coarse of `change`, from the first planes of reduced views of the same size and depth.
void add_coarse(const PictureView& now, const PictureView& before, int span, Change& change);

enum class FieldVote : uint8_t { kNone, kTopFirst, kBottomFirst, kProgressive };
/// In which order the fields of a moving picture were taken, from strips of the first planes of two consecutive frames.
FieldVote field_vote(const PictureView& now, const PictureView& before, int span);

}  // namespace pier::analysis::impl
