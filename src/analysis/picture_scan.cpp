#include "picture_scan.hpp"

#include <algorithm>

#include "signal_rows.hpp"

namespace pier::analysis {

namespace {

using kernels::kFlagPixels;
using kernels::SignalLimits;

constexpr int kComponents = 4;
// Samples this far from a limit are looked at too: Y' of colours is rounded on its own.
constexpr int kRoundingMargin = 4;

SignalLimits narrowed(const SignalLimits& limits) {
  return {limits.low + kRoundingMargin, limits.high - kRoundingMargin};
}

/// The second walk, over what was flagged only: the filter weighs samples of its neighbourhood, so where none of them
/// is outside, what it gives is inside.
class OutsideCounter {
 public:
  OutsideCounter(SignalRows& rows, const std::vector<uint8_t>& flags, bool interlaced, const SignalLimits& limits)
      : x_rows(rows), x_flags(flags), x_limits(limits), x_step(interlaced ? 2 : 1) {}

  OutsideCounts run() {
    if (std::find(x_flags.begin(), x_flags.end(), 1) == x_flags.end()) return {};
    const auto blocks = static_cast<size_t>(x_rows.flags());
    x_stride = static_cast<size_t>(x_rows.width()) + 1 + 2 * SignalRows::kMargin;
    x_samples.resize(kHeld * kComponents * x_stride);
    x_work.resize(x_stride);
    x_outside.resize(x_stride);
    x_left = x_rows.width();
    x_top = x_rows.height();
    std::vector<uint8_t> near(blocks);
    for (int y = 0; y < x_rows.height(); ++y) {
      if (!gather(y, near)) continue;
      for (size_t first = 0; first < blocks; ++first) {
        if (near[first] == 0) continue;
        size_t end = first;
        while (end < blocks && near[end] != 0) ++end;
        const int left = static_cast<int>(first) * kFlagPixels;
        span(y, left, std::min(x_rows.width(), static_cast<int>(end) * kFlagPixels) - left);
        first = end;
      }
    }
    if (x_counts.pixels > 0) x_counts.region = {x_left, x_top, x_right + 1 - x_left, x_bottom + 1 - x_top};
    return x_counts;
  }

 private:
  static constexpr size_t kHeld = 5;  // rows: the filter's three, every second one when interlaced

  int above(int y) const { return y < x_step ? y : y - x_step; }
  int below(int y) const { return y + x_step >= x_rows.height() ? y : y + x_step; }

  /// Blocks of row `y` with something flagged within reach of the filter. False: none.
  bool gather(int y, std::vector<uint8_t>& near) const {
    const size_t blocks = near.size();
    std::fill(near.begin(), near.end(), uint8_t{0});
    bool any = false;
    for (const int row : {above(y), y, below(y)}) {
      const uint8_t* flags = x_flags.data() + static_cast<size_t>(row) * blocks;
      for (size_t b = 0; b < blocks; ++b) {
        if (flags[b] == 0) continue;
        any = true;
        near[b] = 1;
        if (b > 0) near[b - 1] = 1;
        if (b + 1 < blocks) near[b + 1] = 1;
      }
    }
    return any;
  }

  int16_t* component(int y, size_t c) {
    const size_t slot = static_cast<size_t>(y) % kHeld;
    return x_samples.data() + (slot * kComponents + c) * x_stride + SignalRows::kMargin;
  }

  void hold(int y) {
    int& held = x_held[static_cast<size_t>(y) % kHeld];
    if (held == y) return;
    held = y;
    x_rows.convert(y, x_rows.whole(), {component(y, 0), component(y, 1), component(y, 2), component(y, 3)});
    for (size_t c = 0; c < kComponents; ++c) {
      int16_t* row = component(y, c);
      std::fill_n(row - SignalRows::kMargin, SignalRows::kMargin, row[0]);
      std::fill_n(row + x_rows.width(), SignalRows::kMargin, row[x_rows.width() - 1]);
    }
  }

  void span(int y, int left, int count) {
    for (const int row : {above(y), y, below(y)}) hold(row);
    std::fill_n(x_outside.begin(), count, uint8_t{0});
    int found = 0;
    for (size_t c = 0; c < kComponents; ++c) {
      const kernels::FilterRows rows{component(above(y), c) + left, component(y, c) + left,
                                     component(below(y), c) + left};
      const int here =
          kernels::filter_row(rows, count, x_limits, static_cast<uint8_t>(1U << c), x_work.data(), x_outside.data());
      x_counts.by_component[c] += here;
      found += here;
    }
    count_unfiltered(y, left, count);
    if (found > 0) take(y, left, count);
  }

