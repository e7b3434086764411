#pragma once
// Rows of colours for the tests of what converts rows.

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <pier/colour/gamut.hpp>

#include "direct.hpp"

namespace pier::colour::impl {

constexpr ColourInfo kHlg{Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow};
constexpr ColourInfo kPq{Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow};
constexpr ColourInfo kSdr{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow};
constexpr ColourInfo kPqP3{Primaries::kP3D65, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow};
constexpr ColourInfo kSrgbFull{Primaries::kBt709, Transfer::kSrgb, Matrix::kBt709, Range::kFull};
constexpr ColourInfo kSdr2020{Primaries::kBt2020, Transfer::kBt2020_10, Matrix::kBt2020Ncl, Range::kNarrow};

struct Samples {
  int width = 0;
  std::vector<uint16_t> rows[3];
  explicit Samples(int samples) : width(samples) {
    for (auto& row : rows) row.assign(static_cast<size_t>(samples + kRowPadding), 0);
  }
};

/// Codes of random colours that the source can show: even in R'G'B', half of them near grey, some dark.
inline Samples colours(const ColourInfo& colour, int depth, double top, int count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(0.0, 1.0);
  Samples samples(count);
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    const double level = i % 5 == 0 ? 0.1 : 1.0, spread = i % 2 == 0 ? 1.0 : 0.2;
    const double base = unit(random) * (1.0 - spread);
    Rgb rgb;
    for (double& channel : rgb) channel = top * level * (base + spread * unit(random));
    if (i % 7 == 0) rgb[random() % 3] = i % 3 == 0 ? 0.0 : top * level;
    const Rgb ycbcr = to_ycbcr(rgb, *luma_weights(colour.matrix));
    samples.rows[0][i] = static_cast<uint16_t>(std::lround(luma_code(ycbcr[0], depth, colour.range)));
    for (size_t c = 1; c < 3; ++c)
      samples.rows[c][i] = static_cast<uint16_t>(std::lround(chroma_code(ycbcr[c], depth, colour.range)));
  }
  return samples;
}

inline Samples any_codes(unsigned seed) {
  std::mt19937 random(seed);
  Samples samples(1000);
  for (auto& row : samples.rows)
    for (uint16_t& sample : row) sample = static_cast<uint16_t>(random() % (seed % 2 == 0 ? 1024 : 65536));
  return samples;
}

struct Rows {
  std::vector<uint16_t> rows[3];
};

/// `run` as evaluate_row without its first argument.
inline Rows evaluate(auto&& run, const Samples& in, bool one_byte) {
  Rows out;
  for (auto& row : out.rows) row.assign(in.rows[0].size(), 0);
  run(in.rows[0].data(), in.rows[1].data(), in.rows[2].data(), in.width,
      std::array<Target, 3>{Target{out.rows[0].data()}, Target{out.rows[1].data()}, Target{out.rows[2].data()}});
  for (auto& row : out.rows) {
    if (one_byte) {
      const auto* bytes = reinterpret_cast<const uint8_t*>(row.data());
      row = std::vector<uint16_t>(bytes, bytes + in.width);
    }
    row.resize(static_cast<size_t>(in.width));
  }
  return out;
}

inline Rows evaluate(const Pass& pass, const Samples& in) {
  return evaluate([&](auto&&... row) { evaluate_row(pass, row...); }, in, pass.out_bytes);
}

}  // namespace pier::colour::impl
