#include "lost_pictures.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace pier::analysis::impl {
namespace {

/// Pictures 0, 10, 20 ... in order of time; those in `lost` never come out, with a complaint where they should have.
std::vector<LostPicture> run(int count, const std::vector<int>& lost, int delay) {
  LostPictures pictures;
  const auto out = [&](int i) {
    if (i < 0) return;
    if (std::find(lost.begin(), lost.end(), i) != lost.end()) {
      pictures.complaint();
    } else {
      pictures.came_out(i * 10, 10);
    }
  };
  for (int i = 0; i < count + delay; ++i) {
    if (i < count) pictures.sent(i * 10, 10, i % 25 == 0);
    out(i - delay);
  }
  return pictures.pictures();
}

TEST(LostPictures, AreThoseNearAComplaint) {
  for (const int delay : {0, 1, 7}) {
    EXPECT_TRUE(run(200, {}, delay).empty());
    EXPECT_EQ(run(200, {60}, delay), (std::vector<LostPicture>{{600, 10}}));
    EXPECT_EQ(run(200, {3, 4, 199}, delay), (std::vector<LostPicture>{{30, 10}, {40, 10}, {1990, 10}}));
  }
}

TEST(LostPictures, WhatIsMissingWithoutAComplaintIsNoDamage) {
  LostPictures pictures;
  // Leading pictures of the first access point, then some of a later one that were left out in silence.
  pictures.sent(100, 10, true);
  for (const int pts : {70, 80, 90}) pictures.sent(pts, 10, false);
  pictures.came_out(100, 10);
  for (int i = 11; i < 100; ++i) {
    pictures.sent(i * 10, 10, i == 50);
    if (i < 47 || i >= 50) pictures.came_out(i * 10, 10);
  }
  EXPECT_TRUE(pictures.pictures().empty());
  pictures.complaint();
  EXPECT_TRUE(pictures.pictures().empty());  // far from it
}

TEST(LostPictures, OfADecoderThatKeepsSilentAreWhatIsMissingAndLeadsNothing) {
  LostPictures pictures(true);
  std::vector<int> lost_before;
  pictures.sent(0, 10, true);
  for (const int i : {1, 2, 3, 4}) pictures.sent(i * 10, 10, false);
  pictures.sent(80, 10, true);
  for (const int i : {5, 6, 7}) pictures.sent(i * 10, 10, false);  // lead the access point at 80
  pictures.sent(90, 10, false);
  for (const int i : {0, 1, 3, 4, 8, 9}) {
    if (pictures.came_out(i * 10, 10)) lost_before.push_back(i);
  }
  EXPECT_EQ(lost_before, (std::vector<int>{3}));
  EXPECT_EQ(pictures.pictures(), (std::vector<LostPicture>{{20, 10}}));
}

TEST(LostPictures, SecondFieldsAreNotMissed) {
  LostPictures pictures;
  for (int i = 0; i < 40; ++i) {
    pictures.sent(i * 10, 10, i == 0);
    pictures.sent(i * 10 + 5, 0, false);
    if (i == 20) {
      pictures.complaint();
    } else {
      pictures.came_out(i * 10, 10);
    }
  }
  EXPECT_EQ(pictures.pictures(), (std::vector<LostPicture>{{200, 10}, {205, 0}}));
}

TEST(LostPictures, KeepsLittle) {
  LostPictures pictures;
  for (int i = 0; i < 200'000; ++i) {
    pictures.sent(i * 10, 10, i == 0);
    if (i % 2 == 0) pictures.came_out(i * 10, 10);
  }
  pictures.complaint();
  EXPECT_LE(pictures.pictures().size(), 20U);
}

}  // namespace
}  // namespace pier::analysis::impl
