#include "common_form.hpp"

#include <algorithm>

#include "light_tables.hpp"

namespace pier::quality::impl {
namespace {

constexpr int kMostDepth = 12;

ColourInfo filled(ColourInfo colour, const ColourInfo& known) {
  if (colour.primaries == Primaries::kUnspecified) colour.primaries = known.primaries;
  if (colour.transfer == Transfer::kUnspecified) colour.transfer = known.transfer;
  if (colour.matrix == Matrix::kUnspecified) colour.matrix = known.matrix;
  if (colour.range == Range::kUnspecified) colour.range = known.range;
  if (colour.chroma_site == ChromaSite::kUnspecified) colour.chroma_site = known.chroma_site;
  return colour;
}

/// What one does not say and the other does.
void note_assumed(const char* name, const ColourInfo& colour, const ColourInfo& other,
                  std::vector<std::string>& notes) {
  std::string what;
  const auto add = [&](bool missing, const std::string& text) {
    if (missing) what += (what.empty() ? "" : ", ") + text;
  };
  add(colour.primaries == Primaries::kUnspecified && other.primaries != Primaries::kUnspecified,
      "primaries " + to_string(other.primaries));
  add(colour.transfer == Transfer::kUnspecified && other.transfer != Transfer::kUnspecified,
      "transfer " + to_string(other.transfer));
  add(colour.matrix == Matrix::kUnspecified && other.matrix != Matrix::kUnspecified,
      "matrix " + to_string(other.matrix));
  if (!what.empty())
    notes.push_back(std::string(name) + " does not name all of its colour; taken as the other's: " + what);
}

std::string signal_name(const ColourInfo& colour) {
  if (colour.transfer == Transfer::kPq) return "HDR (PQ)";
  return colour.transfer == Transfer::kHlg ? "HDR (HLG)" : "SDR";
}

std::string raster_of(const Picture& picture) {
  return std::to_string(picture.width()) + "x" + std::to_string(picture.height());
}

/// Raster and chroma of the reference, the greater depth of both.
PixelFormat format_of(const Picture& reference, const Picture& test) {
  PixelFormat format = reference.format();
  format.rgb = false;
  format.bit_depth = std::clamp<uint8_t>(std::max(format.bit_depth, test.format().bit_depth), 8, kMostDepth);
  const bool odd = reference.width() % 2 != 0 || reference.height() % 2 != 0;
  const bool same =
      reference.format() == test.format() && reference.width() == test.width() && reference.height() == test.height();
  // Nothing converts to subsampled chroma of odd rasters.
  if (odd && !same && format.chroma != Chroma::k400) format.chroma = Chroma::k444;
  return format;
}

Result<std::optional<colour::Converter>> converter_for(const Picture& picture, const ColourInfo& colour,
                                                       const colour::PictureSpec& to, const char* name) {
  auto made = colour::Converter::make({picture.format(), picture.width(), picture.height(), colour}, to);
  if (!made) return fail_in(std::string("cannot compare: ") + name, std::move(made).error());
  std::optional<colour::Converter> converter;
  if (!made->identity()) converter = std::move(*made);
  return converter;
}

}  // namespace

Result<CommonForm> CommonForm::make(const Picture& reference, const media::VideoFacts& reference_facts,
                                    const Picture& test, const media::VideoFacts& test_facts) {
  CommonForm made;
  const ColourInfo said = filled(reference.colour(), reference_facts.colour);
  const ColourInfo test_said = filled(test.colour(), test_facts.colour);
  note_assumed("REF", said, test_said, made.x_notes);
  note_assumed("TEST", test_said, said, made.x_notes);
  made.x_reference.colour = filled(said, test_said);
  made.x_test.colour = filled(test_said, said);
  if (made.x_reference.colour.is_hdr() != made.x_test.colour.is_hdr()) {
    return fail(ErrorCode::kInputUnsupported,
                "REF is " + signal_name(made.x_reference.colour) + " and TEST is " + signal_name(made.x_test.colour) +
                    ": no figure between the two says anything about quality; compare with a reference of the same "
                    "kind, such as the conversion the test was made from");
  }
  made.x_spec = {format_of(reference, test), reference.width(), reference.height(), made.x_reference.colour};
  if (reference.format().rgb) {
    made.x_spec.colour.matrix = Matrix::kUnspecified;  // that of the primaries
    made.x_spec.colour.range = Range::kNarrow;
    made.x_notes.emplace_back("REF is RGB: measured as Y'CbCr");
  }
  made.x_spec.colour = resolved(made.x_spec.colour);
  if (std::max(reference.format().bit_depth, test.format().bit_depth) > kMostDepth)
    made.x_notes.push_back("measured at " + std::to_string(kMostDepth) + " bits");
  made.x_other_raster = reference.width() != test.width() || reference.height() != test.height();
  const double shape = static_cast<double>(reference.width()) / reference.height();
  const double test_shape = static_cast<double>(test.width()) / test.height();
  if (std::abs(shape / test_shape - 1) > 0.02) {
    made.x_notes.push_back("REF is " + raster_of(reference) + " and TEST " + raster_of(test) +
                           ": pictures of another shape were stretched");
  }
  PIER_TRY(made.x_reference.converter, converter_for(reference, made.x_reference.colour, made.x_spec, "REF"));
  PIER_TRY(made.x_test.converter, converter_for(test, made.x_test.colour, made.x_spec, "TEST"));
  return made;
}

std::string CommonForm::way_of(const Way& way) {
  return way.converter ? way.converter->describe() : "as they are";
}

Result<Picture> CommonForm::brought(Picture picture, const Way& way) const {
  picture.set_colour(way.colour);
  if (way.converter) return way.converter->run(picture);
  return picture;
}

}  // namespace pier::quality::impl
