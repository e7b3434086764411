#include "pdf_page.hpp"

#include <algorithm>
#include <cstring>

#include <cairo/cairo-pdf.h>
#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>
#include <pango/pangofc-fontmap.h>
#include <unistd.h>

#include "look.hpp"
#include "markup.hpp"

namespace pier::reports {
namespace {

constexpr const char* kFamily = "WenQuanYi Micro Hei";

struct Free {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
  void operator()(PangoFontMap* map) const { g_object_unref(map); }
  void operator()(PangoContext* context) const { g_object_unref(context); }
  void operator()(PangoLayout* layout) const { g_object_unref(layout); }
  void operator()(PangoFontDescription* font) const { pango_font_description_free(font); }
  void operator()(cairo_font_options_t* options) const { cairo_font_options_destroy(options); }
  void operator()(FcConfig* config) const { FcConfigDestroy(config); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

double channel(const char* colour, int index) {
  const auto digit = [](char c) { return c >= 'a' ? c - 'a' + 10 : c - '0'; };
  return (digit(colour[1 + 2 * index]) * 16 + digit(colour[2 + 2 * index])) / 255.0;
}

void set_colour(cairo_t* cairo, const std::string& colour, double opacity = 1) {
  const char* text = colour.size() == 7 ? colour.c_str() : look::kInk;
  cairo_set_source_rgba(cairo, channel(text, 0), channel(text, 1), channel(text, 2), opacity);
}

cairo_status_t append(void* closure, const unsigned char* data, unsigned int size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  auto& out = *static_cast<Bytes*>(closure);
  out.insert(out.end(), bytes.begin(), bytes.end());
  return CAIRO_STATUS_SUCCESS;
}

/// Knows the declared font and no other, so that every machine sets the same lines; null: it cannot be read. One for
/// the whole life of the process: pango keeps what it once was given.
FcConfig* declared_font() {
  static FcConfig* const kConfig = []() -> FcConfig* {
    Owned<FcConfig> config(FcConfigCreate());
    if (!config || FcConfigAppFontAddFile(config.get(), reinterpret_cast<const FcChar8*>(kFontFile)) != FcTrue)
      return nullptr;
    return config.release();
  }();
  return kConfig;
}

Result<Owned<PangoFontMap>> open_fonts() {
  if (::access(kFontFile, R_OK) != 0) {
    return fail(ErrorCode::kNotFound,
                std::string("the font of reports is missing (") + kFontFile + "); install Debian's " + kFontPackage);
  }
  FcConfig* const config = declared_font();
  if (config == nullptr)
    return fail(ErrorCode::kInputDamaged, std::string("the font ") + kFontFile + " cannot be read");
  Owned<PangoFontMap> map(pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT));
  if (!map) return fail(ErrorCode::kInternal, "pango has no FreeType fonts");
  pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(map.get()), config);
  return map;
}

}  // namespace

struct PdfPages::Impl {
  Bytes bytes;
  Owned<PangoFontMap> fonts;
  Owned<cairo_surface_t> surface;
  Owned<cairo_t> cairo;
  Owned<PangoContext> pango;
  std::function<void(PdfPages&, int)> footer;
  double y = kMargin;
  int page = 1;

  Owned<PangoLayout> layout(std::string_view text, double size, double width) const {
    Owned<PangoLayout> made(pango_layout_new(pango.get()));
    const Owned<PangoFontDescription> font(pango_font_description_new());
    pango_font_description_set_family(font.get(), kFamily);
    pango_font_description_set_absolute_size(font.get(), size * PANGO_SCALE);
    pango_layout_set_font_description(made.get(), font.get());
    if (width > 0) pango_layout_set_width(made.get(), static_cast<int>(width * PANGO_SCALE));
    pango_layout_set_wrap(made.get(), PANGO_WRAP_WORD_CHAR);
    pango_layout_set_line_spacing(made.get(), 1.25F);
    const std::string shown = clean(text);
    pango_layout_set_text(made.get(), shown.data(), static_cast<int>(shown.size()));
    return made;
  }
  static double height_of(PangoLayout* layout) {
    int height = 0;
    pango_layout_get_size(layout, nullptr, &height);
    return static_cast<double>(height) / PANGO_SCALE;
  }
  static double width_of(PangoLayout* layout) {
    int width = 0;
    pango_layout_get_size(layout, &width, nullptr);
    return static_cast<double>(width) / PANGO_SCALE;
  }

