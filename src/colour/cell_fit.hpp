#pragma once
// What stands in a cell: the affine function nearest to the pass, if it is near enough.

#include <array>

#include "cells.hpp"

namespace pier::colour::impl {

/// Codes of Y', Cb, Cr of the source; of chroma parts of codes.
using SourceCodes = std::array<int, 3>;

/// Functions of Y' (one) or of Cb and Cr (two) in the cell around `sample`, `level` cuts below the table, in terms of
/// the middle of the cell of the table. kNotMade throughout when one of them is too far off and the cell is to be cut;
/// kNoFunction when it cannot be or is not worth it.
template <size_t Width>
std::array<CellRecord, Width> fit_cell(const Cells& cells, const SourceCodes& sample, int level);

extern template std::array<CellRecord, 1> fit_cell<1>(const Cells& cells, const SourceCodes& sample, int level);
extern template std::array<CellRecord, 2> fit_cell<2>(const Cells& cells, const SourceCodes& sample, int level);

}  // namespace pier::colour::impl
