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

TEST_P(OnEveryTarget, ColumnExtremesEqualScalar) {
  for (const auto& [width, height] : kSizes) {
    for (const int depth : {8, 10, 16}) {
      const RandomPlane random(width, height, depth, 17);
      const auto columns = static_cast<size_t>(width);
      std::vector<uint16_t> low(columns), high(columns), low2(columns), high2(columns);
      const RowSpan rows{height / 3, height - height / 3};
      const int size = depth > 8 ? 2 : 1;
      EXPECT_EQ(column_extremes(random.plane, size, rows, low.data(), high.data()),
                scalar::column_extremes(random.plane, size, rows, low2.data(), high2.data()));
      EXPECT_EQ(low, low2) << width << ' ' << depth;
      EXPECT_EQ(high, high2) << width << ' ' << depth;
    }
  }
}

TEST_P(OnEveryTarget, ChangesAndCombsEqualScalar) {
  for (const auto& [width, height] : kSizes) {
    for (const int depth : {8, 10, 12, 16}) {
      const RandomPlane one(width, height, depth, 19);
      const RandomPlane other(width, height, depth, 23);
      EXPECT_EQ(plane_change(one.plane, other.plane, depth), scalar::plane_change(one.plane, other.plane, depth));
      if (depth == 8 || depth > kDeepestChange) continue;
      const CombRows rows{one.plane.row<uint16_t>(0), other.plane.row<uint16_t>(height / 2),
                          one.plane.row<uint16_t>(height - 1)};
      for (const int tolerance : {0, 1 << (depth - 2)}) {
        EXPECT_EQ(comb_row(rows, width, tolerance), scalar::comb_row_from(0, rows, width, tolerance)) << depth;
      }
    }
  }
}

template <typename T>
void marks_and_levels_equal_scalar(int width, int height, int depth) {
  const RandomPlane one(width, height, depth, 29);
  const RandomPlane other(width, height, depth, 31);
  const T* a = one.plane.row<T>(0);
  const T* b = other.plane.row<T>(0);
  const int top = (1 << depth) - 1;
  for (const int step : {0, top / 3, top}) {
    std::vector<uint8_t> fast(static_cast<size_t>(width), 0);
    fast.front() = 1;  // is kept
    auto slow = fast;
    EXPECT_EQ(mark_changed(a, b, width, step, fast.data()),
              scalar::mark_changed_from(0, a, b, width, step, slow.data()));
    EXPECT_EQ(fast, slow) << depth << ' ' << step;
  }
  for (const LevelScale& scale : {LevelScale{top / 16, (255 << 16) / (top - top / 8), 0},
                                  LevelScale{(top + 1) / 2, (255 << 16) / (top - top / 8), 128}}) {
    std::vector<uint8_t> fast(static_cast<size_t>(width)), slow(fast);
    level_row(a, width, scale, fast.data());
    scalar::level_row_from(0, a, width, scale, slow.data());
    EXPECT_EQ(fast, slow) << depth;
  }
}

