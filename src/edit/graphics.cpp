#include "graphics.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <pier/core/file.hpp>
#include <pier/overlay/text.hpp>

namespace pier::edit::impl {
namespace {

constexpr double kOutline = 1.0 / 16;  // of the size of the letters
constexpr double kMargin = 1.0 / 20;   // of the output: EBU R 95, graphics safe area
constexpr double kLongestLine = 0.9;   // of the output's width

int samples(std::optional<double> part, int whole) {
  return part ? std::max(1, static_cast<int>(std::lround(*part * whole))) : 0;
}

int corner(std::optional<double> said, double share, int whole, int size) {
  if (said) return static_cast<int>(std::lround(*said * whole));
  if (share == 0.5) return (whole - size) / 2;
  const double margin = kMargin * whole;
  return static_cast<int>(std::lround(margin + share * (whole - 2 * margin - size)));
}

/// "#rrggbb" or "#rrggbbaa"; empty: white.
Result<overlay::Rgba> colour_of(const std::string& text) {
  if (text.empty()) return overlay::Rgba{};
  const auto bytes = text.front() == '#' ? from_hex(text.substr(1)) : Result<Bytes>(Bytes());
  if (!bytes || (bytes->size() != 3 && bytes->size() != 4))
    return fail(ErrorCode::kInvalidArgument, "its parameters.color must be \"#rrggbb\" or \"#rrggbbaa\"");
  const auto part = [&](size_t i) { return static_cast<uint8_t>((*bytes)[i]); };
  return overlay::Rgba{part(0), part(1), part(2), bytes->size() == 4 ? part(3) : uint8_t{255}};
}

Result<Bytes> content_of(const media::Source& source) {
  const media::SourceFile& file = source.files.at(source.primary);
  if (file.state.size > overlay::kMaxImageBytes) return fail(ErrorCode::kTooLarge, "the graphic is larger than 64 MiB");
  Bytes bytes(file.state.size);
  PIER_TRY(const size_t got, read_at(file.fd.get(), 0, bytes));
  bytes.resize(got);
  return bytes;
}

}  // namespace

double opacity_at(const PicturePiece& piece, Rational at) {
  const timeline::Place& place = piece.place;
  double opacity = place.opacity;
  const double since = (at - piece.span.clip_begin).value();
  if (place.fade_in > Rational(0)) opacity *= std::clamp(since / place.fade_in.value(), 0.0, 1.0);
  if (place.fade_out > Rational(0))
    opacity *= std::clamp((piece.span.clip_length.value() - since) / place.fade_out.value(), 0.0, 1.0);
  return opacity;
}

Result<overlay::Image> Graphics::text_image(const timeline::Text& text) const {
  if (x_fonts == nullptr) return fail(ErrorCode::kInternal, "there are no fonts for it");
  const media::WrittenPictures& wanted = *x_plan.file.file.pictures;
  overlay::TextStyle style;
  style.size = text.size * wanted.height;
  style.outline = style.size * kOutline;
  style.longest = kLongestLine * wanted.width;
  overlay::TextSpan span;
  PIER_TRY(span.colour, colour_of(text.colour));
  std::vector<overlay::TextLine> lines;
  for (size_t start = 0; start <= text.text.size();) {
    const size_t end = std::min(text.text.find('\n', start), text.text.size());
    span.text = text.text.substr(start, end - start);
    lines.push_back({span});
    start = end + 1;
  }
  return overlay::draw_text(lines, style, *x_fonts);
}

Result<overlay::Image> Graphics::image_of(const PicturePiece& piece) const {
  if (piece.kind == PicturePiece::Kind::kText) return text_image(piece.text);
  const media::WrittenPictures& wanted = *x_plan.file.file.pictures;
  PIER_TRY(const Bytes bytes, content_of(x_inputs[piece.input].source));
  return overlay::read_image(bytes,
                             {samples(piece.place.width, wanted.width), samples(piece.place.height, wanted.height)});
}

Failure Graphics::failure_of(const PicturePiece& piece, const Error& error) const {
  const bool image = piece.kind == PicturePiece::Kind::kImage;
  return fail_in(piece.name + (image ? ", " + display_text(x_inputs[piece.input].path) : ""), error);
}

Result<Graphics::Drawn> Graphics::draw(const PicturePiece& piece) const {
  PIER_TRY(const overlay::Image image, image_of(piece));
  const media::WrittenPictures& wanted = *x_plan.file.file.pictures;
  PIER_TRY(overlay::Layer layer, overlay::Layer::make(image, {x_format, wanted.colour}));
  Drawn drawn;
  drawn.x = corner(piece.place.x, piece.place.across, wanted.width, layer.width());
  drawn.y = corner(piece.place.y, piece.place.down, wanted.height, layer.height());
  drawn.layer = std::make_shared<const overlay::Layer>(std::move(layer));
  return drawn;
}

Result<overlay::Placed> Graphics::placed(const PicturePiece& piece, double opacity) {
  auto found = x_drawn.find(&piece);
  if (found == x_drawn.end()) {
    auto drawn = draw(piece);
    if (!drawn) return failure_of(piece, drawn.error());
    found = x_drawn.emplace(&piece, std::move(*drawn)).first;
  }
  return overlay::Placed{found->second.layer, found->second.x, found->second.y, opacity};
}

Result<void> Graphics::try_all() const {
  std::set<size_t> tried;
  for (const std::vector<PicturePiece>& track : x_plan.pictures) {
    for (const PicturePiece& piece : track) {
      const bool image = piece.kind == PicturePiece::Kind::kImage;
      if (!piece.graphic() || (image && !tried.insert(piece.input).second)) continue;
      if (const auto drawn = image_of(piece); !drawn) return failure_of(piece, drawn.error());
    }
  }
  return {};
}

void Graphics::close_before(Rational at) {
  std::erase_if(x_drawn, [&](const auto& one) { return one.first->span.end <= at; });
}

}  // namespace pier::edit::impl
