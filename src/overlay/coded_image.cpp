#include "coded_image.hpp"

#include <algorithm>
#include <cmath>

#include <pier/colour/reference.hpp>

namespace pier::overlay::impl {
namespace {

using colour::Rgb;

/// Graphics are shown by the display of SDR television, BT.1886, not by that of IEC 61966-2-1: what a graphic looks
/// like in SDR, where its values go in as they are, it looks like in HDR (BT.2408-7 clause 5.1.3.5).
constexpr ColourInfo kGraphics{Primaries::kBt709, Transfer::kBt709, Matrix::kRgb, Range::kFull, ChromaSite::kLeft};

/// Colours to code values, each colour once: graphics have few.
class Coder {
 public:
  static Result<Coder> make(const Target& target) {
    ColourInfo colour = target.colour;
    if (colour.transfer == Transfer::kUnspecified) colour.transfer = Transfer::kBt709;
    if (target.format.rgb) colour.matrix = Matrix::kRgb;
    PIER_TRY(const colour::Reference reference, colour::Reference::make(kGraphics, colour));
    ColourInfo resolved = reference.to();
    if (target.format.rgb) resolved.matrix = Matrix::kRgb;
    if (target.format.rgb && colour.range == Range::kUnspecified) resolved.range = Range::kFull;
    const auto weights = colour::luma_weights(resolved.matrix);
    if (!target.format.rgb && !weights)
      return fail(ErrorCode::kInputUnsupported, "cannot draw over pictures of matrix " + to_string(resolved.matrix));
    return Coder(reference, resolved, target.format, weights.value_or(Rgb{}));
  }

  const Rgb& operator()(const Pixel& pixel) {
    const uint64_t key = uint64_t{pixel.red} << 32U | uint64_t{pixel.green} << 16U | pixel.blue;
    Known& known = x_known[(key * 0x9e3779b97f4a7c15U) >> (64U - kSlotBits)];
    if (known.key != key) known = {key, codes(pixel)};
    return known.codes;
  }
  ChromaSite site() const { return x_colour.chroma_site; }

 private:
  static constexpr unsigned kSlotBits = 14;
  struct Known {
    uint64_t key = ~uint64_t{0};
    Rgb codes{};
  };

  Coder(colour::Reference reference, const ColourInfo& colour, const PixelFormat& format, const Rgb& weights)
      : x_reference(std::move(reference)), x_colour(colour), x_format(format), x_weights(weights) {}

  Rgb codes(const Pixel& pixel) const {
    const Rgb signal = x_reference({pixel.red / 65535.0, pixel.green / 65535.0, pixel.blue / 65535.0});
    const Rgb coded = x_format.rgb ? signal : colour::to_ycbcr(signal, x_weights);
    Rgb codes;
    const double top = static_cast<double>((1U << x_format.bit_depth) - 1);
    for (size_t i = 0; i < 3; ++i) {
      const bool as_luma = i == 0 || x_format.rgb;
      const double code = as_luma ? colour::luma_code(coded[i], x_format.bit_depth, x_colour.range)
                                  : colour::chroma_code(coded[i], x_format.bit_depth, x_colour.range);
      codes[i] = std::clamp(code, 0.0, top);
    }
    return codes;
  }

  colour::Reference x_reference;
  ColourInfo x_colour;
  PixelFormat x_format;
  Rgb x_weights;
  std::vector<Known> x_known = std::vector<Known>(size_t{1} << kSlotBits);
};

/// Cuts off borders that are transparent; an image that is so everywhere becomes one sample.
void find_bounds(const Image& image, Coded& coded) {
  int left = image.width, right = -1, top = image.height, bottom = -1;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      if (image.at(x, y).alpha == 0) continue;
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = y;
    }
  }
  if (right < 0) left = right = top = bottom = 0;
  coded.left = left;
  coded.top = top;
  coded.width = right - left + 1;
  coded.height = bottom - top + 1;
}

}  // namespace

Result<Coded> coded_image(const Image& image, const Target& target) {
  const bool whole = image.width > 0 && image.height > 0 &&
                     image.pixels.size() == static_cast<size_t>(image.width) * static_cast<size_t>(image.height);
  if (!whole) return fail(ErrorCode::kInvalidArgument, "an image without pixels cannot be drawn");
  PIER_TRY(Coder coder, Coder::make(target));
  Coded coded;
  coded.site = coder.site();
  find_bounds(image, coded);
  const size_t planes = target.format.chroma == Chroma::k400 ? 1 : 3;
  const size_t count = static_cast<size_t>(coded.width) * static_cast<size_t>(coded.height);
  coded.alpha.reserve(count);
  for (size_t i = 0; i < planes; ++i) coded.values[i].reserve(count);
  for (int y = 0; y < coded.height; ++y) {
    for (int x = 0; x < coded.width; ++x) {
      const Pixel& pixel = image.at(coded.left + x, coded.top + y);
      const uint32_t alpha = (pixel.alpha * kOpaque + 32767) / 65535;
      const Rgb& codes = coder(pixel);
      coded.alpha.push_back(static_cast<uint16_t>(alpha));
      for (size_t i = 0; i < planes; ++i)
        coded.values[i].push_back(static_cast<uint32_t>(std::lround(codes[i] * alpha)));
    }
  }
  return coded;
}

}  // namespace pier::overlay::impl
