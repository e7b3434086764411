#pragma once
// Pictures of the tests: shapes that move, with grain, and what coding does to them.

#include <cstdint>

#include <pier/core/picture.hpp>

namespace pier::quality::testing {

inline constexpr ColourInfo kSdr{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow};
inline constexpr ColourInfo kPq{Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow};
inline constexpr ColourInfo kHlg{Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow};

int sample(const PictureView& picture, size_t plane, int x, int y);
void set_sample(const MutablePictureView& picture, size_t plane, int x, int y, int value);

struct Scene {
  PixelFormat format;
  int width = 0, height = 0;
  ColourInfo colour = kSdr;
  int frame = 0;       // shapes have moved that far
  unsigned grain = 1;  // seed
};
Picture make_scene(const Scene& scene);
/// The same picture with errors of up to `amount` codes of 10 bits.
Picture coded(const Picture& picture, int amount, unsigned seed);
/// Means of 5x5 in a square of luma.
Picture blurred(const Picture& picture, int left, int top, int side);

}  // namespace pier::quality::testing
