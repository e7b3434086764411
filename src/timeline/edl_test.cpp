#include <gtest/gtest.h>

#include <pier/timeline/edl.hpp>
#include <pier/timeline/otio.hpp>

namespace pier::timeline {
namespace {

const char* const kNews = R"(TITLE: EVENING NEWS
FCM: NON-DROP FRAME

001  A001     AA/V  C        10:00:00:00 10:00:02:00 01:00:00:00 01:00:02:00
* FROM CLIP NAME: square
002  A001     V     C        10:00:02:00 10:00:02:00 01:00:02:00 01:00:02:00
002  B002     V     D    025 02:00:00:00 02:00:03:00 01:00:02:00 01:00:05:00
* FROM CLIP NAME: square
* TO CLIP NAME: harbour
* SOURCE FILE: harbour.mov
003  C003     A     C        00:00:10:00 00:00:13:00 01:00:02:00 01:00:05:00
AUD    3
* a remark
004  D004     V     C        00:00:00:00 00:00:04:00 01:00:05:00 01:00:07:00
M2   D004     050.0                00:00:00:00
* FROM CLIP NAME: race
005  BL       V     C        00:00:00:00 00:00:01:00 01:00:07:00 01:00:08:00
)";

TEST(Edl, ReadsEventsAsTracks) {
  const auto timeline = read_edl(kNews, 25);
  ASSERT_TRUE(timeline) << timeline.error().message;
  EXPECT_EQ(timeline->name, "EVENING NEWS");
  EXPECT_EQ(timeline->global_start->seconds(), Rational(3600));
  ASSERT_EQ(timeline->tracks.size(), 4U);  // V A1 A2 A3
  const Track& video = timeline->tracks[0];
  ASSERT_EQ(video.items.size(), 5U);
  EXPECT_EQ(video.items[0].source_range->start.seconds(), Rational(36000));
  EXPECT_EQ(video.items[1].kind, ItemKind::kTransition);
  EXPECT_EQ(video.items[1].out_offset.seconds(), Rational(1));
  EXPECT_EQ(video.items[2].media.target, "harbour.mov");
  EXPECT_EQ(video.items[3].speed, Rational(2));
  EXPECT_EQ(video.items[3].length(), Rational(2));
  EXPECT_EQ(video.items[4].kind, ItemKind::kGap);
  EXPECT_EQ(video.length(), Rational(8));
  EXPECT_EQ(timeline->tracks[2].length(), Rational(2));  // A2 has the first event only
  EXPECT_EQ(timeline->tracks[3].items[0].kind, ItemKind::kGap);
}

TEST(Edl, IsWrittenEqual) {
  const auto timeline = read_edl(kNews, 25);
  ASSERT_TRUE(timeline);
  const auto written = write_edl(*timeline, 25);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->text, kNews);
  EXPECT_TRUE(written->lost.empty());
}

TEST(Edl, GoesThroughOtioAndBack) {
  const auto timeline = read_edl(kNews, 25);
  ASSERT_TRUE(timeline);
  const auto again = read_otio(write_otio(*timeline));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(*again == *timeline);
  EXPECT_EQ(write_edl(*again, 25)->text, kNews);
}

TEST(Edl, CountsByDropping) {
  const std::string list =
      "TITLE: x\nFCM: DROP FRAME\n\n"
      "001  AX       V     C        00:00:59;28 00:01:00;02 01:00:00;00 01:00:00;02\n";
  const Rational rate(30000, 1001);
  const auto timeline = read_edl(list, rate);
  ASSERT_TRUE(timeline) << timeline.error().message;
  EXPECT_EQ(timeline->tracks[0].items[0].source_range->start.value, Rational(1798));
  EXPECT_EQ(write_edl(*timeline, rate)->text, list);
  const auto at_25 = read_edl(list, 25);
  ASSERT_FALSE(at_25);
  EXPECT_NE(at_25.error().message.find("line 2"), std::string::npos) << at_25.error().message;
}

TEST(Edl, BlackIsFadedFrom) {
  const auto timeline = read_edl(
      "TITLE: f\n"
      "001  BL       V     C        00:00:00:00 00:00:00:00 01:00:00:00 01:00:00:00\n"
      "001  AX       V     D    010 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n",
      25);
  ASSERT_TRUE(timeline) << timeline.error().message;
  const auto& items = timeline->tracks[0].items;
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[0].kind, ItemKind::kGap);
  EXPECT_EQ(items[1].out_offset.value, Rational(10));
}

TEST(Edl, MovesADissolveToItsBeginning) {
  auto timeline = read_edl(kNews, 25);
  ASSERT_TRUE(timeline);
  Track& video = timeline->tracks[0];
  video.items[1].in_offset = Time{10, 25};
  video.items[1].out_offset = Time{15, 25};
  const auto written = write_edl(*timeline, 25);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_NE(written->text.find("D    025 01:59:59:15 02:00:03:00 01:00:01:15 01:00:05:00"), std::string::npos)
      << written->text;
}

struct Bad {
  const char* line;
  const char* said;
};

TEST(Edl, SaysWhatIsOffAndWhere) {
  const std::string head = "TITLE: x\n";
  for (const Bad& bad : {
           Bad{"001  AX V W001 025 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00", "line 2: wipe W001"},
           Bad{"001  AX V K B 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00", "line 2: keys"},
           Bad{"001  AX V C 00:00:00:00 00:00:02:00 01:00:00:00", "line 2: an event has"},
           Bad{"001  AX Q C 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00", "line 2: channels Q"},
           Bad{"001  AX V C 00:00:00:00 00:00:03:00 01:00:00:00 01:00:02:00", "no M2 line says a speed"},
           Bad{"001  AX V C 00:00:00:77 00:00:02:00 01:00:00:00 01:00:02:00", "line 2: time code"},
           Bad{"001  AX V D 010 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00", "nothing to dissolve from"},
           Bad{"001  AX V D 090 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00", "longer than its event"},
           Bad{"M2   AX 050.0 00:00:00:00", "line 2: M2 stands before"},
           Bad{"", "not one event"},
       }) {
    const auto timeline = read_edl(head + bad.line + "\n", 25);
    ASSERT_FALSE(timeline) << bad.line;
    EXPECT_NE(timeline.error().message.find(bad.said), std::string::npos) << timeline.error().message;
  }
}

}  // namespace
}  // namespace pier::timeline
