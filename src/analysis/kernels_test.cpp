#include "kernels.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "kernels_scalar.hpp"

namespace pier::analysis::kernels {
namespace {

/// A plane of random codes with a row pitch of its own.
struct RandomPlane {
  std::vector<std::byte> bytes;
  Plane plane;

  RandomPlane(int width, int height, int depth, uint32_t seed) {
    const int size = depth > 8 ? 2 : 1;
    const ptrdiff_t stride = (width + 5) * size;
    bytes.resize(static_cast<size_t>(stride * height));
    plane = {bytes.data(), stride, width, height};
    std::mt19937 random(seed);
    const uint32_t mask = (1U << static_cast<unsigned>(depth)) - 1;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        if (size == 2) {
          reinterpret_cast<uint16_t*>(bytes.data() + y * stride)[x] = static_cast<uint16_t>(random() & mask);
        } else {
          bytes[static_cast<size_t>(y * stride + x)] = static_cast<std::byte>(random() & mask);
        }
      }
    }
  }
};

class OnEveryTarget : public testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { use_target(GetParam()); }
  void TearDown() override { use_target(0); }
};
INSTANTIATE_TEST_SUITE_P(Targets, OnEveryTarget, testing::ValuesIn(targets()),
                         [](const auto& param) { return "t" + std::to_string(param.index); });

constexpr std::pair<int, int> kSizes[] = {{1, 1}, {3, 5}, {63, 9}, {64, 8}, {131, 17}, {400, 12}};

TEST_P(OnEveryTarget, CountsEqualScalar) {
  for (const auto& [width, height] : kSizes) {
    for (const int depth : {8, 10, 12, 16}) {
      const RandomPlane random(width, height, depth, 7);
      const int size = depth > 8 ? 2 : 1;
      const int top = (1 << depth) - 1;
      const RangeLimits limits{top / 200, top - top / 200, top / 16, top - top / 12};
      EXPECT_EQ(count_range(random.plane, size, limits), scalar::count_range(random.plane, size, limits));
      for (const int code : {0, 1, top / 2, top}) {
        EXPECT_EQ(count_at_most(random.plane, size, code), scalar::count_at_most(random.plane, size, code))
            << depth << ' ' << code;
      }
      EXPECT_EQ(count_at_most(random.plane, size, -1), 0U);
    }
  }
}

TEST_P(OnEveryTarget, BlockExtremesEqualScalar) {
  for (const auto& [width, height] : kSizes) {
    for (const int depth : {8, 10, 16}) {
      for (const int block : {64, 128}) {
        const RandomPlane random(width, height, depth, 17);
        const auto blocks = static_cast<size_t>((width + block - 1) / block);
        std::vector<uint16_t> low(blocks), high(blocks), low2(blocks), high2(blocks);
        const BlockRows what{height / 3, height - height / 3, block};
        block_extremes(random.plane, depth > 8 ? 2 : 1, what, low.data(), high.data());
        scalar::block_extremes(random.plane, depth > 8 ? 2 : 1, what, low2.data(), high2.data());
        EXPECT_EQ(low, low2) << width << ' ' << depth;
        EXPECT_EQ(high, high2) << width << ' ' << depth;
      }
    }
  }
}

TEST_P(OnEveryTarget, BoxesEqualScalar) {
  for (const auto& [width, height] : kSizes) {
    for (const int depth : {8, 10, 12, 16}) {
      for (const int side : {2, 4}) {
        if (width < side || height < side) continue;
        const RandomPlane random(width, height, depth, 11);
        const PixelFormat format{.bit_depth = static_cast<uint8_t>(depth), .chroma = Chroma::k400, .rgb = false};
        Picture fast = Picture::allocate(format, width / side, height / side, {});
        Picture slow = Picture::allocate(format, width / side, height / side, {});
        (side == 2 ? box_half : box_quarter)(random.plane, depth, fast.writable().planes[0]);
        scalar::box(random.plane, depth, side, slow.writable().planes[0]);
        for (int y = 0; y < height / side; ++y) {
          const auto* a = fast.view().planes[0].row<std::byte>(y);
          const auto* b = slow.view().planes[0].row<std::byte>(y);
          ASSERT_TRUE(std::equal(a, a + (width / side) * format.bytes_per_sample(), b)) << depth << ' ' << side;
        }
      }
    }
  }
}

