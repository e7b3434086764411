#pragma once
// Primaries, matrices and code values. Everything is double precision and derived from the chromaticities and luma
// weights of the standards; nothing here is fast. Thread-safe: pure functions.

#include <array>
#include <optional>

#include <pier/core/cicp.hpp>

namespace pier::colour {

/// Three components: linear R, G, B; or R', G', B'; or Y', Cb, Cr (Cb and Cr -0.5 ... 0.5). The name of the variable
/// says.
using Rgb = std::array<double, 3>;
/// Row-major.
using Matrix3 = std::array<std::array<double, 3>, 3>;

struct Chromaticity {
  double x = 0, y = 0;
};
struct PrimariesXy {
  Chromaticity red, green, blue, white;
};

/// CIE 1931 chromaticities of a code point, H.273 table 2; nullopt for kUnspecified and unknown numbers.
std::optional<PrimariesXy> primaries_xy(Primaries primaries);

/// Linear RGB (1,1,1 = white) to XYZ with Y = 1 for white: SMPTE RP 177.
Matrix3 rgb_to_xyz(const PrimariesXy& primaries);
Matrix3 inverse(const Matrix3& matrix);
Matrix3 multiply(const Matrix3& left, const Matrix3& right);
Rgb multiply(const Matrix3& matrix, const Rgb& vector);
/// Linear RGB of `from` to linear RGB of `to`; white goes to white (Bradford when the whites differ).
Matrix3 rgb_to_rgb(const PrimariesXy& from, const PrimariesXy& to);
/// Luminance weights of linear RGB: the Y row of rgb_to_xyz.
Rgb luminance_weights(const PrimariesXy& primaries);

/// Luma weights Kr, Kg, Kb of a non-constant-luminance matrix, H.273 table 4; nullopt for kRgb, constant luminance,
/// ICtCp, unspecified and unknown numbers.
std::optional<Rgb> luma_weights(Matrix matrix);
/// R'G'B' to Y', Cb, Cr with Cb = (B'-Y')/(2(1-Kb)), Cr = (R'-Y')/(2(1-Kr)).
Rgb to_ycbcr(const Rgb& rgb, const Rgb& luma_weights);
Rgb from_ycbcr(const Rgb& ycbcr, const Rgb& luma_weights);

/// Code values as real numbers, not rounded and not clipped: H.273 clause 8.3, BT.2100 table 9. kUnspecified is narrow.
double luma_code(double signal, int bit_depth, Range range);
double luma_signal(double code, int bit_depth, Range range);
double chroma_code(double signal, int bit_depth, Range range);
double chroma_signal(double code, int bit_depth, Range range);

}  // namespace pier::colour
