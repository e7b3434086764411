#pragma once
// The memory of cells: a table of records that is zero at first, and blocks of eight for the cells that are cut.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace pier::colour::impl {

/// Four int16: value at the middle of the cell less kBias, slope along Y', Cb, Cr for one code (chroma: one part of a
/// code) of the source. A value of 0 says that there is no function.
using CellRecord = uint64_t;
inline constexpr int kRecordBias = 32768;

/// Otherwise the bits above are the number of a block. What is not made yet, or will never have a function, counts as
/// cut into eight of its own kind, so that one may go down without asking.
inline constexpr CellRecord kNotMade = 0, kNoFunction = CellRecord{1} << 16;

inline constexpr bool is_function(CellRecord record) {
  return static_cast<uint16_t>(record) != 0;
}

using CellMemory = std::unique_ptr<CellRecord[], void (*)(void*)>;

/// `Width` records a cell; all of them hold functions or none does. Thread-safe.
template <size_t Width>
class CellTable {
 public:
  /// Null when there is no memory.
  static std::unique_ptr<CellTable> make(size_t cells);

  CellRecord* cell(size_t index) { return x_cells.get() + Width * index; }
  /// Cell `child` (0 ... 7) of a cell without a function; `record` is what load() gave.
  CellRecord* child(CellRecord record, size_t child) {
    const size_t block = record >> 16;
    return x_chunks[block / kChunk].load(std::memory_order_acquire) + (block % kChunk * 8 + child) * Width;
  }

  /// The first record decides what a cell is; the others may be read once it was found to be a function.
  static CellRecord load(const CellRecord* cell, size_t component = 0) {
    // The reference asks for a record that can be written, which all of them are.
    return std::atomic_ref(const_cast<CellRecord&>(cell[component])).load(std::memory_order_acquire);
  }
  static void store(CellRecord* cell, const std::array<CellRecord, Width>& records) {
    for (size_t c = Width; c-- > 0;) std::atomic_ref(cell[c]).store(records[c], std::memory_order_release);
  }
  /// Cuts a cell that is not made yet; returns its record, also when somebody else was first.
  CellRecord cut(CellRecord* cell);

 private:
  static constexpr size_t kChunk = size_t{1} << 15, kChunks = 1024;

  explicit CellTable(CellMemory cells);
  CellRecord* block(size_t number);

  CellMemory x_cells;
  std::mutex x_mutex;  // of x_blocks and of making chunks
  size_t x_blocks = 2;
  std::array<std::atomic<CellRecord*>, kChunks> x_chunks{};
  std::vector<CellMemory> x_owned;
};

extern template class CellTable<1>;
extern template class CellTable<2>;

}  // namespace pier::colour::impl
