#pragma once
// An image in the colours and code values of a target, before its chroma is subsampled.

#include <array>
#include <vector>

#include <pier/overlay/layer.hpp>

namespace pier::overlay::impl {

/// Alpha and products with it are fixed-point numbers of so many bits, so that blending is exact on every processor.
inline constexpr int kOpaqueBits = 14;
inline constexpr uint32_t kOpaque = 1U << kOpaqueBits;

/// What is not transparent of an image: Y, Cb, Cr or R, G, B of every sample as code values times alpha.
struct Coded {
  int left = 0, top = 0, width = 0, height = 0;  // in the image
  ChromaSite site = ChromaSite::kLeft;
  std::vector<uint16_t> alpha;                  // 0 ... kOpaque
  std::array<std::vector<uint32_t>, 3> values;  // of k400 only the first is filled
};

Result<Coded> coded_image(const Image& image, const Target& target);

}  // namespace pier::overlay::impl
