#include "light_scan.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "kernels_scalar.hpp"

namespace pier::analysis::impl {

namespace {

constexpr uint64_t kOutlierShare = 10'000;  // one pixel in so many may be brighter than the 99.99 percentile

/// Highest bin that is left when the brightest pixels, one in kOutlierShare, are taken off.
template <typename Bins>
size_t bin_9999(const Bins& bins, uint64_t pixels) {
  uint64_t skip = pixels / kOutlierShare;
  size_t bin = bins.size() - 1;
  while (bin > 0 && bins[bin] <= skip) skip -= bins[bin--];
  return bin;
}

FrameLight scan_by_signal(const PictureView& picture, const Signal& signal) {
  const auto result = std::make_unique<kernels::MaxRgb>();
  kernels::max_rgb(picture, signal, *result);
  const auto& micronits = signal.micronits();
  uint64_t pixels = 0;
  uint64_t sum = 0;
  for (size_t bin = 0; bin < result->bins.size(); ++bin) {
    pixels += result->bins[bin];
    sum += result->bins[bin] * micronits[bin];
  }
  FrameLight light;
  light.largest = static_cast<int64_t>(signal.micronits_of(result->largest));
  light.largest_9999 = std::min(light.largest, static_cast<int64_t>(micronits[bin_9999(result->bins, pixels)]));
  light.average = std::min(light.largest, static_cast<int64_t>(sum / std::max<uint64_t>(1, pixels)));
  return light;
}

/// HLG on the reference display: Fd = 1000 * Ys^0.2 * E for each component (BT.2100 table 5).
class HlgScan {
 public:
  HlgScan(const PictureView& picture, const Signal& signal)
      : x_picture(picture), x_signal(signal), x_bins(kBins), x_wide(picture.format.bit_depth > 8) {}

  FrameLight run() {
    const bool rgb_from_codes = x_picture.format.rgb;
    const bool colour = x_picture.format.plane_count() == 3 && x_signal.rgb_known();
    const int sx = x_picture.format.chroma == Chroma::k444 ? 1 : 2;
    const int sy = x_picture.format.chroma == Chroma::k420 ? 2 : 1;
    const int middle = rgb_from_codes ? x_signal.black() : 1 << (x_picture.format.bit_depth - 1);
    for (int y = 0; y < x_picture.height; y += 2) {
      for (int x = 0; x < x_picture.width; x += 2) {
        const int luma = sample(0, y, x, x_signal.black());
        const int cb = colour ? sample(1, y / sy, x / sx, middle) : 0;
        const int cr = colour ? sample(2, y / sy, x / sx, middle) : 0;
        if (rgb_from_codes) {
          const auto& f = x_signal.factors();
          pixel(whole(luma, f), whole(cb, f), whole(cr, f));
        } else {
          convert(luma, cb, cr);
        }
      }
    }
    FrameLight light;
    light.largest = static_cast<int64_t>(x_largest);
    const auto middle_of_bin = static_cast<int64_t>(bin_9999(x_bins, x_pixels) * kBinMicronits + kBinMicronits / 2);
    light.largest_9999 = std::min(light.largest, middle_of_bin);
    light.average = static_cast<int64_t>(x_sum / std::max<uint64_t>(1, x_pixels));
    return light;
  }

 private:
  static constexpr size_t kBins = 4096;
  static constexpr uint64_t kBinMicronits = 500'000;
  // BT.2020 luminance in Q15.
  static constexpr uint32_t kRed = 8608, kGreen = 22217, kBlue = 1943;

  int sample(int plane, int y, int x, int zero) const {
    const Plane& p = x_picture.planes[static_cast<size_t>(plane)];
    const int code = x_wide ? p.row<uint16_t>(y)[x] : p.row<uint8_t>(y)[x];
    const int shift = x_signal.shift();
    return shift >= 0 ? (code - zero) * (1 << shift) : (code - zero) >> -shift;
  }

  static int whole(int y, const RgbFactors& f) { return f.y_whole * y + kernels::scalar::product_q15(y, f.y_part); }

  void convert(int y, int cb, int cr) {
    using kernels::scalar::product_q15;
    const RgbFactors& f = x_signal.factors();
    const int luma = whole(y, f);
    pixel(luma + cr + product_q15(cr, f.r_from_cr), luma + product_q15(cb, f.g_from_cb) + product_q15(cr, f.g_from_cr),
          luma + cb + product_q15(cb, f.b_from_cb));
  }

  uint32_t scene(int signal14) const {
    return x_signal.scene()[static_cast<size_t>(std::clamp(signal14, 0, RgbFactors::kLimit) >> Signal::kBinShift)];
  }

  void pixel(int r, int g, int b) {
    const uint32_t red = scene(r);
    const uint32_t green = scene(g);
    const uint32_t blue = scene(b);
    const uint32_t luminance = std::min(65535U, (kRed * red + kGreen * green + kBlue * blue) >> 15U);
    const uint64_t brightest = std::max({red, green, blue});
    const uint64_t gain = x_signal.ootf()[luminance >> 4U];
    // 1000 cd/m2 in millionths, Q15 times Q16.
    const uint64_t micronits = brightest == 0 ? 0 : ((brightest * gain >> 11U) * 1'000'000'000) >> 20U;
    ++x_bins[std::min<uint64_t>(kBins - 1, micronits / kBinMicronits)];
    x_largest = std::max(x_largest, micronits);
    x_sum += micronits;
    ++x_pixels;
  }

  const PictureView& x_picture;
  const Signal& x_signal;
  std::vector<uint32_t> x_bins;
  bool x_wide;
  uint64_t x_largest = 0, x_sum = 0, x_pixels = 0;
};

}  // namespace

FrameLight scan_light(const PictureView& picture, const Signal& signal) {
  return signal.light() == Light::kHlg ? HlgScan(picture, signal).run() : scan_by_signal(picture, signal);
}

}  // namespace pier::analysis::impl
