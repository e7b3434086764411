#pragma once
// Logos and titles of a programme, each drawn once. Private to this module.

#include <map>
#include <memory>

#include <pier/edit/render.hpp>
#include <pier/overlay/layer.hpp>

namespace pier::edit::impl {

/// Not thread-safe. What is given must outlive this.
class Graphics {
 public:
  /// `fonts`: none where there are no texts.
  Graphics(const EditPlan& plan, const std::vector<OpenInput>& inputs, PixelFormat format, const overlay::Fonts* fonts)
      : x_plan(plan), x_inputs(inputs), x_format(format), x_fonts(fonts) {}

  /// A graphic at its place; errors name its clip.
  Result<overlay::Placed> placed(const PicturePiece& piece, double opacity);
  /// Reads and draws every graphic of the programme once, and keeps none: what cannot be drawn is told beforehand.
  Result<void> try_all() const;
  /// Those that are over by `at` are not asked for again.
  void close_before(Rational at);

 private:
  struct Drawn {
    std::shared_ptr<const overlay::Layer> layer;
    int x = 0, y = 0;
  };
  Failure failure_of(const PicturePiece& piece, const Error& error) const;
  Result<Drawn> draw(const PicturePiece& piece) const;
  Result<overlay::Image> image_of(const PicturePiece& piece) const;
  Result<overlay::Image> text_image(const timeline::Text& text) const;

  const EditPlan& x_plan;
  const std::vector<OpenInput>& x_inputs;
  PixelFormat x_format;
  const overlay::Fonts* x_fonts;
  std::map<const PicturePiece*, Drawn> x_drawn;
};

/// How much of a graphic is seen: its opacity and its fades.
double opacity_at(const PicturePiece& piece, Rational at);

}  // namespace pier::edit::impl
