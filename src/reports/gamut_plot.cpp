#include <algorithm>
#include <array>
#include <cmath>

#include <pier/colour/gamut.hpp>

#include "look.hpp"
#include "plots.hpp"
#include "series.hpp"

namespace pier::reports {
namespace {

constexpr double kSize = 460, kLeft = 40, kRight = 12, kTop = 10, kBottom = 34;
constexpr double kMaxX = 0.8, kMaxY = 0.9;
constexpr size_t kMostCells = 20'000;

struct Place {
  double x, y;
};

// CIE 1931 2-degree observer, ISO/CIE 11664-1: chromaticities of the spectrum, 380 nm up to 700 nm.
constexpr std::array<Place, 44> kLocus{{
    {.1741, .0050}, {.1738, .0049}, {.1733, .0048}, {.1726, .0048}, {.1714, .0051}, {.1689, .0069}, {.1644, .0109},
    {.1566, .0177}, {.1440, .0297}, {.1241, .0578}, {.1096, .0868}, {.0913, .1327}, {.0687, .2007}, {.0454, .2950},
    {.0235, .4127}, {.0082, .5384}, {.0039, .6548}, {.0139, .7502}, {.0389, .8120}, {.0743, .8338}, {.1142, .8262},
    {.1547, .8059}, {.1929, .7816}, {.2296, .7543}, {.2658, .7243}, {.3016, .6923}, {.3373, .6589}, {.3731, .6245},
    {.4087, .5896}, {.4441, .5547}, {.4788, .5202}, {.5125, .4866}, {.5448, .4544}, {.5752, .4242}, {.6029, .3965},
    {.6270, .3725}, {.6482, .3514}, {.6658, .3340}, {.6915, .3083}, {.7079, .2920}, {.7190, .2809}, {.7260, .2740},
    {.7300, .2700}, {.7347, .2653},
}};

Point at(double x, double y) {
  return {kLeft + x / kMaxX * (kSize - kLeft - kRight), kTop + (1 - y / kMaxY) * (kSize - kTop - kBottom)};
}

/// A display colour of roughly this chromaticity, for the cells of the histogram.
std::string colour_of(double x, double y) {
  const auto primaries = colour::primaries_xy(Primaries::kBt709);
  if (!primaries || y <= 0) return look::kMuted;
  const colour::Rgb xyz{x / y, 1, (1 - x - y) / y};
  colour::Rgb rgb = colour::multiply(colour::inverse(colour::rgb_to_xyz(*primaries)), xyz);
  const double top = std::max({rgb[0], rgb[1], rgb[2], 1e-6});
  std::string text = "#";
  for (const double channel : rgb) {
    const double shown = std::pow(std::clamp(channel / top, 0.0, 1.0), 1 / 2.2) * 0.88;
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto value = static_cast<size_t>(std::lround(shown * 255));
    text += kDigits[value / 16];
    text += kDigits[value % 16];
  }
  return text;
}

void axes(Drawing& drawing) {
  for (int i = 0; i <= 8; ++i) {
    const double v = i / 10.0;
    const std::string label = i == 0 ? "0" : "0." + std::to_string(i);
    drawing.line({at(v, 0), at(v, kMaxY)}, look::kHairline);
    drawing.text({at(v, 0).x, kSize - 18}, label, 10.5, look::kMuted, Shape::Anchor::kMiddle);
    drawing.line({at(0, v), at(kMaxX, v)}, look::kHairline);
    if (i > 0) drawing.text({kLeft - 6, at(0, v).y + 3.5}, label, 10.5, look::kMuted, Shape::Anchor::kEnd);
  }
  drawing.text({kSize - kRight + 6, kSize - 4}, "x", 11, look::kMuted, Shape::Anchor::kEnd);
  drawing.text({8, kTop + 12}, "y", 11, look::kMuted);
}

void triangle(Drawing& drawing, Primaries primaries, const char* colour, bool dashed, bool strong) {
  const auto xy = colour::primaries_xy(primaries);
  if (!xy) return;
  const Point r = at(xy->red.x, xy->red.y), g = at(xy->green.x, xy->green.y), b = at(xy->blue.x, xy->blue.y);
  drawing.line({r, g, b, r}, colour, strong ? 2.2 : 1.3, dashed);
}

void legend(Drawing& drawing, Primaries declared, bool zh) {
  struct Entry {
    const char* name;
    const char* colour;
    Primaries primaries;
    bool dashed;
  };
  constexpr std::array<Entry, 3> kEntries{{{"BT.2020", look::kAccent, Primaries::kBt2020, false},
                                           {"P3-D65", "#7a4f9a", Primaries::kP3D65, false},
                                           {"BT.709", "#b0592b", Primaries::kBt709, false}}};
  double y = kTop + 22;
  for (const Entry& entry : kEntries) {
    triangle(drawing, entry.primaries, entry.colour, entry.dashed, entry.primaries == declared);
    drawing.line({{kSize - 132, y - 4}, {kSize - 112, y - 4}}, entry.colour, entry.primaries == declared ? 2.4 : 1.4);
    const std::string suffix = entry.primaries == declared ? (zh ? "（标注）" : " (declared)") : "";
    drawing.text({kSize - 106, y}, entry.name + suffix, 11, look::kInk);
    y += 17;
  }
  const Point white = at(.3127, .3290);
  drawing.dot(white, 3, "#ffffff", look::kInk);
  drawing.text({white.x + 6, white.y - 5}, "D65", 10, look::kMuted);
}

struct Cell {
  double x, y, share;
};

/// measures["hdr_use"]["xy"]: counts in cells of a raster over x 0 ... x_end and y 0 ... y_end.
std::vector<Cell> cells_of(const Document& document, double& width, double& height) {
  std::vector<Cell> cells;
  const json::value& plane = measure_at(document, "hdr_use.xy");
  if (!plane.is_object()) return cells;
  const json::object& object = plane.get_object();
  const double columns = double_or(object, "columns", 0), rows = double_or(object, "rows", 0);
  const auto list = get_array(object, "cells");
  if (!(columns >= 1) || !(rows >= 1) || !list) return cells;
  width = double_or(object, "x_end", 0.8) / columns;
  height = double_or(object, "y_end", 0.9) / rows;
  for (const json::value& item : *list) {
    if (!item.is_array() || item.get_array().size() != 3 || cells.size() > kMostCells) continue;
    const json::array& v = item.get_array();
    if (v[0].is_number() && v[1].is_number() && v[2].is_number())
      cells.push_back({(v[0].to_number<double>() + 0.5) * width, (v[1].to_number<double>() + 0.5) * height,
                       v[2].to_number<double>()});
  }
  return cells;
}

void histogram(Drawing& drawing, const std::vector<Cell>& cells, double width, double height) {
  double most = 0;
  for (const Cell& cell : cells) most = std::max(most, cell.share);
  for (const Cell& cell : cells) {
    if (!(cell.share > 0)) continue;
    const double opacity = std::clamp(0.25 + 0.75 * (1 + std::log10(cell.share / most) / 5), 0.25, 1.0);
    const Point from = at(cell.x - width / 2, cell.y + height / 2), to = at(cell.x + width / 2, cell.y - height / 2);
    drawing.box(from, to, colour_of(cell.x, cell.y), opacity);
  }
}

}  // namespace

Plot gamut_plot(const Document& document, bool zh) {
  Plot plot;
  plot.title = zh ? "色域" : "Gamut";
  if (document.facts.main_video < 0) {
    plot.missing = zh ? "没有画面。" : "There is no picture.";
    return plot;
  }
  const Primaries declared = document.facts.video[static_cast<size_t>(document.facts.main_video)].colour.primaries;
  Drawing drawing(kSize, kSize, zh ? "CIE 1931 色度图" : "CIE 1931 chromaticity diagram");
  axes(drawing);
  std::vector<Point> locus;
  for (const Place& place : kLocus) locus.push_back(at(place.x, place.y));
  drawing.area(locus, look::kPaper, 1, look::kRule);
  double width = 0, height = 0;
  const std::vector<Cell> cells = cells_of(document, width, height);
  histogram(drawing, cells, width, height);
  legend(drawing, declared, zh);
  plot.drawing = std::move(drawing);
  plot.note = "CIE 1931 xy";
  plot.note += cells.empty() ? (zh ? "；本次分析没有画面色度数据，只画出三角形"
                                   : "; this analysis holds no chromaticities "
                                     "of the picture: triangles only")
                             : (zh ? "；色块为画面中的色度，越深越多"
                                   : "; cells are chromaticities of the picture, "
                                     "the stronger the more frequent");
  return plot;
}

}  // namespace pier::reports
