#pragma once
// Picture conversion for ladders: raster, depth, chroma, range, transfer and gamut, in one object made once per rung.
//
// Light is converted as reference.hpp defines it, by a stated method with a pinned peak (never per frame). Scaling
// comes first, on the nonlinear signal of the source: that is what the field does, and 2.7 times cheaper. Fewer bits
// are reached by ordered dither, or by rounding when that is asked for. Every way gives the same bytes on every x86-64
// processor and at any number of threads.

#include <memory>
#include <string>

#include <pier/colour/cube.hpp>
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

/// HDR to SDR. Tone and gamut as reference.hpp defines them.
enum class ToneMap { kBt2446A, kBt2446C, kBt2390 };
/// SDR to HDR: white at reference white (BT.2408), or spread to the nominal peak by the inverse of BT.2446 A, which
/// BT.2446 A takes back.
enum class SdrPlacement { kReferenceWhite, kInverseBt2446A };

/// A table from a file in place of Pier's own tone mapping. Its file does not say what it maps: whoever brings it does.
struct LutUse {
  std::shared_ptr<const Cube> cube;  // none: not used
  ColourInfo input, output;  // transfer and primaries of its signals; those of source and target must be the same
  friend bool operator==(const LutUse&, const LutUse&) = default;
};

/// Peaks are fixed for a whole conversion, never found per frame.
struct ConversionOptions {
  double peak_nits = 1000.0;  // nominal peak of the HDR source (HLG: of its display) or of a PQ target of inverse A
  double sdr_peak_nits = 100.0;
  ToneMap tone_map = ToneMap::kBt2446A;
  SdrPlacement placement = SdrPlacement::kReferenceWhite;
  double hlg_peak_nits = 1000.0;  // nominal peak of the display of an HLG target
  double hlg_gamma = 0.0;         // system gamma of HLG; 0: as BT.2100 gives it for the peak
  double reference_white_nits = 203.0;
  LutUse lut;
  bool dither = true;  // when samples lose bits; without it they are rounded
  friend bool operator==(const ConversionOptions&, const ConversionOptions&) = default;
};

/// Thread-safe once made: run() may be called from several threads on different pictures.
class Converter {
 public:
  /// kInputUnsupported when no right way is known (e.g. unknown transfer); kInvalidArgument for peaks and rasters
  /// that do not fit (the target needs even sides for subsampled chroma, the source does not).
  static Result<Converter> make(const PictureSpec& from, const PictureSpec& to, const ConversionOptions& options = {});
  ~Converter();
  Converter(Converter&&) noexcept;
  Converter& operator=(Converter&&) noexcept;

  /// Equal specs give the same picture back, shared. kInvalidArgument when the picture is not as `from` said. The
  /// colour of the result is that of `to`, with nothing left unspecified. Its memory is used again once nobody holds
  /// the picture; it is not writable.
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
