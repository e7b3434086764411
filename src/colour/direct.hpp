#pragma once
// The pointwise conversion evaluated sample by sample: rows of Y'CbCr codes to rows of Y'CbCr values through a list of
// steps on R, G, B in single precision. Every instruction set gives the same bytes: only sums, products, quotients and
// roots that IEEE 754 rounds in one way, and none fused.

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "curve.hpp"
#include "kernel.hpp"
#include "route.hpp"

namespace pier::colour::impl {

enum class StepKind : uint8_t {
  kSignedCurve,  // each channel: of the magnitude; the sign stays
  kMatrix,
  kGain,            // all channels by curve(luminance)
  kHlgRoots,        // HLG signals to roots of display light: curves are scene light, its root, and the gain of roots
  kMethodA,         // on roots of light: curves are luma and chroma scale, of the weighted sum
  kMethodAInverse,  // the same backwards
  kCompress,        // compress_gamut behind the matrix, behind a signed curve when there is one
  kFit,             // fit_gamut, to 0 ... `factor`
  kSquareRoot,      // of the channel times `factor`
  kCube,            // `cube` on signals
};

constexpr size_t kNoCurve = static_cast<size_t>(-1);

struct Step {
  StepKind kind = StepKind::kMatrix;
  std::array<float, 9> matrix{};
  std::array<float, 3> weights{};
  float factor = 1.0f;
  float distance = 1.0f, brightest = 1.0f;  // GamutLimits
  std::shared_ptr<const Cube> cube;
  size_t curve = kNoCurve, second_curve = kNoCurve, third_curve = kNoCurve;  // in Pass::curves
};

/// How codes are written; source and target alike.
struct Codes {
  Matrix matrix = Matrix::kBt709;
  Range range = Range::kNarrow;
  int bit_depth = 8;
  int chroma_parts = 1;  // of the source: chroma comes in such parts of a code
};

struct Pass {
  float luma_factor = 1.0f, luma_offset = 0.0f;  // signal = code * factor + offset
  float chroma_centre = 512.0f;
  float red_cr = 0, green_cb = 0, green_cr = 0, blue_cb = 0;  // per code
  float top = 1.0f;                                           // signals are clipped to 0 ... top
  size_t decode = kNoCurve;                                   // before the steps, each channel
  std::vector<Step> steps;
  std::vector<Curve> curves;
  size_t encode = kNoCurve;    // behind the steps, each channel, clamped to its domain
  std::array<float, 9> out{};  // R'G'B' to Y', Cb, Cr codes
  std::array<float, 3> out_offset{};
  float out_top = 1023.0f;
  bool out_bytes = false;
};

std::shared_ptr<const Pass> make_pass(const Route& route, const Codes& from, const Codes& to);

/// Where a row goes: codes of one byte or two, each rounded down after its offset (0.5, or dither) was added. Rows may
/// be written up to a multiple of 16 samples.
struct Target {
  void* codes = nullptr;  // null: not wanted
  std::array<float, 8> offsets{0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f};
};

/// `width` samples of Y', Cb, Cr (all at full width) to the rows wanted of Y', Cb, Cr.
void evaluate_row(const Pass& pass, const uint16_t* y, const uint16_t* cb, const uint16_t* cr, int width,
                  const std::array<Target, 3>& out);

/// `cube` on `count` (a multiple of 16) signals of R, G, B in place.
void apply_cube(const Cube& cube, int count, float* const (&channels)[3]);

}  // namespace pier::colour::impl
