#pragma once
// What codes mean as light, in tables that SIMD code looks up.

#include <cstdint>
#include <vector>

#include <pier/colour/gamut.hpp>
#include <pier/core/picture.hpp>
#include <pier/core/result.hpp>

namespace pier::quality::impl {

/// A function of a positive number, straight between values that lie 128 to the octave: found by the number's own bits.
struct LogCurve {
  static constexpr int kShift = 23 - 7;
  float least = 0, most = 0;  // arguments outside are taken as these
  int32_t first_bits = 0;     // of `least`
  std::vector<float> values;

  template <typename F>
  static LogCurve make(int least_exponent, float most, F&& function);
};

struct LightTables {
  static constexpr int kSteps = 8192;
  // Codes to Y', Cb, Cr and those to R'G'B'.
  float luma_scale = 0, luma_offset = 0, chroma_scale = 0, chroma_offset = 0;
  float r_from_cr = 0, g_from_cb = 0, g_from_cr = 0, b_from_cb = 0;
  /// Light of one channel by signal * kSteps; display light in units of 10 000 cd/m2, of HLG scene light.
  std::vector<float> light;
  bool scene = false;       // HLG
  LogCurve display_gain;    // of HLG: display light over scene light, by scene luminance
  float luminance[3] = {};  // of R, G, B
  float lms[3][3] = {};     // display R, G, B to L, M, S of BT.2100
  LogCurve pq;              // light to PQ signal
  LogCurve pu21;            // luminance (of HLG: of the scene) to PU21 / 256 - kPuBias

  /// kInputUnsupported when the light of such a colour is not known. `colour` with nothing unspecified.
  static Result<LightTables> make(int bit_depth, const ColourInfo& colour, double peak_nits);
};

/// PU21 `banding_glare` of a luminance in cd/m2 (0.005 ... 10 000, clipped): 100 cd/m2 is about 256.
double pu21(double nits);

/// What is unspecified, filled as colour::Converter fills it for a source.
ColourInfo resolved(const ColourInfo& colour);

}  // namespace pier::quality::impl
