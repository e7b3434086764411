#pragma once
// Single samples that stick out of all that is around them. Integer arithmetic; every Highway target gives the answer
// of the scalar twin.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <pier/core/picture.hpp>

namespace pier::analysis::impl {

/// A sample brighter than each of the sixteen samples around it at distance two by more than the threshold, or darker:
/// a dot of up to three by three samples is one dot, a line or an edge is none.
struct Dot {
  int x = 0, y = 0;
  int ring = 0;  // mean code of the sixteen
  bool bright = false;
  friend bool operator==(const Dot&, const Dot&) = default;
};

/// Row by row; dots that touch one that is listed are left out. False, and `dots` empty, when there are more than
/// `limit`. The outermost two samples are not looked at.
bool find_dots(const Plane& plane, int bytes_per_sample, int threshold, size_t limit, std::vector<Dot>& dots);

namespace scalar {
bool find_dots(const Plane& plane, int bytes_per_sample, int threshold, size_t limit, std::vector<Dot>& dots);
}

}  // namespace pier::analysis::impl
