#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pier/subtitles/writing.hpp>

namespace pier::subtitles {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Cue cue_of(Rational start, Rational end, std::vector<Line> lines) {
  Cue cue;
  cue.start = start;
  cue.end = end;
  cue.lines = std::move(lines);
  return cue;
}

Document varied() {
  Document document;
  document.language = "zh-Hans";
  document.title = "a < b";
  Style loud{true, true, true, Colour{255, 136, 0, 255}, Colour{0, 0, 0, 128}};
  Cue first = cue_of(Rational(1, 25), Rational(2), {{Span{"第一句"}, Span{"强调", loud}}, {Span{"第二行"}}});
  first.id = "one";
  Cue second = cue_of(Rational(1001, 1000), Rational(3), {{Span{"a  & <b>"}}});
  second.area = kTopArea;
  second.align = Align::kStart;
  Cue third = cue_of(Rational(4), Rational(5), {{Span{"שלום ABC"}}});
  third.language = "he";
  third.lines[0][0].language = "he";
  third.forced = true;
  Cue fourth = cue_of(Rational(6), Rational(7), {{Span{"縦"}}});
  fourth.writing = WritingMode::kVerticalRightToLeft;
  fourth.area = Area{7000, 1000, 2050, 8000, BlockAlign::kBefore};
  document.cues = {first, second, third, fourth};
  return document;
}

TEST(Imsc, what_is_written_is_read_back) {
  const Document document = varied();
  const auto written = write(document, Format::kTtml);
  ASSERT_TRUE(written);
  const auto reading = read(as_bytes(written->text));
  ASSERT_TRUE(reading) << reading.error().message << written->text;
  EXPECT_TRUE(reading->notes.empty());
  EXPECT_EQ(reading->document, document) << written->text;
  EXPECT_EQ(write(reading->document, Format::kTtml)->text, written->text);
}

TEST(Imsc, right_to_left_text_says_its_direction) {
  const auto written = write(varied(), Format::kTtml);
  ASSERT_TRUE(written);
  EXPECT_THAT(written->text, HasSubstr("tts:direction=\"rtl\" tts:unicodeBidi=\"embed\""));
  Document latin;
  latin.cues = {cue_of(0, 1, {{Span{"- \"123\" abc שלום"}}})};
  EXPECT_THAT(write(latin, Format::kTtml)->text, Not(HasSubstr("rtl")));
}

TEST(Imsc, ruby_asks_for_the_newer_profile) {
  Document document;
  document.cues = {cue_of(0, 1, {{Span{"漢", {}, "かん", {}}, Span{"字"}}})};
  const auto written = write(document, Format::kTtml);
  ASSERT_TRUE(written);
  EXPECT_THAT(written->text, HasSubstr("imsc1.1/text"));
  const auto reading = read(as_bytes(written->text));
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_EQ(reading->document, document);
  document.cues[0].lines[0][0].ruby.clear();
  EXPECT_THAT(write(document, Format::kTtml)->text, HasSubstr("imsc1/text"));
}

TEST(Imsc, times_of_broadcast_rates_keep_microseconds) {
  Document document;
  document.cues = {cue_of(Rational(1001, 30'000), Rational(2002, 1000), {{Span{"x"}}})};
  const auto written = write(document, Format::kTtml);
  ASSERT_TRUE(written);
  EXPECT_THAT(written->text, HasSubstr("begin=\"00:00:00.033367\" end=\"00:00:02.002\""));
}

TEST(Imsc, srt_to_webvtt_to_imsc_and_back_keeps_text_times_and_looks) {
  const std::string_view srt =
      "1\n00:00:01,000 --> 00:00:02,500\n<i>第一句</i>话\n第二行\n\n2\n00:00:03,040 --> 00:00:04,000\n{\\an8}<font "
      "color=\"#FF8800\">顶</font>\n\n";
  const auto start = read(as_bytes(srt));
  ASSERT_TRUE(start) << start.error().message;
  const auto vtt = read(as_bytes(write(start->document, Format::kWebVtt)->text));
  ASSERT_TRUE(vtt) << vtt.error().message;
  const auto imsc = read(as_bytes(write(vtt->document, Format::kTtml)->text));
  ASSERT_TRUE(imsc) << imsc.error().message;
  ASSERT_EQ(imsc->document.cues.size(), 2U);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(imsc->document.cues[i].lines, start->document.cues[i].lines);
    EXPECT_EQ(imsc->document.cues[i].start, start->document.cues[i].start);
    EXPECT_EQ(imsc->document.cues[i].end, start->document.cues[i].end);
  }
  const auto back = write(imsc->document, Format::kSrt);
  EXPECT_THAT(back->text, HasSubstr("{\\an8}<font color=\"#FF8800\">顶</font>"));
}

TEST(Imsc, ebu_stl_is_not_written) {}

}  // namespace
}  // namespace pier::subtitles
