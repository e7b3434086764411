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

/// Largest of R', G', B' of the pixels.
struct LargestComponent {
  /// Pixels by 14-bit signal >> Signal::kBinShift. All rows of a picture of up to kEveryRow pixels, of larger ones the
  /// rows 0, 3, 4, 7, 8, 11 ...: half of them, of both fields.
  std::array<uint32_t, Signal::kBins> bins{};
  /// 14-bit signals, of every pixel.
  int smallest = RgbFactors::kLimit;
  int largest = 0;
  std::vector<uint16_t> row_largest;
};
inline constexpr int64_t kEveryRow = 2'500'000;

struct PictureScan {
  LargestComponent light;
  std::array<kernels::RangeCounts, 3> levels;  // planes against nominal black and peak and reserved codes
  OutsideCounts gamut;                         // against -5 % and 105 %
};

/// EBU R 103 v3: 10 bit 20-984, 8 bit 5-246, 12 bit 80-3936, as 14-bit signals.
inline constexpr kernels::SignalLimits kGamutLimits{-704, 14720};

/// `interlaced`: the vertical part of the filter stays within a field.
PictureScan scan_picture(const PictureView& picture, const Signal& signal, bool interlaced);

/// Pixels that leave `limits` behind the filter of EBU R 103. Beyond the edges the filter sees the sample at the edge.
OutsideCounts count_outside(const PictureView& picture, const Signal& signal, bool interlaced,
                            const kernels::SignalLimits& limits);

}  // namespace pier::analysis
