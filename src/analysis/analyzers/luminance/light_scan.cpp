#include "light_scan.hpp"

#include <algorithm>
#include <vector>

#include "signal_rows.hpp"

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

/// PQ and SDR rise with each component, so the largest one decides.
FrameLight light_by_signal(const Signal& signal, const LargestComponent& scanned) {
  const auto& micronits = signal.micronits();
  uint64_t pixels = 0;
  uint64_t sum = 0;
  for (size_t bin = 0; bin < scanned.bins.size(); ++bin) {
    pixels += scanned.bins[bin];
    sum += scanned.bins[bin] * micronits[bin];
  }
  FrameLight light;
  light.smallest = static_cast<int64_t>(signal.micronits_of(scanned.smallest));
  light.largest = static_cast<int64_t>(signal.micronits_of(scanned.largest));
  light.largest_9999 = static_cast<int64_t>(micronits[bin_9999(scanned.bins, pixels)]);
  light.average = static_cast<int64_t>(sum / std::max<uint64_t>(1, pixels));
  return light;
}

/// HLG on the reference display: Fd = 1000 * Ys^0.2 * E for each component (BT.2100 table 5), by tables.
class HlgScan {
 public:
  HlgScan(const PictureView& picture, const Signal& signal, const LargestComponent& scanned)
      : x_scanned(scanned), x_signal(signal), x_rows(picture, signal), x_bins(kBins) {
    x_all = int64_t{picture.width} * picture.height;
    const auto row = static_cast<size_t>(picture.width) + 1 + 2 * SignalRows::kMargin;
    x_samples.resize(4 * row);
    int16_t* first = x_samples.data() + SignalRows::kMargin;
    x_row = {first, first + row, first + 2 * row, first + 3 * row};
  }

  FrameLight run() {
    for (int y = 0; y < x_rows.height(); ++y) {
      if (counted_row(x_all, y)) add_row(y);
    }
    if (x_all > kEveryRow) find_largest();
    FrameLight light;
    light.smallest = static_cast<int64_t>(x_smallest);
    light.largest = static_cast<int64_t>(x_largest);
    light.largest_9999 = static_cast<int64_t>(bin_9999(x_bins, x_pixels) * kBinMicronits + kBinMicronits / 2);
    light.average = static_cast<int64_t>(x_sum / std::max<uint64_t>(1, x_pixels));
    return light;
  }

 private:
  static constexpr size_t kBins = 4096;
  static constexpr uint64_t kBinMicronits = 500'000;
  static constexpr int kColumnStep = 4;  // of large pictures, beginning one further in every counted row
  // BT.2020 luminance in Q15; the sum is 1, so that Ys is never above the brightest component.
  static constexpr uint32_t kRed = 8608, kGreen = 22217, kBlue = 1943;

  static size_t index(int signal14) {
    return static_cast<size_t>(std::clamp(signal14, 0, RgbFactors::kLimit) >> Signal::kBinShift);
  }

  uint64_t micronits(uint32_t brightest, uint32_t luminance) const {
    // 1000 cd/m2 in millionths, Q15 times Q16.
    const uint64_t ootf = x_signal.ootf()[std::min(65535U, luminance) >> 4U];
    return ((uint64_t{brightest} * ootf >> 11U) * 1'000'000'000) >> 20U;
  }

  uint64_t light_at(int x) const {
    const uint16_t* scene = x_signal.scene().data();
    const uint32_t red = scene[index(x_row.red[x])];
    const uint32_t green = scene[index(x_row.green[x])];
    const uint32_t blue = scene[index(x_row.blue[x])];
    return micronits(std::max(std::max(red, green), blue), (kRed * red + kGreen * green + kBlue * blue) >> 15U);
  }

  /// The most light a pixel can have whose largest component lies in this bin: it is neutral then.
  uint64_t bound(size_t bin) const { return micronits(x_signal.scene()[bin], x_signal.scene()[bin]); }

  void add_row(int y) {
    x_rows.convert(y, x_rows.whole(), x_row);
    const int step = x_all > kEveryRow ? kColumnStep : 1;
    uint64_t largest = x_largest;
    uint64_t smallest = x_smallest;
    uint64_t sum = 0;
    uint64_t pixels = 0;
    for (int x = (y / 4) % step; x < x_rows.width(); x += step) {
      const uint64_t light = light_at(x);
      ++x_bins[std::min<uint64_t>(kBins - 1, light / kBinMicronits)];
      largest = std::max(largest, light);
      smallest = std::min(smallest, light);
      sum += light;
      ++pixels;
    }
    x_largest = largest;
    x_smallest = smallest;
    x_sum += sum;
    x_pixels += pixels;
  }

  /// Of all pixels: looks where a block may hold one brighter than what was found.
  void find_largest() {
    constexpr int kBand = LargestComponent::kBandRows;
    const auto blocks = static_cast<size_t>(x_rows.flags());
    for (int y = 0; y < x_rows.height(); y += kBand) {
      const int16_t* bounds = x_scanned.block_bounds.data() + static_cast<size_t>(y / kBand) * blocks;
      for (size_t b = 0; b < blocks; ++b) {
        if (bounds[b] < x_least) continue;
        const int left = static_cast<int>(b) * kernels::kFlagPixels;
        const SignalRows::Span span{left, std::min(kernels::kFlagPixels, x_rows.width() - left)};
        for (int row = y; row < std::min(y + kBand, x_rows.height()); ++row) look_at(row, span);
      }
    }
  }

  void look_at(int y, const SignalRows::Span& span) {
    x_rows.convert(y, span, x_row);
    for (int x = 0; x < span.width; ++x) {
      if (std::max(std::max(x_row.red[x], x_row.green[x]), x_row.blue[x]) < x_least) continue;
      x_largest = std::max(x_largest, light_at(x));
      while (x_least <= RgbFactors::kLimit && bound(index(x_least)) <= x_largest) x_least += 1 << Signal::kBinShift;
    }
  }

  const LargestComponent& x_scanned;
  const Signal& x_signal;
  SignalRows x_rows;
  int64_t x_all = 0;
  std::vector<uint32_t> x_bins;
  std::vector<int16_t> x_samples;
  kernels::RgbRow x_row;
  int x_least = 0;  // signal below which no pixel can be brighter than x_largest
  uint64_t x_smallest = UINT64_MAX, x_largest = 0, x_sum = 0, x_pixels = 0;
};

}  // namespace

FrameLight scan_light(const PictureView& picture, const Signal& signal, const LargestComponent& scanned) {
  FrameLight light =
      signal.light() == Light::kHlg ? HlgScan(picture, signal, scanned).run() : light_by_signal(signal, scanned);
  // What is binned may be read half a bin too high.
  light.largest_9999 = std::min(light.largest, light.largest_9999);
  light.average = std::min(light.largest, light.average);
  light.smallest = std::min(light.largest, light.smallest);
  return light;
}

}  // namespace pier::analysis::impl
