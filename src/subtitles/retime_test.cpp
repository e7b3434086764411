#include <gtest/gtest.h>

#include <pier/subtitles/retiming.hpp>

namespace pier::subtitles {
namespace {

TEST(Retime, shifts_and_rates_are_exact) {
  EXPECT_EQ(parse_shift("2.5").value(), Rational(5, 2));
  EXPECT_EQ(parse_shift("-0.040").value(), Rational(-1, 25));
  EXPECT_EQ(parse_shift("-01:00:00").value(), Rational(-3600));
  EXPECT_EQ(parse_shift("+00:01:00.5").value(), Rational(121, 2));
  for (const char* wrong : {"", "x", "--1", "1:2:3:4", "999999999"}) EXPECT_FALSE(parse_shift(wrong)) << wrong;
  EXPECT_EQ(parse_rate_change("25:24").value(), Rational(25, 24));
  EXPECT_EQ(parse_rate_change("24000/1001:25").value(), Rational(24'000, 25'025));
  EXPECT_EQ(parse_rate_change("23.976:24").value(), Rational(1000, 1001));
  for (const char* wrong : {"25", "25:0", "0:25", "a:b", "25:24:23"}) EXPECT_FALSE(parse_rate_change(wrong)) << wrong;
}

TEST(Retime, cues_before_the_beginning_are_cut_or_left_out) {
  Document document;
  for (const int64_t start : {1, 3, 6}) {
    Cue cue;
    cue.start = start;
    cue.end = start + 2;
    document.cues.push_back(cue);
  }
  const auto notes = retime(document, {Rational(2), Rational(-7)});
  ASSERT_EQ(document.cues.size(), 2U);
  EXPECT_EQ(document.cues[0].start, Rational(0));
  EXPECT_EQ(document.cues[0].end, Rational(3));
  EXPECT_EQ(document.cues[1].start, Rational(5));
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes[0].cue, 1);
  EXPECT_EQ(notes[1].cue, 2);
}

}  // namespace
}  // namespace pier::subtitles
