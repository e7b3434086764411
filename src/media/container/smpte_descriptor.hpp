#pragma once
// Essence descriptors of MXF (SMPTE ST 377-1, ST 377-4, ST 2067-21) as both the MXF file and the IMF composition
// playlist carry them.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/cicp.hpp>
#include <pier/core/picture.hpp>
#include <pier/core/rational.hpp>

namespace pier::media::impl {

using UniversalLabel = std::array<uint8_t, 16>;

struct PictureDescriptor {
  int width = 0, height = 0;  // stored
  int display_width = 0, display_height = 0;
  Rational rate;
  int depth = 0;
  std::optional<Chroma> chroma;
  bool rgb = false;
  bool interlaced = false;
  ColourInfo colour;
  std::optional<MasteringDisplay> mastering_display;
  std::optional<Rational> aspect;  // of the display
  int64_t length = 0;              // frames
};

struct SoundDescriptor {
  int sample_rate = 0, channels = 0, bits = 0;
  std::string language;
  std::string soundfield;            // tag symbol of the group, "sg51"
  std::vector<std::string> symbols;  // per channel; empty where a channel has none
};

/// Code points of the labels of SMPTE RP 224 / ST 2067-21; kUnspecified when the label is none of them.
Primaries primaries_of(const UniversalLabel& label);
Transfer transfer_of(const UniversalLabel& label);
Matrix matrix_of(const UniversalLabel& label);
/// "urn:smpte:ul:060e2b34.0401010d.04010101.010a0000"
std::optional<UniversalLabel> parse_label(std::string_view urn);

/// Nominal narrow or full range of black and white reference levels; kUnspecified when neither.
Range range_of_levels(int64_t black, int64_t white, int depth);

}  // namespace pier::media::impl
