#pragma once
// A graphic in the coding of a video, ready to be drawn over its pictures again and again.
//
// White of the graphic is reference white: 100 % of SDR, 203 cd/m2 of PQ, 75 % of HLG (BT.2408-7 clause 2.1). Colours
// are converted once, in double precision, by colour::Reference. Blending is done on coded values, as keyers of studios
// do (ADR 0027); alpha is carried to the sites of chroma samples by the same filter as chroma is.

#include <memory>
#include <span>

#include <pier/core/picture.hpp>
#include <pier/core/result.hpp>
#include <pier/overlay/image.hpp>

namespace pier::overlay {

/// The coding of the pictures that are drawn over. Unspecified fields of `colour` are taken as colour::Converter takes
/// those of a source: BT.709, or BT.2020 where the transfer is PQ or HLG; narrow range.
struct Target {
  PixelFormat format;
  ColourInfo colour;
};

/// Immutable once made; any number of threads may draw it.
class Layer {
 public:
  /// kInputUnsupported for a coding that cannot be converted to; kInvalidArgument for an image without pixels.
  static Result<Layer> make(const Image& image, const Target& target);
  ~Layer();
  Layer(Layer&&) noexcept;
  Layer& operator=(Layer&&) noexcept;

  /// Of the image it was made of.
  int width() const;
  int height() const;
  const PixelFormat& format() const;

 private:
  friend Result<void> compose(const MutablePictureView& frame, const Layer& layer, int x, int y, double opacity);
  struct Impl;
  explicit Layer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

/// Draws the layer with its top left sample at x, y (any values; what is outside of the frame is cut off). Only samples
/// under it are read and written. `opacity` 0 ... 1. kInvalidArgument when the frame has another format.
Result<void> compose(const MutablePictureView& frame, const Layer& layer, int x, int y, double opacity = 1);

/// A layer at its place.
struct Placed {
  std::shared_ptr<const Layer> layer;
  int x = 0, y = 0;
  double opacity = 1;
  friend bool operator==(const Placed&, const Placed&) = default;
};

/// A copy of the picture with the layers over it, the first lowest. Without layers it is the picture itself, shared.
/// kOverloaded when there is no memory.
Result<Picture> composed(const Picture& picture, std::span<const Placed> layers);

}  // namespace pier::overlay
