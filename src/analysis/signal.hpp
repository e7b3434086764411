#pragma once
// What the code values of a picture mean: range, black, peak, reserved codes and light in cd/m2. One object for all
// frames of one format and colour; immutable.

#include <cstdint>
#include <memory>
#include <vector>

#include <pier/core/picture.hpp>

namespace pier::analysis {

enum class Light : uint8_t {
  kSdr,  // BT.1886 display, white 100 cd/m2, black 0
  kPq,   // BT.2100 PQ, absolute
  kHlg,  // BT.2100 HLG on a display of 1000 cd/m2 nominal peak, system gamma 1.2
};

/// R'G'B' from Y'CbCr in fixed point: samples are brought to 14 bits, nominal peak is kUnit, chroma factors are Q15
/// fractions (those of R and B less the whole 1 they all have).
struct RgbFactors {
  static constexpr int kUnit = 14016;   // 876 << 4: nominal peak of narrow range at 14 bits
  static constexpr int kLimit = 16383;  // clip: 117 % of nominal peak
  int16_t y_whole = 1;                  // 1 narrow, 0 full range
  int16_t y_part = 0;                   // Q15
  int16_t r_from_cr = 0;                // Q15 of factor - 1
  int16_t b_from_cb = 0;                // Q15 of factor - 1
  int16_t g_from_cb = 0;                // Q15, negative
  int16_t g_from_cr = 0;                // Q15, negative
  int16_t luma_from_red = 0;            // Q15 weights of Y'; green has the rest
  int16_t luma_from_blue = 0;
};

class Signal {
 public:
  static constexpr int kBins = 4096;
  static constexpr int kBinShift = 2;  // 14-bit signal to bin

  /// Unspecified fields are taken as BT.709 (or BT.2020 where the primaries say so), narrow range, and noted.
  static std::shared_ptr<const Signal> make(const PixelFormat& format, const ColourInfo& colour);

  const PixelFormat& format() const { return x_format; }
  const ColourInfo& colour() const { return x_colour; }  // resolved
  Light light() const { return x_light; }
  bool narrow() const { return x_colour.range == Range::kNarrow; }
  bool assumed_transfer() const { return x_assumed_transfer; }
  bool assumed_range() const { return x_assumed_range; }
  /// False for constant luminance and ICtCp: only Y' is looked at there.
  bool rgb_known() const { return x_rgb_known; }

  int max_code() const { return (1 << x_format.bit_depth) - 1; }
  int black() const { return x_black; }
  int peak() const { return x_peak; }
  int chroma_low() const { return x_chroma_low; }
  int chroma_high() const { return x_chroma_high; }
  /// Codes 0 ... reserved_low() and reserved_high() ... max_code() carry timing, not video (BT.2100 table 9); -1 and
  /// max_code() + 1 where none are reserved.
  int reserved_low() const { return x_reserved_low; }
  int reserved_high() const { return x_reserved_high; }
  /// Samples to the left by this (right when negative) gives 14 bits.
  int shift() const { return 14 - x_format.bit_depth; }
  const RgbFactors& factors() const { return x_factors; }

  /// Display light of a neutral at a signal of 1 = nominal peak.
  double nits(double signal) const;
  /// Highest first-plane code whose display light, as a neutral, is at most `nits`; black() - 1 when there is none.
  int code_at_most(double nits) const;
  /// Display light of the middle of bin `b` (bin 0: its lower end) in millionths of cd/m2. For HLG as a neutral.
  const std::vector<uint64_t>& micronits() const { return x_micronits; }
  /// The same of one 14-bit signal.
  uint64_t micronits_of(int signal14) const;

  /// HLG: scene light of a bin, 1 = kSceneUnit; Ys^(gamma-1) by Ys >> kOotfShift, 1 = kSceneUnit; scene light times
  /// that >> kGainBits is display light, 1000 cd/m2 = kDisplayUnit. All fits 32 bits.
  static constexpr int kSceneUnit = 32768;
  static constexpr int kOotfShift = 4;
  static constexpr int kGainBits = 10;
  static constexpr int64_t kDisplayUnit = 1 << 20;
  const std::vector<uint32_t>& scene() const { return x_scene; }
  const std::vector<uint32_t>& ootf() const { return x_ootf; }

 private:
  Signal(const PixelFormat& format, const ColourInfo& colour);
  void resolve();
  void set_codes();
  void set_factors();
  void set_tables();

  PixelFormat x_format;
  ColourInfo x_colour;
  Light x_light = Light::kSdr;
  bool x_assumed_transfer = false, x_assumed_range = false, x_rgb_known = true;
  int x_black = 0, x_peak = 0, x_chroma_low = 0, x_chroma_high = 0, x_reserved_low = -1, x_reserved_high = 0;
  RgbFactors x_factors;
  std::vector<uint64_t> x_micronits;
  std::vector<uint32_t> x_scene, x_ootf;
};

}  // namespace pier::analysis
