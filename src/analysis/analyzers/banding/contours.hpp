#pragma once
// Staircases in what should be a smooth gradient.

#include <array>
#include <cstdint>
#include <vector>

#include <pier/core/picture.hpp>

#include "signal.hpp"

namespace pier::analysis::impl {

/// Display light of a code of the first plane, in 1/256 of a step of 10-bit narrow-range PQ: equal to the eye.
class LightSteps {
 public:
  explicit LightSteps(const Signal& signal);
  int of(int code) const {
    const int scaled = code << kBits >> x_depth;
    return x_table[static_cast<size_t>(scaled)];
  }

 private:
  static constexpr int kBits = 12;
  int x_depth;
  std::array<int32_t, (1 << kBits) + 1> x_table;
};

/// Samples of one line of the quarter view that lie on staircases.
template <typename Sample>
int64_t staircase_samples(const Sample* line, int count, const LightSteps& light);

/// Share of the picture on staircases, the larger of both directions, in millionths.
int64_t staircase_millionths(const PictureView& quarter, const LightSteps& light);

}  // namespace pier::analysis::impl
