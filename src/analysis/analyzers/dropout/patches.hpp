#pragma once
// Small parts of a picture that changed since the one before while everything around them did not.

#include <cstdint>
#include <vector>

#include <pier/analysis/analyzer.hpp>

namespace pier::analysis::impl {

struct Patch {
  Region region;
  bool line = false;     // whole rows; else a block of one colour
  bool appears = false;  // odd now and not before; else the other way round
};

/// Rows by the first plane at full size, in four strips of 32 columns; blocks by the eighth views. Empty
/// when there are more than eight of a sort: such a picture is not judged.
std::vector<Patch> find_patches(const FrameViews& now, const FrameViews& before);

}  // namespace pier::analysis::impl
