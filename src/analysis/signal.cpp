#include "signal.hpp"

#include <algorithm>
#include <cmath>

#include <pier/colour/transfer.hpp>

namespace pier::analysis {

namespace {

constexpr double kSdrWhite = 100.0;
constexpr double kHlgPeak = 1000.0;
constexpr double kMicro = 1e6;

struct LumaWeights {
  double red, blue;
};

LumaWeights luma_weights(Matrix matrix) {
  switch (matrix) {
    case Matrix::kBt470bg:
    case Matrix::kSmpte170m:
      return {0.299, 0.114};
    case Matrix::kBt2020Ncl:
      return {0.2627, 0.0593};
    default:
      return {0.2126, 0.0722};
  }
}

int16_t q15(double factor) {
  return static_cast<int16_t>(std::lround(std::clamp(factor, -1.0, 32767.0 / 32768.0) * 32768.0));
}

}  // namespace

std::shared_ptr<const Signal> Signal::make(const PixelFormat& format, const ColourInfo& colour) {
  return std::shared_ptr<const Signal>(new Signal(format, colour));
}

Signal::Signal(const PixelFormat& format, const ColourInfo& colour) : x_format(format), x_colour(colour) {
  resolve();
  set_codes();
  set_factors();
  set_tables();
}

void Signal::resolve() {
  if (x_colour.transfer == Transfer::kUnspecified) {
    x_colour.transfer = Transfer::kBt709;
    x_assumed_transfer = true;
  }
  if (x_colour.range == Range::kUnspecified) {
    x_colour.range = x_format.rgb ? Range::kFull : Range::kNarrow;
    x_assumed_range = true;
  }
  if (x_colour.matrix == Matrix::kUnspecified) {
    x_colour.matrix = x_colour.primaries == Primaries::kBt2020 ? Matrix::kBt2020Ncl : Matrix::kBt709;
  }
  x_light = x_colour.transfer == Transfer::kPq    ? Light::kPq
            : x_colour.transfer == Transfer::kHlg ? Light::kHlg
                                                  : Light::kSdr;
  x_rgb_known = x_format.rgb || (x_colour.matrix != Matrix::kBt2020Cl && x_colour.matrix != Matrix::kIctcp);
}

void Signal::set_codes() {
  const int scale = 1 << (x_format.bit_depth - 8);
  x_reserved_high = max_code() + 1;
  if (narrow()) {
    x_black = 16 * scale;
    x_peak = 235 * scale;
    x_chroma_low = 16 * scale;
    x_chroma_high = (x_format.rgb ? 235 : 240) * scale;
    x_reserved_low = scale - 1;
    x_reserved_high = max_code() - x_reserved_low;
  } else {
    x_peak = x_chroma_high = max_code();
  }
}

void Signal::set_factors() {
  constexpr double kUnit = RgbFactors::kUnit;
  const double down = std::ldexp(1.0, shift());
  const double chroma_span = (narrow() ? 224.0 * (1 << (x_format.bit_depth - 8)) : max_code()) * down;
  x_factors.y_whole = narrow() ? 1 : 0;
  x_factors.y_part = narrow() ? int16_t{0} : q15(kUnit / (max_code() * down));
  const auto [red, blue] = luma_weights(x_colour.matrix);
  const double green = 1.0 - red - blue;
  x_factors.luma_from_red = q15(red);
  x_factors.luma_from_blue = q15(blue);
  const double scale = kUnit / chroma_span;
  x_factors.r_from_cr = q15(2.0 * (1.0 - red) * scale - 1.0);
  x_factors.b_from_cb = q15(2.0 * (1.0 - blue) * scale - 1.0);
  x_factors.g_from_cb = q15(-2.0 * blue * (1.0 - blue) / green * scale);
  x_factors.g_from_cr = q15(-2.0 * red * (1.0 - red) / green * scale);
}

void Signal::set_tables() {
  x_micronits.resize(kBins);
  for (int bin = 1; bin < kBins; ++bin) {
    const double middle = (bin << kBinShift) + ((1 << kBinShift) - 1) / 2.0;
    x_micronits[static_cast<size_t>(bin)] =
        static_cast<uint64_t>(std::llround(nits(middle / RgbFactors::kUnit) * kMicro));
  }
  if (x_light != Light::kHlg) return;
  x_scene.resize(kBins);
  x_ootf.resize(kBins);
  const double gamma = colour::hlg_system_gamma(kHlgPeak);
  for (int i = 0; i < kBins; ++i) {
    const double signal = i == 0 ? 0.0 : ((i << kBinShift) + 1.5) / RgbFactors::kUnit;
    const double scene = colour::hlg_inverse_oetf(narrow() ? signal : std::min(signal, 1.0));
    x_scene[static_cast<size_t>(i)] = static_cast<uint32_t>(std::min(65535L, std::lround(scene * kSceneUnit)));
    const double ys = ((i << kOotfShift) + 7.5) / kSceneUnit;
    x_ootf[static_cast<size_t>(i)] = static_cast<uint32_t>(std::lround(std::pow(ys, gamma - 1.0) * kSceneUnit));
  }
}

double Signal::nits(double signal) const {
  // Narrow range has room above nominal peak; full range ends there, whatever the matrix makes of it.
  const double e = std::clamp(signal, 0.0, narrow() ? 1.2 : 1.0);
  switch (x_light) {
    case Light::kPq:
      return colour::pq_eotf(std::min(e, 1.0));
    case Light::kHlg: {
      const double scene = colour::hlg_inverse_oetf(e);
      return kHlgPeak * std::pow(scene, colour::hlg_system_gamma(kHlgPeak));
    }
    case Light::kSdr:
      return colour::bt1886_eotf(e, kSdrWhite);
  }
  return 0.0;
}

int Signal::code_at_most(double limit) const {
  int low = x_black - 1;
  int high = max_code();
  while (low < high) {
    const int middle = low + (high - low + 1) / 2;
    const double light = nits(static_cast<double>(middle - x_black) / (x_peak - x_black));
    if (light <= limit) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

uint64_t Signal::micronits_of(int signal14) const {
  return static_cast<uint64_t>(std::llround(nits(static_cast<double>(signal14) / RgbFactors::kUnit) * kMicro));
}

}  // namespace pier::analysis