/// Random rows of `pairs` pairs of 10-bit codes.
struct RandomRows {
  std::vector<uint16_t> luma;
  std::vector<int16_t> cb, cr;

  RandomRows(int pairs, int chroma_reach, std::mt19937& random)
      : luma(static_cast<size_t>(2 * pairs)), cb(static_cast<size_t>(pairs + 2)), cr(cb.size()) {
    const auto chroma = [&] {
      return static_cast<int16_t>(
          (static_cast<int>(random() % static_cast<unsigned>(2 * chroma_reach)) - chroma_reach) * 16);
    };
    for (auto& v : luma) v = static_cast<uint16_t>(random() & 1023U);
    for (auto& v : cb) v = chroma();
    for (auto& v : cr) v = chroma();
  }
  LumaRow luma_row(const Signal& signal) const { return {luma.data(), signal.black(), signal.shift()}; }
  ChromaRows chroma_rows(bool centred) const { return {cb.data() + 1, cr.data() + 1, centred}; }
};

/// Four rows in one vector.
struct Components {
  std::vector<int16_t> samples;
  size_t width;
  explicit Components(int pixels) : samples(static_cast<size_t>(4 * pixels)), width(static_cast<size_t>(pixels)) {}
  RgbRow row() {
    int16_t* first = samples.data();
    return {first, first + width, first + 2 * width, first + 3 * width};
  }
};

TEST_P(OnEveryTarget, RgbOfPairsEqualsScalar) {
  std::mt19937 random(3);
  for (const int pairs : {1, 7, 16, 33, 64, 65, 200}) {
    for (const int variant : {0, 1, 2, 3}) {
      const bool centred = (variant & 1) != 0;
      const Range range = (variant & 2) != 0 ? Range::kFull : Range::kNarrow;
      const auto signal =
          Signal::make({.bit_depth = 10}, {Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, range});
      // The second time chroma keeps so near to neutral that most flags stay clear.
      for (const int reach : {512, 20}) {
        RandomRows rows(pairs, reach, random);
        if (reach == 20) {
          for (auto& code : rows.luma) code = static_cast<uint16_t>(200 + code / 2);
          rows.luma[static_cast<size_t>(pairs)] = 1000;
        }
        const LumaRow luma = rows.luma_row(*signal);
        const ChromaRows chroma = rows.chroma_rows(centred);
        const SignalLimits limits{-704, 14720};
        std::vector<uint16_t> even(static_cast<size_t>(pairs)), odd(even), even2(even), odd2(even);
        std::vector<uint8_t> flags(static_cast<size_t>(2 * pairs / kFlagPixels + 1), 7), flags2(flags);
        EXPECT_EQ(scan_pairs(luma, pairs, chroma, signal->factors(), limits, {even.data(), odd.data(), flags.data()}),
                  scalar::scan_pairs(luma, pairs, chroma, signal->factors(), limits,
                                     {even2.data(), odd2.data(), flags2.data()}));
        EXPECT_EQ(even, even2);
        EXPECT_EQ(odd, odd2);
        EXPECT_EQ(flags, flags2);
        Components fast(2 * pairs), slow(2 * pairs);
        convert_pairs(luma, pairs, chroma, signal->factors(), fast.row());
        scalar::convert_pairs(luma, pairs, chroma, signal->factors(), slow.row());
        EXPECT_EQ(fast.samples, slow.samples);
        std::vector<uint16_t> largest(static_cast<size_t>(2 * pairs)), largest2(largest);
        const RgbRow row = fast.row();
        EXPECT_EQ(scan_rgb(row, 2 * pairs, limits, largest.data(), flags.data()),
                  scalar::scan_rgb(row, 2 * pairs, limits, largest2.data(), flags2.data()));
        EXPECT_EQ(largest, largest2);
        EXPECT_EQ(flags, flags2);
        for (size_t i = 0; i < even.size(); ++i) {
          ASSERT_EQ(largest[2 * i], even[i]);
          ASSERT_EQ(largest[2 * i + 1], odd[i]);
        }
      }
    }
  }
}