  void count_unfiltered(int y, int left, int count) {
    const std::array<const int16_t*, kComponents> rows{component(y, 0) + left, component(y, 1) + left,
                                                       component(y, 2) + left, component(y, 3) + left};
    int64_t found = 0;
    for (int x = 0; x < count; ++x) {
      const int low = std::min(std::min(rows[0][x], rows[1][x]), std::min(rows[2][x], rows[3][x]));
      const int high = std::max(std::max(rows[0][x], rows[1][x]), std::max(rows[2][x], rows[3][x]));
      found += (low < x_limits.low ? 1 : 0) | (high > x_limits.high ? 1 : 0);
    }
    x_counts.unfiltered += found;
  }

  void take(int y, int left, int count) {
    const auto* begin = x_outside.data();
    const auto outside = [](uint8_t bits) { return bits != 0; };
    x_counts.pixels += std::count_if(begin, begin + count, outside);
    const auto first = std::find_if(begin, begin + count, outside) - begin;
    auto last = count - 1;
    while (begin[last] == 0) --last;
    x_left = std::min(x_left, left + static_cast<int>(first));
    x_right = std::max(x_right, left + last);
    x_top = std::min(x_top, y);
    x_bottom = y;
  }

  SignalRows& x_rows;
  const std::vector<uint8_t>& x_flags;
  SignalLimits x_limits;
  int x_step;
  size_t x_stride = 0;
  std::vector<int16_t> x_samples;
  std::array<int, kHeld> x_held{-1, -1, -1, -1, -1};
  std::vector<int32_t> x_work;
  std::vector<uint8_t> x_outside;
  OutsideCounts x_counts;
  int x_left = 0, x_right = 0, x_top = 0, x_bottom = 0;
};

/// Histograms two halves apart: neighbours often share a bin, and a store must not wait for the one before.
class LightHistogram {
 public:
  explicit LightHistogram(LargestComponent& light) : x_light(light) {}

  void count(const SignalRows::Scanned& row) {
    const int pairs = std::min(row.count[0], row.count[1]);
    const uint16_t* a = row.largest[0];
    const uint16_t* b = row.largest[1];
    for (int i = 0; i < pairs; ++i) {
      ++x_light.bins[static_cast<size_t>(a[i] >> Signal::kBinShift)];
      ++x_other[static_cast<size_t>(b[i] >> Signal::kBinShift)];
    }
    for (int i = pairs; i < row.count[0]; ++i) ++x_light.bins[static_cast<size_t>(a[i] >> Signal::kBinShift)];
  }

  void finish() {
    for (size_t bin = 0; bin < x_light.bins.size(); ++bin) x_light.bins[bin] += x_other[bin];
  }

 private:
  LargestComponent& x_light;
  std::array<uint32_t, Signal::kBins> x_other{};
};

Plane rows_of(const Plane& plane, int first, int rows) {
  return {plane.data + first * plane.stride, plane.stride, plane.width, rows};
}

/// The first walk: in bands of a few rows, which stay in the cache for all that is asked of them.
class BandScan {
 public:
  BandScan(const PictureView& picture, const Signal& signal, const MutablePlane* quarter, PictureScan& scan)
      : x_picture(picture),
        x_signal(signal),
        x_quarter(quarter),
        x_scan(scan),
        x_rows(picture, signal),
        x_histogram(scan.light),
        x_blocks(static_cast<size_t>(x_rows.flags())),
        x_codes(x_blocks),
        x_low(x_blocks),
        x_high(x_blocks) {
    x_flags.resize(x_blocks * static_cast<size_t>(picture.height));
    const auto bands = static_cast<size_t>((picture.height + kBand - 1) / kBand);
    scan.light.block_bounds.resize(bands * x_blocks);
    x_maybe_outside.resize(bands * x_blocks);
  }

