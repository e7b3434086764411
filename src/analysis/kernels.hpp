#pragma once
// The loops that see every sample. Integer arithmetic only, so every Highway target gives the scalar answer; the
// scalar twin of each (namespace scalar) is the test oracle.

#include <array>
#include <cstdint>
#include <vector>

#include <pier/core/picture.hpp>

#include "signal.hpp"

namespace pier::analysis::kernels {

/// Samples outside two nested ranges, and the extremes.
struct RangeCounts {
  uint64_t reserved = 0;  // <= reserved_low or >= reserved_high
  uint64_t below = 0;     // < low, reserved ones included
  uint64_t above = 0;     // > high, reserved ones included
  int smallest = 65535, largest = 0;
  friend bool operator==(const RangeCounts&, const RangeCounts&) = default;
};
struct RangeLimits {
  int reserved_low = -1, reserved_high = 65536;
  int low = 0, high = 65535;
};
RangeCounts count_range(const Plane& plane, int bytes_per_sample, const RangeLimits& limits);

/// Samples of at most `code`.
uint64_t count_at_most(const Plane& plane, int bytes_per_sample, int code);

/// Box averages, rounded half up; `out` has the size of `in` divided by 2 or 4, rounded down.
void box_half(const Plane& in, int bit_depth, const MutablePlane& out);
void box_quarter(const Plane& in, int bit_depth, const MutablePlane& out);

/// How many pixels have their largest of R', G', B' in which bin (Signal::kBins, 14-bit signal >> kBinShift), chroma
/// interpolated linearly from its declared position; and the largest 14-bit signal of all.
struct MaxRgb {
  std::array<uint32_t, Signal::kBins> bins{};
  int largest = 0;
};
void max_rgb(const PictureView& picture, const Signal& signal, MaxRgb& result);

/// One row of the above, for tests. Luma codes of at most 14 bits; chroma of half width centred on 0 at 14 bits with
/// one sample of border on each side.
struct LumaRow {
  const uint16_t* codes = nullptr;
  int black = 0;
  int shift = 0;  // (code - black) << shift is the 14-bit signal
};
struct ChromaRows {
  const int16_t* cb = nullptr;  // cb[-1] ... cb[pairs]
  const int16_t* cr = nullptr;
  bool centred = false;  // horizontally between two luma samples; else on the left one
};
/// Signals of even and odd pixels; gives the largest.
struct PairRow {
  uint16_t* even = nullptr;
  uint16_t* odd = nullptr;
};
int max_rgb_pairs(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                  const PairRow& out);

namespace scalar {
RangeCounts count_range(const Plane& plane, int bytes_per_sample, const RangeLimits& limits);
uint64_t count_at_most(const Plane& plane, int bytes_per_sample, int code);
void box(const Plane& in, int bit_depth, int side, const MutablePlane& out);
int max_rgb_pairs(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                  const PairRow& out);
}  // namespace scalar

/// The Highway targets this machine offers, for tests that run on each; 0 chooses the best again.
std::vector<int64_t> targets();
void use_target(int64_t target);

}  // namespace pier::analysis::kernels