TEST_P(OnEveryTarget, RgbOfFullRowsEqualsScalar) {
  std::mt19937 random(9);
  const auto signal = Signal::make({.bit_depth = 10}, {Primaries::kBt709, Transfer::kBt709, Matrix::kBt709});
  for (const int width : {1, 15, 64, 203}) {
    Components fast(width);
    for (auto& v : fast.samples) v = static_cast<int16_t>(static_cast<int>(random() % 16384U) - 8192);
    Components slow = fast;
    convert_full(fast.row(), width, signal->factors());
    scalar::convert_full(slow.row(), width, signal->factors());
    EXPECT_EQ(fast.samples, slow.samples);
  }
}

TEST_P(OnEveryTarget, SignalRowsEqualScalar) {
  for (const int depth : {8, 10, 12, 16}) {
    const RandomPlane random(97, 3, depth, 13);
    for (const int bits : {0, 1, 2}) {
      std::vector<int16_t> fast(97), slow(97);
      const RowMix mix{1, 2, bits};
      signal_row(random.plane, mix, 1 << (depth - 1), 14 - depth, depth > 8, fast.data());
      scalar::signal_row(random.plane, mix, 1 << (depth - 1), 14 - depth, depth > 8, slow.data());
      EXPECT_EQ(fast, slow) << depth << ' ' << bits;
    }
  }
}

TEST_P(OnEveryTarget, FilterEqualsScalar) {
  std::mt19937 random(21);
  for (const int count : {1, 6, 64, 131}) {
    std::vector<int16_t> rows(static_cast<size_t>(3 * (count + 6)));
    for (auto& v : rows) v = static_cast<int16_t>(static_cast<int>(random() % 40000U) - 13000);
    const auto row = [&](int i) { return rows.data() + i * (count + 6) + 3; };
    std::vector<int32_t> work(static_cast<size_t>(count + 6));
    std::vector<uint8_t> fast(static_cast<size_t>(count), 1), slow(fast);
    const FilterRows three{row(0), row(1), row(2)};
    const SignalLimits limits{5000, 8000};  // random samples lie about 7000
    const int found = filter_row(three, count, limits, 4, work.data(), fast.data());
    EXPECT_EQ(found, scalar::filter_row(three, count, limits, 4, slow.data()));
    EXPECT_EQ(fast, slow);
    EXPECT_TRUE(count < 100 || found > 0);
  }
}

/// Double-precision max(R', G', B') of one sample.
double reference(double y, double cb, double cr, double kr, double kb) {
  const double r = y + 2 * (1 - kr) * cr;
  const double b = y + 2 * (1 - kb) * cb;
  const double g = (y - kr * r - kb * b) / (1 - kr - kb);
  return std::max({r, g, b});
}

TEST(MaxRgb, FixedPointIsCloseToDoublePrecision) {
  std::mt19937 random(5);
  struct Case {
    Matrix matrix;
    double kr, kb;
  };
  for (const Case& c : {Case{Matrix::kBt2020Ncl, 0.2627, 0.0593}, Case{Matrix::kBt709, 0.2126, 0.0722},
                        Case{Matrix::kSmpte170m, 0.299, 0.114}}) {
    for (const Range range : {Range::kNarrow, Range::kFull}) {
      const ColourInfo colour{Primaries::kBt2020, Transfer::kPq, c.matrix, range};
      const auto signal = Signal::make({.bit_depth = 10}, colour);
      const double luma_span = range == Range::kNarrow ? 876 : 1023;
      const double chroma_span = range == Range::kNarrow ? 896 : 1023;
      for (int i = 0; i < 2000; ++i) {
        const int y = static_cast<int>(random() % 800) + 80;
        const int cb = static_cast<int>(random() % 400) - 200;
        const int cr = static_cast<int>(random() % 400) - 200;
        const double expected =
            reference((y - signal->black()) / luma_span, cb / chroma_span, cr / chroma_span, c.kr, c.kb);
        const int got = scalar::to_rgb((y - signal->black()) * 16, cb * 16, cr * 16, signal->factors()).largest();
        ASSERT_NEAR(got / static_cast<double>(RgbFactors::kUnit), expected, 2.5 / RgbFactors::kUnit);
      }
    }
  }
}

}  // namespace
}  // namespace pier::analysis::kernels
