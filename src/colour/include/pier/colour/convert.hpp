#pragma once
// Picture conversion for ladders: raster, depth, chroma, range, transfer and gamut, in one object made once per rung.
//
// HDR to SDR is always the stated method with a pinned peak (never per frame), as reference.hpp defines it: the picture
// is displayed on a reference display of the nominal peak (BT.2100, HLG through its OOTF), tone-mapped by BT.2446
// method A on luma, gamut-compressed to BT.709 and encoded for the display of gamma 2.4 (BT.1886). Scaling comes first,
// on the nonlinear signal of the source: that is what the field does, and 2.7 times cheaper. Fewer bits are
// reached by ordered dither. HDR stays the HDR it is (HLG or PQ); P3-D65 in PQ goes to BT.2020 in linear light. Every
// way gives the same bytes on every x86-64 processor and at any number of threads.

#include <memory>
#include <string>

#include <pier/core/picture.hpp>
#include <pier/core/result.hpp>

namespace pier::colour {

/// One end of a conversion. Unspecified colour fields of the source are taken as BT.709 (SDR), or as BT.2020 when the
/// transfer is PQ or HLG, and said so in describe(). Unspecified fields of the target are the source's where that is
/// HDR to HDR or SDR to SDR, else BT.709; narrow range. Chroma of BT.2020 HDR lies top-left when not said, else left.
struct PictureSpec {
  PixelFormat format;
  int width = 0, height = 0;
  ColourInfo colour;
};

struct ConversionOptions {
  double peak_nits = 1000.0;  // nominal peak of the HDR source: mastering peak, else 1000
  double sdr_peak_nits = 100.0;
};

/// Thread-safe once made: run() may be called from several threads on different pictures.
class Converter {
 public:
  /// kInputUnsupported when no right way is known (e.g. SDR to HDR, unknown transfer); kInvalidArgument for rasters
  /// that do not fit (the target needs even sides for subsampled chroma, the source does not).
  static Result<Converter> make(const PictureSpec& from, const PictureSpec& to, const ConversionOptions& options = {});
  ~Converter();
  Converter(Converter&&) noexcept;
  Converter& operator=(Converter&&) noexcept;

  /// Equal specs give the same picture back, shared. kInvalidArgument when the picture is not as `from` said. The
  /// colour of the result is that of `to`, with nothing left unspecified.
  Result<Picture> run(const Picture& picture) const;
  bool identity() const;
  /// For reports: "2160p HLG BT.2020 -> 1080p BT.709: Lanczos, BT.2446 A, peak 1000 nit".
  std::string describe() const;

 private:
  struct Impl;
  explicit Converter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace pier::colour
