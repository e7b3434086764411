#pragma once
// The loops that see every sample. Integer arithmetic only, so every Highway target gives the scalar answer; the
// scalar twin of each (namespace scalar) is the test oracle.

#include <algorithm>
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

/// Smallest and largest sample of each column in some rows of a plane, and of all of them.
struct RowSpan {
  int first = 0, rows = 0;
};
struct Extremes {
  int smallest = 65535, largest = 0;
  friend bool operator==(const Extremes&, const Extremes&) = default;
};
Extremes column_extremes(const Plane& plane, int bytes_per_sample, const RowSpan& rows, uint16_t* smallest,
                         uint16_t* largest);

/// Box averages, rounded half up; `out` has the size of `in` divided by 2 or 4, rounded down.
void box_half(const Plane& in, int bit_depth, const MutablePlane& out);
void box_quarter(const Plane& in, int bit_depth, const MutablePlane& out);

/// R', G', B' and Y' are 14-bit signals: 0 is black, RgbFactors::kUnit nominal peak, both can be left.

/// Codes of a luma row, at most 14 bits: (code - black) << shift is the 14-bit signal.
struct LumaRow {
  const uint16_t* codes = nullptr;
  int black = 0;
  int shift = 0;
};
/// Chroma of half width, 14 bits centred on 0, with one sample of border on each side: cb[-1] ... cb[pairs].
struct ChromaRows {
  const int16_t* cb = nullptr;
  const int16_t* cr = nullptr;
  bool centred = false;  // horizontally between two luma samples; else on the left one
};
/// One row of each component.
struct RgbRow {
  int16_t* red = nullptr;
  int16_t* green = nullptr;
  int16_t* blue = nullptr;
  int16_t* luma = nullptr;
};
struct SignalLimits {
  int low = 0, high = 0;  // both inside
};
/// Pixels that share one flag of a row.
inline constexpr int kFlagPixels = 128;
struct RowExtremes {
  int smallest = RgbFactors::kLimit, largest = 0;  // of the largest component of each pixel, clipped to 0 ... kLimit
  friend bool operator==(const RowExtremes&, const RowExtremes&) = default;
};
/// Codes between which those of each column lie: 2 * pairs of luma, of chroma `pairs` and one of border on each side.
struct ColumnCodes {
  const uint16_t* low = nullptr;
  const uint16_t* high = nullptr;
};
struct PairCodes {
  ColumnCodes luma, cb, cr;
  int black = 0, middle = 0;  // codes of signal 0
  int shift = 0;              // to 14 bits: to the left, or to the right when negative
};
/// By kFlagPixels pixels the least and the most that R', G' and B' of any pixel can be.
void pair_bounds(const PairCodes& codes, int pairs, const RgbFactors& factors, int16_t* least, int16_t* most);

/// Largest component of every pixel, clipped to 0 ... kLimit, and by kFlagPixels pixels whether any component of any of
/// them leaves `limits`. Even and odd pixels apart.
struct PairScan {
  uint16_t* even = nullptr;
  uint16_t* odd = nullptr;
  uint8_t* flags = nullptr;
};
RowExtremes scan_pairs(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                       const SignalLimits& limits, const PairScan& out);
/// The same of a row whose components are at hand.
RowExtremes scan_rgb(const RgbRow& row, int width, const SignalLimits& limits, uint16_t* largest, uint8_t* flags);

void convert_pairs(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                   const RgbRow& out);
/// R'G'B' of every fourth pixel, beginning with `phase`; those of the last pixels that do not make four are left out.
void convert_every_fourth(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                          int phase, const RgbRow& out);
/// In place: row.luma is Y' as `y_whole` and `y_part` want it, row.blue Cb and row.red Cr of full width.
void convert_full(const RgbRow& row, int width, const RgbFactors& factors);

/// One row of a plane to 14 bits around `middle`: row `near` moved towards `other` by 1/2 (bits 1), 1/4 (bits 2) or not
/// (bits 0).
struct RowMix {
  int near = 0, other = 0, bits = 0;
};
void signal_row(const Plane& plane, const RowMix& mix, int middle, int shift, bool wide, int16_t* out);

/// The filter of EBU R 103: H (1 2 3 4 3 2 1)/16, V (1 2 1)/4. Sets `bit` in outside[x] where the filtered sample
/// leaves `limits`; gives their number. Rows are readable from -3 to count + 2; `work` has room for count + 6.
struct FilterRows {
  const int16_t* above = nullptr;
  const int16_t* here = nullptr;
  const int16_t* below = nullptr;
};
int filter_row(const FilterRows& rows, int count, const SignalLimits& limits, uint8_t bit, int32_t* work,
               uint8_t* outside);

