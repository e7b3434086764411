#include "kernel.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <hwy/targets.h>

namespace pier::colour::impl {
namespace {

constexpr ColourInfo kHlg{Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow};
constexpr ColourInfo kSdr{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow};
constexpr int kWidth = 1000;

struct Row {
  std::vector<uint16_t> samples = std::vector<uint16_t>(kWidth + 4 * kRowPadding);
  uint16_t* data() { return samples.data() + kRowPadding; }
};

Row random_row(unsigned seed, unsigned top) {
  Row row;
  std::mt19937 random(seed);
  for (auto& sample : row.samples) sample = static_cast<uint16_t>(random() % top);
  return row;
}

std::shared_ptr<const Cube> hlg_cube() {
  static const auto cube = shared_cube(kHlg, kSdr, {Matrix::kBt709, Range::kNarrow, 10}, {}).value();
  return cube;
}

struct Outputs {
  std::vector<int16_t> y = std::vector<int16_t>(kWidth + 256), cb = y, cr = y;
  std::vector<uint16_t> rest;
};

/// Everything the kernels make of the same rows; only what lies within the width.
Outputs run_all() {
  Row y = random_row(1, 1024), cb = random_row(2, 1024), cr = random_row(3, 1024);
  const CodesToCube codes = codes_to_cube(Matrix::kBt2020Ncl, Range::kNarrow, 10, 1.0);
  Outputs out;
  evaluate_row(*hlg_cube(), codes, y.data(), cb.data(), cr.data(), kWidth, out.y.data(), out.cb.data(), out.cr.data());
  for (auto* row : {&out.y, &out.cb, &out.cr}) row->resize(kWidth);
  Row made;
  const auto keep = [&](int count) { out.rest.insert(out.rest.end(), made.data(), made.data() + count); };
  blend_row(y.data(), cb.data(), 1, kWidth, made.data());
  keep(kWidth);
  for (const bool centred : {false, true}) {
    upsample_row(cb.data(), kWidth / 2, centred, made.data());
    keep(kWidth / 2 * 2);
    luma_at_chroma_row(y.data(), kWidth / 2, centred, made.data());
    keep(kWidth / 2);
  }
  const int16_t dither[8] = {0, 32, 64, 96, 16, 48, 80, 112};
  store_row(out.cb.data(), kWidth, 10, 1 << 14, nullptr, made.data());
  keep(kWidth);
  store_row(out.y.data(), kWidth, 8, 0, dither, made.data());
  keep(kWidth / 2);
  return out;
}

TEST(Kernel, EveryInstructionSetGivesTheSameBytes) {
  const Outputs best = run_all();
  const auto targets = hwy::SupportedAndGeneratedTargets();
  EXPECT_FALSE(targets.empty());
  std::string names;
  for (const int64_t target : targets) {
    hwy::SetSupportedTargetsForTest(target);
    const Outputs out = run_all();
    names += std::string(" ") + hwy::TargetName(target);
    EXPECT_EQ(out.y, best.y) << hwy::TargetName(target);
    EXPECT_EQ(out.cb, best.cb) << hwy::TargetName(target);
    EXPECT_EQ(out.cr, best.cr) << hwy::TargetName(target);
    EXPECT_EQ(out.rest, best.rest) << hwy::TargetName(target);
  }
  hwy::SetSupportedTargetsForTest(0);
  RecordProperty("targets", names);
  std::printf("compared:%s\n", names.c_str());
}

/// The same interpolation written plainly, in double precision.
Rgb interpolate(const Cube& cube, const Rgb& signal) {
  double fraction[3];
  size_t cell[3];
  const size_t steps[3] = {kCubeNodes * kCubeNodes, kCubeNodes, 1};
  for (size_t c = 0; c < 3; ++c) {
    const double position = std::clamp(signal[c] / cube.top, 0.0, 1.0) * (kCubeNodes - 1);
    cell[c] = std::min(static_cast<size_t>(position), static_cast<size_t>(kCubeNodes - 2));
    fraction[c] = position - static_cast<double>(cell[c]);
  }
  size_t order[3] = {0, 1, 2};
  std::sort(order, order + 3, [&](size_t a, size_t b) { return fraction[a] > fraction[b]; });
  size_t node = cell[0] * steps[0] + cell[1] * steps[1] + cell[2];
  double before = 1.0;
  Rgb out{};
  for (size_t corner = 0; corner < 4; ++corner) {
    const double after = corner < 3 ? fraction[order[corner]] : 0.0;
    for (size_t c = 0; c < 3; ++c) out[c] += (before - after) * cube.entries[node * 4 + c];
    if (corner < 3) node += steps[order[corner]];
    before = after;
  }
  return out;
}

TEST(Kernel, EvaluatesTheCubeAsTheFormulaSays) {
  Row y = random_row(4, 1024), cb = random_row(5, 1024), cr = random_row(6, 1024);
  const CodesToCube codes = codes_to_cube(Matrix::kBt2020Ncl, Range::kNarrow, 10, 1.0);
  std::vector<int16_t> out(3 * (kWidth + 256));
  int16_t* const rows[3] = {out.data(), out.data() + kWidth + 256, out.data() + 2 * (kWidth + 256)};
  evaluate_row(*hlg_cube(), codes, y.data(), cb.data(), cr.data(), kWidth, rows[0], rows[1], rows[2]);
  for (int x = 0; x < kWidth; ++x) {
    const Rgb ycbcr{luma_signal(y.data()[x], 10, Range::kNarrow), chroma_signal(cb.data()[x], 10, Range::kNarrow),
                    chroma_signal(cr.data()[x], 10, Range::kNarrow)};
    const Rgb expected = interpolate(*hlg_cube(), from_ycbcr(ycbcr, *luma_weights(Matrix::kBt2020Ncl)));
    // 1/32 of a 10-bit code is 1: four roundings of 15-bit products, and positions of 1/256 cell.
    for (size_t c = 0; c < 3; ++c) ASSERT_NEAR(rows[c][x], expected[c], 16.0) << "pixel " << x << " component " << c;
  }
}

TEST(Kernel, FactorsFitEverySource) {
  for (const double top : {1.0, 0.7518, kLowestTop}) {
    for (const int depth : {10, 12}) {
      for (const auto range : {Range::kNarrow, Range::kFull}) {
        for (const auto matrix : {Matrix::kBt709, Matrix::kSmpte170m, Matrix::kBt2020Ncl}) {
          const CodesToCube codes = codes_to_cube(matrix, range, depth, top);
          const Rgb luma = from_ycbcr({1, 0, 0}, *luma_weights(matrix));
          const double unit = 64 * 256 / top / (luma_code(1, depth, range) - luma_code(0, depth, range));
          for (size_t channel = 0; channel < 3; ++channel) {
            const double factor = codes.factor[channel][0] / 32768.0;
            EXPECT_NEAR(factor * (1 << codes.luma_shift), unit * luma[channel], unit * 1e-4) << top << " " << depth;
          }
          const double blue = codes.factor[2][1] / 32768.0;
          const double chroma_unit = 64 * 256 / top / (chroma_code(1, depth, range) - chroma_code(0, depth, range));
          const double expected = chroma_unit * from_ycbcr({0, 1, 0}, *luma_weights(matrix))[2];
          EXPECT_NEAR(blue * (1 << codes.chroma_shift), expected, expected * 1e-4) << top << " " << depth;
        }
      }
    }
  }
}

}  // namespace
}  // namespace pier::colour::impl
