#pragma once
// A pass as a table: the cube of Y'CbCr codes cut into 128 cells an axis, an affine function in each. A cell that one
// function cannot follow within a part of a code is cut into eight, and those once more; what even they cannot follow
// (corners of the gamut, codes outside) goes through the pass. Cells are made when the first sample falls into them.
// What a cell holds depends on nothing but its place, and the arithmetic is of integers: every run, any number of
// threads and every instruction set give the same bytes.

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "cell_table.hpp"
#include "direct.hpp"

namespace pier::colour::impl {

/// Thread-safe: cells are made by whoever comes first.
struct Cells {
  static constexpr int kBits = 7;  // of the number of cells on an axis
  static constexpr int kSide = 1 << kBits;
  static constexpr size_t kCount = size_t{1} << (3 * kBits);
  static constexpr int kFraction = 13;  // bits behind the point of results and slopes
  static constexpr int kDepth = 1;      // how often a cell is cut
  static constexpr int kPart = 24;      // see locate
  static constexpr uint32_t kIndexMask = (1U << kPart) - 1;

  Pass fine;           // to codes with `fine_bits` behind the point
  int fine_bits = 6;   // values in records have one bit less
  int luma_shift = 3;  // to the number of the cell; chroma cells have the grey axis in their middle
  int chroma_shift = 5;
  int top = 1023;
  bool bytes = false;
  float tolerance = 0.3f;  // what cells may be off, in codes
  std::unique_ptr<CellTable<1>> luma;
  std::unique_ptr<CellTable<2>> chroma;  // Cb and Cr side by side

  /// Number of a cell. Those that begin with 0 on an axis hold nothing.
  static constexpr uint32_t index(int y, int cb, int cr) {
    return static_cast<uint32_t>(y) | static_cast<uint32_t>(cb) << kBits | static_cast<uint32_t>(cr) << (2 * kBits);
  }
};

/// `to` of at most 10 bits. Null when there is no memory (48 MB, and what cells that are cut take).
std::shared_ptr<const Cells> make_cells(const Route& route, const Codes& from, const Codes& to);

/// A row on its way, and samples without a cell, gathered from several rows: they go through the pass together.
struct Rough {
  static constexpr int kBlock = 512;  // samples that are looked up at once
  static constexpr int kCapacity = 4096;
  struct Run {
    int first;
    std::array<Target, 3> out;
  };

  int count = 0;
  std::vector<Run> runs;
  uint16_t columns[kCapacity];
  uint16_t samples[3][kCapacity + kRowPadding], fine[3][kCapacity + kRowPadding];
  alignas(64) uint32_t index[kBlock + 16];
  alignas(64) CellRecord records[2][kBlock + 16];
  alignas(64) int32_t unresolved[kBlock + 16];
};

/// As evaluate_row of a pass, but the samples in `rough` are missing until finish() was called.
void evaluate_row(const Cells& cells, const uint16_t* y, const uint16_t* cb, const uint16_t* cr, int width,
                  const std::array<Target, 3>& out, Rough& rough);
void finish(const Cells& cells, Rough& rough);

// Steps on at most Rough::kBlock samples, in vectors; all may be read and written up to a multiple of 16.

/// Numbers of the cells, and above kPart the number of the eighth; 0 for codes outside.
void locate(const Cells& cells, const uint16_t* const (&in)[3], int width, uint32_t* index);
/// Columns whose record is no function; returns how many.
int find_unresolved(const CellRecord* records, int width, int32_t* columns);
/// Components as codes; anything where the record is no function.
void interpolate_luma(const Cells& cells, const uint16_t* const (&in)[3], int width, const CellRecord* records,
                      const Target& target);
void interpolate_chroma(const Cells& cells, const uint16_t* const (&in)[3], int width, const CellRecord* cb_records,
                        const CellRecord* cr_records, const Target& cb, const Target& cr);

}  // namespace pier::colour::impl
