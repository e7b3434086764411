#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pier/subtitles/writing.hpp>

namespace pier::subtitles {
namespace {

using ::testing::HasSubstr;

Result<Reading> read_vtt(std::string_view text) {
  return read(as_bytes(text), {Format::kWebVtt, "utf-8", {}});
}

Cue only_cue(std::string_view body) {
  const auto reading = read_vtt("WEBVTT\n\n" + std::string(body) + "\n");
  EXPECT_TRUE(reading) << reading.error().message;
  if (!reading || reading->document.cues.empty()) return {};
  for (const Note& note : reading->notes) ADD_FAILURE() << note.what;
  return reading->document.cues[0];
}

TEST(WebVtt, header_comments_styles_and_regions) {
  const auto reading = read_vtt(
      "WEBVTT - a title\nLanguage: zh-Hans\n\nSTYLE\n::cue(.loud) { color: rgb(255,136,0); font-weight: bold }\n\n"
      "REGION\nid:low width:40% lines:3 regionanchor:0%,100% viewportanchor:10%,90%\n\nNOTE\nnothing\n\n"
      "first\n00:01.000 --> 00:02.000 region:low align:start\n<c.loud>a</c>\n");
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_TRUE(reading->notes.empty());
  EXPECT_EQ(reading->document.language, "zh-Hans");
  ASSERT_EQ(reading->document.cues.size(), 1U);
  const Cue& cue = reading->document.cues[0];
  EXPECT_EQ(cue.id, "first");
  EXPECT_EQ(cue.align, Align::kStart);
  EXPECT_EQ(cue.area, (Area{1000, 9000 - 1599, 4000, 1599, BlockAlign::kAfter}));
  EXPECT_EQ(cue.lines[0][0].style.colour, (Colour{255, 136, 0, 255}));
  EXPECT_TRUE(cue.lines[0][0].style.bold);
}

TEST(WebVtt, places_become_areas) {
  EXPECT_EQ(only_cue("00:01.000 --> 00:02.000\na").area, std::nullopt);
  EXPECT_EQ(only_cue("00:01.000 --> 00:02.000 line:10% position:50% size:80%\na").area,
            (Area{1000, 1000, 8000, 9000, BlockAlign::kBefore}));
  EXPECT_EQ(only_cue("00:01.000 --> 00:02.000 line:90%,end\na").area, (Area{0, 0, 10'000, 9000, BlockAlign::kAfter}));
  EXPECT_EQ(only_cue("00:01.000 --> 00:02.000 line:0\na").area, (Area{0, 0, 10'000, 10'000, BlockAlign::kBefore}));
  EXPECT_EQ(only_cue("00:01.000 --> 00:02.000 line:-1\na").area, (Area{0, 0, 10'000, 10'000, BlockAlign::kAfter}));
  EXPECT_EQ(only_cue("00:01.000 --> 00:02.000 position:10%,line-left size:30% align:left\na").area,
            (Area{1000, 5000, 3000, 4000, BlockAlign::kAfter}));
  // Vertical, lines from right to left: the first line number is the right edge, percentages count from the left.
  EXPECT_EQ(only_cue("00:01.000 --> 00:02.000 vertical:rl line:0\na").area,
            (Area{0, 0, 10'000, 10'000, BlockAlign::kBefore}));
  EXPECT_EQ(only_cue("00:01.000 --> 00:02.000 vertical:rl line:80%,end\na").area,
            (Area{0, 0, 8000, 10'000, BlockAlign::kBefore}));
}

TEST(WebVtt, text_with_entities_ruby_and_languages) {
  const Cue cue = only_cue(
      "00:01.000 --> 00:02.000\n&lt;b&gt; &amp; &#x4e2d;<00:01.500><c.yellow.bg_blue>文</c>\n"
      "<ruby>漢<rt>かん</rt>字<rt>じ</rt></ruby><lang ja>x</lang>");
  ASSERT_EQ(cue.lines.size(), 2U);
  EXPECT_EQ(plain_text(cue), "<b> & 中文\n漢字x");
  EXPECT_EQ(cue.lines[0][1].style.colour, (Colour{255, 255, 0, 255}));
  EXPECT_EQ(cue.lines[0][1].style.background, (Colour{0, 0, 255, 255}));
  ASSERT_EQ(cue.lines[1].size(), 3U);
  EXPECT_EQ(cue.lines[1][0].ruby, "かん");
  EXPECT_EQ(cue.lines[1][1].text, "字");
  EXPECT_EQ(cue.lines[1][1].ruby, "じ");
  EXPECT_EQ(cue.lines[1][2].language, "ja");
}

TEST(WebVtt, what_is_written_is_what_was_read) {
  const auto first = read_vtt(
      "WEBVTT\n\nSTYLE\n::cue(.odd) { color: #12345678; }\n\na\n00:01.000 --> 00:02.040 line:12.5% "
      "position:20%,line-left size:35.25% align:left\n"
      "<c.odd.bg_black><b>x</b></c> <i><u>y</u></i>\n\n00:02.500 --> 01:00:00.000 vertical:rl "
      "line:40%\n<ruby>漢<rt>かん</rt></ruby>\n\n"
      "01:00:00.000 --> 01:00:01.000 line:50%,center align:right\n&lt;i&gt;\n");
  ASSERT_TRUE(first) << first.error().message;
  const auto written = write(first->document, Format::kWebVtt);
  ASSERT_TRUE(written);
  const auto second = read_vtt(written->text);
  ASSERT_TRUE(second) << written->text;
  EXPECT_TRUE(second->notes.empty()) << written->text;
  EXPECT_EQ(second->document, first->document) << written->text;
}

TEST(WebVtt, what_is_not_understood_is_named) {
  const auto reading = read_vtt(
      "WEBVTT\n\nlonely\n\n00:01.000 --> 00:02.000 wobble:1 size:101% region:none\n<x>a</x></i><v Mary>b\n\n00:03.000 "
      "-> 4\n"
      "c\n");
  ASSERT_TRUE(reading) << reading.error().message;
  ASSERT_EQ(reading->document.cues.size(), 1U);
  std::string all;
  for (const Note& note : reading->notes) all += note.what + "\n";
  for (const char* part : {"a block without times", "setting wobble:1", "setting size:101%", "region is not defined",
                           "tag <x>", "</i> without", "voice \"Mary\""})
    EXPECT_THAT(all, HasSubstr(part));
}

TEST(WebVtt, the_header_is_asked_for) {
  const auto reading = read_vtt("WEBVTTX\n\n00:01.000 --> 00:02.000\na\n");
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().code, ErrorCode::kInputDamaged);
}

}  // namespace
}  // namespace pier::subtitles