  void run() {
    for (int y = 0; y < x_picture.height; y += kBand) {
      const int rows = std::min(kBand, x_picture.height - y);
      for (int plane = 0; plane < x_picture.format.plane_count(); ++plane) {
        find_codes(plane, y, rows);
        count_levels(plane, y, rows);
      }
      find_bounds(static_cast<size_t>(y / kBand));
      if (x_signal.light() != Light::kHlg) count_light(y, rows);
      if (x_quarter != nullptr) make_quarter(y);
    }
    x_histogram.finish();
    look_closer();
  }

  SignalRows& rows() { return x_rows; }
  const std::vector<uint8_t>& flags() const { return x_flags; }

 private:
  static constexpr int kBand = LargestComponent::kBandRows;

  bool halved(int plane) const { return plane > 0 && x_picture.format.chroma == Chroma::k420; }

  /// Rows of a plane from which those of the picture are made: one more of chroma on each side, between which it is
  /// interpolated.
  kernels::BlockRows sources(int plane, int y, int rows) const {
    const bool narrow = plane > 0 && x_rows.paired();
    if (!halved(plane)) return {y, rows, narrow ? kFlagPixels / 2 : kFlagPixels};
    const int first = std::max(0, y / 2 - 1);
    const int end = std::min(x_picture.planes[1].height, (y + rows + 1) / 2 + 1);
    return {first, end - first, narrow ? kFlagPixels / 2 : kFlagPixels};
  }

  void find_codes(int plane, int y, int rows) {
    const auto p = static_cast<size_t>(plane);
    const kernels::BlockRows what = sources(plane, y, rows);
    kernels::block_extremes(x_picture.planes[p], x_picture.format.bytes_per_sample(), what, x_low.data(),
                            x_high.data());
    const auto blocks = static_cast<size_t>((x_picture.planes[p].width + what.block - 1) / what.block);
    x_plane_low = *std::min_element(x_low.begin(), x_low.begin() + static_cast<ptrdiff_t>(blocks));
    x_plane_high = *std::max_element(x_high.begin(), x_high.begin() + static_cast<ptrdiff_t>(blocks));
    const bool narrow = what.block < kFlagPixels;
    for (size_t b = 0; b < blocks && b < x_blocks; ++b) {
      x_codes[b].low[p] = x_low[b];
      x_codes[b].high[p] = x_high[b];
      if (narrow) add_neighbours(x_picture.planes[p], what, b, p);
    }
  }

  /// The chroma samples beside a block, towards which its outermost pixels are interpolated.
  void add_neighbours(const Plane& plane, const kernels::BlockRows& what, size_t b, size_t p) {
    const int left = static_cast<int>(b) * what.block;
    for (const int x : {left - 1, left + what.block}) {
      if (x < 0 || x >= plane.width) continue;
      for (int y = what.first; y < what.first + what.rows; ++y) {
        const int code = x_picture.format.bit_depth > 8 ? plane.row<uint16_t>(y)[x] : plane.row<uint8_t>(y)[x];
        x_codes[b].low[p] = std::min(x_codes[b].low[p], code);
        x_codes[b].high[p] = std::max(x_codes[b].high[p], code);
      }
    }
  }

  /// What lies outside is counted row by row; most bands of most pictures have nothing there.
  void count_levels(int plane, int y, int rows) {
    const auto p = static_cast<size_t>(plane);
    const bool chroma = plane > 0 && !x_picture.format.rgb;
    const kernels::RangeLimits limits{.reserved_low = x_signal.reserved_low(),
                                      .reserved_high = x_signal.reserved_high(),
                                      .low = chroma ? x_signal.chroma_low() : x_signal.black(),
                                      .high = chroma ? x_signal.chroma_high() : x_signal.peak()};
    kernels::RangeCounts counts;
    if (x_plane_low < limits.low || x_plane_high > limits.high || x_plane_low <= limits.reserved_low ||
        x_plane_high >= limits.reserved_high) {
      const int first = halved(plane) ? y / 2 : y;
      const int end = halved(plane) ? (y + rows + 1) / 2 : y + rows;
      counts = kernels::count_range(rows_of(x_picture.planes[p], first, end - first),
                                    x_picture.format.bytes_per_sample(), limits);
    }
    kernels::RangeCounts& to = x_scan.levels[p];
    to.reserved += counts.reserved;
    to.below += counts.below;
    to.above += counts.above;
    to.smallest = std::min(to.smallest, x_plane_low);
    to.largest = std::max(to.largest, x_plane_high);
  }

