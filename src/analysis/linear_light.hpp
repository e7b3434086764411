#pragma once
// Display light of a reduced view: R, G and B of every sample in thousandths of cd/m2, integer, so that every machine
// gives the same. Light is that of Signal: SDR on a display of 100 cd/m2, PQ absolute, HLG on 1000 cd/m2.

#include <cstdint>
#include <vector>

#include "signal_rows.hpp"

namespace pier::analysis::impl {

/// One row in the primaries of the picture, and its luminance; 1000 is 1 cd/m2.
struct LightRow {
  std::vector<uint32_t> red, green, blue, luminance;
};

/// Borrows both; not thread-safe: holds buffers of one row.
class LinearLight {
 public:
  static constexpr uint32_t kNit = 1000;

  /// `view` is k444 or RGB (FrameViews::eighth), or k400. Without chroma, and where R'G'B' cannot be told (constant
  /// luminance, ICtCp), the three are the light of the neutral.
  LinearLight(const PictureView& view, const Signal& signal);

  void row(int y, LightRow& out);

 private:
  const Signal& x_signal;
  SignalRows x_rows;
  std::vector<int16_t> x_samples;
  kernels::RgbRow x_row;
  uint32_t x_red = 0, x_green = 0, x_blue = 0;  // Q15, 32768 together
  std::vector<uint32_t> x_light;                // by bin; empty for HLG
};

}  // namespace pier::analysis::impl