/// Mean absolute differences of blocks of kChangeBlock x kChangeBlock samples; the last of a row or column are
/// narrower.
inline constexpr int kChangeBlock = 16;
inline constexpr int kDeepestChange = 12;  // bits; deeper and 8-bit planes take the scalar way
struct PlaneChange {
  uint64_t sum = 0;                 // of all differences
  uint64_t largest_millionths = 0;  // mean of the block that differs most, millionths of a code
  void add(uint64_t difference, uint64_t samples) {
    sum += difference;
    largest_millionths = std::max(largest_millionths, difference * 1'000'000 / samples);
  }
  friend bool operator==(const PlaneChange&, const PlaneChange&) = default;
};
/// Of planes of one size.
PlaneChange plane_change(const Plane& a, const Plane& b, int bit_depth);

/// Rows of at most kDeepestChange bits in 16.
struct CombRows {
  const uint16_t* above = nullptr;
  const uint16_t* middle = nullptr;
  const uint16_t* below = nullptr;
};
/// How much the samples of `middle` stick out between those above and below, what exceeds `tolerance` (< 32768).
uint64_t comb_row(const CombRows& rows, int width, int tolerance);

/// Sets `marks` where samples of two rows differ by more than `step`; whether there was any. Others are kept.
bool mark_changed(const uint8_t* a, const uint8_t* b, int count, int step, uint8_t* marks);
bool mark_changed(const uint16_t* a, const uint16_t* b, int count, int step, uint8_t* marks);

/// (code - zero) * factor / 2^16 + offset, rounded half up and clipped to 0 ... 255; the product fits 31 bits.
struct LevelScale {
  int zero = 0, factor = 0, offset = 0;
};
void level_row(const uint8_t* codes, int count, const LevelScale& scale, uint8_t* levels);
void level_row(const uint16_t* codes, int count, const LevelScale& scale, uint8_t* levels);

/// Light of R'G'B' by tables of Signal::kBins: Signal::scene() with Signal::ootf(), or any light by bin without.
struct LightTables {
  const uint32_t* light = nullptr;        // of a component; of a scene where there is an `ootf`
  const uint32_t* ootf = nullptr;         // null: none
  uint32_t red = 0, green = 0, blue = 0;  // luminance of the scene: Q15, 32768 together
};
/// One row of display light.
struct LightRow {
  uint32_t* red = nullptr;
  uint32_t* green = nullptr;
  uint32_t* blue = nullptr;
};
void light_row(const RgbRow& row, int count, const LightTables& tables, const LightRow& out);
/// Of each pixel the luminance, rounded down; the weights of `tables` are those of luminance, any light fits.
void luminance_row(const LightRow& row, int count, const LightTables& tables, uint32_t* luminance);
/// Of each pixel the light of the brightest component, by tables with an `ootf`, and the extremes of these.
struct BrightnessRange {
  uint32_t smallest = UINT32_MAX, largest = 0;
  friend bool operator==(const BrightnessRange&, const BrightnessRange&) = default;
};
BrightnessRange brightest_row(const RgbRow& row, int count, const LightTables& tables, uint32_t* brightest);

namespace scalar {
RangeCounts count_range(const Plane& plane, int bytes_per_sample, const RangeLimits& limits);
uint64_t count_at_most(const Plane& plane, int bytes_per_sample, int code);
Extremes column_extremes(const Plane& plane, int bytes_per_sample, const RowSpan& rows, uint16_t* smallest,
                         uint16_t* largest);
void pair_bounds(const PairCodes& codes, int pairs, const RgbFactors& factors, int16_t* least, int16_t* most);
void box(const Plane& in, int bit_depth, int side, const MutablePlane& out);
RowExtremes scan_pairs(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                       const SignalLimits& limits, const PairScan& out);
RowExtremes scan_rgb(const RgbRow& row, int width, const SignalLimits& limits, uint16_t* largest, uint8_t* flags);
void convert_pairs(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                   const RgbRow& out);
void convert_every_fourth(const LumaRow& luma, int pairs, const ChromaRows& chroma, const RgbFactors& factors,
                          int phase, const RgbRow& out);
void convert_full(const RgbRow& row, int width, const RgbFactors& factors);
void signal_row(const Plane& plane, const RowMix& mix, int middle, int shift, bool wide, int16_t* out);
int filter_row(const FilterRows& rows, int count, const SignalLimits& limits, uint8_t bit, uint8_t* outside);
void light_row(const RgbRow& row, int count, const LightTables& tables, const LightRow& out);
BrightnessRange brightest_row(const RgbRow& row, int count, const LightTables& tables, uint32_t* brightest);
PlaneChange plane_change(const Plane& a, const Plane& b, int bit_depth);
}  // namespace scalar

/// The Highway targets this machine offers, for tests that run on each; 0 chooses the best again.
std::vector<int64_t> targets();
void use_target(int64_t target);

}  // namespace pier::analysis::kernels