  void find_bounds(size_t band) {
    const SignalLimits limits = narrowed(kGamutLimits);
    for (size_t b = 0; b < x_blocks; ++b) {
      const SignalLimits bounds = x_rows.bounds(x_codes[b]);
      x_scan.light.block_bounds[band * x_blocks + b] =
          static_cast<int16_t>(std::clamp(bounds.high, 0, RgbFactors::kLimit));
      x_maybe_outside[band * x_blocks + b] = bounds.low < limits.low || bounds.high > limits.high ? 1 : 0;
    }
  }

  void count_light(int y, int rows) {
    const int64_t pixels = static_cast<int64_t>(x_picture.width) * x_picture.height;
    for (int row = y; row < y + rows; ++row) {
      if (!counted_row(pixels, row)) continue;
      const auto scanned = scan_row(row, x_rows.whole());
      x_histogram.count(scanned);
      x_scan.light.smallest = std::min(x_scan.light.smallest, scanned.extremes.smallest);
    }
  }

  SignalRows::Scanned scan_row(int y, const SignalRows::Span& span) {
    const auto scanned =
        x_rows.scan(y, span, narrowed(kGamutLimits), x_flags.data() + static_cast<size_t>(y) * x_blocks);
    x_scan.light.largest = std::max(x_scan.light.largest, scanned.extremes.largest);
    return scanned;
  }

  /// Blocks whose bounds leave it open whether a pixel is outside, or brighter than all that were looked at.
  void look_closer() {
    const bool by_component = x_signal.light() != Light::kHlg;
    for (int y = 0; y < x_picture.height; y += kBand) {
      const size_t band = static_cast<size_t>(y / kBand) * x_blocks;
      const auto open = [&](size_t b) {
        return x_maybe_outside[band + b] != 0 ||
               (by_component && x_scan.light.block_bounds[band + b] > x_scan.light.largest);
      };
      for (size_t first = 0; first < x_blocks; ++first) {
        if (!open(first)) continue;
        size_t end = first + 1;
        while (end < x_blocks && open(end)) ++end;
        const int left = static_cast<int>(first) * kFlagPixels;
        const int right = std::min(x_picture.width, static_cast<int>(end) * kFlagPixels);
        for (int row = y; row < std::min(y + kBand, x_picture.height); ++row) scan_row(row, {left, right - left});
        first = end;
      }
    }
  }

  void make_quarter(int y) {
    const int first = y / 4;
    const int rows = std::min(x_quarter->height, (y + kBand) / 4) - first;
    if (rows <= 0) return;
    kernels::box_quarter(rows_of(x_picture.planes[0], y, kBand), x_picture.format.bit_depth,
                         {x_quarter->data + first * x_quarter->stride, x_quarter->stride, x_quarter->width, rows});
  }

  const PictureView& x_picture;
  const Signal& x_signal;
  const MutablePlane* x_quarter;
  PictureScan& x_scan;
  SignalRows x_rows;
  LightHistogram x_histogram;
  size_t x_blocks;
  std::vector<SignalRows::Codes> x_codes;  // of one band
  std::vector<uint16_t> x_low, x_high;
  int x_plane_low = 0, x_plane_high = 0;
  std::vector<uint8_t> x_maybe_outside, x_flags;
};

}  // namespace

PictureScan scan_picture(const PictureView& picture, const Signal& signal, bool interlaced,
                         const MutablePlane* quarter) {
  PictureScan scan;
  BandScan bands(picture, signal, quarter, scan);
  bands.run();
  scan.gamut = OutsideCounter(bands.rows(), bands.flags(), interlaced, kGamutLimits).run();
  return scan;
}

OutsideCounts count_outside(const PictureView& picture, const Signal& signal, bool interlaced,
                            const SignalLimits& limits) {
  SignalRows rows(picture, signal);
  const auto blocks = static_cast<size_t>(rows.flags());
  std::vector<uint8_t> flags(blocks * static_cast<size_t>(picture.height));
  for (int y = 0; y < picture.height; ++y) {
    rows.scan(y, rows.whole(), narrowed(limits), flags.data() + static_cast<size_t>(y) * blocks);
  }
  return OutsideCounter(rows, flags, interlaced, limits).run();
}

}  // namespace pier::analysis
