#pragma once
// Textures that pictures of the planted-fault matrix are made of: detail of every size as cameras see it, optics that
// soften it, and the kernels that scale pictures.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pier::analysis::bench {

/// Repeatable noise.
uint32_t hash(uint32_t x, uint32_t y, uint32_t seed);

/// A field of numbers, about -1 ... 1.
struct Texture {
  int width = 0, height = 0;
  std::vector<float> samples;
  Texture(int w, int h) : width(w), height(h), samples(static_cast<size_t>(w) * static_cast<size_t>(h)) {}
  float* row(int y) { return samples.data() + static_cast<size_t>(y) * static_cast<size_t>(width); }
  const float* row(int y) const { return samples.data() + static_cast<size_t>(y) * static_cast<size_t>(width); }
};

/// White noise through Gauss filters of all widths from `finest` samples (0: none) on, the same contrast in every
/// octave, as in nature, and large areas of more contrast. `strokes`: lines of one sample on top.
Texture make_texture(int width, int height, uint32_t seed, float finest, bool strokes);

/// A Gauss filter of this deviation, made of box filters above 1.2 samples.
void soften(Texture& texture, double deviation);

enum class Kernel : uint8_t { kBilinear, kBicubic, kLanczos };
const char* name(Kernel kernel);
Texture scaled(const Texture& from, int width, int height, Kernel kernel);

}  // namespace pier::analysis::bench
