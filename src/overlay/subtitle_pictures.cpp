#include <algorithm>
#include <cmath>
#include <cstdio>

#include <pier/overlay/subtitle_pictures.hpp>

#include "shape.hpp"

namespace pier::overlay {

using subtitles::Align;
using subtitles::Area;
using subtitles::BlockAlign;
using subtitles::Cue;
using subtitles::WritingMode;

namespace {

constexpr double kSafe = 0.05;          // EBU R 95: no graphics beyond
constexpr double kOutline = 0.075;      // em: 4 samples of 1080 lines
constexpr double kPitch = 1.3;          // Chinese characters fill their square, lines need air between them
constexpr double kMostCharacters = 20;  // side by side in the width of a picture, with its borders
constexpr Rgba kBoxColour{0, 0, 0, 178};
/// Where columns stand when the file does not say it.
constexpr Area kRightArea{5000, 1000, 4000, 8000, BlockAlign::kBefore};
constexpr Area kLeftArea{1000, 1000, 4000, 8000, BlockAlign::kBefore};

Rgba colour_of(const subtitles::Colour& colour) {
  return {colour.red, colour.green, colour.blue, colour.alpha};
}

std::vector<TextLine> lines_of(const Cue& cue) {
  std::vector<TextLine> lines;
  for (const subtitles::Line& line : cue.lines) {
    TextLine& to = lines.emplace_back();
    for (const subtitles::Span& span : line) {
      TextSpan run;
      run.text = span.text;
      std::ranges::replace(run.text, '\t', ' ');
      if (span.style.colour) run.colour = colour_of(*span.style.colour);
      if (span.style.background) run.box = colour_of(*span.style.background);
      run.italic = span.style.italic;
      run.bold = span.style.bold;
      run.underline = span.style.underline;
      run.ruby = span.ruby;
      to.push_back(std::move(run));
    }
  }
  return lines;
}

bool is_vertical(const Cue& cue) {
  return cue.writing != WritingMode::kHorizontal;
}

Area area_of(const Cue& cue) {
  if (cue.area) return *cue.area;
  if (cue.writing == WritingMode::kVerticalRightToLeft) return kRightArea;
  return cue.writing == WritingMode::kVerticalLeftToRight ? kLeftArea : subtitles::kBottomArea;
}

TextAlign align_of(const Cue& cue) {
  switch (cue.align) {
    case Align::kStart:
      return TextAlign::kStart;
    case Align::kEnd:
      return TextAlign::kEnd;
    case Align::kLeft:
      return TextAlign::kLeft;
    case Align::kRight:
      return TextAlign::kRight;
    default:
      return TextAlign::kCentre;
  }
}

/// 0: at the beginning of the room, 1: at its end.
double share_along(const Cue& cue) {
  const bool backwards = !is_vertical(cue) && subtitles::is_right_to_left(cue);
  switch (cue.align) {
    case Align::kStart:
      return backwards ? 1 : 0;
    case Align::kEnd:
      return backwards ? 0 : 1;
    case Align::kLeft:
      return 0;
    case Align::kRight:
      return 1;
    default:
      return 0.5;
  }
}
double share_across(const Cue& cue) {
  const BlockAlign block = area_of(cue).block;
  const double share = block == BlockAlign::kBefore ? 0 : block == BlockAlign::kAfter ? 1 : 0.5;
  return cue.writing == WritingMode::kVerticalRightToLeft ? 1 - share : share;
}

std::string where(const Cue& cue, size_t number) {
  const auto seconds = static_cast<int64_t>(cue.start.value());
  char text[48];
  std::snprintf(text, sizeof text, "cue %zu (%02lld:%02lld:%02lld)", number + 1, static_cast<long long>(seconds / 3600),
                static_cast<long long>(seconds / 60 % 60), static_cast<long long>(seconds % 60));
  return text;
}

/// Every character of every cue is had by a font.
Result<void> try_text(const subtitles::Document& document, const Fonts& fonts) {
  for (size_t i = 0; i < document.cues.size(); ++i) {
    for (const TextLine& line : lines_of(document.cues[i])) {
      auto shaped = impl::shape(line, 16, false, fonts);
      for (size_t span = 0; shaped && span < line.size(); ++span)
        shaped = impl::shape({{line[span].ruby}}, 16, false, fonts);
      if (!shaped) return fail_in(where(document.cues[i], i), std::move(shaped).error());
    }
  }
  return {};
}

struct Place {
  int x = 0, y = 0, width = 0, height = 0;
  bool meets(const Place& other) const {
    return x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height;
  }
};

/// Into the safe area as far as it fits there.
int moved_inside(int at, int length, int room) {
  const int border = static_cast<int>(std::lround(room * kSafe));
  if (length > room - 2 * border) return (room - length) / 2;
  return std::clamp(at, border, room - border - length);
}

}  // namespace

Result<SubtitlePictures> SubtitlePictures::make(subtitles::Document document, Fonts fonts, const Target& target,
                                                ImageSize raster, const SubtitleLook& look) {
  if (!(look.size >= 2 && look.size <= 20))
    return fail(ErrorCode::kInvalidArgument, "the size of subtitles is 2 to 20 % of the picture's height");
  if (raster.width < 16 || raster.height < 16 || raster.width > kMaxImageSide || raster.height > kMaxImageSide)
    return fail(ErrorCode::kInvalidArgument, "subtitles are drawn over pictures of 16 to 16384 samples a side");
  PIER_CHECK(try_text(document, fonts));
  SubtitlePictures made;
  made.x_size = std::max(4.0, std::min(raster.height * look.size / 100, raster.width / kMostCharacters));
  Rational latest = 0;
  for (const Cue& cue : document.cues) made.x_latest.push_back(latest = std::max(latest, cue.end));
  made.x_document = std::move(document);
  made.x_fonts = std::move(fonts);
  made.x_target = target;
  made.x_raster = raster;
  made.x_look = look;
  return made;
}

/// Cues stand in order of their start, so only those between the first that is not over and the first to come count.
const std::vector<size_t>& SubtitlePictures::shown_at(Rational time) {
  const std::vector<Cue>& cues = x_document.cues;
  if (time < x_last) x_first = 0;
  x_last = time;
  while (x_first < cues.size() && x_latest[x_first] <= time) ++x_first;
  x_shown.clear();
  for (size_t i = x_first; i < cues.size() && cues[i].start <= time; ++i) {
    if (cues[i].end > time) x_shown.push_back(i);
  }
  return x_shown;
}

TextStyle SubtitlePictures::style_of(const Cue& cue) const {
  TextStyle style;
  style.size = x_size;
  style.line_pitch = kPitch;
  style.align = align_of(cue);
  style.vertical = is_vertical(cue);
  style.left_to_right = cue.writing == WritingMode::kVerticalLeftToRight;
  if (x_look.legibility == Legibility::kOutline)
    style.outline = x_size * kOutline;
  else
    style.box = kBoxColour;
  const Area area = area_of(cue);
  const double room = style.vertical ? x_raster.height * (area.height / 1e4) : x_raster.width * (area.width / 1e4);
  style.longest = std::max(room, 4 * x_size);
  return style;
}

Result<SubtitlePictures::Drawn> SubtitlePictures::draw(const Cue& cue) const {
  const TextStyle style = style_of(cue);
  PIER_TRY(const Image image, draw_text(lines_of(cue), style, *x_fonts));
  PIER_TRY(Layer layer, Layer::make(image, x_target));
  const int margin = text_margin(style);
  return Drawn{std::make_shared<const Layer>(std::move(layer)), image.width - 2 * margin, image.height - 2 * margin,
               margin};
}

Placed SubtitlePictures::place(const Cue& cue, const Drawn& drawn, const std::vector<Placed>& before) const {
  const Area area = area_of(cue);
  const auto at = [](int room, int32_t from, int32_t length, int own, double share) {
    const double begin = room * (from / 1e4), free = room * (length / 1e4) - own;
    return static_cast<int>(std::lround(begin + free * share));
  };
  const double along = share_along(cue), across = share_across(cue);
  Place place{0, 0, drawn.width, drawn.height};
  place.x = at(x_raster.width, area.x, area.width, drawn.width, is_vertical(cue) ? across : along);
  place.y = at(x_raster.height, area.y, area.height, drawn.height, is_vertical(cue) ? along : across);
  place.x = moved_inside(place.x, place.width, x_raster.width);
  place.y = moved_inside(place.y, place.height, x_raster.height);
  const bool backwards = across > 0.5;  // what stands at the end of its room grows towards the beginning
  for (const Placed& other : before) {
    const int margin = drawn.margin;  // all text is of one size
    const Place taken{other.x + margin, other.y + margin, other.layer->width() - 2 * margin,
                      other.layer->height() - 2 * margin};
    if (!place.meets(taken)) continue;
    if (is_vertical(cue))
      place.x = backwards ? taken.x - place.width : taken.x + taken.width;
    else
      place.y = backwards ? taken.y - place.height : taken.y + taken.height;
  }
  return {drawn.layer, place.x - drawn.margin, place.y - drawn.margin, 1};
}

Result<std::vector<Placed>> SubtitlePictures::at(Rational time) {
  const std::vector<size_t>& shown = shown_at(time);
  std::erase_if(x_drawn, [&](const auto& one) { return std::ranges::find(shown, one.first) == shown.end(); });
  std::vector<Placed> layers;
  for (const size_t number : shown) {
    const Cue& cue = x_document.cues[number];
    auto drawn = x_drawn.find(number);
    if (drawn == x_drawn.end()) {
      auto made = draw(cue);
      if (!made) return fail_in(where(cue, number), std::move(made).error());
      drawn = x_drawn.emplace(number, std::move(*made)).first;
    }
    layers.push_back(place(cue, drawn->second, layers));
  }
  return layers;
}

}  // namespace pier::overlay
