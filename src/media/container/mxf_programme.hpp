#pragma once
// What of the essence an MXF file shows: the source clip of its material package (SMPTE ST 377-1, 9.5 and Annex B).

#include <optional>

#include "container/mxf_sets.hpp"

namespace pier::media::impl {

/// Seconds from the first stored picture.
struct MxfProgramme {
  Rational in, out;  // out excluded
};

/// nullopt: the material package does not say, or it is an edit of several clips.
std::optional<MxfProgramme> programme_of(const MetadataSets& sets);

}  // namespace pier::media::impl
