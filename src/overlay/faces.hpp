#pragma once
// What a font file becomes: a face that HarfBuzz shapes with and cairo draws with.

#include <memory>
#include <vector>

#include <cairo/cairo.h>
#include <hb.h>

#include <pier/overlay/font.hpp>

namespace pier::overlay::impl {

/// Positions that HarfBuzz gives are in units of 1 / kUnitsPerEm of the em square.
inline constexpr int kUnitsPerEm = 1 << 16;

struct FreeFace {
  void operator()(hb_font_t* font) const { hb_font_destroy(font); }
  void operator()(cairo_font_face_t* face) const { cairo_font_face_destroy(face); }
};

struct Face {
  std::unique_ptr<hb_font_t, FreeFace> shaping;
  std::unique_ptr<cairo_font_face_t, FreeFace> drawing;

  bool has(char32_t character) const {
    hb_codepoint_t glyph = 0;
    return hb_font_get_nominal_glyph(shaping.get(), character, &glyph) != 0;
  }
};

}  // namespace pier::overlay::impl

namespace pier::overlay {

struct Fonts::Impl {
  std::vector<impl::Face> faces;
};

}  // namespace pier::overlay
