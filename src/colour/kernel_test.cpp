#include "kernel.hpp"

#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <hwy/targets.h>

namespace pier::colour::impl {
namespace {

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

/// Everything the kernels make of the same rows; only what lies within the width.
std::vector<uint16_t> run_all() {
  Row y = random_row(1, 1024), cb = random_row(2, 1024);
  std::vector<uint16_t> all;
  Row made;
  const auto keep = [&](int count) { all.insert(all.end(), made.data(), made.data() + count); };
  blend_row(y.data(), cb.data(), 1, kWidth, made.data());
  keep(kWidth);
  sum_row(y.data(), cb.data(), 3, kWidth, made.data());
  keep(kWidth);
  widen_row(reinterpret_cast<const uint8_t*>(y.data()), kWidth - 3, made.data());
  keep(kWidth - 3);
  for (const bool centred : {false, true}) {
    upsample_row(cb.data(), kWidth / 2, centred, made.data());
    keep(kWidth / 2 * 2);
    luma_at_chroma_row(y.data(), kWidth / 2, centred, made.data());
    keep(kWidth / 2);
  }
  return all;
}

TEST(Kernel, EveryInstructionSetGivesTheSameBytes) {
  const auto best = run_all();
  const auto targets = hwy::SupportedAndGeneratedTargets();
  EXPECT_FALSE(targets.empty());
  for (const int64_t target : targets) {
    hwy::SetSupportedTargetsForTest(target);
    EXPECT_EQ(run_all(), best) << hwy::TargetName(target);
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(Kernel, BlendsAndSumsAreWhatTheySay) {
  Row a = random_row(1, 4096), b = random_row(2, 4096), out;
  sum_row(a.data(), b.data(), 1, kWidth, out.data());
  for (int x = 0; x < kWidth; ++x) ASSERT_EQ(out.data()[x], 3 * a.data()[x] + b.data()[x]);
  blend_row(a.data(), b.data(), 3, kWidth, out.data());
  for (int x = 0; x < kWidth; ++x) ASSERT_EQ(out.data()[x], (a.data()[x] + 3 * b.data()[x] + 2) / 4);
}

}  // namespace
}  // namespace pier::colour::impl
