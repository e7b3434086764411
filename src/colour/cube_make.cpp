// Conversions as tables.

#include <algorithm>
#include <cmath>

#include <pier/colour/reference.hpp>

namespace pier::colour {
namespace {

/// Calls `take` with signals `inside` of the way from each of `count` nodes an axis to the next, red fastest.
void for_each_node(int count, int size, const Rgb& inside, auto&& take) {
  const auto signal = [&](int node, double part) { return (node + part) / (size - 1); };
  for (int b = 0; b < count; ++b)
    for (int g = 0; g < count; ++g)
      for (int r = 0; r < count; ++r) take(Rgb{signal(r, inside[0]), signal(g, inside[1]), signal(b, inside[2])});
}

}  // namespace

Result<Cube> make_cube(const Reference& reference, int size, std::string title) {
  if (size < 2 || size > kLargestLattice)
    return fail(ErrorCode::kInvalidArgument,
                "a table has 2 to " + std::to_string(kLargestLattice) + " nodes an axis, not " + std::to_string(size));
  Cube cube;
  for (char& c : title)
    if (c == '"' || static_cast<unsigned char>(c) < ' ') c = ' ';
  cube.title = std::move(title);
  cube.lattice.size = size;
  for (auto& values : cube.lattice.values) values.reserve(static_cast<size_t>(size) * size * size);
  for_each_node(size, size, {0.0, 0.0, 0.0}, [&](const Rgb& signal) {
    const Rgb out = reference(signal);
    for (size_t c = 0; c < 3; ++c) cube.lattice.values[c].push_back(static_cast<float>(out[c]));
  });
  return cube;
}

CubeAccuracy accuracy(const Cube& cube, const Reference& reference) {
  constexpr int kMost = 48;  // cells an axis, evenly chosen
  const int size = std::min(std::max({cube.lattice.size, cube.curves.size, 2}), kMost);
  std::vector<double> errors;
  // Off the diagonals, on which a tetrahedral interpolation is best.
  for_each_node(size - 1, size, {0.5, 0.3, 0.7}, [&](const Rgb& signal) {
    errors.push_back(
        delta_e_itp(reference.target_nits(look_up(cube, signal)), reference.target_nits(reference(signal))));
  });
  CubeAccuracy found;
  for (const double error : errors) found.mean += error / static_cast<double>(errors.size());
  const auto at = errors.begin() + static_cast<std::ptrdiff_t>(errors.size() * 999 / 1000);
  std::nth_element(errors.begin(), at, errors.end());
  found.p999 = *at;
  return found;
}

}  // namespace pier::colour
