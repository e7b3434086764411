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

/// HLG on the reference display: Fd = 1000 * Ys^0.2 * E for each component (BT.2100 table 5). Row by row: codes to
/// R'G'B', then light by tables.
class HlgScan {
 public:
  HlgScan(const PictureView& picture, const Signal& signal)
      : x_picture(picture), x_signal(signal), x_bins(kBins), x_wide(picture.format.bit_depth > 8) {
    const auto columns = static_cast<size_t>((picture.width + 1) / 2);
    for (auto* row : {&x_first, &x_second, &x_third}) row->resize(columns);
    for (auto* row : {&x_red, &x_green, &x_blue}) row->resize(columns);
  }

  FrameLight run() {
    const PixelFormat& format = x_picture.format;
    const bool colour = format.plane_count() == 3 && x_signal.rgb_known();
    const int sx = format.chroma == Chroma::k420 || format.chroma == Chroma::k422 ? 1 : 2;
    const int sy = format.chroma == Chroma::k420 ? 2 : 1;
    const int zero = format.rgb ? x_signal.black() : 1 << (format.bit_depth - 1);
    for (int y = 0; y < x_picture.height; y += 2) {
      load(0, y, 2, x_signal.black(), x_first);
      if (colour) {
        load(1, y / sy, sx, zero, x_second);
        load(2, y / sy, sx, zero, x_third);
      }
      if (format.rgb) {
        take_components();
      } else {
        convert();
      }
      add_light();
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

  template <typename Sample>
  static void load_row(const Sample* row, int step, int zero, int shift, std::vector<int16_t>& out) {
    const int up = std::max(shift, 0);
    const int down = std::max(-shift, 0);
    const auto count = static_cast<ptrdiff_t>(out.size());
    int16_t* to = out.data();
    for (ptrdiff_t i = 0; i < count; ++i) to[i] = static_cast<int16_t>(((row[i * step] - zero) * (1 << up)) >> down);
  }

  /// Every `step`-th sample of a row, 14 bits.
  void load(int plane, int y, int step, int zero, std::vector<int16_t>& out) {
    const Plane& p = x_picture.planes[static_cast<size_t>(plane)];
    if (x_wide) {
      load_row(p.row<uint16_t>(y), step, zero, x_signal.shift(), out);
    } else {
      load_row(p.row<uint8_t>(y), step, zero, x_signal.shift(), out);
    }
  }

  static uint16_t index(int signal14) {
    return static_cast<uint16_t>(std::clamp(signal14, 0, RgbFactors::kLimit) >> Signal::kBinShift);
  }

  void take_components() {
    const RgbFactors& f = x_signal.factors();
    const auto whole = [&f](int v) { return index(f.y_whole * v + kernels::scalar::product_q15(v, f.y_part)); };
    for (size_t i = 0; i < x_red.size(); ++i) {
      x_red[i] = whole(x_first[i]);
      x_green[i] = whole(x_second[i]);
      x_blue[i] = whole(x_third[i]);
    }
  }

  void convert() {
    using kernels::scalar::product_q15;
    const RgbFactors f = x_signal.factors();
    const size_t count = x_red.size();
    for (size_t i = 0; i < count; ++i) {
      const int cb = x_second[i];
      const int cr = x_third[i];
      const int y = f.y_whole * x_first[i] + product_q15(x_first[i], f.y_part);
      x_red[i] = index(y + cr + product_q15(cr, f.r_from_cr));
      x_green[i] = index(y + product_q15(cb, f.g_from_cb) + product_q15(cr, f.g_from_cr));
      x_blue[i] = index(y + cb + product_q15(cb, f.b_from_cb));
    }
  }

  void add_light() {
    const uint16_t* scene = x_signal.scene().data();
    const uint32_t* ootf = x_signal.ootf().data();
    uint32_t* bins = x_bins.data();
    uint64_t largest = x_largest;
    uint64_t sum = 0;
    const size_t count = x_red.size();
    for (size_t i = 0; i < count; ++i) {
      const uint32_t red = scene[x_red[i]];
      const uint32_t green = scene[x_green[i]];
      const uint32_t blue = scene[x_blue[i]];
      const uint32_t luminance = std::min(65535U, (kRed * red + kGreen * green + kBlue * blue) >> 15U);
      const uint64_t brightest = std::max(std::max(red, green), blue);
      // 1000 cd/m2 in millionths, Q15 times Q16.
      const uint64_t micronits = ((brightest * ootf[luminance >> 4U] >> 11U) * 1'000'000'000) >> 20U;
      ++bins[std::min<uint64_t>(kBins - 1, micronits / kBinMicronits)];
      largest = std::max(largest, micronits);
      sum += micronits;
    }
    x_largest = largest;
    x_sum += sum;
    x_pixels += count;
  }

  const PictureView& x_picture;
  const Signal& x_signal;
  std::vector<uint32_t> x_bins;
  bool x_wide;
  std::vector<int16_t> x_first, x_second, x_third;  // planes at 14 bits
  std::vector<uint16_t> x_red, x_green, x_blue;     // indices of Signal::scene()
  uint64_t x_largest = 0, x_sum = 0, x_pixels = 0;
};

}  // namespace

FrameLight scan_light(const PictureView& picture, const Signal& signal) {
  return signal.light() == Light::kHlg ? HlgScan(picture, signal).run() : scan_by_signal(picture, signal);
}

}  // namespace pier::analysis::impl
