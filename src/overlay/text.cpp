#include <algorithm>
#include <cmath>
#include <numbers>

#include <pier/overlay/text.hpp>

#include "image_parts.hpp"
#include "shape.hpp"
#include "surface.hpp"
#include "text_break.hpp"

namespace pier::overlay {

using impl::kAbove;
using impl::Run;
using impl::ShapedLine;

namespace {

// In em.
constexpr double kBoxPad = 0.25, kSlant = 0.2, kBold = 0.045;
constexpr double kRubySize = 0.5, kRubyPitch = 0.55;
constexpr double kUnderlineAt = 0.16, kUnderlineWidth = 0.06;

struct Ruby {
  ShapedLine line;
  double begin = 0;  // along the line it belongs to
};

struct Row {
  const TextLine* text = nullptr;
  ShapedLine line;
  std::vector<Ruby> rubies;
  double begin = 0;  // along the line, of its first character
  double block = 0;  // across: where the row's square of characters begins
};

bool has_ruby(const TextLine& line) {
  return std::ranges::any_of(line, [](const TextSpan& span) { return !span.ruby.empty(); });
}

/// From where to where the runs of a span reach along their line.
std::pair<double, double> extent(const ShapedLine& line, size_t span) {
  double begin = line.length, end = 0;
  for (const Run& run : line.runs) {
    if (run.span != span) continue;
    begin = std::min(begin, run.begin);
    end = std::max(end, run.begin + run.length);
  }
  return {begin, std::max(begin, end)};
}

class Drawing {
 public:
  Drawing(const TextStyle& style, const Fonts& fonts) : x_style(style), x_fonts(fonts) {}

  Result<Image> run(const std::vector<TextLine>& lines);

 private:
  Result<void> lay_out(const TextLine& text);
  Result<void> add_rubies(Row& row);
  void align_rows();
  void boxes(const Row& row);
  void box(const Row& row, double from, double to, const Rgba& colour);
  void underlines(const Row& row, bool outline);
  void line(const Row& row, bool outline);
  void glyphs(const Run& run, const TextSpan& span, double size, double begin, double block, bool outline);
  void set_font(const Run& run, double size, bool italic);
  void set_colour(const Rgba& colour) {
    cairo_set_source_rgba(x_cairo, colour.red / 255.0, colour.green / 255.0, colour.blue / 255.0, colour.alpha / 255.0);
  }
  double em(double share) const { return share * x_style.size; }
  /// A row's place across the lines, from the first side of the block: columns may go from right to left.
  double across(double block) const {
    const bool mirrored = x_style.vertical && !x_style.left_to_right;
    return x_margin + (mirrored ? x_depth - block - x_style.size : block);
  }

