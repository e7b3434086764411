#include <random>

#include <gtest/gtest.h>

#include <pier/analysis/frame_table.hpp>

#include "test_clip.hpp"

namespace pier::analysis {
namespace {

FrameTable sample_table(int frames) {
  std::mt19937_64 random(1);
  FrameTable table{Rational(1, 90000), {}};
  int64_t pts = -3600;
  for (int i = 0; i < frames; ++i) {
    table.frames.push_back({pts, i == 5 ? 0 : 1800, i % 25 == 0, i == 7, random()});
    pts += i == 9 ? 5400 : 1800;
  }
  return table;
}

TEST(FrameTable, ComesBackWhole) {
  for (const int frames : {0, 1, 2, 30}) {
    const FrameTable table = sample_table(frames);
    const auto back = frame_table_from_bytes(to_bytes(table));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, table);
  }
}

TEST(FrameTable, IsCompactAtAConstantRate) {
  EXPECT_LT(to_bytes(sample_table(10'000)).size(), 10'000U * 9 + 64);
}

TEST(FrameTable, EveryTruncationAndEveryFlippedByteIsRefused) {
  const Bytes bytes = to_bytes(sample_table(12));
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(frame_table_from_bytes(ByteView(bytes).first(length))) << length;
  }
  for (size_t i = 0; i < bytes.size(); ++i) {
    Bytes damaged = bytes;
    damaged[i] ^= std::byte{0x41};
    EXPECT_FALSE(frame_table_from_bytes(damaged)) << i;
  }
}

TEST(FrameTable, LaterVersionIsNamed) {
  Bytes bytes = to_bytes(sample_table(1));
  bytes[7] = std::byte{2};
  const auto back = frame_table_from_bytes(bytes);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, ErrorCode::kInputUnsupported);
}

TEST(Fingerprint, SeesEverySampleButNoPadding) {
  const test::ClipSpec spec{.width = 50, .height = 30};
  Picture a = test::picture_of(spec, 3);
  Picture b = test::picture_of(spec, 3);
  EXPECT_EQ(fingerprint(a.view()), fingerprint(b.view()));
  auto view = b.writable();
  // Beyond the row, inside the stride.
  view.planes[0].row<uint16_t>(4)[spec.width] = 77;
  EXPECT_EQ(fingerprint(a.view()), fingerprint(b.view()));
  view.planes[0].row<uint16_t>(29)[49] ^= 1U;
  EXPECT_NE(fingerprint(a.view()), fingerprint(b.view()));
}

TEST(Fingerprint, RasterAndDepthBelongToIt) {
  const PixelFormat format{.bit_depth = 8, .chroma = Chroma::k400, .rgb = false};
  const auto print = [&](int width, int height) {
    Picture picture = Picture::allocate(format, width, height, {});
    auto view = picture.writable();
    for (int y = 0; y < height; ++y) std::fill_n(view.planes[0].row<uint8_t>(y), width, uint8_t{9});
    return fingerprint(picture.view());
  };
  EXPECT_NE(print(8, 4), print(4, 8));
}

}  // namespace
}  // namespace pier::analysis