  void path(const Shape& shape) const {
    cairo_new_path(cairo.get());
    for (const Point& point : shape.points) cairo_line_to(cairo.get(), point.x, point.y);
  }
  void paint(const Shape& shape) const {
    if (!shape.fill.empty()) {
      set_colour(cairo.get(), shape.fill, shape.opacity);
      cairo_fill_preserve(cairo.get());
    }
    if (!shape.stroke.empty()) {
      set_colour(cairo.get(), shape.stroke, shape.opacity);
      constexpr double kDashes[] = {3, 3};
      cairo_set_dash(cairo.get(), kDashes, shape.dashed ? 2 : 0, 0);
      cairo_set_line_width(cairo.get(), shape.kind == Shape::Kind::kDot ? 1 : shape.width);
      cairo_set_line_join(cairo.get(), CAIRO_LINE_JOIN_ROUND);
      cairo_stroke_preserve(cairo.get());
    }
    cairo_new_path(cairo.get());
  }
  void words(const Shape& shape) const;
  void draw(const Shape& shape) const;
};

void PdfPages::Impl::words(const Shape& shape) const {
  const Owned<PangoLayout> made = layout(shape.text, shape.size, 0);
  const double width = width_of(made.get());
  const double shift = shape.anchor == Shape::Anchor::kStart ? 0
                       : shape.anchor == Shape::Anchor::kEnd ? width
                                                             : width / 2;
  const double baseline = static_cast<double>(pango_layout_get_baseline(made.get())) / PANGO_SCALE;
  cairo_save(cairo.get());
  cairo_translate(cairo.get(), shape.points[0].x, shape.points[0].y);
  if (shape.rotated) cairo_rotate(cairo.get(), -1.5707963267948966);
  cairo_move_to(cairo.get(), -shift, -baseline);
  set_colour(cairo.get(), shape.fill);
  pango_cairo_show_layout(cairo.get(), made.get());
  cairo_restore(cairo.get());
}

void PdfPages::Impl::draw(const Shape& shape) const {
  switch (shape.kind) {
    case Shape::Kind::kLine:
      path(shape);
      break;
    case Shape::Kind::kArea:
      path(shape);
      cairo_close_path(cairo.get());
      break;
    case Shape::Kind::kBox:
      cairo_rectangle(cairo.get(), shape.points[0].x, shape.points[0].y, shape.points[1].x - shape.points[0].x,
                      shape.points[1].y - shape.points[0].y);
      break;
    case Shape::Kind::kDot:
      cairo_new_path(cairo.get());
      cairo_arc(cairo.get(), shape.points[0].x, shape.points[0].y, shape.width, 0, 6.283185307179586);
      break;
    case Shape::Kind::kText:
      return words(shape);
  }
  paint(shape);
}

Result<PdfPages> PdfPages::open(const PdfInfo& info, std::function<void(PdfPages&, int)> footer) {
  auto impl = std::make_unique<Impl>();
  PIER_TRY(impl->fonts, open_fonts());
  impl->footer = std::move(footer);
  impl->surface.reset(cairo_pdf_surface_create_for_stream(append, &impl->bytes, kWidth, kHeight));
  cairo_surface_t* surface = impl->surface.get();
  const auto set = [surface](cairo_pdf_metadata_t key, const std::string& text) {
    cairo_pdf_surface_set_metadata(surface, key, clean(text).c_str());
  };
  set(CAIRO_PDF_METADATA_TITLE, info.title);
  set(CAIRO_PDF_METADATA_SUBJECT, info.subject);
  set(CAIRO_PDF_METADATA_CREATOR, info.creator);
  set(CAIRO_PDF_METADATA_CREATE_DATE, info.made);
  impl->cairo.reset(cairo_create(surface));
  impl->pango.reset(pango_font_map_create_context(impl->fonts.get()));
  pango_cairo_context_set_resolution(impl->pango.get(), 72);
  const Owned<cairo_font_options_t> options(cairo_font_options_create());
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(impl->pango.get(), options.get());
  pango_context_set_base_dir(impl->pango.get(), PANGO_DIRECTION_LTR);
  return PdfPages(std::move(impl));
}

PdfPages::PdfPages(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
PdfPages::~PdfPages() = default;
PdfPages::PdfPages(PdfPages&&) noexcept = default;
PdfPages& PdfPages::operator=(PdfPages&&) noexcept = default;

double PdfPages::y() const {
  return x_impl->y;
}
int PdfPages::page() const {
  return x_impl->page;
}
void PdfPages::move(double down) {
  x_impl->y += down;
}

void PdfPages::need(double height) {
  if (x_impl->y + height <= kHeight - kMargin - kFoot || x_impl->y <= kMargin) return;
  x_impl->footer(*this, x_impl->page);
  cairo_show_page(x_impl->cairo.get());
  ++x_impl->page;
  x_impl->y = kMargin;
}

double PdfPages::text_width(std::string_view text, double size) const {
  return Impl::width_of(x_impl->layout(text, size, 0).get());
}

double PdfPages::text_height(std::string_view text, double size, double width) const {
  return Impl::height_of(x_impl->layout(text, size, width).get());
}

double PdfPages::text_at(double x, double y, double width, std::string_view text, double size, const char* colour,
                         bool right) {
  const Owned<PangoLayout> layout = x_impl->layout(text, size, width);
  if (right) pango_layout_set_alignment(layout.get(), PANGO_ALIGN_RIGHT);
  cairo_move_to(x_impl->cairo.get(), x, y);
  set_colour(x_impl->cairo.get(), colour);
  pango_cairo_show_layout(x_impl->cairo.get(), layout.get());
  cairo_new_path(x_impl->cairo.get());
  return Impl::height_of(layout.get());
}

void PdfPages::paragraph(std::string_view text, double size, const char* colour, double after) {
  need(std::min(text_height(text, size, kInner), kHeight / 2));
  x_impl->y += text_at(kMargin, x_impl->y, kInner, text, size, colour) + after;
}

void PdfPages::box(double x, double y, double width, double height, const char* colour) {
  set_colour(x_impl->cairo.get(), colour);
  cairo_rectangle(x_impl->cairo.get(), x, y, width, height);
  cairo_fill(x_impl->cairo.get());
}

void PdfPages::rule(double x, double y, double width, const char* colour) {
  box(x, y, width, 0.5, colour);
}

void PdfPages::drawing(const Drawing& drawing, double x, double y, double width) {
  cairo_t* cairo = x_impl->cairo.get();
  cairo_save(cairo);
  cairo_translate(cairo, x, y);
  cairo_scale(cairo, width / drawing.width(), width / drawing.width());
  for (const Shape& shape : drawing.shapes()) x_impl->draw(shape);
  cairo_restore(cairo);
}

void PdfPages::jpeg(ByteView bytes, int pixels_wide, int pixels_high, double x, double y, double width, double height) {
  if (pixels_wide <= 0 || pixels_high <= 0 || pixels_wide > 4096 || pixels_high > 4096) return;
  const Owned<cairo_surface_t> image(cairo_image_surface_create(CAIRO_FORMAT_RGB24, pixels_wide, pixels_high));
  auto* copy = new Bytes(bytes.begin(), bytes.end());
  const cairo_status_t attached = cairo_surface_set_mime_data(
      image.get(), CAIRO_MIME_TYPE_JPEG, reinterpret_cast<const unsigned char*>(copy->data()), copy->size(),
      [](void* owned) { delete static_cast<Bytes*>(owned); }, copy);
  if (attached != CAIRO_STATUS_SUCCESS) {
    delete copy;
    return;
  }
  cairo_t* cairo = x_impl->cairo.get();
  cairo_save(cairo);
  cairo_translate(cairo, x, y);
  cairo_scale(cairo, width / pixels_wide, height / pixels_high);
  cairo_set_source_surface(cairo, image.get(), 0, 0);
  cairo_paint(cairo);
  cairo_restore(cairo);
}

Result<Bytes> PdfPages::finish() {
  x_impl->footer(*this, x_impl->page);
  cairo_show_page(x_impl->cairo.get());
  const cairo_status_t drawn = cairo_status(x_impl->cairo.get());
  x_impl->cairo.reset();
  cairo_surface_finish(x_impl->surface.get());
  const cairo_status_t written = cairo_surface_status(x_impl->surface.get());
  for (const cairo_status_t status : {drawn, written}) {
    if (status != CAIRO_STATUS_SUCCESS)
      return fail(ErrorCode::kInternal, std::string("cannot write the PDF: ") + cairo_status_to_string(status));
  }
  return std::move(x_impl->bytes);
}

}  // namespace pier::reports
