#include "shape.hpp"

#include <algorithm>
#include <cstdio>

#include <fribidi.h>

#include "characters.hpp"

namespace pier::overlay::impl {
namespace {

/// What is known of one character before shaping; runs are stretches of equal ones.
struct Place {
  size_t span = 0;
  const Face* face = nullptr;
  hb_script_t script = HB_SCRIPT_COMMON;
  FriBidiLevel level = 0;
  bool sideways = false;
  friend bool operator==(const Place&, const Place&) = default;
};

struct Text {
  std::u32string characters;
  std::vector<Place> places;
};

hb_unicode_general_category_t category_of(char32_t character) {
  return hb_unicode_general_category(hb_unicode_funcs_get_default(), character);
}

/// Marks and joiners belong to the character before them.
bool is_attached(char32_t character) {
  const auto category = category_of(character);
  return category == HB_UNICODE_GENERAL_CATEGORY_NON_SPACING_MARK ||
         category == HB_UNICODE_GENERAL_CATEGORY_ENCLOSING_MARK || category == HB_UNICODE_GENERAL_CATEGORY_FORMAT ||
         (character >= 0xfe00 && character <= 0xfe0f);
}
bool is_invisible(char32_t character) {
  return category_of(character) == HB_UNICODE_GENERAL_CATEGORY_FORMAT || (character >= 0xfe00 && character <= 0xfe0f);
}

const Face* face_of(char32_t character, const Fonts::Impl& fonts) {
  for (const Face& face : fonts.faces) {
    if (face.has(character)) return &face;
  }
  return nullptr;
}

Failure missing(char32_t character) {
  char point[16];
  std::snprintf(point, sizeof point, "U+%04X", static_cast<unsigned>(character));
  return fail(ErrorCode::kInputUnsupported, "no font has " + utf8_of(std::u32string(1, character)) + " (" + point +
                                                "); name a font that has it, or change the text");
}

Result<void> find_faces(Text& text, const Fonts::Impl& fonts) {
  const Face* before = &fonts.faces.front();
  for (size_t i = 0; i < text.characters.size(); ++i) {
    const char32_t character = text.characters[i];
    const bool stays = i > 0 && is_attached(character) && (is_invisible(character) || before->has(character));
    const Face* face = stays ? before : face_of(character, fonts);
    if (face == nullptr && is_invisible(character)) face = before;
    if (face == nullptr) return missing(character);
    text.places[i].face = before = face;
  }
  return {};
}

/// Common and inherited characters go with the script before them, at the beginning with the one after.
void find_scripts(Text& text) {
  hb_script_t script = HB_SCRIPT_COMMON;
  const auto real = [](hb_script_t s) { return s != HB_SCRIPT_COMMON && s != HB_SCRIPT_INHERITED; };
  for (size_t i = 0; i < text.characters.size(); ++i) {
    const hb_script_t own = hb_unicode_script(hb_unicode_funcs_get_default(), text.characters[i]);
    if (real(own)) script = own;
    text.places[i].script = script;
  }
  const auto first = std::ranges::find_if(text.places, [&](const Place& place) { return real(place.script); });
  if (first == text.places.end()) return;
  for (auto place = text.places.begin(); place != first; ++place) place->script = first->script;
}

/// UAX #9 rules P2 to I2; true when the line as a whole is from right to left.
Result<bool> find_levels(Text& text) {
  const auto count = static_cast<FriBidiStrIndex>(text.characters.size());
  static_assert(sizeof(FriBidiChar) == sizeof(char32_t));
  const auto* characters = reinterpret_cast<const FriBidiChar*>(text.characters.data());
  std::vector<FriBidiCharType> types(text.characters.size());
  std::vector<FriBidiBracketType> brackets(text.characters.size());
  std::vector<FriBidiLevel> levels(text.characters.size());
  fribidi_get_bidi_types(characters, count, types.data());
  fribidi_get_bracket_types(characters, count, types.data(), brackets.data());
  FriBidiParType direction = FRIBIDI_PAR_ON;
  if (fribidi_get_par_embedding_levels_ex(types.data(), brackets.data(), count, &direction, levels.data()) == 0)
    return fail(ErrorCode::kOverloaded, "there is no memory for a line of text");
  for (size_t i = 0; i < levels.size(); ++i) text.places[i].level = levels[i];
  return FRIBIDI_IS_RTL(direction) != 0;
}

Result<Text> text_of(const TextLine& line, bool vertical) {
  Text text;
  for (size_t span = 0; span < line.size(); ++span) {
    PIER_TRY(const std::u32string characters, characters_of(line[span].text));
    for (const char32_t character : characters) {
      Place place;
      place.span = span;
      place.sideways = vertical && !stands_upright(character);
      text.places.push_back(place);
    }
    text.characters += characters;
  }
  return text;
}

struct Stretch {
  size_t begin = 0, end = 0;
  FriBidiLevel level = 0;
};

/// Stretches in the order they are seen from the left: UAX #9, L2.
std::vector<Stretch> stretches_of(const Text& text) {
  std::vector<Stretch> all;
  for (size_t i = 0; i < text.places.size(); ++i) {
    if (i > 0 && text.places[i] == text.places[i - 1])
      all.back().end = i + 1;
    else
      all.push_back({i, i + 1, text.places[i].level});
  }
  FriBidiLevel highest = 0;
  for (const Stretch& stretch : all) highest = std::max(highest, stretch.level);
  for (FriBidiLevel level = highest; level >= 1; --level) {
    for (auto first = all.begin(); first != all.end();) {
      const auto at_least = [level](const Stretch& s) { return s.level >= level; };
      first = std::find_if(first, all.end(), at_least);
      const auto last = std::find_if_not(first, all.end(), at_least);
      std::reverse(first, last);
      first = last;
    }
  }
  return all;
}

struct FreeBuffer {
  void operator()(hb_buffer_t* buffer) const { hb_buffer_destroy(buffer); }
};

/// Points and commas stand at the upper right of their square in a column, not at the lower left.
bool is_low_point(char32_t character) {
  return character == 0x3001 || character == 0x3002 || character == 0xFF0C || character == 0xFF0E;
}

/// Upright characters one under the other, whatever the font says of columns: most Chinese ones say nothing, or wrong
/// things.
void stack(const Text& text, const Face& face, hb_buffer_t* buffer, double size, Run& run) {
  constexpr double kMoved = 0.6;  // em
  unsigned count = 0;
  const hb_glyph_info_t* infos = hb_buffer_get_glyph_infos(buffer, &count);
  const hb_glyph_position_t* positions = hb_buffer_get_glyph_positions(buffer, &count);
  const double unit = size / kUnitsPerEm;
  double pen = 0;
  for (unsigned i = 0; i < count; ++i) {
    if (i == 0 || infos[i].cluster != infos[i - 1].cluster) {
      run.length += size;
      pen = -hb_font_get_glyph_h_advance(face.shaping.get(), infos[i].codepoint) / 2.0;
    }
    const double moved = is_low_point(text.characters[infos[i].cluster]) ? kMoved * size : 0;
    run.glyphs.push_back({infos[i].codepoint, (pen + positions[i].x_offset) * unit + moved,
                          run.length - size + kAbove * size - positions[i].y_offset * unit - moved});
    pen += positions[i].x_advance;
  }
}

Run shape_stretch(const Text& text, const Stretch& stretch, double size, bool vertical) {
  const Place& place = text.places[stretch.begin];
  const std::unique_ptr<hb_buffer_t, FreeBuffer> buffer(hb_buffer_create());
  hb_buffer_add_utf32(buffer.get(), reinterpret_cast<const uint32_t*>(text.characters.data()),
                      static_cast<int>(text.characters.size()), static_cast<unsigned>(stretch.begin),
                      static_cast<int>(stretch.end - stretch.begin));
  const bool upright = vertical && !place.sideways;
  const bool backwards = FRIBIDI_LEVEL_IS_RTL(place.level) != 0;
  hb_buffer_set_direction(buffer.get(), backwards && !upright ? HB_DIRECTION_RTL : HB_DIRECTION_LTR);
  hb_buffer_set_script(buffer.get(), place.script);
  hb_buffer_guess_segment_properties(buffer.get());
  hb_shape(place.face->shaping.get(), buffer.get(), nullptr, 0);
  unsigned count = 0;
  const hb_glyph_info_t* infos = hb_buffer_get_glyph_infos(buffer.get(), &count);
  const hb_glyph_position_t* positions = hb_buffer_get_glyph_positions(buffer.get(), &count);
  const double unit = size / kUnitsPerEm;
  Run run;
  run.face = place.face;
  run.span = place.span;
  run.sideways = vertical && place.sideways;
  if (upright) {
    stack(text, *place.face, buffer.get(), size, run);
    return run;
  }
  double x = 0, y = 0;  // HarfBuzz counts upwards
  for (unsigned i = 0; i < count; ++i) {
    run.glyphs.push_back({infos[i].codepoint, (x + positions[i].x_offset) * unit, -(y + positions[i].y_offset) * unit});
    x += positions[i].x_advance;
    y += positions[i].y_advance;
  }
  run.length = x * unit;
  return run;
}

}  // namespace

Result<ShapedLine> shape(const TextLine& line, double size, bool vertical, const Fonts& fonts) {
  PIER_TRY(Text text, text_of(line, vertical));
  ShapedLine shaped;
  if (text.characters.empty()) return shaped;
  PIER_CHECK(find_faces(text, fonts.impl()));
  find_scripts(text);
  PIER_TRY(shaped.right_to_left, find_levels(text));
  for (const Stretch& stretch : stretches_of(text)) {
    Run run = shape_stretch(text, stretch, size, vertical);
    run.begin = shaped.length;
    if (!run.sideways) {
      for (cairo_glyph_t& glyph : run.glyphs) (vertical ? glyph.y : glyph.x) += run.begin;
    }
    shaped.length += run.length;
    shaped.runs.push_back(std::move(run));
  }
  return shaped;
}

}  // namespace pier::overlay::impl
