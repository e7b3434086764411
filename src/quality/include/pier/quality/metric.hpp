#pragma once
// What can be measured between a reference and a test picture, and what each figure is called.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/picture.hpp>
#include <pier/core/result.hpp>

namespace pier::quality {

enum class Metric : uint8_t {
  kPsnr,       // dB; the headline is (6 Y + Cb + Cr) / 8
  kSsimBlock,  // SSIM in windows of 8x8 samples at every fourth one, equal weights: what ffmpeg's `ssim` gives
  kMsSsim,     // Wang, Simoncelli, Bovik 2003: five scales, Gaussian window of 11x11 with sigma 1.5; luma only
  kXpsnr,      // dB; Helmrich et al., ICASSP 2020; the headline is 4 Y, 1 Cb, 1 Cr in weighted squared error
  kPu21Ssim,   // SSIM (Gaussian window, one scale) of PU21-encoded display luminance; HDR only
  kDeltaEItp,  // BT.2124, a difference: 0 is equal, 1 just noticeable
};

/// All, in the order of reports.
const std::vector<Metric>& all_metrics();
/// "psnr", "ssim_block", "ms_ssim", "xpsnr", "pu21_ssim", "de_itp".
std::string_view to_string(Metric metric);
/// Also "ssim" for kSsimBlock. kInvalidArgument names those there are.
Result<Metric> metric_from(std::string_view name);

/// Of figures in dB nothing is above this: equal pictures have it.
inline constexpr double kMostDb = 100;

/// How figures of single pictures become that of the whole as the peers print it.
enum class Overall : uint8_t {
  kNone,
  kMeanSquare,  // of the mean squared error: ffmpeg's psnr
  kMeanRoot,    // of the mean of its root: ffmpeg's xpsnr
};

/// One figure a picture. The first of a metric is its headline and has its name.
struct Series {
  std::string name;  // "xpsnr", "xpsnr_y", ...
  Metric metric = Metric::kPsnr;
  std::string_view unit = {};  // "dB" or empty
  bool higher_is_better = true;
  Overall overall = Overall::kNone;
};

/// What a metric gives for pictures with or without chroma.
std::vector<Series> series_of(Metric metric, Chroma chroma);

}  // namespace pier::quality
