#include "resolve.hpp"

#include <pier/colour/gamut.hpp>

namespace pier::colour::impl {
namespace {

Matrix default_matrix(Primaries primaries) {
  switch (primaries) {
    case Primaries::kBt2020:
    case Primaries::kP3D65:
    case Primaries::kP3Dci:
      return Matrix::kBt2020Ncl;
    case Primaries::kSmpte170m:
      return Matrix::kSmpte170m;
    case Primaries::kBt470bg:
      return Matrix::kBt470bg;
    default:
      return Matrix::kBt709;
  }
}

ChromaSite default_site(const ColourInfo& colour) {
  return colour.is_hdr() && colour.primaries == Primaries::kBt2020 ? ChromaSite::kTopLeft : ChromaSite::kLeft;
}

bool known_transfer(Transfer transfer) {
  return shown_by_bt1886(transfer) || transfer == Transfer::kSrgb || transfer == Transfer::kGamma22 ||
         transfer == Transfer::kPq || transfer == Transfer::kHlg;
}

Result<void> check_end(const ColourInfo& colour, const std::string& end) {
  if (!known_transfer(colour.transfer))
    return fail(ErrorCode::kInputUnsupported, end + " transfer " + to_string(colour.transfer) +
                                                  " cannot be converted; known are BT.709, BT.601, BT.2020, sRGB, "
                                                  "gamma 2.2, PQ and HLG");
  if (!primaries_xy(colour.primaries))
    return fail(ErrorCode::kInputUnsupported,
                end + " primaries " + to_string(colour.primaries) + " are not known; set them by hand");
  if (colour.matrix != Matrix::kRgb && !luma_weights(colour.matrix))
    return fail(ErrorCode::kInputUnsupported, end + " matrix " + to_string(colour.matrix) +
                                                  " cannot be converted; known are BT.601, BT.709 and BT.2020 "
                                                  "non-constant luminance");
  return {};
}

}  // namespace

bool shown_by_bt1886(Transfer transfer) {
  return transfer == Transfer::kBt709 || transfer == Transfer::kSmpte170m || transfer == Transfer::kBt2020_10 ||
         transfer == Transfer::kBt2020_12;
}

bool same_transfer(Transfer a, Transfer b) {
  return a == b || (shown_by_bt1886(a) && shown_by_bt1886(b));
}

ColourInfo resolve_source(const ColourInfo& colour, bool rgb) {
  ColourInfo resolved = colour;
  if (resolved.transfer == Transfer::kUnspecified) resolved.transfer = Transfer::kBt709;
  if (resolved.primaries == Primaries::kUnspecified)
    resolved.primaries = resolved.is_hdr() ? Primaries::kBt2020 : Primaries::kBt709;
  if (rgb) {
    resolved.matrix = Matrix::kRgb;
  } else if (resolved.matrix == Matrix::kUnspecified || resolved.matrix == Matrix::kRgb) {
    resolved.matrix = default_matrix(resolved.primaries);
  }
  if (resolved.range == Range::kUnspecified) resolved.range = rgb ? Range::kFull : Range::kNarrow;
  if (resolved.chroma_site == ChromaSite::kUnspecified) resolved.chroma_site = default_site(resolved);
  return resolved;
}

ColourInfo resolve_target(const ColourInfo& colour, const ColourInfo& source, bool rgb) {
  ColourInfo resolved = colour;
  if (resolved.transfer == Transfer::kUnspecified) resolved.transfer = source.transfer;
  if (resolved.primaries == Primaries::kUnspecified) {
    const bool same_kind = source.is_hdr() == resolved.is_hdr() && resolved.transfer != Transfer::kHlg;
    resolved.primaries = same_kind ? source.primaries : resolved.is_hdr() ? Primaries::kBt2020 : Primaries::kBt709;
  }
  if (rgb) {
    resolved.matrix = Matrix::kRgb;
  } else if (resolved.matrix == Matrix::kUnspecified || resolved.matrix == Matrix::kRgb) {
    resolved.matrix = default_matrix(resolved.primaries);
  }
  if (resolved.range == Range::kUnspecified) resolved.range = rgb ? Range::kFull : Range::kNarrow;
  if (resolved.chroma_site == ChromaSite::kUnspecified) resolved.chroma_site = default_site(resolved);
  return resolved;
}

Result<void> check_supported(const ColourInfo& from, const ColourInfo& to) {
  PIER_CHECK(check_end(from, "source"));
  PIER_CHECK(check_end(to, "target"));
  if (from.transfer == Transfer::kHlg && from.primaries != Primaries::kBt2020)
    return fail(ErrorCode::kInputUnsupported,
                "HLG is defined for BT.2020 primaries (BT.2100), but the source says " + to_string(from.primaries));
  if (to.transfer == Transfer::kHlg && to.primaries != Primaries::kBt2020)
    return fail(ErrorCode::kInputUnsupported,
                "HLG is defined for BT.2020 primaries (BT.2100), but the target says " + to_string(to.primaries));
  return {};
}

}  // namespace pier::colour::impl