  const TextStyle& x_style;
  const Fonts& x_fonts;
  std::vector<Row> x_rows;
  double x_longest = 0, x_depth = 0;  // of the block of text: along its lines, and across
  double x_margin = 0;
  cairo_t* x_cairo = nullptr;
};

Result<void> Drawing::add_rubies(Row& row) {
  for (size_t i = 0; i < row.text->size(); ++i) {
    const TextSpan& span = (*row.text)[i];
    if (span.ruby.empty()) continue;
    TextSpan small = span;
    small.text = span.ruby;
    small.ruby.clear();
    Ruby ruby;
    PIER_TRY(ruby.line, impl::shape({small}, em(kRubySize), x_style.vertical, x_fonts));
    for (Run& run : ruby.line.runs) run.span = i;
    const auto [begin, end] = extent(row.line, i);
    ruby.begin = (begin + end - ruby.line.length) / 2;
    row.rubies.push_back(std::move(ruby));
  }
  return {};
}

Result<void> Drawing::lay_out(const TextLine& text) {
  Row row;
  row.text = &text;
  PIER_TRY(row.line, impl::shape(text, x_style.size, x_style.vertical, x_fonts));
  PIER_CHECK(add_rubies(row));
  const double before = (em(x_style.line_pitch) - x_style.size) / 2;
  row.block = x_depth + before + (has_ruby(text) ? em(kRubyPitch) : 0);
  x_depth = row.block + x_style.size + before;
  x_longest = std::max(x_longest, row.line.length);
  for (const Ruby& ruby : row.rubies) x_longest = std::max(x_longest, ruby.line.length);
  x_rows.push_back(std::move(row));
  return {};
}

void Drawing::align_rows() {
  for (Row& row : x_rows) {
    TextAlign align = x_style.align;
    if (align == TextAlign::kStart) align = row.line.right_to_left ? TextAlign::kRight : TextAlign::kLeft;
    if (align == TextAlign::kEnd) align = row.line.right_to_left ? TextAlign::kLeft : TextAlign::kRight;
    const double room = x_longest - row.line.length;
    row.begin = x_margin + (align == TextAlign::kLeft ? 0 : align == TextAlign::kRight ? room : room / 2);
  }
}

void Drawing::box(const Row& row, double from, double to, const Rgba& colour) {
  if (colour.alpha == 0 || to <= from) return;
  const double spread = (em(x_style.line_pitch) - x_style.size) / 2;
  const double across_from = std::floor(across(row.block) - spread);
  const double depth = std::ceil(across(row.block) + x_style.size + spread) - across_from;
  const double along = std::floor(row.begin + from), length = std::ceil(row.begin + to) - along;
  if (x_style.vertical)
    cairo_rectangle(x_cairo, across_from, along, depth, length);
  else
    cairo_rectangle(x_cairo, along, across_from, length, depth);
  set_colour(colour);
  // Boxes of neighbouring lines share a row of samples; it does not become darker.
  cairo_set_operator(x_cairo, CAIRO_OPERATOR_SOURCE);
  cairo_fill(x_cairo);
  cairo_set_operator(x_cairo, CAIRO_OPERATOR_OVER);
}

void Drawing::boxes(const Row& row) {
  if (row.line.runs.empty()) return;
  box(row, -em(kBoxPad), row.line.length + em(kBoxPad), x_style.box);
  for (const Run& run : row.line.runs) box(row, run.begin, run.begin + run.length, (*row.text)[run.span].box);
}

void Drawing::underlines(const Row& row, bool outline) {
  for (const Run& run : row.line.runs) {
    const TextSpan& span = (*row.text)[run.span];
    if (!span.underline) continue;
    const double wider = outline ? x_style.outline : 0;
    const double from = row.begin + run.begin - wider, length = run.length + 2 * wider;
    const double width = em(kUnderlineWidth) + 2 * wider;
    if (x_style.vertical)
      cairo_rectangle(x_cairo, across(row.block) - em(kUnderlineWidth) - wider, from, width, length);
    else
      cairo_rectangle(x_cairo, from, across(row.block) + em(kAbove + kUnderlineAt - kUnderlineWidth) - wider, length,
                      width);
    set_colour(outline ? x_style.outline_colour : span.colour);
    cairo_fill(x_cairo);
  }
}

void Drawing::set_font(const Run& run, double size, bool italic) {
  cairo_set_font_face(x_cairo, run.face->drawing.get());
  cairo_matrix_t matrix;
  cairo_matrix_init(&matrix, size, 0, italic ? -kSlant * size : 0, size, 0, 0);
  cairo_set_font_matrix(x_cairo, &matrix);
}

/// `begin` along the line; `block` across it, of the first side of the characters' square.
void Drawing::glyphs(const Run& run, const TextSpan& span, double size, double begin, double block, bool outline) {
  if (run.glyphs.empty()) return;
  cairo_save(x_cairo);
  if (!x_style.vertical) {
    cairo_translate(x_cairo, begin, block + kAbove * size);
  } else if (run.sideways) {
    cairo_translate(x_cairo, block + (1 - kAbove) * size, begin + run.begin);
    cairo_rotate(x_cairo, std::numbers::pi / 2);
  } else {
    cairo_translate(x_cairo, block + size / 2, begin);
  }
  set_font(run, size, span.italic);
  cairo_new_path(x_cairo);
  cairo_glyph_path(x_cairo, run.glyphs.data(), static_cast<int>(run.glyphs.size()));
  cairo_set_line_join(x_cairo, CAIRO_LINE_JOIN_ROUND);
  const double bold = span.bold ? kBold * size : 0;
  if (outline) {
    set_colour(x_style.outline_colour);
    cairo_set_line_width(x_cairo, 2 * x_style.outline + bold);
    cairo_stroke(x_cairo);
  } else {
    set_colour(span.colour);
    cairo_fill_preserve(x_cairo);
    cairo_set_line_width(x_cairo, bold);
    if (bold > 0) cairo_stroke(x_cairo);
    cairo_new_path(x_cairo);
  }
  cairo_restore(x_cairo);
}

void Drawing::line(const Row& row, bool outline) {
  underlines(row, outline);
  const double block = across(row.block);
  for (const Run& run : row.line.runs) glyphs(run, (*row.text)[run.span], x_style.size, row.begin, block, outline);
  const double ruby_block =
      x_style.vertical ? block + x_style.size + em(kRubyPitch - kRubySize) : block - em(kRubyPitch);
  for (const Ruby& ruby : row.rubies) {
    for (const Run& run : ruby.line.runs)
      glyphs(run, (*row.text)[run.span], em(kRubySize), row.begin + ruby.begin, ruby_block, outline);
  }
}

Result<Image> Drawing::run(const std::vector<TextLine>& lines) {
  for (const TextLine& text : lines) PIER_CHECK(lay_out(text));
  x_margin = text_margin(x_style);
  align_rows();
  const double along = std::ceil(x_longest) + 2 * x_margin, depth = std::ceil(x_depth) + 2 * x_margin;
  const double width = x_style.vertical ? depth : along, height = x_style.vertical ? along : depth;
  constexpr double kFarTooLarge = 1e6;
  PIER_TRY(const impl::Surface surface, impl::Surface::make(static_cast<int>(std::min(width, kFarTooLarge)),
                                                            static_cast<int>(std::min(height, kFarTooLarge))));
  x_cairo = surface.cairo();
  for (const Row& row : x_rows) boxes(row);
  if (x_style.outline > 0) {
    for (const Row& row : x_rows) line(row, true);
  }
  for (const Row& row : x_rows) line(row, false);
  return surface.image();
}

Result<void> check(const std::vector<TextLine>& lines, const TextStyle& style) {
  const auto within = [](double value, double least, double most) { return value >= least && value <= most; };
  if (!within(style.size, 4, 2000)) return fail(ErrorCode::kInvalidArgument, "the size of text is 4 to 2000 samples");
  if (!within(style.line_pitch, 0.8, 4)) return fail(ErrorCode::kInvalidArgument, "the pitch of lines is 0.8 to 4 em");
  if (!within(style.outline, 0, style.size))
    return fail(ErrorCode::kInvalidArgument, "the outline of text is 0 to its size");
  size_t bytes = 0;
  for (const TextLine& line : lines) {
    for (const TextSpan& span : line) bytes += span.text.size() + span.ruby.size();
  }
  if (bytes > kMaxText || lines.size() > kMaxTextLines)
    return fail(ErrorCode::kTooLarge, "a text to be drawn has at most 16384 bytes and 64 lines");
  return {};
}

}  // namespace

int text_margin(const TextStyle& style) {
  return static_cast<int>(std::ceil(style.outline + style.size * std::max(kBoxPad, kSlant)));
}

Result<Image> draw_text(const std::vector<TextLine>& lines, const TextStyle& style, const Fonts& fonts) {
  PIER_CHECK(check(lines, style));
  std::vector<TextLine> all;
  for (const TextLine& line : lines) {
    PIER_TRY(std::vector<TextLine> parts, impl::broken(line, style, fonts));
    for (TextLine& part : parts) all.push_back(std::move(part));
  }
  PIER_CHECK(check(all, style));
  return Drawing(style, fonts).run(all);
}

}  // namespace pier::overlay
