#pragma once
// libzimg behind a small face: raster, chroma layout and site, depth, range and matrix of one picture. Transfer and
// primaries are not touched, so scaling works on the nonlinear signal.

#include <cstddef>
#include <memory>
#include <vector>

#include <pier/colour/convert.hpp>

struct zimg_filter_graph;

namespace pier::colour::impl {

/// Memory that one run() needs at a time; kept between runs so that pages stay mapped.
struct AlignedBuffer {
  std::unique_ptr<std::byte, void (*)(void*)> memory{nullptr, nullptr};
  size_t size = 0;
  /// 64-byte aligned, at least `bytes`; contents undefined. Null when out of memory.
  std::byte* reserve(size_t bytes);
};

/// Thread-safe once made.
class Resampler {
 public:
  /// Both specs with resolved colours; `to` even where its chroma is subsampled.
  static Result<Resampler> make(const PictureSpec& from, const PictureSpec& to, bool dither);

  Result<void> run(const PictureView& in, const MutablePictureView& out, AlignedBuffer& scratch) const;
  /// "Lanczos", "Spline36", or empty when the raster stays.
  std::string filter() const { return x_filter; }

 private:
  using Graph = std::unique_ptr<zimg_filter_graph, void (*)(zimg_filter_graph*)>;
  Resampler() = default;

  Graph x_graph{nullptr, nullptr};
  size_t x_scratch_bytes = 0;
  PictureSpec x_padded;  // source with even sides where the chroma layout asks for it
  bool x_is_padded = false;
  std::string x_filter;
};

}  // namespace pier::colour::impl
