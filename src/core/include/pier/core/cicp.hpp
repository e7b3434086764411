#pragma once
// Code points of coding-independent signal description: Rec. ITU-T H.273 | ISO/IEC 23091-2, and static HDR metadata:
// SMPTE ST 2086 (mastering display), CTA-861.3 (content light level).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pier {

// Values are those of H.273, so that any carrier's number can be cast; unknown numbers are kept as they are.
enum class Primaries : uint8_t {
  kBt709 = 1,
  kUnspecified = 2,
  kBt470bg = 5,
  kSmpte170m = 6,
  kBt2020 = 9,
  kP3Dci = 11,
  kP3D65 = 12
};
enum class Transfer : uint8_t {
  kBt709 = 1,
  kUnspecified = 2,
  kGamma22 = 4,
  kSmpte170m = 6,
  kLinear = 8,
  kSrgb = 13,
  kBt2020_10 = 14,
  kBt2020_12 = 15,
  kPq = 16,
  kHlg = 18
};
enum class Matrix : uint8_t {
  kRgb = 0,
  kBt709 = 1,
  kUnspecified = 2,
  kBt470bg = 5,
  kSmpte170m = 6,
  kBt2020Ncl = 9,
  kBt2020Cl = 10,
  kIctcp = 14
};
enum class Range : uint8_t { kUnspecified, kNarrow, kFull };
/// Position of chroma samples, H.273 ChromaLocType; kLeft is the default of HEVC/AVC, kTopLeft that of BT.2020 HDR.
enum class ChromaSite : uint8_t {
  kLeft = 0,
  kCenter = 1,
  kTopLeft = 2,
  kTop = 3,
  kBottomLeft = 4,
  kBottom = 5,
  kUnspecified = 255
};

struct ColourInfo {
  Primaries primaries = Primaries::kUnspecified;
  Transfer transfer = Transfer::kUnspecified;
  Matrix matrix = Matrix::kUnspecified;
  Range range = Range::kUnspecified;
  ChromaSite chroma_site = ChromaSite::kUnspecified;

  bool is_hdr() const { return transfer == Transfer::kPq || transfer == Transfer::kHlg; }
  friend bool operator==(const ColourInfo&, const ColourInfo&) = default;
};

/// ST 2086: chromaticity in units of 0.00002, luminance in units of 0.0001 cd/m2 (the units of SEI 137 and `mdcv`).
struct MasteringDisplay {
  struct Xy {
    uint16_t x = 0, y = 0;
    friend bool operator==(Xy, Xy) = default;
  };
  Xy red, green, blue, white;
  uint32_t max_luminance = 0;
  uint32_t min_luminance = 0;
  friend bool operator==(const MasteringDisplay&, const MasteringDisplay&) = default;
};

/// CTA-861.3: whole cd/m2, 0 = unknown (SEI 144, `clli`).
struct ContentLight {
  uint16_t max_cll = 0;
  uint16_t max_fall = 0;
  friend bool operator==(ContentLight, ContentLight) = default;
};

/// Names as ffmpeg and the field write them: "bt2020", "arib-std-b67", "smpte2084", "bt2020nc", "tv"; a number when
/// unknown.
std::string to_string(Primaries value);
std::string to_string(Transfer value);
std::string to_string(Matrix value);
std::string to_string(Range value);
std::string to_string(ChromaSite value);

}  // namespace pier
