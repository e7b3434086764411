#include "contours.hpp"

#include <algorithm>
#include <cmath>

#include <pier/colour/transfer.hpp>

namespace pier::analysis::impl {

namespace {

constexpr int kUnit = 256;
constexpr int kSmallest = 2 * kUnit;  // steps of 10-bit PQ
constexpr int kLargest = 16 * kUnit;
constexpr int kPlateau = 4;     // equal samples of the quarter view
constexpr int kTransition = 2;  // samples between two plateaus
constexpr int kPlateaus = 4;    // of a staircase

}  // namespace

LightSteps::LightSteps(const Signal& signal) : x_depth(signal.format().bit_depth) {
  // In steps of one 10-bit code; what lies between is interpolated.
  constexpr int kStep = 1 << (kBits - 10);
  const double scale = static_cast<double>(signal.max_code() + 1) / (1 << kBits);
  const int last = static_cast<int>(x_table.size()) - 1;
  for (int i = 0; i <= last; i += kStep) {
    const double level = (i * scale - signal.black()) / (signal.peak() - signal.black());
    x_table[static_cast<size_t>(i)] =
        static_cast<int32_t>(std::lround(colour::pq_inverse_eotf(signal.nits(level)) * 876 * kUnit));
  }
  for (int i = 0; i < last; ++i) {
    const int step = i / kStep * kStep;
    const int next = step + kStep;
    const int a = x_table[static_cast<size_t>(step)];
    const int b = x_table[static_cast<size_t>(next)];
    if (i % kStep != 0) x_table[static_cast<size_t>(i)] = a + (b - a) * (i % kStep) / kStep;
  }
}

template <typename Sample>
int64_t staircase_samples(const Sample* line, int count, const LightSteps& light) {
  int64_t covered = 0;
  int start = 0;  // of the staircase
  int end = -1;   // of its last plateau
  int last = 0;   // light of its last plateau
  int plateaus = 0;
  int direction = 0;
  const auto close = [&] {
    if (plateaus >= kPlateaus) covered += end - start;
    plateaus = 0;
    direction = 0;
  };
  for (int x = 0; x < count;) {
    int to = x + 1;
    while (to < count && line[to] == line[x]) ++to;
    if (to - x >= kPlateau) {
      const int here = light.of(line[x]);
      const int step = here - last;
      const int size = std::abs(step);
      const bool follows = plateaus > 0 && x - end <= kTransition && size >= kSmallest && size <= kLargest;
      const int turn = step > 0 ? 1 : -1;
      if (!follows) {
        close();
        start = x;
        plateaus = 1;
      } else if (direction != 0 && turn != direction) {
        close();
        start = x;  // the plateau where it turned belongs to the staircase before
        plateaus = 1;
      } else {
        ++plateaus;
        direction = turn;
      }
      end = to;
      last = here;
    }
    x = to;
  }
  close();
  return covered;
}
template int64_t staircase_samples(const uint8_t*, int, const LightSteps&);
template int64_t staircase_samples(const uint16_t*, int, const LightSteps&);

namespace {

template <typename Sample>
int64_t share_of(const Plane& plane, const LightSteps& light) {
  constexpr int kEach = 2;  // every second line
  int64_t across = 0;
  for (int y = 0; y < plane.height; y += kEach) across += staircase_samples(plane.row<Sample>(y), plane.width, light);
  // Columns in groups, so that a row is read in one go.
  constexpr int kGroup = 32;
  std::vector<Sample> columns(static_cast<size_t>(kGroup) * static_cast<size_t>(plane.height));
  int64_t down = 0;
  for (int left = 0; left < plane.width; left += kGroup * kEach) {
    const int group = std::min(kGroup, (plane.width - left + kEach - 1) / kEach);
    for (int y = 0; y < plane.height; ++y) {
      const Sample* row = plane.row<Sample>(y) + left;
      for (int i = 0; i < group; ++i) {
        columns[static_cast<size_t>(i) * static_cast<size_t>(plane.height) + static_cast<size_t>(y)] = row[i * kEach];
      }
    }
    for (int i = 0; i < group; ++i) {
      down += staircase_samples(columns.data() + static_cast<ptrdiff_t>(i) * plane.height, plane.height, light);
    }
  }
  const int64_t samples = int64_t{plane.width} * plane.height / kEach;
  return samples == 0 ? 0 : std::max(across, down) * 1'000'000 / samples;
}

}  // namespace

int64_t staircase_millionths(const PictureView& quarter, const LightSteps& light) {
  if (quarter.width == 0) return 0;
  return quarter.format.bytes_per_sample() == 1 ? share_of<uint8_t>(quarter.planes[0], light)
                                                : share_of<uint16_t>(quarter.planes[0], light);
}

}  // namespace pier::analysis::impl
