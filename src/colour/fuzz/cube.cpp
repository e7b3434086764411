// Any bytes as a .cube file: an error, or a table that is written and read back as the same and applied to any signal.

#include <cstdint>
#include <cstdlib>

#include <pier/colour/cube.hpp>

using namespace pier::colour;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto cube = parse_cube({reinterpret_cast<const char*>(data), size});
  if (!cube) return 0;
  const auto again = parse_cube(write_cube(*cube));
  if (!again || !(*again == *cube)) std::abort();
  for (const double signal : {-1e9, 0.0, 0.3, 1.0, 1e9}) (void)look_up(*cube, {signal, 1.0 - signal, signal});
  return 0;
}
