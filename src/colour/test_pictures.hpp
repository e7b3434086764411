#pragma once
// Pictures drawn and read sample by sample, for the tests of what converts pictures.

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include <pier/colour/convert.hpp>
#include <pier/colour/gamut.hpp>

namespace pier::colour {

constexpr ColourInfo kHlg{Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow};
constexpr ColourInfo kPq{Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow};
constexpr ColourInfo kPqP3{Primaries::kP3D65, Transfer::kPq, Matrix::kRgb, Range::kFull};
constexpr ColourInfo kSdr{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow};
constexpr ColourInfo kSdrFull{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kFull};
constexpr ColourInfo kSd{Primaries::kSmpte170m, Transfer::kSmpte170m, Matrix::kSmpte170m, Range::kNarrow};
constexpr ColourInfo kSdr2020{Primaries::kBt2020, Transfer::kBt2020_10, Matrix::kBt2020Ncl, Range::kNarrow};
constexpr PixelFormat k420p8{8, Chroma::k420}, k420p10{10, Chroma::k420}, k422p10{10, Chroma::k422};
constexpr PixelFormat k420p12{12, Chroma::k420};
constexpr PixelFormat k444p10{10, Chroma::k444}, k444p12{12, Chroma::k444}, kRgb12{12, Chroma::k444, true};

inline int sample(const Picture& picture, size_t plane, int x, int y) {
  const Plane& p = picture.view().planes[plane];
  return picture.format().bit_depth > 8 ? p.row<uint16_t>(y)[x] : p.row<uint8_t>(y)[x];
}

/// A picture whose samples are `code(plane, x, y)`.
inline Picture draw(const PictureSpec& spec, auto&& code) {
  Picture picture = Picture::allocate(spec.format, spec.width, spec.height, spec.colour);
  const auto view = picture.writable();
  for (int p = 0; p < spec.format.plane_count(); ++p) {
    const auto& plane = view.planes[static_cast<size_t>(p)];
    for (int y = 0; y < plane.height; ++y) {
      for (int x = 0; x < plane.width; ++x) {
        const int value = code(p, x, y);
        if (spec.format.bit_depth > 8) {
          plane.template row<uint16_t>(y)[x] = static_cast<uint16_t>(value);
        } else {
          plane.template row<uint8_t>(y)[x] = static_cast<uint8_t>(value);
        }
      }
    }
  }
  return picture;
}

inline Picture flat(const PictureSpec& spec, std::array<int, 3> codes) {
  return draw(spec, [&](int p, int, int) { return codes[static_cast<size_t>(p)]; });
}

inline Converter converter(const PictureSpec& from, const PictureSpec& to, const ConversionOptions& options = {}) {
  auto made = Converter::make(from, to, options);
  if (!made) ADD_FAILURE() << made.error().message;
  return std::move(made).value();
}

inline Picture run(const Converter& converter, const Picture& picture) {
  auto out = converter.run(picture);
  if (!out) ADD_FAILURE() << out.error().message;
  return out.value_or(Picture());
}

inline std::array<int, 3> ends(const Picture& picture, size_t plane) {
  const Plane& p = picture.view().planes[plane];
  int low = 1 << 16, high = -1;
  for (int y = 0; y < p.height; ++y) {
    for (int x = 0; x < p.width; ++x) {
      low = std::min(low, sample(picture, plane, x, y));
      high = std::max(high, sample(picture, plane, x, y));
    }
  }
  return {low, high, 0};
}

inline std::array<int, 3> codes_of(const Rgb& signal, const PictureSpec& spec) {
  const int depth = spec.format.bit_depth;
  const Range range = spec.colour.range;
  std::array<int, 3> codes;
  if (spec.format.rgb) {
    for (size_t c = 0; c < 3; ++c) codes[c] = static_cast<int>(std::lround(luma_code(signal[c], depth, range)));
    return codes;
  }
  const Rgb ycbcr = to_ycbcr(signal, *luma_weights(spec.colour.matrix));
  codes[0] = static_cast<int>(std::lround(luma_code(ycbcr[0], depth, range)));
  for (size_t c = 1; c < 3; ++c) codes[c] = static_cast<int>(std::lround(chroma_code(ycbcr[c], depth, range)));
  return codes;
}

inline Rgb signal_of(const std::array<int, 3>& codes, const PictureSpec& spec) {
  const int depth = spec.format.bit_depth;
  const Range range = spec.colour.range;
  if (spec.format.rgb)
    return {luma_signal(codes[0], depth, range), luma_signal(codes[1], depth, range),
            luma_signal(codes[2], depth, range)};
  return from_ycbcr({luma_signal(codes[0], depth, range), chroma_signal(codes[1], depth, range),
                     chroma_signal(codes[2], depth, range)},
                    *luma_weights(spec.colour.matrix));
}

// --- what comes out, against the reference ------------------------------------------------------------------------

}  // namespace pier::colour
