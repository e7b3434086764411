#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

#include <pier/reports/feed_line.hpp>

namespace pier::reports {
namespace {

class FeedLine : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "UTC-8", 1);
    ::tzset();
  }
  static std::string line(json::object event, const char* language) {
    event["at"] = "2026-11-22T04:00:12.500000Z";
    return feed_line(event, language);
  }
  const json::object x_black{{"kind", "black"}, {"start_seconds", 3.0}, {"end_seconds", 9.2}};
};

TEST_F(FeedLine, SaysWhatIsFoundInBothLanguages) {
  const json::object opened{
      {"event", "finding.opened"}, {"finding", x_black}, {"wall_start", "2026-11-22T04:00:03.000000Z"}};
  EXPECT_EQ(line(opened, "en"), "12:00:12  black since 12:00:03");
  EXPECT_EQ(line(opened, "zh"), "12:00:12  黑场，自 12:00:03");
  const json::object closed{{"event", "finding.closed"}, {"finding", x_black}};
  EXPECT_EQ(line(closed, "en"), "12:00:12  black ended after 6.2 s");
  EXPECT_EQ(line(closed, "zh"), "12:00:12  黑场 结束，持续 6.2 秒");
}

TEST_F(FeedLine, SaysWhatIsLostAndJudged) {
  EXPECT_EQ(line({{"event", "feed.lost"}, {"reason", "overflow"}, {"bytes", 1316}}, "en"),
            "12:00:12  too slow: 1316 bytes are lost");
  EXPECT_EQ(line({{"event", "feed.lost"}, {"reason", "quiet"}}, "zh"), "12:00:12  信号流中断：没有数据");
  EXPECT_EQ(line({{"event", "period.closed"}, {"period", 2}, {"verdict", "fail"}, {"report", "r/2.json"}}, "en"),
            "12:00:12  period 2: not conform  r/2.json");
  EXPECT_EQ(line({{"event", "something.else"}}, "en"), "");
}

}  // namespace
}  // namespace pier::reports
