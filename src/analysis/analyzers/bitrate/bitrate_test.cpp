#include "bitrate.hpp"

#include <gtest/gtest.h>

#include "test_packets.hpp"

namespace pier::analysis {
namespace {

media::Packet packet_at(int64_t dts, int64_t duration = 1) {
  media::Packet packet;
  packet.dts = packet.pts = dts;
  packet.duration = duration;
  return packet;
}

json::object video_of(BitrateAnalyzer& analyzer) {
  return analyzer.finish().measures.at("streams").at(0).as_object();
}

TEST(Bitrate, ConstantRateIsTheSameEverywhere) {
  BitrateAnalyzer analyzer(test::context_of(50));
  for (int i = 0; i < 500; ++i) analyzer.count(packet_at(i - 2), 40'000);  // 2 Mbit/s, from negative times on
  const json::object video = video_of(analyzer);
  EXPECT_EQ(video.at("average_kbps").as_double(), 2000);
  EXPECT_EQ(video.at("peak_1s_kbps").as_double(), 2000);
  EXPECT_EQ(video.at("seconds").as_double(), 10);
  ASSERT_EQ(video.at("timeline_kbps").as_array().size(), 100U);
  for (const json::value& point : video.at("timeline_kbps").as_array()) EXPECT_EQ(point.as_double(), 2000);
}

TEST(Bitrate, PeakSecondIsFoundWhereItIs) {
  BitrateAnalyzer analyzer(test::context_of(50));
  for (int i = 0; i < 500; ++i) analyzer.count(packet_at(i), i >= 130 && i < 180 ? 90'000 : 10'000);
  const json::object video = video_of(analyzer);
  EXPECT_EQ(video.at("peak_1s_kbps").as_double(), 4500);
  EXPECT_EQ(video.at("peak_1s_at_seconds").as_double(), 2.6);
  EXPECT_EQ(video.at("average_kbps").as_double(), 900);
}

TEST(Bitrate, TenHoursStayBounded) {
  BitrateAnalyzer analyzer(test::context_of(12));
  const int64_t frames = int64_t{10} * 3600 * 12;
  for (int64_t i = 0; i < frames; ++i) analyzer.count(packet_at(i), 1'000);
  const json::object video = video_of(analyzer);
  const auto& points = video.at("timeline_kbps").as_array();
  EXPECT_LE(points.size(), BitrateAnalyzer::kTimelinePoints);
  EXPECT_GT(points.size(), BitrateAnalyzer::kTimelinePoints / 2);
  EXPECT_NEAR(points.back().as_double(), 12, 0.2);  // of one packet more or less
  EXPECT_NEAR(video.at("seconds").as_double(), 36000, 1e-6);
}

TEST(Bitrate, WithoutTimeStampsTheNominalRateTells) {
  BitrateAnalyzer analyzer(test::context_of(50));
  for (int i = 0; i < 100; ++i) analyzer.count(packet_at(INT64_MIN), 40'000);
  const json::object video = video_of(analyzer);
  EXPECT_EQ(video.at("average_kbps").as_double(), 2000);
  EXPECT_EQ(video.at("without_time_stamp").as_int64(), 100);
}

TEST(Bitrate, JumpsAreBridged) {
  BitrateAnalyzer analyzer(test::context_of(50));
  for (int i = 0; i < 100; ++i) analyzer.count(packet_at(i), 40'000);
  for (int i = 0; i < 100; ++i) analyzer.count(packet_at(INT64_MAX - 200 + i), 40'000);
  for (int i = 0; i < 100; ++i) analyzer.count(packet_at(INT64_MIN + 200 + i), 40'000);
  const json::object video = video_of(analyzer);
  EXPECT_EQ(video.at("average_kbps").as_double(), 2000);
  EXPECT_EQ(video.at("seconds").as_double(), 6);
  EXPECT_GE(video.at("time_stamp_jumps").as_int64(), 1);
}

TEST(Bitrate, NothingReadIsNoRate) {
  BitrateAnalyzer analyzer(test::context_of(50));
  const json::object video = video_of(analyzer);
  EXPECT_EQ(video.at("access_units").as_int64(), 0);
  EXPECT_FALSE(video.contains("average_kbps"));
}

}  // namespace
}  // namespace pier::analysis
