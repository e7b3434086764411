#pragma once
// The gamut of EBU R 103: pixels whose R', G', B' or Y' leave limits behind its filter.

#include <array>
#include <cstdint>
#include <vector>

#include <pier/analysis/finding.hpp>

#include "signal_rows.hpp"

namespace pier::analysis {

/// Pixels with a component outside limits.
struct OutsideCounts {
  int64_t pixels = 0;                     // behind the filter, any component
  std::array<int64_t, 4> by_component{};  // behind the filter: R', G', B', Y'
  int64_t unfiltered = 0;                 // as the samples are, any component
  Region region;                          // smallest that holds those behind the filter; empty without any
  friend bool operator==(const OutsideCounts&, const OutsideCounts&) = default;
};

/// EBU R 103 v3: 10 bit 20-984, 8 bit 5-246, 12 bit 80-3936, as 14-bit signals.
inline constexpr kernels::SignalLimits kGamutLimits{-704, 14720};

/// Limits for SignalRows::scan() that flag every pixel count_flagged() must know: Y' of colours is rounded on its own.
constexpr kernels::SignalLimits narrowed(const kernels::SignalLimits& limits) {
  constexpr int kRoundingMargin = 4;
  return {limits.low + kRoundingMargin, limits.high - kRoundingMargin};
}

/// Looks only around blocks that are flagged, row by row of SignalRows::flags(): the filter weighs samples of its
/// neighbourhood, so where none of them is outside, what it gives is inside. `interlaced`: the vertical part of the
/// filter stays within a field.
OutsideCounts count_flagged(SignalRows& rows, const std::vector<uint8_t>& flags, bool interlaced,
                            const kernels::SignalLimits& limits);

/// The same of a whole picture. Beyond the edges the filter sees the sample at the edge.
OutsideCounts count_outside(const PictureView& picture, const Signal& signal, bool interlaced,
                            const kernels::SignalLimits& limits);

}  // namespace pier::analysis
