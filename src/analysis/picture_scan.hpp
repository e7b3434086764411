#pragma once
// What the analyzers that look at every pixel share: one walk over the rows of a picture while they are in the cache.

#include <array>
#include <cstdint>
#include <vector>

#include <pier/analysis/finding.hpp>

#include "kernels.hpp"

namespace pier::analysis {

/// Pixels with a component outside limits, see count_outside().
struct OutsideCounts {
  int64_t pixels = 0;                     // behind the filter, any component
  std::array<int64_t, 4> by_component{};  // behind the filter: R', G', B', Y'
  int64_t unfiltered = 0;                 // as the samples are, any component
  Region region;                          // smallest that holds those behind the filter; empty without any
  friend bool operator==(const OutsideCounts&, const OutsideCounts&) = default;
};

/// Pictures of up to so many pixels are counted whole. Of larger ones counted is a quarter of the rows: of eight the
/// first and the sixth, so that both fields and all columns have their share.
inline constexpr int64_t kEveryRow = 2'500'000;
inline bool counted_row(int64_t pixels, int y) {
  return pixels <= kEveryRow || y % 8 == 0 || y % 8 == 5;
}

/// Largest of R', G', B' of the pixels, as 14-bit signals clipped to 0 ... RgbFactors::kLimit.
struct LargestComponent {
  static constexpr int kBandRows = 8;
  /// No pixel of kernels::kFlagPixels x kBandRows pixels exceeds this; row by row of blocks.
  std::vector<int16_t> block_bounds;
  /// Not with HLG, whose light is not that of the largest component: counted pixels by signal >> Signal::kBinShift, the
  /// smallest of them, and the largest of all pixels.
  std::array<uint32_t, Signal::kBins> bins{};
  int smallest = RgbFactors::kLimit;
  int largest = 0;
};

struct PictureScan {
  LargestComponent light;
  std::array<kernels::RangeCounts, 3> levels;  // planes against nominal black and peak and reserved codes
  OutsideCounts gamut;                         // against -5 % and 105 %
};

/// EBU R 103 v3: 10 bit 20-984, 8 bit 5-246, 12 bit 80-3936, as 14-bit signals.
inline constexpr kernels::SignalLimits kGamutLimits{-704, 14720};

/// `interlaced`: the vertical part of the filter stays within a field. `quarter`: luma_quarter() of the picture, made
/// on the way when not null and its size is not 0.
PictureScan scan_picture(const PictureView& picture, const Signal& signal, bool interlaced,
                         const MutablePlane* quarter = nullptr);

/// Pixels that leave `limits` behind the filter of EBU R 103. Beyond the edges the filter sees the sample at the edge.
OutsideCounts count_outside(const PictureView& picture, const Signal& signal, bool interlaced,
                            const kernels::SignalLimits& limits);

}  // namespace pier::analysis
