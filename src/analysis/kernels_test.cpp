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

TEST_P(OnEveryTarget, LargestComponentEqualsScalar) {
  std::mt19937 random(3);
  for (const int pairs : {1, 7, 16, 33, 200}) {
    for (const bool full : {false, true}) {
      for (const bool centred : {false, true}) {
        std::vector<uint16_t> luma(static_cast<size_t>(2 * pairs));
        std::vector<int16_t> cb(static_cast<size_t>(pairs + 2)), cr(cb.size());
        for (auto& v : luma) v = static_cast<uint16_t>(random() & 1023U);
        for (auto& v : cb) v = static_cast<int16_t>((static_cast<int>(random() & 1023U) - 512) * 16);
        for (auto& v : cr) v = static_cast<int16_t>((static_cast<int>(random() & 1023U) - 512) * 16);
        ColourInfo colour{Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, full ? Range::kFull : Range::kNarrow};
        const auto signal = Signal::make({.bit_depth = 10}, colour);
        const LumaRow row{luma.data(), signal->black(), signal->shift()};
        const ChromaRows chroma{cb.data() + 1, cr.data() + 1, centred};
        std::vector<uint16_t> even(static_cast<size_t>(pairs)), odd(even), even2(even), odd2(even);
        const int fast = max_rgb_pairs(row, pairs, chroma, signal->factors(), {even.data(), odd.data()});
        const int slow = scalar::max_rgb_pairs(row, pairs, chroma, signal->factors(), {even2.data(), odd2.data()});
        EXPECT_EQ(fast, slow);
        EXPECT_EQ(even, even2);
        EXPECT_EQ(odd, odd2);
      }
    }
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
        const int got = scalar::max_rgb((y - signal->black()) * 16, cb * 16, cr * 16, signal->factors());
        if (expected > 0 && expected < 1.1) {
          ASSERT_NEAR(got / static_cast<double>(RgbFactors::kUnit), expected, 2.5 / RgbFactors::kUnit);
        }
      }
    }
  }
}

TEST(MaxRgb, EveryPixelOfEveryFormatIsCountedOnce) {
  for (const Chroma chroma : {Chroma::k400, Chroma::k420, Chroma::k422, Chroma::k444}) {
    for (const int depth : {8, 10, 12, 16}) {
      for (const ChromaSite site :
           {ChromaSite::kLeft, ChromaSite::kTopLeft, ChromaSite::kCenter, ChromaSite::kBottomLeft}) {
        const PixelFormat format{.bit_depth = static_cast<uint8_t>(depth), .chroma = chroma, .rgb = false};
        const ColourInfo colour{Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow, site};
        Picture picture = Picture::allocate(format, 67, 35, colour);
        auto view = picture.writable();
        for (int p = 0; p < format.plane_count(); ++p) {
          const auto& plane = view.planes[static_cast<size_t>(p)];
          const int code = (p == 0 ? 100 : 128) << (depth - 8);
          for (int y = 0; y < plane.height; ++y) {
            for (int x = 0; x < plane.width; ++x) {
              if (depth > 8) {
                plane.row<uint16_t>(y)[x] = static_cast<uint16_t>(code);
              } else {
                plane.row<uint8_t>(y)[x] = static_cast<uint8_t>(code);
              }
            }
          }
        }
        const auto signal = Signal::make(format, colour);
        const auto result = std::make_unique<MaxRgb>();
        max_rgb(picture.view(), *signal, *result);
        const int expected = (100 - 16) * 64;  // at 14 bits
        EXPECT_EQ(result->largest, expected);
        EXPECT_EQ(result->bins[static_cast<size_t>(expected >> Signal::kBinShift)], 67U * 35U);
      }
    }
  }
}

}  // namespace
}  // namespace pier::analysis::kernels
