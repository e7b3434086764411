#include <gtest/gtest.h>

#include "planner.hpp"

namespace pier::edit::impl {
namespace {

using timeline::Item;
using timeline::ItemKind;
using timeline::Time;
using timeline::TimeRange;

Item clip(int64_t start, int64_t length) {
  Item item;
  item.source_range = TimeRange{Time{start, 25}, Time{length, 25}};
  return item;
}

Item dissolve(int64_t before, int64_t after) {
  Item item;
  item.kind = ItemKind::kTransition;
  item.in_offset = Time{before, 25};
  item.out_offset = Time{after, 25};
  return item;
}

TEST(Place, TransitionsMakeClipsOverlap) {
  timeline::Track track;
  track.items = {clip(0, 50), dissolve(5, 10), clip(100, 50)};
  const auto placed = place(track);
  ASSERT_TRUE(placed);
  ASSERT_EQ(placed->size(), 2U);
  const Span &first = (*placed)[0].span, &second = (*placed)[1].span;
  EXPECT_EQ(first.end, Rational(60, 25));
  EXPECT_EQ(second.begin, Rational(45, 25));
  EXPECT_EQ(second.clip_begin, Rational(2));
  for (int i = 90; i < 120; ++i) {
    const Rational at(i, 50);
    EXPECT_NEAR(first.weight(at) + second.weight(at), 1, 1e-12) << i;
  }
  EXPECT_NEAR(second.weight(Rational(105, 50)), 0.5, 1e-12);
}

TEST(Place, RefusesTransitionsLongerThanTheirClip) {
  timeline::Track track;
  track.items = {clip(0, 50), dissolve(5, 5), clip(0, 8), dissolve(8, 5), clip(0, 50)};
  const auto placed = place(track);
  ASSERT_FALSE(placed);
  EXPECT_NE(placed.error().message.find("clip 3 of track"), std::string::npos) << placed.error().message;
}

media::Facts facts(const std::string& timecode) {
  media::Facts all;
  all.main_video = 0;
  all.video.emplace_back().frame_rate = 25;
  all.timecode = timecode;
  return all;
}

TEST(Place, ListsCountByTheTimeCodeOfTheirMedia) {
  Item item = clip(36000 * 25 + 10, 5);
  EXPECT_EQ(source_start(item, facts("10:00:00:00")), Rational(36000 * 25 + 10, 25));
  item.metadata["cmx_3600"] = json::object{{"reel", "A"}};
  EXPECT_EQ(source_start(item, facts("10:00:00:00")), Rational(10, 25));
  EXPECT_EQ(source_start(item, facts("")), Rational(36000 * 25 + 10, 25));
  item.media.available = TimeRange{Time{36000 * 25, 25}, Time{100, 25}};
  EXPECT_EQ(source_start(item, facts("")), Rational(10, 25));
}

}  // namespace
}  // namespace pier::edit::impl
