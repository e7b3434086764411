#pragma once
// Spectra of square tiles in whole numbers, so that they are the same on every machine.

#include <array>
#include <cstdint>
#include <vector>

#include <pier/core/picture.hpp>

namespace pier::analysis::impl {

/// Side of a tile in samples: the images of every ratio that is looked for fall on whole bins.
inline constexpr int kTile = 192;
inline constexpr int kNyquist = kTile / 2;

struct Complex {
  int32_t re = 0, im = 0;
};
/// Discrete Fourier transform in place, not scaled. |data| up to 2^17.
void transform(std::array<Complex, kTile>& data);

/// Pairs of bins that mirror each other around half of `sum`: sum / kTile is the ratio of the source raster to ours
/// whose images they would be.
struct Fold {
  int sum = 0;
  int first = 0, last = 0;  // distances from the middle, both included
};

/// What one direction of one or several tiles holds.
struct Spectrum {
  static constexpr int kBands = 12;         // of 8 bins each up to Nyquist
  std::array<int64_t, kBands> log_power{};  // log2 of the power in a band, 8 fractional bits, summed over tiles
  struct Sum {
    int64_t re = 0, im = 0, count = 0;
  };
  std::vector<Sum> folds;  // normalised products of the pairs, 1 = 2^15 each

  /// 0 ... 2^15: how much the two sides of a fold are copies of each other.
  int64_t coherence(size_t fold) const;
};

/// Adds the tile at (left, top) of `plane`: its rows, or its columns.
enum class Direction : uint8_t { kHorizontal, kVertical };
struct TilePlace {
  int left = 0, top = 0;
};
void add_tile(const Plane& plane, int bit_depth, TilePlace place, Direction direction, const std::vector<Fold>& folds,
              Spectrum& spectrum);

/// log2 with 8 fractional bits; 0 for 0.
int64_t log2_q8(uint64_t value);
/// Largest root whose square is at most `value`.
uint64_t root(uint64_t value);

/// At most one tile in each of 4 x 2 regions: the one whose least detailed strip (24 samples high or wide) has the most
/// detail, in `quarter`, the view of a quarter of the raster. Places are multiples of 48. Strips with a mean step of
/// less than `least_64ths` / 64 codes do not count.
std::vector<TilePlace> choose_tiles(const PictureView& quarter, int least_64ths);

}  // namespace pier::analysis::impl
