#include "picture_scan.hpp"

#include <algorithm>

#include "signal_rows.hpp"

namespace pier::analysis {

namespace {

using kernels::kFlagPixels;
using kernels::SignalLimits;

Plane rows_of(const Plane& plane, int first, int rows) {
  return {plane.data + first * plane.stride, plane.stride, plane.width, rows};
}

/// The first walk: in bands of a few rows, which stay in the cache for all that is asked of them.
class BandScan {
 public:
  BandScan(const PictureView& picture, const Signal& signal, const ScanViews& views, PictureScan& scan)
      : x_picture(picture),
        x_signal(signal),
        x_views(views),
        x_scan(scan),
        x_rows(picture, signal),
        x_light(LightCounter::make(x_rows, signal)),
        x_blocks(static_cast<size_t>(x_rows.flags())) {
    for (auto* columns : {&x_low, &x_high}) {
      for (auto& plane : *columns) plane.resize(static_cast<size_t>(picture.width) + 1 + 2 * kBorder);
    }
    x_flags.resize(x_blocks * static_cast<size_t>(picture.height));
    x_least.resize(x_blocks);
    x_most.resize(x_blocks);
  }

  void run() {
    for (int y = kGlanceRows / 2; y < x_picture.height; y += kGlanceRows) x_light->glance(y);
    for (int y = 0; y < x_picture.height; y += kBand) {
      const int rows = std::min(kBand, x_picture.height - y);
      for (int plane = 0; plane < x_picture.format.plane_count(); ++plane) {
        find_codes(plane, y, rows);
        count_levels(plane, y, rows);
      }
      find_bounds();
      count_light(y, rows);
      look_closer(y, rows);
      make_views(y);
    }
    x_scan.light = x_light->finish();
  }

  SignalRows& rows() { return x_rows; }
  const std::vector<uint8_t>& flags() const { return x_flags; }

 private:
  static constexpr int kBand = 8;
  static constexpr int kGlanceRows = 64;  // of so many one
  static constexpr int kBorder = 1;       // column

  bool halved(int plane) const { return plane > 0 && x_picture.format.chroma == Chroma::k420; }

  /// Rows of a plane from which those of the picture are made: one more of chroma on each side, between which it is
  /// interpolated.
  kernels::RowSpan sources(int plane, int y, int rows) const {
    if (!halved(plane)) return {y, rows};
    const int first = std::max(0, y / 2 - 1);
    const int end = std::min(x_picture.planes[1].height, (y + rows + 1) / 2 + 1);
    return {first, end - first};
  }

