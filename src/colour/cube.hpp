#pragma once
// The pointwise conversion as a 3-D table: nonlinear R'G'B' of the source to Y', Cb, Cr codes of the target.
//
// The axes are R'G'B', not Y'CbCr: then the sides of the cube are the ends of the signal, greys lie on the diagonal
// (tetrahedral interpolation keeps them exact), and no cell is half outside of what can be displayed.

#include <cstdint>
#include <memory>
#include <vector>

#include <pier/colour/reference.hpp>

namespace pier::colour::impl {

/// Nodes along an axis: 33 miss the accuracy bar by a factor of two, 65 meet it (2.2 MB, of which a picture touches
/// little).
constexpr int kCubeNodes = 65;
constexpr int kFractionBits = 8;

/// Below this (PQ of 220 cd/m2) the factors of CodesToCube would not fit in 15 bits.
constexpr double kLowestTop = 0.59;

struct Cube {
  /// Signal at the last node of each axis; at least kLowestTop.
  double top = 1.0;
  /// Entries Y', Cb, Cr, 0 at ((r * kCubeNodes) + g) * kCubeNodes + b: target codes times 2^(15 - depth), Cb and Cr
  /// relative to their centre (so that grey is 0 whatever the weights). Behind the last node lies padding that
  /// interpolation at the upper end reads with weight 0.
  std::vector<int16_t> entries;
};

/// How target codes are written.
struct TargetCodes {
  Matrix matrix = Matrix::kBt709;
  Range range = Range::kNarrow;
  int bit_depth = 8;
  friend bool operator==(const TargetCodes&, const TargetCodes&) = default;
};

/// The last few are kept for the whole process: making one takes a quarter of a second. Thread-safe.
Result<std::shared_ptr<const Cube>> shared_cube(const ColourInfo& from, const ColourInfo& to, const TargetCodes& codes,
                                                const ConversionOptions& options);

/// Source codes to positions in the cube, in 1/2^kFractionBits of a cell, in 16-bit arithmetic: the code less its
/// offset goes up to 15 bits (luma) or 16 (chroma); position of channel c is the sum over i of that times factor[c][i]
/// / 2^15, clamped to the cube. Positions are below 2^15 for twice the peak, so no sum is cut that the clamp would not
/// cut.
struct CodesToCube {
  int16_t factor[3][3] = {};
  int16_t offset[3] = {};
  int luma_shift = 5;
  int chroma_shift = 6;
};
CodesToCube codes_to_cube(Matrix matrix, Range range, int bit_depth, double top);

}  // namespace pier::colour::impl
