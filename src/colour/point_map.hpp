#pragma once
// A whole picture through the direct pass, row by row. Chroma that is subsampled is taken to full width and height
// (linear, by its site) for luma; chroma itself is evaluated once per chroma sample, with luma filtered to that place,
// so that it is not blurred by going up and down.

#include "cells.hpp"
#include "kernel.hpp"
#include "resample.hpp"

namespace pier::colour::impl {

/// Thread-safe once made.
class PointMap {
 public:
  /// `from`: planar Y'CbCr, 8 to 12 bits; `to`: the same raster and chroma layout, Y'CbCr.
  static Result<PointMap> make(const PictureSpec& from, const PictureSpec& to, const ConversionOptions& options);
  Result<void> run(const PictureView& in, const MutablePictureView& out, AlignedBuffer& scratch) const;

 private:
  struct Rows;
  PointMap() = default;
  void evaluate(const uint16_t* y, const uint16_t* cb, const uint16_t* cr, int width, const std::array<Target, 3>& out,
                Rows& rows) const;
  void subsampled_rows(const PictureView& in, const MutablePictureView& out, Rows& rows) const;
  void full_row(const PictureView& in, const MutablePictureView& out, int y, Rows& rows) const;
  void luma_row(const PictureView& in, const MutablePictureView& out, int y, Rows& rows) const;
  void chroma_row(const PictureView& in, const MutablePictureView& out, int y, Rows& rows) const;
  const uint16_t* luma_at_chroma(const PictureView& in, int y, Rows& rows) const;
  void load_chroma(const Plane& plane, int y, int quarters, Rows& rows, uint16_t* out) const;
  Target target(const MutablePictureView& out, size_t plane, int y) const;

  std::shared_ptr<const Pass> x_pass;
  std::shared_ptr<const Cells> x_cells;  // used instead when there is one
  PictureSpec x_from, x_to;
  bool x_dither = true;
};

}  // namespace pier::colour::impl
