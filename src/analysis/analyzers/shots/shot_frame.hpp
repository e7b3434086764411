#pragma once
// What is measured of one frame for shots: a thumbnail, a histogram and how sharp it is.

#include <array>
#include <cstdint>

#include <pier/analysis/analyzer.hpp>

#include "signal.hpp"

namespace pier::analysis::impl {

struct ShotFrame {
  static constexpr int kWide = 32, kHigh = 18;             // luma blocks of the thumbnail
  static constexpr int kChromaWide = 16, kChromaHigh = 9;  // of Cb and of Cr
  static constexpr size_t kLuma = size_t{kWide} * kHigh;
  static constexpr size_t kChroma = size_t{kChromaWide} * kChromaHigh;
  static constexpr size_t kThumbnail = kLuma + 2 * kChroma;
  static constexpr size_t kBins = 32;

  FrameTime time;
  bool damaged = false;  // nothing was measured
  /// Luma 0 ... 255 is nominal black to peak; then Cb and Cr, 128 is neutral.
  std::array<uint8_t, kThumbnail> thumbnail{};
  std::array<uint16_t, kBins> histogram{};  // luma, in 10 000ths
  int64_t sharpness = 0;  // mean square of the luma steps between neighbours, in thousandths of (1/255)^2
  int64_t light = 0;      // FrameLight::largest_9999, millionths of cd/m2

  json::value save() const;
  static Result<ShotFrame> load(const json::value& value);
};

/// `eighth`: FrameViews::eighth(); an empty one gives a damaged frame.
ShotFrame measure_shot(const PictureView& eighth, const Signal& signal, const FrameTime& time);

}  // namespace pier::analysis::impl
