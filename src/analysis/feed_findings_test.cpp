#include "feed_findings.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "finding_kinds.hpp"

namespace pier::analysis::impl {
namespace {

Finding finding(const std::string& kind, Rational start, Rational end, int stream = 0) {
  Finding one;
  one.kind = kind;
  one.stream_index = stream;
  one.time = {start, end};
  one.first_frame = one.last_frame = 0;
  set_id(one);
  return one;
}

class Tracker : public testing::Test {
 protected:
  void look(Rational now, const std::vector<Finding>& found) {
    x_tracker.look(found, {[now](int) { return now; }, x_period});
  }
  std::vector<Finding> end(Rational now, std::vector<Finding> found, bool more = true) {
    x_tracker.end_period(found, {[now](int) { return now; }, x_period}, more);
    x_period = now;
    return found;
  }
  std::vector<std::string> told() { return std::exchange(x_told, {}); }

  Rational x_period = 0;
  std::vector<std::string> x_told;
  FindingTracker x_tracker{[this](const FindingTracker::Told& told) {
    const char* word[] = {"+", "-", "?"};
    x_told.push_back(word[static_cast<size_t>(told.change)] + told.finding.kind + " " +
                     told.finding.time.start.to_string() + "-" + told.finding.time.end.to_string() +
                     (told.periods > 1 ? " in " + std::to_string(told.periods) : ""));
  }};
};
using Lines = std::vector<std::string>;

TEST_F(Tracker, OpensOnceAndClosesOnce) {
  look(2, {});
  look(4, {finding("black", 3, 4)});
  EXPECT_EQ(told(), Lines{"+black 3-4"});
  look(6, {finding("black", 3, 6)});
  look(8, {finding("black", 3, 7)});
  EXPECT_EQ(told(), Lines{});
  look(10, {finding("black", 3, 7)});
  EXPECT_EQ(told(), Lines{"-black 3-7"});
  look(12, {finding("black", 3, 7)});
  const auto found = end(13, {finding("black", 3, 7)});
  EXPECT_EQ(told(), Lines{});
  EXPECT_FALSE(found[0].measures.contains("continues"));
}

TEST_F(Tracker, WhatCoversTheEndOfAPeriodIsOnePair) {
  look(8, {finding("black", 7, 8)});
  auto found = end(10, {finding("black", 7, 10)});
  EXPECT_TRUE(found[0].measures.contains("continues"));
  EXPECT_FALSE(found[0].measures.contains("continued"));
  look(12, {finding("black", 10, 12)});
  found = end(20, {finding("black", 10, 20)});
  EXPECT_TRUE(found[0].measures.contains("continues"));
  EXPECT_TRUE(found[0].measures.contains("continued"));
  EXPECT_EQ(found[0].measures.at("continued_seconds").as_double(), 3);
  look(24, {finding("black", 20, 22)});
  found = end(30, {finding("black", 20, 22)});
  EXPECT_FALSE(found[0].measures.contains("continues"));
  EXPECT_EQ(found[0].measures.at("continued_seconds").as_double(), 13);
  EXPECT_EQ(told(), (Lines{"+black 7-8", "-black 7-22 in 3"}));
}

TEST_F(Tracker, WhatEndsAtTheCutIsClosedWhenTheNextPeriodDoesNotGoOn) {
  end(10, {finding("black", 7, 10)});
  EXPECT_EQ(told(), Lines{"+black 7-10"});
  look(15, {finding("black", 13, 15)});
  EXPECT_EQ(told(), Lines{"+black 13-15"}) << "another one";
  look(21, {finding("black", 13, 15)});
  EXPECT_EQ(told(), (Lines{"-black 7-10", "-black 13-15"}));
}

TEST_F(Tracker, TheEndOfTheFeedClosesAll) {
  look(4, {finding("freeze", 1, 4)});
  const auto found = end(5, {finding("freeze", 1, 5), finding("av_length", 0, 5)}, false);
  EXPECT_EQ(told(), (Lines{"+freeze 1-4", "+av_length 0-5", "-freeze 1-5", "-av_length 0-5"}));
  EXPECT_FALSE(found[0].measures.contains("continues"));
  EXPECT_EQ(x_tracker.open(), 0U);
}

TEST_F(Tracker, WhatGrowsTogetherStaysOneAndWhatVanishesIsWithdrawn) {
  look(4, {finding("gamut", 1, 3), finding("gamut", 3, 4), finding("silence", 2, 4, 1)});
  EXPECT_EQ(told().size(), 3U);
  look(5, {finding("gamut", 1, 5)});
  EXPECT_EQ(told(), (Lines{"?gamut 3-4", "?silence 2-4"}));
  EXPECT_EQ(x_tracker.open(), 1U);
}

TEST_F(Tracker, SaidOnlyAtTheEndOfThePeriod) {
  EXPECT_FALSE(told_live("av_length"));
  EXPECT_FALSE(told_live("active.letterbox"));
  EXPECT_TRUE(told_live("black"));
  EXPECT_TRUE(told_live("damaged"));
  EXPECT_TRUE(gives_live("silence"));
  EXPECT_FALSE(gives_live("resolution"));
  for (const KindSource& source : kind_sources()) {
    for (const std::string_view kind : source.kinds) {
      EXPECT_TRUE(!told_live(kind) || gives_live(source.analyzer)) << kind;
    }
  }
  look(5, {finding("av_length", 0, 5)});
  EXPECT_EQ(told(), Lines{});
}

}  // namespace
}  // namespace pier::analysis::impl
