#pragma once
// One line of text as glyphs in their places.

#include <vector>

#include <cairo/cairo.h>

#include <pier/overlay/text.hpp>

#include "faces.hpp"

namespace pier::overlay::impl {

/// An ideograph's square reaches from 0.12 em below its baseline to so far above it.
inline constexpr double kAbove = 0.88;

/// Glyphs of one face and one look. Places are relative to the begin of the line: `x` along it, `y` down from its
/// baseline. Of vertical text: `x` from the middle of the column, `y` down it, a square for each character; a sideways
/// run is a horizontal one that begins at `begin` and is to be turned by 90 degrees clockwise.
struct Run {
  const Face* face = nullptr;
  size_t span = 0;
  bool sideways = false;
  double begin = 0, length = 0;  // along the line
  std::vector<cairo_glyph_t> glyphs;
};

struct ShapedLine {
  std::vector<Run> runs;
  double length = 0;
  bool right_to_left = false;  // as its first strong character says (UAX #9, P2)
};

/// Errors as draw_text().
Result<ShapedLine> shape(const TextLine& line, double size, bool vertical, const Fonts& fonts);

}  // namespace pier::overlay::impl
