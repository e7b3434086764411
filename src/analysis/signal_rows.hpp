#pragma once
// The rows of a picture as 14-bit R'G'B' signals, whatever its format: chroma is interpolated linearly from its
// declared position, formats without colour (or whose R'G'B' is not known, see Signal::rgb_known()) are R' = G' = B' =
// Y'.

#include <array>
#include <cstdint>
#include <vector>

#include "kernels.hpp"

namespace pier::analysis {

/// Not thread-safe but for bounds(): holds buffers of one row. Picture and signal must outlive it.
class SignalRows {
 public:
  /// Samples beyond either end that buffers of a row have room for.
  static constexpr int kMargin = 8;

  SignalRows(const PictureView& picture, const Signal& signal);

  int width() const { return x_picture.width; }
  int height() const { return x_picture.height; }
  /// Flags of a row: one for kernels::kFlagPixels pixels.
  int flags() const { return (width() + kernels::kFlagPixels - 1) / kernels::kFlagPixels; }
  /// 4:2:0 and 4:2:2 with colours that are known.
  bool paired() const;

  /// Pixels of a row: `left` is a multiple of kernels::kFlagPixels.
  struct Span {
    int left = 0, width = 0;
  };
  Span whole() const { return {0, width()}; }

  /// The largest component of each pixel, clipped to 0 ... RgbFactors::kLimit, in no particular order.
  struct Scanned {
    std::array<const uint16_t*, 2> largest{};
    std::array<int, 2> count{};
    kernels::RowExtremes extremes;
  };
  /// Valid until the next call. `flags`, of the whole row: where any component leaves `limits`; only those of the span
  /// are written.
  Scanned scan(int y, const Span& span, const kernels::SignalLimits& limits, uint8_t* flags);

  /// Components of row `y`; each has room for span.width + 1 samples.
  void convert(int y, const Span& span, const kernels::RgbRow& out);

  /// R'G'B' of every fourth pixel of row `y`, beginning with `phase` (0 ... 3); returns how many.
  int convert_every_fourth(int y, int phase, const kernels::RgbRow& out);

  /// What components can be at most and at least where codes lie within these, in formats that are not
  /// paired.
  struct Codes {
    std::array<int, 3> low{}, high{};
  };
  kernels::SignalLimits bounds(const Codes& codes) const;

 private:
  const uint16_t* luma_codes(int y, const Span& span);
  kernels::ChromaRows chroma_rows(int y, const Span& span);
  void full_row(int y, const Span& span, const kernels::RgbRow& out);

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
