#pragma once
// The rows of a picture as 14-bit R'G'B' signals, whatever its format: chroma is interpolated linearly from its
// declared position, formats without colour (or whose R'G'B' is not known, see Signal::rgb_known()) are R' = G' = B' =
// Y'.

#include <array>
#include <cstdint>
#include <vector>

#include "kernels.hpp"

namespace pier::analysis {

/// Not thread-safe: holds buffers of one row. Picture and signal must outlive it.
class SignalRows {
 public:
  /// Samples that rows given to convert() can be read and written beyond either end.
  static constexpr int kMargin = 8;

  SignalRows(const PictureView& picture, const Signal& signal);

  int width() const { return x_picture.width; }
  int height() const { return x_picture.height; }
  /// Flags of a row: one for kernels::kFlagPixels pixels.
  int flags() const { return (width() + kernels::kFlagPixels - 1) / kernels::kFlagPixels; }

  /// The largest component of each pixel of row `y`, clipped to 0 ... RgbFactors::kLimit, in no particular order.
  struct Scanned {
    std::array<const uint16_t*, 2> largest{};
    std::array<int, 2> count{};
    kernels::RowExtremes extremes;
  };
  /// Valid until the next call. `flags`: where any component leaves `limits`.
  Scanned scan(int y, const kernels::SignalLimits& limits, uint8_t* flags);

  /// Components of row `y`; `out` has width() + 1 samples and kMargin more on either side.
  void convert(int y, const kernels::RgbRow& out);

 private:
  bool paired() const;
  const uint16_t* luma_codes(int y);
  kernels::ChromaRows chroma_rows(int y);
  void full_row(int y, const kernels::RgbRow& out);

  const PictureView& x_picture;
  const Signal& x_signal;
  bool x_colour, x_wide;
  int x_black = 0;
  std::vector<uint16_t> x_codes;                 // 8 and 16 bit, odd widths
  std::array<std::vector<int16_t>, 2> x_chroma;  // with a border
  std::array<std::vector<uint16_t>, 2> x_largest;
  std::array<std::vector<int16_t>, 4> x_components;  // of formats that are not paired
};

}  // namespace pier::analysis
