#include "cube.hpp"

#include <algorithm>
#include <cmath>

#include <pier/core/concurrency.hpp>

namespace pier::colour::impl {
namespace {

struct CachedCube {
  ColourInfo from, to;
  TargetCodes codes;
  ConversionOptions options;
  std::shared_ptr<const Cube> cube;
};

constexpr size_t kCachedCubes = 4;

bool same_key(const CachedCube& a, const CachedCube& b) {
  return a.from.transfer == b.from.transfer && a.from.primaries == b.from.primaries && a.to.transfer == b.to.transfer &&
         a.to.primaries == b.to.primaries && a.codes == b.codes && a.options.peak_nits == b.options.peak_nits &&
         a.options.sdr_peak_nits == b.options.sdr_peak_nits;
}

int16_t to_entry(double code, int bit_depth) {
  const double scaled = std::round(code * std::ldexp(1.0, 15 - bit_depth));
  return static_cast<int16_t>(std::clamp(scaled, -16384.0, 32767.0));
}

std::shared_ptr<const Cube> build(const Reference& reference, const TargetCodes& codes) {
  auto cube = std::make_shared<Cube>();
  cube->top = std::max(reference.source_top(), kLowestTop);
  constexpr size_t kNodes = kCubeNodes;
  cube->entries.assign((kNodes * kNodes * kNodes + kNodes * kNodes + kNodes + 2) * 4, 0);
  const Rgb weights = *luma_weights(codes.matrix);
  const double step = cube->top / (kCubeNodes - 1);
  const double centre = chroma_code(0.0, codes.bit_depth, codes.range);
  int16_t* entry = cube->entries.data();
  for (int r = 0; r < kCubeNodes; ++r) {
    for (int g = 0; g < kCubeNodes; ++g) {
      for (int b = 0; b < kCubeNodes; ++b, entry += 4) {
        const Rgb ycbcr = to_ycbcr(reference({r * step, g * step, b * step}), weights);
        entry[0] = to_entry(luma_code(ycbcr[0], codes.bit_depth, codes.range), codes.bit_depth);
        for (size_t c = 1; c < 3; ++c)
          entry[c] = to_entry(chroma_code(ycbcr[c], codes.bit_depth, codes.range) - centre, codes.bit_depth);
      }
    }
  }
  return cube;
}

}  // namespace

Result<std::shared_ptr<const Cube>> shared_cube(const ColourInfo& from, const ColourInfo& to, const TargetCodes& codes,
                                                const ConversionOptions& options) {
  static Guarded<std::vector<CachedCube>> cache;
  PIER_TRY(const Reference reference, Reference::make(from, to, options));
  CachedCube wanted{from, to, codes, options, nullptr};
  return cache.with([&](std::vector<CachedCube>& cached) -> Result<std::shared_ptr<const Cube>> {
    const auto found =
        std::find_if(cached.begin(), cached.end(), [&](const CachedCube& c) { return same_key(c, wanted); });
    if (found != cached.end()) {
      std::rotate(cached.begin(), found, found + 1);
      return cached.front().cube;
    }
    wanted.cube = build(reference, codes);
    auto cube = wanted.cube;
    cached.insert(cached.begin(), std::move(wanted));
    if (cached.size() > kCachedCubes) cached.pop_back();
    return cube;
  });
}

CodesToCube codes_to_cube(Matrix matrix, Range range, int bit_depth, double top) {
  const Rgb weights = *luma_weights(matrix);
  CodesToCube made;
  made.luma_shift = 15 - bit_depth;
  made.chroma_shift = 16 - bit_depth;
  made.offset[0] = static_cast<int16_t>(std::lround(luma_code(0.0, bit_depth, range)));
  made.offset[1] = made.offset[2] = static_cast<int16_t>(std::lround(chroma_code(0.0, bit_depth, range)));
  const double unit = std::ldexp(kCubeNodes - 1, kFractionBits) / top;
  const double luma_span = luma_code(1.0, bit_depth, range) - luma_code(0.0, bit_depth, range);
  const double chroma_span = chroma_code(1.0, bit_depth, range) - chroma_code(0.0, bit_depth, range);
  for (size_t component = 0; component < 3; ++component) {
    Rgb one{};
    one[component] = component == 0 ? unit / std::ldexp(luma_span, made.luma_shift)
                                    : unit / std::ldexp(chroma_span, made.chroma_shift);
    const Rgb column = from_ycbcr(one, weights);
    for (size_t channel = 0; channel < 3; ++channel)
      made.factor[channel][component] = static_cast<int16_t>(std::lround(std::ldexp(column[channel], 15)));
  }
  return made;
}

}  // namespace pier::colour::impl
