#pragma once
// aspect_ratio_idc of the VUI, ITU-T H.273 table 4 (SampleAspectRatio).

#include <optional>

#include <pier/core/rational.hpp>

#include "bitstream/bit_reader.hpp"

namespace pier::media::impl {

/// Reads aspect_ratio_idc and, for 255, the explicit pair; nullopt when unspecified.
inline std::optional<Rational> read_sample_aspect(BitReader& reader) {
  static constexpr struct {
    uint8_t width, height;
  } kTable[] = {{0, 0},   {1, 1},   {12, 11}, {10, 11}, {16, 11},  {40, 33}, {24, 11}, {20, 11}, {32, 11},
                {80, 33}, {18, 11}, {15, 11}, {64, 33}, {160, 99}, {4, 3},   {3, 2},   {2, 1}};
  const uint32_t idc = reader.bits(8);
  if (idc == 255) {
    const uint32_t width = reader.bits(16);
    const uint32_t height = reader.bits(16);
    if (width == 0 || height == 0) return std::nullopt;
    return Rational(width, height);
  }
  if (idc == 0 || idc >= std::size(kTable)) return std::nullopt;
  return Rational(kTable[idc].width, kTable[idc].height);
}

}  // namespace pier::media::impl
