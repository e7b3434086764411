#pragma once
// A pass as a table: the cube of Y'CbCr codes cut into 128 cells an axis, an affine function in each. What a cell
// cannot follow within a part of a code (corners of the gamut, colours next to black, codes outside) goes through the
// pass. Integer arithmetic throughout: every instruction set gives the same bytes.

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "direct.hpp"

namespace pier::colour::impl {

/// Immutable once made, thread-safe.
struct Cells {
  static constexpr int kBits = 7;  // of the number of cells on an axis
  static constexpr int kSide = 1 << kBits;
  static constexpr size_t kCount = size_t{1} << (3 * kBits);
  static constexpr int kFraction = 13;  // bits behind the point of results and slopes
  /// Four int16: value at the middle of the cell, slope along Y', Cb, Cr for one code (chroma: one part of a code) of
  /// the source. 0: no cell.
  using Record = uint64_t;
  using Table = std::unique_ptr<Record[], void (*)(void*)>;

  Pass fine;           // to codes with `fine_bits` behind the point
  int fine_bits = 6;   // values in records have one bit less
  int luma_shift = 3;  // to the number of the cell; chroma cells have the grey axis in their middle
  int chroma_shift = 5;
  int top = 1023;
  bool bytes = false;
  Table luma{nullptr, nullptr};    // kCount
  Table chroma{nullptr, nullptr};  // Cb and Cr of a cell side by side; null: too few colours would have a cell

  /// Number of a cell. Cells that begin with 0 on an axis are never filled.
  static constexpr size_t index(int y, int cb, int cr) {
    return static_cast<size_t>(y) | static_cast<size_t>(cb) << kBits | static_cast<size_t>(cr) << (2 * kBits);
  }
};

/// `to` of at most 10 bits. A tenth of a second of work; null when there is no memory (32 to 48 MB).
std::shared_ptr<const Cells> make_cells(const Route& route, const Codes& from, const Codes& to);

/// Samples without a cell, gathered from several rows: they go through the pass together.
struct Rough {
  static constexpr int kLongestRun = 2048;  // that is looked up at once
  static constexpr int kCapacity = 2 * kLongestRun;
  struct Run {
    int first;
    std::array<Target, 3> out;
  };

  int count = 0;
  std::vector<Run> runs;
  alignas(64) int32_t columns[kCapacity + 16];
  uint16_t samples[3][kCapacity + kRowPadding], fine[3][kCapacity + kRowPadding];
};

/// As evaluate_row of a pass, but the samples in `rough` are missing until finish() was called. Chroma is wanted only
/// where there is a table of it.
void evaluate_row(const Cells& cells, const uint16_t* y, const uint16_t* cb, const uint16_t* cr, int width,
                  const std::array<Target, 3>& out, Rough& rough);
void finish(const Cells& cells, Rough& rough);

/// Luma, or both chroma components, of at most kLongestRun samples; adds the columns without a cell to `rough`. Samples
/// beyond `width` may be written up to a multiple of 16.
void look_up_luma(const Cells& cells, const uint16_t* const (&in)[3], int width, const Target& luma, Rough& rough);
void look_up_chroma(const Cells& cells, const uint16_t* const (&in)[3], int width, const Target& cb, const Target& cr,
                    Rough& rough);

}  // namespace pier::colour::impl
