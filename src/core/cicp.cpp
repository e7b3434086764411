#include <pier/core/cicp.hpp>

namespace pier {

std::string to_string(Primaries value) {
  switch (value) {
    case Primaries::kBt709:
      return "bt709";
    case Primaries::kUnspecified:
      return "unknown";
    case Primaries::kBt470bg:
      return "bt470bg";
    case Primaries::kSmpte170m:
      return "smpte170m";
    case Primaries::kBt2020:
      return "bt2020";
    case Primaries::kP3Dci:
      return "smpte431";
    case Primaries::kP3D65:
      return "smpte432";
  }
  return std::to_string(static_cast<int>(value));
}

std::string to_string(Transfer value) {
  switch (value) {
    case Transfer::kBt709:
      return "bt709";
    case Transfer::kUnspecified:
      return "unknown";
    case Transfer::kGamma22:
      return "bt470m";
    case Transfer::kSmpte170m:
      return "smpte170m";
    case Transfer::kLinear:
      return "linear";
    case Transfer::kSrgb:
      return "iec61966-2-1";
    case Transfer::kBt2020_10:
      return "bt2020-10";
    case Transfer::kBt2020_12:
      return "bt2020-12";
    case Transfer::kPq:
      return "smpte2084";
    case Transfer::kHlg:
      return "arib-std-b67";
  }
  return std::to_string(static_cast<int>(value));
}

std::string to_string(Matrix value) {
  switch (value) {
    case Matrix::kRgb:
      return "gbr";
    case Matrix::kBt709:
      return "bt709";
    case Matrix::kUnspecified:
      return "unknown";
    case Matrix::kBt470bg:
      return "bt470bg";
    case Matrix::kSmpte170m:
      return "smpte170m";
    case Matrix::kBt2020Ncl:
      return "bt2020nc";
    case Matrix::kBt2020Cl:
      return "bt2020c";
    case Matrix::kIctcp:
      return "ictcp";
  }
  return std::to_string(static_cast<int>(value));
}

std::string to_string(Range value) {
  switch (value) {
    case Range::kUnspecified:
      return "unknown";
    case Range::kNarrow:
      return "tv";
    case Range::kFull:
      return "pc";
  }
  return std::to_string(static_cast<int>(value));
}

std::string to_string(ChromaSite value) {
  switch (value) {
    case ChromaSite::kLeft:
      return "left";
    case ChromaSite::kCenter:
      return "center";
    case ChromaSite::kTopLeft:
      return "topleft";
    case ChromaSite::kTop:
      return "top";
    case ChromaSite::kBottomLeft:
      return "bottomleft";
    case ChromaSite::kBottom:
      return "bottom";
    case ChromaSite::kUnspecified:
      return "unspecified";
  }
  return std::to_string(static_cast<int>(value));
}

}  // namespace pier
