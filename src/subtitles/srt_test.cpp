#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pier/subtitles/writing.hpp>

namespace pier::subtitles {
namespace {

using ::testing::HasSubstr;

Result<Reading> read_srt(std::string_view text) {
  return read(as_bytes(text), {Format::kSrt, "utf-8", {}});
}

std::string notes_of(const Reading& reading) {
  std::string all;
  for (const Note& note : reading.notes) all += "cue " + std::to_string(note.cue) + ": " + note.what + "\n";
  return all;
}

constexpr std::string_view kThree =
    "1\n00:00:01,000 --> 00:00:02,500\n<i>第一句</i>话\n第二行\n\n2\n00:00:03,040 --> 00:00:04,000\n"
    "{\\an8}<font color=\"#ff8800\"><b>顶</b></font>\n\n3\n01:00:00,000 --> 01:00:01,999\n<u>a</u> < b & c\n\n";

TEST(Srt, tags_times_and_places_are_read) {
  const auto reading = read_srt(kThree);
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_EQ(notes_of(*reading), "");
  const auto& cues = reading->document.cues;
  ASSERT_EQ(cues.size(), 3U);
  EXPECT_EQ(cues[0].start, Rational(1));
  EXPECT_EQ(cues[0].end, Rational(5, 2));
  ASSERT_EQ(cues[0].lines.size(), 2U);
  ASSERT_EQ(cues[0].lines[0].size(), 2U);
  EXPECT_TRUE(cues[0].lines[0][0].style.italic);
  EXPECT_FALSE(cues[0].lines[0][1].style.italic);
  EXPECT_EQ(plain_text(cues[0]), "第一句话\n第二行");
  EXPECT_EQ(cues[1].start, Rational(76, 25));
  EXPECT_EQ(cues[1].area, kTopArea);
  EXPECT_EQ(cues[1].lines[0][0].style.colour, (Colour{255, 136, 0, 255}));
  EXPECT_TRUE(cues[1].lines[0][0].style.bold);
  EXPECT_EQ(plain_text(cues[2]), "a < b & c");
  EXPECT_EQ(cues[2].end, Rational(3'601'999, 1000));
}

TEST(Srt, what_is_written_is_what_was_read) {
  const auto first = read_srt(kThree);
  ASSERT_TRUE(first);
  const auto written = write(first->document, Format::kSrt);
  ASSERT_TRUE(written);
  EXPECT_TRUE(written->notes.empty());
  const auto second = read_srt(written->text);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->document, first->document);
  EXPECT_EQ(write(second->document, Format::kSrt)->text, written->text);
}

TEST(Srt, carriage_returns_blank_lines_and_counters_in_disorder) {
  const auto reading =
      read_srt("\r\n7\r\n00:00:01.5 --> 00:00:02\r\none\r\n\r\nmore\r\n00:00:03,0 --> 00:00:04,0 X1:5\r\n2024\r\n");
  ASSERT_TRUE(reading) << reading.error().message;
  ASSERT_EQ(reading->document.cues.size(), 2U);
  EXPECT_EQ(plain_text(reading->document.cues[0]), "one\nmore");
  EXPECT_EQ(plain_text(reading->document.cues[1]), "2024");
  EXPECT_THAT(notes_of(*reading), HasSubstr("cue 1: an empty line within its text left out"));
}

TEST(Srt, unknown_tags_and_overrides_are_left_out_with_a_note) {
  const auto reading = read_srt("1\n00:00:01,000 --> 00:00:02,000\n<wobble>a</wobble>{\\fad(1)}</b> 2 < 3 <3\n");
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_EQ(plain_text(reading->document.cues[0]), "a 2 < 3 <3");
  const std::string notes = notes_of(*reading);
  EXPECT_THAT(notes, HasSubstr("cue 1: tag <wobble> left out, its text kept"));
  EXPECT_THAT(notes, HasSubstr("override {\\fad(1)} left out"));
  EXPECT_THAT(notes, HasSubstr("closing tag </b> without its opening"));
}

TEST(Srt, times_that_are_none_drop_their_cue_and_no_other) {
  const auto reading = read_srt("1\n00:0x:01,000 --> 00:00:02,000\nlost\n\n2\n00:00:03,000 --> 00:00:04,000\nkept\n");
  ASSERT_TRUE(reading) << reading.error().message;
  ASSERT_EQ(reading->document.cues.size(), 1U);
  EXPECT_EQ(plain_text(reading->document.cues[0]), "kept");
  EXPECT_THAT(notes_of(*reading), HasSubstr("cue 1: its times make no sense"));
  EXPECT_EQ(reading->notes[0].line, 2);
}

TEST(Srt, ruby_and_vertical_writing_are_said_to_be_lost) {
  Document document;
  Cue cue;
  cue.end = 1;
  cue.writing = WritingMode::kVerticalRightToLeft;
  cue.lines = {{Span{"漢字", {}, "かんじ", {}}}};
  document.cues = {cue};
  const auto written = write(document, Format::kSrt);
  ASSERT_TRUE(written);
  EXPECT_THAT(written->text, HasSubstr("漢字(かんじ)"));
  EXPECT_EQ(written->notes.size(), 2U);
}

TEST(Srt, a_file_without_times_is_refused) {
  const auto reading = read_srt("hello\nworld\n");
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().code, ErrorCode::kInputUnsupported);
}

TEST(Srt, signs_that_begin_no_tag_cost_no_time) {
  std::string many(2'000'000, '<');
  for (size_t i = 0; i < many.size(); i += 2) many[i] = '{', many[i + 1] = '\\';
  for (const std::string& text : {std::string(2'000'000, '<'), many}) {
    const auto reading = read_srt("1\n00:00:01,000 --> 00:00:02,000\n" + text + "\n");
    ASSERT_FALSE(reading);
    EXPECT_EQ(reading.error().code, ErrorCode::kTooLarge);
  }
}

TEST(Srt, a_cue_of_too_much_text_is_refused) {
  const auto reading = read_srt("1\n00:00:01,000 --> 00:00:02,000\n" + std::string(kMaxCueText + 1, 'x') + "\n");
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace pier::subtitles
