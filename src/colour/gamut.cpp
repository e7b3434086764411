#include <cmath>

#include <pier/colour/gamut.hpp>

namespace pier::colour {
namespace {

constexpr Chromaticity kD65{0.3127, 0.3290};

Rgb xyz_of(Chromaticity c) {
  return {c.x / c.y, 1.0, (1.0 - c.x - c.y) / c.y};
}

Matrix3 diagonal(const Rgb& values) {
  return {{{values[0], 0, 0}, {0, values[1], 0}, {0, 0, values[2]}}};
}

Matrix3 bradford(Chromaticity from, Chromaticity to) {
  constexpr Matrix3 kCone{{{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}}};
  const Rgb source = multiply(kCone, xyz_of(from));
  const Rgb target = multiply(kCone, xyz_of(to));
  const Rgb scale{target[0] / source[0], target[1] / source[1], target[2] / source[2]};
  return multiply(inverse(kCone), multiply(diagonal(scale), kCone));
}

double full_scale(int bit_depth) {
  return std::ldexp(1.0, bit_depth) - 1.0;
}
double narrow_unit(int bit_depth) {
  return std::ldexp(1.0, bit_depth - 8);
}

}  // namespace

std::optional<PrimariesXy> primaries_xy(Primaries primaries) {
  switch (primaries) {
    case Primaries::kBt709:
      return PrimariesXy{{0.640, 0.330}, {0.300, 0.600}, {0.150, 0.060}, kD65};
    case Primaries::kBt470bg:
      return PrimariesXy{{0.640, 0.330}, {0.290, 0.600}, {0.150, 0.060}, kD65};
    case Primaries::kSmpte170m:
      return PrimariesXy{{0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}, kD65};
    case Primaries::kBt2020:
      return PrimariesXy{{0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}, kD65};
    case Primaries::kP3Dci:
      return PrimariesXy{{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, {0.314, 0.351}};
    case Primaries::kP3D65:
      return PrimariesXy{{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, kD65};
    case Primaries::kUnspecified:
      break;
  }
  return std::nullopt;
}

Matrix3 multiply(const Matrix3& left, const Matrix3& right) {
  Matrix3 product{};
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 3; ++column)
      for (int k = 0; k < 3; ++k) product[row][column] += left[row][k] * right[k][column];
  return product;
}

Rgb multiply(const Matrix3& matrix, const Rgb& vector) {
  Rgb product{};
  for (int row = 0; row < 3; ++row)
    for (int k = 0; k < 3; ++k) product[row] += matrix[row][k] * vector[k];
  return product;
}

Matrix3 inverse(const Matrix3& m) {
  const auto cofactor = [&](int row, int column) {
    const int r1 = (row + 1) % 3, r2 = (row + 2) % 3, c1 = (column + 1) % 3, c2 = (column + 2) % 3;
    return m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
  };
  const double determinant = m[0][0] * cofactor(0, 0) + m[0][1] * cofactor(0, 1) + m[0][2] * cofactor(0, 2);
  Matrix3 result{};
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 3; ++column) result[row][column] = cofactor(column, row) / determinant;
  return result;
}

Matrix3 rgb_to_xyz(const PrimariesXy& primaries) {
  const Rgb red = xyz_of(primaries.red), green = xyz_of(primaries.green), blue = xyz_of(primaries.blue);
  const Matrix3 columns{{{red[0], green[0], blue[0]}, {red[1], green[1], blue[1]}, {red[2], green[2], blue[2]}}};
  return multiply(columns, diagonal(multiply(inverse(columns), xyz_of(primaries.white))));
}

Matrix3 rgb_to_rgb(const PrimariesXy& from, const PrimariesXy& to) {
  Matrix3 xyz = rgb_to_xyz(from);
  if (from.white.x != to.white.x || from.white.y != to.white.y) xyz = multiply(bradford(from.white, to.white), xyz);
  return multiply(inverse(rgb_to_xyz(to)), xyz);
}

Rgb luminance_weights(const PrimariesXy& primaries) {
  return rgb_to_xyz(primaries)[1];
}

std::optional<Rgb> luma_weights(Matrix matrix) {
  switch (matrix) {
    case Matrix::kBt709:
      return Rgb{0.2126, 0.7152, 0.0722};
    case Matrix::kBt470bg:
    case Matrix::kSmpte170m:
      return Rgb{0.299, 0.587, 0.114};
    case Matrix::kBt2020Ncl:
      return Rgb{0.2627, 0.6780, 0.0593};
    case Matrix::kRgb:
    case Matrix::kUnspecified:
    case Matrix::kBt2020Cl:
    case Matrix::kIctcp:
      break;
  }
  return std::nullopt;
}

Rgb to_ycbcr(const Rgb& rgb, const Rgb& k) {
  const double y = k[0] * rgb[0] + k[1] * rgb[1] + k[2] * rgb[2];
  return {y, (rgb[2] - y) / (2.0 * (1.0 - k[2])), (rgb[0] - y) / (2.0 * (1.0 - k[0]))};
}

Rgb from_ycbcr(const Rgb& ycbcr, const Rgb& k) {
  const double red = ycbcr[0] + 2.0 * (1.0 - k[0]) * ycbcr[2];
  const double blue = ycbcr[0] + 2.0 * (1.0 - k[2]) * ycbcr[1];
  return {red, (ycbcr[0] - k[0] * red - k[2] * blue) / k[1], blue};
}

double luma_code(double signal, int bit_depth, Range range) {
  if (range == Range::kFull) return signal * full_scale(bit_depth);
  return (219.0 * signal + 16.0) * narrow_unit(bit_depth);
}

double luma_signal(double code, int bit_depth, Range range) {
  if (range == Range::kFull) return code / full_scale(bit_depth);
  return (code / narrow_unit(bit_depth) - 16.0) / 219.0;
}

double chroma_code(double signal, int bit_depth, Range range) {
  const double centre = 128.0 * narrow_unit(bit_depth);
  if (range == Range::kFull) return signal * full_scale(bit_depth) + centre;
  return 224.0 * signal * narrow_unit(bit_depth) + centre;
}

double chroma_signal(double code, int bit_depth, Range range) {
  const double centre = 128.0 * narrow_unit(bit_depth);
  if (range == Range::kFull) return (code - centre) / full_scale(bit_depth);
  return (code - centre) / (224.0 * narrow_unit(bit_depth));
}

}  // namespace pier::colour
