#pragma once
// What is measured of one frame for flashes: light and saturated red on a coarse grid of cells.

#include <cstdint>
#include <vector>

#include <pier/analysis/analyzer.hpp>

#include "signal.hpp"

namespace pier::analysis::impl {

struct FlashFrame {
  /// Cells on the longer side at most; a cell is a square of samples of the view.
  static constexpr int kCells = 64;
  /// Units of a cell: light in quarters of cd/m2, red in 64ths of 320 (R - G - B) (0 where R is less than 0.8 of R + G
  /// + B), both means over the cell.
  static constexpr int kPerNit = 4;
  static constexpr int kPerRed = 64;
  /// SDR is taken to be shown with white at 200 cd/m2 (BT.1702-3), for the light of cells.
  static constexpr int kSdrWhiteNits = 200;
  /// Reference white of HDR, BT.2408: relative luminance 1.
  static constexpr int kHdrWhiteNits = 203;

  FrameTime time;
  bool damaged = false;  // nothing was measured
  int columns = 0, rows = 0;
  std::vector<uint16_t> light;      // rows of cells
  std::vector<uint16_t> red;        // empty when no cell has saturated red
  int64_t relative_millionths = 0;  // mean relative luminance, 1 000 000 is white
  int64_t red_millionths = 0;       // mean of red, 320 000 000 is pure red

  json::value save() const;
  static Result<FlashFrame> load(const json::value& value);
};

/// `eighth`: FrameViews::eighth(); an empty one gives no cells.
FlashFrame measure_flash(const PictureView& eighth, const Signal& signal, const FrameTime& time);

}  // namespace pier::analysis::impl
