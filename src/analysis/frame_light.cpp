#include "frame_light.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace pier::analysis {

namespace {

constexpr uint64_t kOutlierShare = 10'000;  // one pixel in so many may be brighter than the 99.99 percentile
constexpr kernels::SignalLimits kNoLimits{INT16_MIN, INT16_MAX};

bool counted(const SignalRows& rows, int y) {
  return int64_t{rows.width()} * rows.height() <= kEveryRow || y % 16 == 0 || y % 16 == 13;
}

/// Highest bin that is left when the brightest pixels, one in kOutlierShare, are taken off.
template <typename Bins>
size_t bin_9999(const Bins& bins, uint64_t pixels) {
  uint64_t skip = pixels / kOutlierShare;
  size_t bin = bins.size() - 1;
  while (bin > 0 && bins[bin] <= skip) skip -= bins[bin--];
  return bin;
}

/// What is binned may be read half a bin too high.
FrameLight bounded(FrameLight light) {
  light.largest_9999 = std::min(light.largest, light.largest_9999);
  light.average = std::min(light.largest, light.average);
  light.smallest = std::min(light.largest, light.smallest);
  return light;
}

/// PQ and SDR rise with each component, so the largest one decides.
class LightBySignal final : public LightCounter {
 public:
  LightBySignal(SignalRows& rows, const Signal& signal)
      : x_rows(rows), x_signal(signal), x_flags(static_cast<size_t>(rows.flags())) {}

  void count_row(int y) override {
    if (!counted(x_rows, y)) return;
    const SignalRows::Scanned row = scan(y);
    x_smallest = std::min(x_smallest, row.extremes.smallest);
    const int pairs = std::min(row.count[0], row.count[1]);
    const uint16_t* a = row.largest[0];
    const uint16_t* b = row.largest[1];
    // Two histograms: neighbours often share a bin, and a store must not wait for the one before.
    for (int i = 0; i < pairs; ++i) {
      ++x_bins[static_cast<size_t>(a[i] >> Signal::kBinShift)];
      ++x_other_bins[static_cast<size_t>(b[i] >> Signal::kBinShift)];
    }
    for (int i = pairs; i < row.count[0]; ++i) ++x_bins[static_cast<size_t>(a[i] >> Signal::kBinShift)];
  }

  bool may_lead(int largest) const override { return largest > x_largest; }
  void look(int /*y*/, const SignalRows::Span& /*span*/, int largest) override {
    x_largest = std::max(x_largest, largest);
  }
  void glance(int y) override { scan(y); }

  FrameLight finish() override {
    const auto& micronits = x_signal.micronits();
    uint64_t pixels = 0;
    uint64_t sum = 0;
    for (size_t bin = 0; bin < x_bins.size(); ++bin) {
      x_bins[bin] += x_other_bins[bin];
      pixels += x_bins[bin];
      sum += x_bins[bin] * micronits[bin];
    }
    FrameLight light;
    light.smallest = static_cast<int64_t>(x_signal.micronits_of(x_smallest));
    light.largest = static_cast<int64_t>(x_signal.micronits_of(x_largest));
    light.largest_9999 = static_cast<int64_t>(micronits[bin_9999(x_bins, pixels)]);
    light.average = static_cast<int64_t>(sum / std::max<uint64_t>(1, pixels));
    light.counted = static_cast<int64_t>(pixels);
    return bounded(light);
  }

 private:
  SignalRows::Scanned scan(int y) {
    const SignalRows::Scanned row = x_rows.scan(y, x_rows.whole(), kNoLimits, x_flags.data());
    x_largest = std::max(x_largest, row.extremes.largest);
    return row;
  }

  SignalRows& x_rows;
  const Signal& x_signal;
  std::vector<uint8_t> x_flags;
  std::array<uint32_t, Signal::kBins> x_bins{}, x_other_bins{};
  int x_smallest = RgbFactors::kLimit, x_largest = 0;
};

/// HLG on the reference display: Fd = 1000 * Ys^0.2 * E for each component (BT.2100 table 5), by tables.
class HlgLight final : public LightCounter {
 public:
  HlgLight(SignalRows& rows, const Signal& signal)
      : x_rows(rows),
        x_signal(signal),
        x_large(int64_t{rows.width()} * rows.height() > kEveryRow),
        x_tables{
            .light = signal.scene().data(), .ootf = signal.ootf().data(), .red = kRed, .green = kGreen, .blue = kBlue} {
    const auto row = static_cast<size_t>(rows.width()) + 1;
    x_samples.resize(4 * row);
    x_light.resize(row);
    int16_t* first = x_samples.data();
    x_row = {first, first + row, first + 2 * row, first + 3 * row};
  }