  void find_codes(int plane, int y, int rows) {
    const auto p = static_cast<size_t>(plane);
    const Plane& samples = x_picture.planes[p];
    uint16_t* low = x_low[p].data() + kBorder;
    uint16_t* high = x_high[p].data() + kBorder;
    x_codes[p] =
        kernels::column_extremes(samples, x_picture.format.bytes_per_sample(), sources(plane, y, rows), low, high);
    for (uint16_t* columns : {low, high}) {
      columns[-1] = columns[0];
      columns[samples.width] = columns[samples.width - 1];
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
    if (x_codes[p].smallest < limits.low || x_codes[p].largest > limits.high ||
        x_codes[p].smallest <= limits.reserved_low || x_codes[p].largest >= limits.reserved_high) {
      const int first = halved(plane) ? y / 2 : y;
      const int end = halved(plane) ? (y + rows + 1) / 2 : y + rows;
      counts = kernels::count_range(rows_of(x_picture.planes[p], first, end - first),
                                    x_picture.format.bytes_per_sample(), limits);
    }
    kernels::RangeCounts& to = x_scan.levels[p];
    to.reserved += counts.reserved;
    to.below += counts.below;
    to.above += counts.above;
    to.smallest = std::min(to.smallest, x_codes[p].smallest);
    to.largest = std::max(to.largest, x_codes[p].largest);
  }

  kernels::ColumnCodes columns(size_t plane) const {
    return {x_low[plane].data() + kBorder, x_high[plane].data() + kBorder};
  }

  void find_bounds() {
    if (x_rows.paired()) {
      kernels::pair_bounds({columns(0), columns(1), columns(2), x_signal.black(), 1 << (x_picture.format.bit_depth - 1),
                            x_signal.shift()},
                           (x_picture.width + 1) / 2, x_signal.factors(), x_least.data(), x_most.data());
    } else {
      for (size_t b = 0; b < x_blocks; ++b) {
        const SignalLimits bounds = x_rows.bounds(codes_of_block(b));
        x_least[b] = static_cast<int16_t>(bounds.low);
        x_most[b] = static_cast<int16_t>(bounds.high);
      }
    }
  }

  /// Of formats whose planes are alike or of which only the first one counts.
  SignalRows::Codes codes_of_block(size_t b) const {
    SignalRows::Codes codes;
    for (size_t p = 0; p < static_cast<size_t>(x_picture.format.plane_count()); ++p) {
      const int left = std::min(static_cast<int>(b) * kFlagPixels, x_picture.planes[p].width - 1);
      const int end = std::min(left + kFlagPixels, x_picture.planes[p].width);
      codes.low[p] = *std::min_element(columns(p).low + left, columns(p).low + end);
      codes.high[p] = *std::max_element(columns(p).high + left, columns(p).high + end);
    }
    return codes;
  }

  void count_light(int y, int rows) {
    for (int row = y; row < y + rows; ++row) x_light->count_row(row);
  }

  /// Blocks whose bounds leave it open whether a pixel is outside, or brighter than all that were looked at.
  void look_closer(int y, int rows) {
    const SignalLimits limits = narrowed(kGamutLimits);
    const auto open = [&](size_t b) {
      return x_least[b] < limits.low || x_most[b] > limits.high ||
             x_light->may_lead(std::clamp<int>(x_most[b], 0, RgbFactors::kLimit));
    };
    for (size_t first = 0; first < x_blocks; ++first) {
      if (!open(first)) continue;
      size_t end = first + 1;
      while (end < x_blocks && open(end)) ++end;
      const int left = static_cast<int>(first) * kFlagPixels;
      const SignalRows::Span span{left, std::min(x_picture.width, static_cast<int>(end) * kFlagPixels) - left};
      for (int row = y; row < y + rows; ++row) {
        const auto scanned = x_rows.scan(row, span, limits, x_flags.data() + static_cast<size_t>(row) * x_blocks);
        x_light->look(row, span, scanned.extremes.largest);
      }
      first = end;
    }
  }

  void make_views(int y) {
    const uint8_t depth = x_picture.format.bit_depth;
    if (x_views.quarter == nullptr) return;
    const auto& quarter = x_views.quarter->planes[0];
    add_rows(kernels::box_quarter, x_picture.planes[0], depth, y, kBand, 4, quarter);
    if (x_views.eighth == nullptr) return;
    const Plane made{quarter.data, quarter.stride, quarter.width, quarter.height};
    add_rows(kernels::box_half, made, depth, y / 4, kBand / 4, 2, x_views.eighth->planes[0]);
    for (size_t p = 1; p < static_cast<size_t>(x_views.eighth->format.plane_count()); ++p) {
      add_rows(kernels::box_quarter, x_picture.planes[p], depth, y / 2, kBand / 2, 4, x_views.eighth->planes[p]);
    }
  }

  /// The rows of a view that are averages of `side` rows each of `in`, of which `rows` from `first` on are those of a
  /// band.
  template <typename Average>
  static void add_rows(Average average, const Plane& in, int depth, int first, int rows, int side,
                       const MutablePlane& out) {
    const int row = first / side;
    const int count = std::min(out.height - row, rows / side);
    if (count <= 0) return;
    average(rows_of(in, first, count * side), depth, {out.data + row * out.stride, out.stride, out.width, count});
  }

  const PictureView& x_picture;
  const Signal& x_signal;
  ScanViews x_views;
  PictureScan& x_scan;
  SignalRows x_rows;
  std::unique_ptr<LightCounter> x_light;
  size_t x_blocks;
  // Of one band: codes of each column of the planes, and what they can make of a block.
  std::array<std::vector<uint16_t>, 3> x_low, x_high;
  std::array<kernels::Extremes, 3> x_codes;
  std::vector<int16_t> x_least, x_most;
  std::vector<uint8_t> x_flags;
};

}  // namespace

PictureScan scan_picture(const PictureView& picture, const Signal& signal, bool interlaced, const ScanViews& views) {
  PictureScan scan;
  BandScan bands(picture, signal, views, scan);
  bands.run();
  scan.gamut = count_flagged(bands.rows(), bands.flags(), interlaced, kGamutLimits);
  return scan;
}

}  // namespace pier::analysis
