#pragma once
// Look-up tables as `.cube` files (Adobe "Cube LUT Specification" 1.0, 2013; with a 1D table before a 3D one, as
// DaVinci Resolve writes them): reading, writing, applying one in double precision, and any conversion of Pier as a
// table. A table maps R'G'B' signals, 0 = nominal black and 1 = nominal peak. Which signals they are no file says:
// whoever uses a table says it (LutUse in convert.hpp). Thread-safe: pure functions.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pier/colour/gamut.hpp>
#include <pier/core/result.hpp>

namespace pier::colour {

struct Cube {
  /// A table with `size` nodes an axis, even between `low` and `high` of the input; outside counts as the nearer end.
  struct Table {
    int size = 0;  // 0: not there
    Rgb low{0.0, 0.0, 0.0}, high{1.0, 1.0, 1.0};
    /// Of R', G', B' of the output. 1D: `size` each, of that channel. 3D: size^3, red fastest, then green.
    std::vector<float> values[3];
    friend bool operator==(const Table&, const Table&) = default;
  };
  std::string title;
  Table curves;   // 1D, applied first
  Table lattice;  // 3D
  friend bool operator==(const Cube&, const Cube&) = default;
};

inline constexpr int kLargestLattice = 129, kLongestCurve = 65536;

/// kInputDamaged with line, what stands there and what should: no size or no table, numbers that are none, too few or
/// too many lines, a domain without width, unknown keywords (they may change what numbers mean), sizes beyond the
/// above.
Result<Cube> parse_cube(std::string_view text);
/// What parse_cube reads back as the same.
std::string write_cube(const Cube& cube);

/// Linear in 1D, tetrahedral in 3D. The definition that the fast way is measured against.
Rgb look_up(const Cube& cube, const Rgb& signal);

}  // namespace pier::colour
