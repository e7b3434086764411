#include "cell_table.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include <sys/mman.h>

namespace pier::colour::impl {

namespace {

/// Zeroed, in large pages where the system has them: look-ups go all over the table.
CellMemory allocate(size_t records) {
  constexpr size_t kLargePage = size_t{1} << 21;
  const size_t bytes = (records * sizeof(CellRecord) + kLargePage - 1) / kLargePage * kLargePage;
  void* const memory = std::aligned_alloc(kLargePage, bytes);
  if (memory != nullptr) {
    (void)madvise(memory, bytes, MADV_HUGEPAGE);
    std::memset(memory, 0, bytes);
  }
  return {static_cast<CellRecord*>(memory), std::free};
}

}  // namespace

template <size_t Width>
std::unique_ptr<CellTable<Width>> CellTable<Width>::make(size_t cells) {
  auto memory = allocate(cells * Width);
  if (!memory) return nullptr;
  return std::unique_ptr<CellTable>(new CellTable(std::move(memory)));
}

template <size_t Width>
CellTable<Width>::CellTable(CellMemory cells) : x_cells(std::move(cells)) {
  std::fill_n(block(kNoFunction >> 16), 8 * Width, kNoFunction);
}

/// Memory of a block, zero when it is new. Only with the mutex.
template <size_t Width>
CellRecord* CellTable<Width>::block(size_t number) {
  if (number / kChunk == x_owned.size()) {
    x_owned.push_back(allocate(kChunk * 8 * Width));
    if (!x_owned.back()) throw std::bad_alloc();
    x_chunks[number / kChunk].store(x_owned.back().get(), std::memory_order_release);
  }
  return x_owned[number / kChunk].get() + number % kChunk * 8 * Width;
}

template <size_t Width>
CellRecord CellTable<Width>::cut(CellRecord* cell) {
  const std::scoped_lock lock(x_mutex);
  const CellRecord before = load(cell);
  if (before != kNotMade) return before;
  const size_t number = x_blocks++;
  block(number);
  const CellRecord record = static_cast<CellRecord>(number) << 16;
  std::atomic_ref(*cell).store(record, std::memory_order_release);
  return record;
}

template class CellTable<1>;
template class CellTable<2>;

}  // namespace pier::colour::impl
