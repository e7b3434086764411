#include "fields.hpp"

#include <cmath>
#include <cstdlib>
#include <functional>
#include <numbers>

#include <gtest/gtest.h>

namespace pier::deliver {
namespace {

constexpr int kWidth = 96, kHeight = 64;
constexpr PixelFormat kFormat{10, Chroma::k422, false};

using Scene = std::function<double(double x, double y, double time)>;

/// Time counts fields.
Picture picture_at(const Scene& scene, double time, PixelFormat format = kFormat) {
  Picture made = Picture::allocate(format, kWidth, kHeight, {});
  for (MutablePlane& plane : made.writable().planes) {
    const double scale = static_cast<double>(kWidth) / plane.width;
    for (int y = 0; y < plane.height; ++y) {
      for (int x = 0; x < plane.width; ++x) {
        const double value = std::lround(scene(x * scale, y, time));
        if (format.bytes_per_sample() == 1)
          plane.row<uint8_t>(y)[x] = static_cast<uint8_t>(value / 4);
        else
          plane.row<uint16_t>(y)[x] = static_cast<uint16_t>(value);
      }
    }
  }
  return made;
}

Picture frame_at(const Scene& scene, int number, bool top_first) {
  FieldWeaver weaver(false);
  const Picture early = picture_at(scene, 2 * number), late = picture_at(scene, 2 * number + 1);
  weaver.push(top_first ? early : late);
  return *weaver.push(top_first ? late : early);
}

double psnr(const Picture& a, const Picture& b) {
  double sum = 0;
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const double difference =
          a.view().planes[0].row<uint16_t>(y)[x] - static_cast<double>(b.view().planes[0].row<uint16_t>(y)[x]);
      sum += difference * difference;
    }
  }
  return sum == 0 ? 99 : 10 * std::log10(1023.0 * 1023.0 * kWidth * kHeight / sum);
}

double wave(double phase) {
  return 512 + 300 * std::sin(2 * std::numbers::pi * phase);
}

// A still picture with detail up to what a frame holds and a field does not.
double still(double x, double y, double) {
  return 512 + 150 * std::sin(x * 0.9) + 150 * std::sin(y * 2.2);
}

double rising(double, double y, double time) {
  return wave((y + 1.5 * time) / 14);
}

double sideways(double x, double y, double time) {
  return wave((x + 2 * time) / 16 + y / 40);
}

/// Least PSNR of separated pictures against those that were there, edges in time aside.
double least_psnr(const Scene& scene, bool top_first) {
  FieldSeparator separator(top_first);
  double least = 99;
  for (int number = 0; number < 6; ++number) {
    const auto pair = separator.push(frame_at(scene, number, top_first));
    if (number < 2) continue;
    for (int i = 0; i < 2; ++i)
      least = std::min(least, psnr((*pair)[static_cast<size_t>(i)], picture_at(scene, 2 * (number - 1) + i)));
  }
  return least;
}

TEST(Fields, StillPicturesAreExact) {
  EXPECT_EQ(least_psnr(still, true), 99);
  EXPECT_EQ(least_psnr(still, false), 99);
}

TEST(Fields, MovingPicturesComeBackAndWrongOrderDoesNot) {
  for (const Scene& scene : {Scene(rising), Scene(sideways)}) {
    EXPECT_GT(least_psnr(scene, true), 35);
    EXPECT_GT(least_psnr(scene, false), 35);
    FieldSeparator wrong(false);
    wrong.push(frame_at(scene, 0, true));
    wrong.push(frame_at(scene, 1, true));
    const auto pair = wrong.push(frame_at(scene, 2, true));
    EXPECT_LT(psnr((*pair)[0], picture_at(scene, 2)), 30);
  }
}

TEST(Fields, BetterThanOneFieldByItself) {
  FieldSeparator separator(true);
  for (int number = 0; number < 3; ++number) separator.push(frame_at(rising, number, true));
  const auto pair = separator.last();
  ASSERT_TRUE(pair);
  const Picture truth = picture_at(rising, 4);
  Picture doubled = Picture::allocate(kFormat, kWidth, kHeight, {});
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x)
      doubled.writable().planes[0].row<uint16_t>(y)[x] = truth.view().planes[0].row<uint16_t>(y / 2 * 2)[x];
  }
  EXPECT_GT(psnr((*pair)[0], truth), psnr(doubled, truth) + 6);
}

TEST(Fields, EightBitsAndQuarteredChroma) {
  const PixelFormat format{8, Chroma::k420, false};
  FieldSeparator separator(true);
  EXPECT_FALSE(separator.push(picture_at(still, 0, format)));
  EXPECT_TRUE(separator.push(picture_at(still, 0, format)));
  const auto pair = separator.last();
  ASSERT_TRUE(pair);
  EXPECT_FALSE(separator.last());
  const Picture want = picture_at(still, 0, format);
  for (size_t plane = 0; plane < 3; ++plane) {
    for (int y = 0; y < want.view().planes[plane].height; ++y)
      EXPECT_EQ((*pair)[1].view().planes[plane].row<uint8_t>(y)[7], want.view().planes[plane].row<uint8_t>(y)[7]);
  }
}

TEST(Fields, WhatWasSeparatedIsWovenExactly) {
  FieldSeparator separator(true);
  FieldWeaver weaver(false);
  const Picture first = frame_at(sideways, 0, true);
  separator.push(first);
  const auto pair = separator.push(frame_at(sideways, 1, true));
  EXPECT_FALSE(weaver.push((*pair)[0]));
  EXPECT_EQ(psnr(*weaver.push((*pair)[1]), first), 99);
}

TEST(Fields, SmoothTakesSingleLinesAndLeavesShapes) {
  const auto spread = [](const Scene& scene) {
    FieldWeaver weaver(true);
    weaver.push(picture_at(scene, 0));
    const Picture frame = *weaver.push(picture_at(scene, 0));
    int least = 1023, most = 0;
    for (int y = 8; y < kHeight - 8; ++y) {
      least = std::min<int>(least, frame.view().planes[0].row<uint16_t>(y)[5]);
      most = std::max<int>(most, frame.view().planes[0].row<uint16_t>(y)[5]);
    }
    return most - least;
  };
  EXPECT_LT(spread([](double, double y, double) { return std::fmod(y, 2) == 0 ? 200.0 : 800.0; }), 5);
  EXPECT_GT(spread([](double, double y, double) { return wave(y / 16); }), 590);
}

TEST(Fields, TopLinesAreTheEarlierPicture) {
  FieldWeaver weaver(false);
  weaver.push(picture_at([](double, double, double) { return 100.0; }, 0));
  const Picture frame = *weaver.push(picture_at([](double, double, double) { return 900.0; }, 0));
  for (int y = 0; y < kHeight; ++y) EXPECT_EQ(frame.view().planes[0].row<uint16_t>(y)[3], y % 2 == 0 ? 100 : 900);
  EXPECT_FALSE(weaver.last());
  weaver.push(frame);
  EXPECT_TRUE(weaver.last());
}

}  // namespace
}  // namespace pier::deliver
