#pragma once
// Sums over the samples of frames: light above what SDR has, colours outside smaller gamuts, and where colours lie.

#include <array>
#include <cstdint>
#include <vector>

#include <pier/core/json.hpp>
#include <pier/core/picture.hpp>

#include "signal.hpp"

namespace pier::analysis::impl {

/// Sums over frames; mergeable by adding.
struct LightUse {
  static constexpr size_t kCells = 64;  // a side of the xy plane
  enum Sum : uint8_t {
    kFrames,
    kSamples,
    kAboveSdr,
    kColoured,  // samples bright enough for their colour to count
    kOutside709,
    kOutsideP3,
    kAbove4000,
    kAbove560,
    kMeanMicronits,  // sum over frames of the mean luminance
    kSums
  };
  std::array<int64_t, kSums> sums{};
  int64_t darkest = INT64_MAX;  // thousandths of cd/m2
  std::vector<int64_t> xy;      // kCells rows of kCells, by y and x; empty when nothing is coloured

  void add(const LightUse& other);
  json::value save() const;
  static Result<LightUse> load(const json::value& value);
};

/// `eighth`: FrameViews::eighth(); an empty one gives nothing.
LightUse measure_light_use(const PictureView& eighth, const Signal& signal);

}  // namespace pier::analysis::impl
