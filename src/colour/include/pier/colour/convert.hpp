#pragma once
// Picture conversion for ladders: raster, depth, chroma, range, transfer and gamut, in one object made once per rung.
//
// HDR to SDR is always the stated method with a pinned peak (never per frame): HLG is first displayed (BT.2100 OOTF at
// the nominal peak), then tone-mapped by BT.2446 method A on luminance, gamut-compressed to BT.709 and encoded by the
// BT.709 OETF (gamma 2.4 display, BT.1886). Scaling is done where it is cheapest and correct, before tone mapping.

#include <memory>
#include <string>

#include <pier/core/picture.hpp>
#include <pier/core/result.hpp>

namespace pier::colour {

/// One end of a conversion. Unspecified colour fields of the source are taken as BT.709 (SDR) and said so in describe().
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
  /// kInputUnsupported when no right way is known (e.g. SDR to HDR, unknown transfer).
  static Result<Converter> make(const PictureSpec& from, const PictureSpec& to, const ConversionOptions& options = {});
  ~Converter();
  Converter(Converter&&) noexcept;
  Converter& operator=(Converter&&) noexcept;

  /// Equal specs give the same picture back, shared.
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
