#include "motion.hpp"

#include <algorithm>
#include <cstdlib>

namespace pier::analysis::impl {

namespace {

constexpr int kBlock = 16;
constexpr int kStrips = 8;
constexpr int kStripRows = 16;
constexpr int kTolerance = 32;  // vertical curvature up to 1/32 of black to peak is no comb

template <typename Sample>
uint32_t difference(const Sample* a, const Sample* b, int count) {
  uint32_t sum = 0;
  for (int i = 0; i < count; ++i) sum += static_cast<uint32_t>(std::abs(int{a[i]} - int{b[i]}));
  return sum;
}

template <typename Sample>
Change change_of(const Plane& a, const Plane& b, int span) {
  Change change{0, 0};
  uint64_t all = 0;
  for (int top = 0; top < a.height; top += kBlock) {
    const int rows = std::min(kBlock, a.height - top);
    for (int left = 0; left < a.width; left += kBlock) {
      const int columns = std::min(kBlock, a.width - left);
      uint64_t sum = 0;
      for (int y = top; y < top + rows; ++y) {
        sum += difference(a.row<Sample>(y) + left, b.row<Sample>(y) + left, columns);
      }
      all += sum;
      const auto unit = static_cast<uint64_t>(rows * columns) * static_cast<uint64_t>(span);
      change.largest = std::max(change.largest, static_cast<int64_t>(sum * 1'000'000 / unit));
    }
  }
  const auto unit = static_cast<uint64_t>(a.width) * static_cast<uint64_t>(a.height) * static_cast<uint64_t>(span);
  change.mean = static_cast<int64_t>(all * 1'000'000 / unit);
  return change;
}

/// How much `middle` sticks out between the lines above and below.
template <typename Sample>
uint32_t comb(const Sample* above, const Sample* middle, const Sample* below, int width, int tolerance) {
  uint32_t sum = 0;
  for (int x = 0; x < width; ++x) {
    const int curvature = std::abs(2 * int{middle[x]} - int{above[x]} - int{below[x]});
    sum += static_cast<uint32_t>(std::max(0, curvature - tolerance));
  }
  return sum;
}

struct Combs {
  uint64_t frame = 0;   // the lines of the frame, half of the sum
  uint64_t bottom = 0;  // bottom lines of the frame before between top lines of this one
  uint64_t top = 0;     // top lines of the frame before between bottom lines of this one
  uint64_t samples = 0;
};

template <typename Sample>
Combs combs_of(const Plane& now, const Plane& before, int tolerance) {
  Combs combs;
  const int rows = now.height - 2;
  const int strips = rows <= kStrips * kStripRows ? 1 : kStrips;
  const int count = strips == 1 ? rows / 2 * 2 : kStripRows;
  for (int s = 0; s < strips; ++s) {
    const int first = 1 + (strips == 1 ? 0 : (rows - count) * s / (strips - 1) / 2 * 2);
    for (int y = first; y < first + count; ++y) {
      const Sample* above = now.row<Sample>(y - 1);
      const Sample* below = now.row<Sample>(y + 1);
      combs.frame += comb(above, now.row<Sample>(y), below, now.width, tolerance);
      (y % 2 == 1 ? combs.bottom : combs.top) += comb(above, before.row<Sample>(y), below, now.width, tolerance);
    }
    combs.samples += static_cast<uint64_t>(count) * static_cast<uint64_t>(now.width);
  }
  combs.frame /= 2;
  return combs;
}

}  // namespace

Change change_between(const PictureView& now, const PictureView& before, int span) {
  return now.format.bytes_per_sample() == 1 ? change_of<uint8_t>(now.planes[0], before.planes[0], span)
                                            : change_of<uint16_t>(now.planes[0], before.planes[0], span);
}

FieldVote field_vote(const PictureView& now, const PictureView& before, int span) {
  if (now.height < 16) return FieldVote::kNone;
  const int tolerance = span / kTolerance;
  const Combs c = now.format.bytes_per_sample() == 1 ? combs_of<uint8_t>(now.planes[0], before.planes[0], tolerance)
                                                     : combs_of<uint16_t>(now.planes[0], before.planes[0], tolerance);
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