TEST_P(OnEveryTarget, MarksAndLevelsEqualScalar) {
  for (const auto& [width, height] : kSizes) {
    marks_and_levels_equal_scalar<uint8_t>(width, height, 8);
    for (const int depth : {10, 12, 16}) marks_and_levels_equal_scalar<uint16_t>(width, height, depth);
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

TEST_P(OnEveryTarget, EveryFourthPixelIsThatOfTheWholeRow) {
  std::mt19937 random(27);
  const auto signal = Signal::make({.bit_depth = 10}, {Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl});
  for (const int pairs : {2, 16, 67, 130}) {
    for (const bool centred : {false, true}) {
      const RandomRows rows(pairs, 512, random);
      const LumaRow luma = rows.luma_row(*signal);
      const ChromaRows chroma = rows.chroma_rows(centred);
      Components all(2 * pairs), some(pairs / 2);
      convert_pairs(luma, pairs, chroma, signal->factors(), all.row());
      for (int phase = 0; phase < 4; ++phase) {
        convert_every_fourth(luma, pairs, chroma, signal->factors(), phase, some.row());
        for (int i = 0; i < pairs / 2; ++i) {
          ASSERT_EQ(some.row().red[i], all.row().red[4 * i + phase]);
          ASSERT_EQ(some.row().green[i], all.row().green[4 * i + phase]);
          ASSERT_EQ(some.row().blue[i], all.row().blue[4 * i + phase]);
        }
      }
    }
  }
}

/// Bounds equal the scalar ones, and hold every pixel that codes within the columns can make.
TEST_P(OnEveryTarget, BoundsOfPairsHoldEveryPixel) {
  std::mt19937 random(29);
  for (const int depth : {8, 10, 16}) {
    const auto signal = Signal::make({.bit_depth = static_cast<uint8_t>(depth)},
                                     {Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl});
    for (const int pairs : {1, 63, 64, 200}) {
      const auto columns = [&](int count, int low, int high) {
        std::vector<uint16_t> codes(static_cast<size_t>(count));
        for (auto& code : codes) {
          const auto span = static_cast<unsigned>((high - low) << (depth - 8));
          code = static_cast<uint16_t>((low << (depth - 8)) + static_cast<int>(random() % span));
        }
        return codes;
      };
      // Both of a kind: what lies between the smaller and the larger of two is within.
      auto low_y = columns(2 * pairs, 16, 230), high_y = columns(2 * pairs, 16, 230);
      auto low_cb = columns(pairs + 2, 30, 220), high_cb = columns(pairs + 2, 30, 220);
      auto low_cr = columns(pairs + 2, 30, 220), high_cr = columns(pairs + 2, 30, 220);
      for (auto [low, high] : {std::pair{&low_y, &high_y}, {&low_cb, &high_cb}, {&low_cr, &high_cr}}) {
        for (size_t i = 0; i < low->size(); ++i) {
          if ((*low)[i] > (*high)[i]) std::swap((*low)[i], (*high)[i]);
        }
      }
      const PairCodes codes{{low_y.data(), high_y.data()},
                            {low_cb.data() + 1, high_cb.data() + 1},
                            {low_cr.data() + 1, high_cr.data() + 1},
                            signal->black(),
                            1 << (depth - 1),
                            signal->shift()};
      const auto blocks = static_cast<size_t>((2 * pairs + kFlagPixels - 1) / kFlagPixels);
      std::vector<int16_t> least(blocks), most(blocks), least2(blocks), most2(blocks);
      pair_bounds(codes, pairs, signal->factors(), least.data(), most.data());
      scalar::pair_bounds(codes, pairs, signal->factors(), least2.data(), most2.data());
      EXPECT_EQ(least, least2) << depth << ' ' << pairs;
      EXPECT_EQ(most, most2) << depth << ' ' << pairs;
      for (int i = 0; i < pairs; ++i) {
        const SignalLimits bounds = scalar::bounds_of_pair(i, codes, signal->factors());
        const auto at = static_cast<size_t>(i);
        for (const auto* y : {&low_y, &high_y}) {
          for (const auto* cb : {&low_cb, &high_cb}) {
            for (const auto* cr : {&low_cr, &high_cr}) {
              const auto rgb =
                  scalar::to_rgb(scalar::signal14((*y)[2 * at], codes.black, codes.shift),
                                 scalar::signal14((*cb)[at + 1], codes.middle, codes.shift),
                                 scalar::signal14((*cr)[at + 1], codes.middle, codes.shift), signal->factors());
              ASSERT_GE(rgb.smallest(), bounds.low);
              ASSERT_LE(rgb.largest(), bounds.high);
            }
          }
        }
      }
    }
  }
}

TEST_P(OnEveryTarget, LightEqualsScalar) {
  std::mt19937 random(33);
  const auto signal = Signal::make({.bit_depth = 10}, {Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl});
  const LightTables hlg{signal->scene().data(), signal->ootf().data(), 8608, 22217, 1943};
  for (const LightTables& tables : {hlg, LightTables{signal->scene().data(), nullptr, 0, 0, 0}}) {
    for (const int count : {1, 15, 64, 203}) {
      Components rgb(count);
      for (auto& v : rgb.samples) v = static_cast<int16_t>(static_cast<int>(random() % 40000U) - 10000);
      const auto size = static_cast<size_t>(count);
      std::vector<uint32_t> fast(3 * size), slow(3 * size);
      light_row(rgb.row(), count, tables, {fast.data(), fast.data() + size, fast.data() + 2 * size});
      scalar::light_row(rgb.row(), count, tables, {slow.data(), slow.data() + size, slow.data() + 2 * size});
      EXPECT_EQ(fast, slow);
      std::vector<uint32_t> luminance(size), luminance2(size);
      // As much as 10 000 cd/m2 in thousandths.
      for (auto& v : fast) v = v * 7919U % 10'000'001U;
      const LightRow light{fast.data(), fast.data() + size, fast.data() + 2 * size};
      luminance_row(light, count, hlg, luminance.data());
      scalar::luminance_row_from(0, light, count, hlg, luminance2.data());
      EXPECT_EQ(luminance, luminance2);
      if (tables.ootf == nullptr) continue;
      std::vector<uint32_t> brightest(size), brightest2(size);
      EXPECT_EQ(brightest_row(rgb.row(), count, tables, brightest.data()),
                scalar::brightest_row(rgb.row(), count, tables, brightest2.data()));
      EXPECT_EQ(brightest, brightest2);
      for (size_t i = 0; i < size; ++i) {
        ASSERT_EQ(brightest[i], std::max({slow[i], slow[i + size], slow[i + 2 * size]}));
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
