#include "motion.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "kernels_scalar.hpp"

namespace pier::analysis::impl {

namespace {

constexpr int kStrips = 8;
constexpr int kStripRows = 16;
constexpr int kTolerance = 32;  // vertical curvature up to 1/32 of black to peak is no comb

/// Sums over cells of kSide samples a side: of this frame, and of this frame less the one before.
template <typename Sample, int kSide>
void add_cells(const Plane& now, const Plane& before, int span, Change& change) {
  const int columns = now.width / kSide;
  const int rows = now.height / kSide;
  if (columns == 0 || rows == 0) return;
  std::vector<int32_t> light(static_cast<size_t>(columns) * static_cast<size_t>(rows));
  std::vector<int32_t> moved(light.size());
  for (int y = 0; y < rows * kSide; ++y) {
    const Sample* a = now.row<Sample>(y);
    const Sample* b = before.row<Sample>(y);
    const size_t first = static_cast<size_t>(y / kSide) * static_cast<size_t>(columns);
    for (int column = 0; column < columns; ++column, a += kSide, b += kSide) {
      int32_t sum = 0;
      int32_t other = 0;
      for (int i = 0; i < kSide; ++i) {
        sum += a[i];
        other += b[i];
      }
      light[first + static_cast<size_t>(column)] += sum;
      moved[first + static_cast<size_t>(column)] += sum - other;
    }
  }
  int64_t all = 0;
  for (const int32_t cell : light) all += cell;
  const auto count = static_cast<int64_t>(light.size());
  int64_t spread = 0;
  int64_t changed = 0;
  for (size_t i = 0; i < light.size(); ++i) {
    spread += std::abs(light[i] - all / count);
    moved[i] = std::abs(moved[i]);
    changed += moved[i];
  }
  const auto median = moved.begin() + static_cast<ptrdiff_t>(moved.size() / 2);
  std::nth_element(moved.begin(), median, moved.end());
  const int64_t unit = count * kSide * kSide * span;
  change.coarse = changed * 1'000'000 / unit;
  change.middle = int64_t{*median} * 1'000'000 / (unit / count);
  change.contrast = spread * 1'000'000 / unit;
}

template <typename Sample>
void add_cells(const Plane& now, const Plane& before, int span, Change& change) {
  if (now.width >= 360) return add_cells<Sample, 8>(now, before, span, change);
  if (now.width >= 160) return add_cells<Sample, 4>(now, before, span, change);
  if (now.width >= 60) return add_cells<Sample, 2>(now, before, span, change);
  add_cells<Sample, 1>(now, before, span, change);
}

/// How much `middle` sticks out between the lines above and below.
uint64_t comb(const uint16_t* above, const uint16_t* middle, const uint16_t* below, const Plane& plane, int depth,
              int tolerance) {
  if (depth <= kernels::kDeepestChange) return kernels::comb_row({above, middle, below}, plane.width, tolerance);
  return kernels::scalar::comb_of(above, middle, below, 0, plane.width, tolerance);
}
uint64_t comb(const uint8_t* above, const uint8_t* middle, const uint8_t* below, const Plane& plane, int /*depth*/,
              int tolerance) {
  return kernels::scalar::comb_of(above, middle, below, 0, plane.width, tolerance);
}

struct Combs {
  uint64_t frame = 0;   // the lines of the frame, half of the sum
  uint64_t bottom = 0;  // bottom lines of the frame before between top lines of this one
  uint64_t top = 0;     // top lines of the frame before between bottom lines of this one
  uint64_t samples = 0;
};

template <typename Sample>
Combs combs_of(const Plane& now, const Plane& before, int depth, int tolerance) {
  Combs combs;
  const int rows = now.height - 2;
  const int strips = rows <= kStrips * kStripRows ? 1 : kStrips;
  const int count = strips == 1 ? rows / 2 * 2 : kStripRows;
  for (int s = 0; s < strips; ++s) {
    const int first = 1 + (strips == 1 ? 0 : (rows - count) * s / (strips - 1) / 2 * 2);
    for (int y = first; y < first + count; ++y) {
      const Sample* above = now.row<Sample>(y - 1);
      const Sample* below = now.row<Sample>(y + 1);
      combs.frame += comb(above, now.row<Sample>(y), below, now, depth, tolerance);
      (y % 2 == 1 ? combs.bottom : combs.top) += comb(above, before.row<Sample>(y), below, now, depth, tolerance);
    }
    combs.samples += static_cast<uint64_t>(count) * static_cast<uint64_t>(now.width);
  }
  combs.frame /= 2;
  return combs;
}

}  // namespace

void add_coarse(const PictureView& now, const PictureView& before, int span, Change& change) {
  if (now.format.bytes_per_sample() == 1) {
    add_cells<uint8_t>(now.planes[0], before.planes[0], span, change);
  } else {
    add_cells<uint16_t>(now.planes[0], before.planes[0], span, change);
  }
}

FieldVote field_vote(const PictureView& now, const PictureView& before, int span) {
  if (now.height < 16) return FieldVote::kNone;
  const int tolerance = span / kTolerance;
  const Combs c = now.format.bytes_per_sample() == 1
                      ? combs_of<uint8_t>(now.planes[0], before.planes[0], now.format.bit_depth, tolerance)
                      : combs_of<uint16_t>(now.planes[0], before.planes[0], now.format.bit_depth, tolerance);
  const uint64_t low = std::min(c.top, c.bottom);
  const uint64_t high = std::max(c.top, c.bottom);
  const uint64_t evidence = c.samples * static_cast<uint64_t>(span) / 4000;
  // Fields of one frame are one field apart; so are the later field before and the earlier field now, while the other
  // two are three apart.
  if (high - low >= evidence && 4 * high >= 5 * low && 10 * c.frame >= 7 * low) {
    return c.bottom < c.top ? FieldVote::kTopFirst : FieldVote::kBottomFirst;
  }
  return low >= evidence && 2 * low >= 3 * c.frame ? FieldVote::kProgressive : FieldVote::kNone;
}

}  // namespace pier::analysis::impl