  void count_row(int y) override {
    if (!counted(x_rows, y)) return;
    const int count = x_large ? every_fourth(y) : all(y, x_rows.whole());
    uint64_t sum = 0;
    for (int i = 0; i < count; ++i) {
      const uint32_t light = x_light[static_cast<size_t>(i)];
      ++(i % 2 == 0 ? x_bins : x_other_bins)[light >> kBinShift];
      sum += light;
    }
    x_sum += sum;
    x_pixels += static_cast<uint64_t>(count);
    x_smallest = std::min(x_smallest, x_range.smallest);
  }

  bool may_lead(int largest) const override { return largest >= x_least; }

  void look(int y, const SignalRows::Span& span, int largest) override {
    if (may_lead(largest)) all(y, span);
  }

  void glance(int y) override { every_fourth(y); }

  FrameLight finish() override {
    for (size_t bin = 0; bin < kBins; ++bin) x_bins[bin] += x_other_bins[bin];
    FrameLight light;
    light.smallest = micronits(x_smallest);
    light.largest = micronits(x_largest);
    light.largest_9999 = micronits((bin_9999(x_bins, x_pixels) << kBinShift) + (1U << (kBinShift - 1)));
    light.average = micronits(x_sum / std::max<uint64_t>(1, x_pixels));
    light.counted = static_cast<int64_t>(x_pixels);
    return bounded(light);
  }

 private:
  // Light is counted in 1000 cd/m2 / Signal::kDisplayUnit, in bins of about half a cd/m2.
  static constexpr unsigned kBinShift = 9;
  static constexpr size_t kBins = 6144;
  // BT.2020 luminance in Q15; the sum is 1, so that Ys is never above the brightest component.
  static constexpr uint32_t kRed = 8608, kGreen = 22217, kBlue = 1943;

  static int64_t micronits(uint64_t light) {
    return static_cast<int64_t>(light * 1'000'000'000 / static_cast<uint64_t>(Signal::kDisplayUnit));
  }

  /// Light of the pixels of a span; returns how many.
  int all(int y, const SignalRows::Span& span) {
    x_rows.convert(y, span, x_row);
    return measure(span.width);
  }
  /// Of every fourth pixel of a row, beginning one further in every row that is counted.
  int every_fourth(int y) { return measure(x_rows.convert_every_fourth(y, y / 8 % 4, x_row)); }

  int measure(int count) {
    x_range = kernels::brightest_row(x_row, count, x_tables, x_light.data());
    take(x_range.largest);
    return count;
  }

  /// The most light a pixel can have is that of the neutral of its largest component.
  void take(uint32_t light) {
    x_largest = std::max(x_largest, light);
    while (x_least <= RgbFactors::kLimit && neutral(x_least) <= x_largest) x_least += 1 << Signal::kBinShift;
  }
  uint32_t neutral(int signal14) const {
    const uint32_t scene = x_signal.scene()[static_cast<size_t>(signal14 >> Signal::kBinShift)];
    return scene * x_signal.ootf()[scene >> Signal::kOotfShift] >> Signal::kGainBits;
  }

  SignalRows& x_rows;
  const Signal& x_signal;
  bool x_large;
  std::array<uint32_t, kBins> x_bins{}, x_other_bins{};  // two, as above
  std::vector<int16_t> x_samples;
  std::vector<uint32_t> x_light;
  kernels::RgbRow x_row;
  kernels::LightTables x_tables;
  kernels::BrightnessRange x_range;  // of what was measured last
  int x_least = 0;                   // signal below which no pixel can be brighter than x_largest
  uint32_t x_smallest = UINT32_MAX, x_largest = 0;
  uint64_t x_sum = 0, x_pixels = 0;
};

}  // namespace

std::unique_ptr<LightCounter> LightCounter::make(SignalRows& rows, const Signal& signal) {
  if (signal.light() == Light::kHlg) return std::make_unique<HlgLight>(rows, signal);
  return std::make_unique<LightBySignal>(rows, signal);
}

}  // namespace pier::analysis
