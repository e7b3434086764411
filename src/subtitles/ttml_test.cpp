#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pier/subtitles/reading.hpp>

#include "ttml_parts.hpp"

namespace pier::subtitles {
namespace {

using ::testing::HasSubstr;

Result<Reading> read_ttml(const std::string& attributes, const std::string& inside) {
  const std::string text =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tt xmlns=\"http://www.w3.org/ns/ttml\" "
      "xmlns:ttp=\"http://www.w3.org/ns/ttml#parameter\" xmlns:tts=\"http://www.w3.org/ns/ttml#styling\" " +
      attributes + ">" + inside + "</tt>";
  return read(as_bytes(text));
}

impl::TtmlClock clock_of(const std::string& attributes) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(("<tt " + attributes + "/>").c_str()));
  const auto clock = impl::TtmlClock::from(document.document_element());
  EXPECT_TRUE(clock);
  return clock.value_or(impl::TtmlClock{});
}

TEST(Ttml, time_expressions) {
  const auto film = clock_of("ttp:frameRate='24' ttp:frameRateMultiplier='1000 1001' ttp:tickRate='10000000'");
  EXPECT_EQ(film.parse("01:02:03"), Rational(3723));
  EXPECT_EQ(film.parse("00:00:01.040"), Rational(26, 25));
  EXPECT_EQ(film.parse("00:00:01:12"), Rational(1) + Rational(12 * 1001, 24'000));
  EXPECT_EQ(film.parse("12.5s"), Rational(25, 2));
  EXPECT_EQ(film.parse("1.5h"), Rational(5400));
  EXPECT_EQ(film.parse("250ms"), Rational(1, 4));
  EXPECT_EQ(film.parse("24f"), Rational(1001, 1000));
  EXPECT_EQ(film.parse("36000000000t"), Rational(3600));
  for (const char* wrong : {"", "1", "x", "00:61:00", "00:00:01:24", "1:2", "-1s", "1.2.3s", "5y", "00:00:00.x"})
    EXPECT_EQ(film.parse(wrong), std::nullopt) << wrong;
}

TEST(Ttml, smpte_time_codes_count_frames_that_are_there) {
  const std::string rate = "ttp:timeBase='smpte' ttp:frameRate='30' ttp:frameRateMultiplier='1000 1001'";
  EXPECT_EQ(clock_of(rate).parse("01:00:00:00"), Rational(108'000 * 1001, 30'000));
  // ST 12-1: an hour of drop frame counts 107892 frames.
  EXPECT_EQ(clock_of(rate + " ttp:dropMode='dropNTSC'").parse("01:00:00:00"), Rational(107'892 * 1001, 30'000));
  EXPECT_EQ(clock_of(rate + " ttp:dropMode='dropNTSC'").parse("00:01:00:02"), Rational(1800 * 1001, 30'000));
}

TEST(Ttml, rates_that_are_none_are_refused) {
  for (const char* wrong : {"ttp:frameRate='0'", "ttp:tickRate='x'", "ttp:frameRateMultiplier='1 0'"}) {
    const auto reading = read_ttml(wrong, "<body/>");
    ASSERT_FALSE(reading);
    EXPECT_EQ(reading.error().code, ErrorCode::kInputDamaged);
  }
}

TEST(Ttml, styles_regions_and_inheritance) {
  const auto reading = read_ttml(
      "xml:lang='ja' tts:extent='1920px 1080px'",
      "<head><styling><style xml:id='base' tts:color='yellow' tts:fontStyle='italic'/>"
      "<style xml:id='over' style='base' tts:fontStyle='normal' tts:fontWeight='bold'/></styling>"
      "<layout><region xml:id='top' tts:origin='192px 108px' tts:extent='80% 10%' tts:displayAlign='before'>"
      "<style tts:textAlign='right'/></region>"
      "<region xml:id='side' tts:origin='10% 10%' tts:extent='10% 80%' tts:writingMode='tbrl'/></layout></head>"
      "<body><div style='base'><p region='top' begin='1s' end='2s'>a<span style='over'>b</span></p>"
      "<p region='side' begin='2s' dur='1s' tts:textAlign='center'>縦</p></div></body>");
  ASSERT_TRUE(reading) << reading.error().message;
  ASSERT_EQ(reading->document.cues.size(), 2U);
  const Cue& first = reading->document.cues[0];
  EXPECT_EQ(reading->document.language, "ja");
  EXPECT_EQ(first.area, (Area{1000, 1000, 8000, 1000, BlockAlign::kBefore}));
  EXPECT_EQ(first.align, Align::kRight);
  ASSERT_EQ(first.lines[0].size(), 2U);
  EXPECT_EQ(first.lines[0][0].style.colour, (Colour{255, 255, 0, 255}));
  EXPECT_TRUE(first.lines[0][0].style.italic);
  EXPECT_FALSE(first.lines[0][1].style.italic);
  EXPECT_TRUE(first.lines[0][1].style.bold);
  const Cue& second = reading->document.cues[1];
  EXPECT_EQ(second.writing, WritingMode::kVerticalRightToLeft);
  EXPECT_EQ(second.align, Align::kCentre);
  EXPECT_EQ(second.end, Rational(3));
}

TEST(Ttml, times_nest_and_follow_each_other) {
  const auto reading =
      read_ttml("ttp:frameRate='25'",
                "<body begin='10s'><div timeContainer='seq' begin='5s'><p dur='50f'>a</p><p begin='1s' dur='1s'>b</p>"
                "</div><div begin='20s' end='22s'><p begin='1s'>c</p></div></body>");
  ASSERT_TRUE(reading) << reading.error().message;
  const auto& cues = reading->document.cues;
  ASSERT_EQ(cues.size(), 3U);
  EXPECT_EQ(cues[0].start, Rational(15));
  EXPECT_EQ(cues[0].end, Rational(17));
  EXPECT_EQ(cues[1].start, Rational(18));
  EXPECT_EQ(cues[1].end, Rational(19));
  EXPECT_EQ(cues[2].start, Rational(31));
  EXPECT_EQ(cues[2].end, Rational(32));
}

TEST(Ttml, spans_with_times_of_their_own_become_cues) {
  const auto reading =
      read_ttml("", "<body><div><p begin='1s' end='4s'>a<span begin='1s' end='2s'>b</span></p></div></body>");
  ASSERT_TRUE(reading) << reading.error().message;
  const auto& cues = reading->document.cues;
  ASSERT_EQ(cues.size(), 3U);
  EXPECT_EQ(plain_text(cues[0]), "a");
  EXPECT_EQ(plain_text(cues[1]), "ab");
  EXPECT_EQ(cues[1].start, Rational(2));
  EXPECT_EQ(cues[1].end, Rational(3));
  EXPECT_EQ(plain_text(cues[2]), "a");
}

TEST(Ttml, blanks_breaks_ruby_and_hidden_text) {
  const auto reading = read_ttml(
      "",
      "<body><div><p begin='1s' end='2s'>\n   a \n b <br/>\n <span tts:display='none'>no</span>"
      "<span tts:ruby='container'><span tts:ruby='base'>漢</span> <span tts:ruby='text'>かん</span></span></p>"
      "<p begin='2s' end='3s' xml:space='preserve'>a  b</p></div></body>");
  ASSERT_TRUE(reading) << reading.error().message;
  const auto& cues = reading->document.cues;
  ASSERT_EQ(cues.size(), 2U);
  EXPECT_EQ(plain_text(cues[0]), "a b\n漢");
  EXPECT_EQ(cues[0].lines[1][0].ruby, "かん");
  EXPECT_EQ(plain_text(cues[1]), "a  b");
}

TEST(Ttml, nonsense_and_endless_paragraphs_are_mended) {
  const auto reading = read_ttml("",
                                 "<body><div><p begin='5s' end='3s'>a</p><p begin='x' end='1s'>b</p><p begin='9s'>c</p>"
                                 "<p begin='6s' end='7s'> </p></div></body>");
  ASSERT_TRUE(reading) << reading.error().message;
  const auto& cues = reading->document.cues;
  ASSERT_EQ(cues.size(), 3U);
  EXPECT_EQ(cues[0].end, Rational(1));
  EXPECT_EQ(cues[1].start, Rational(3));
  EXPECT_EQ(cues[2].end, Rational(10));
  std::string all;
  for (const Note& note : reading->notes) all += note.what + "\n";
  for (const char* part : {"exchanged", "is no time", "says no end", "has no text"}) EXPECT_THAT(all, HasSubstr(part));
}

TEST(Ttml, other_xml_images_and_depth_are_refused) {
  const auto code = [](const std::string& text) {
    const auto reading = read(as_bytes(text), {Format::kTtml, {}, {}});
    return reading ? ErrorCode::kInternal : reading.error().code;
  };
  EXPECT_EQ(code("<html/>"), ErrorCode::kInputUnsupported);
  EXPECT_EQ(code("<tt>"), ErrorCode::kInputDamaged);
  EXPECT_EQ(code("<tt><body><div><image src='a.png'/></div></body></tt>"), ErrorCode::kInputUnsupported);
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "<div>";
  for (int i = 0; i < 5000; ++i) deep += "</div>";
  EXPECT_EQ(code("<tt><body>" + deep + "</body></tt>"), ErrorCode::kInputDamaged);
  const auto broken = read(as_bytes("<tt>\n<body>\n<p begin='1s'\n</tt>"), {Format::kTtml, {}, {}});
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, HasSubstr("line "));
}

TEST(Ttml, references_without_end_cost_no_time) {
  std::string ids, attributes, paragraphs;
  for (int i = 0; i < 200'000; ++i) ids += " x" + std::to_string(i);
  for (int i = 0; i < 100'000; ++i) attributes += " a:b" + std::to_string(i) + "=''";
  for (int i = 0; i < 20'000; ++i) paragraphs += "<p style='s' region='r' begin='x' end='2s'>a</p>\n";
  const auto reading = read_ttml("", "<head><styling><style xml:id='s' style='s" + ids + "'" + attributes +
                                         "/></styling><layout><region xml:id='r'" + attributes +
                                         "/></layout></head>"
                                         "<body><div timeContainer='seq'>" +
                                         paragraphs + "</div></body>");
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_EQ(reading->notes.size(), 501U);
  EXPECT_EQ(reading->notes.front().what, "an element of too many attributes left out");
  EXPECT_TRUE(read_ttml("", "<head><styling><style xml:id='s' style='s" + ids + "'/></styling></head><body><div>" +
                                paragraphs + "</div></body>"));
}

TEST(Ttml, the_encoding_that_xml_declares_counts) {
  const std::string text =
      "<?xml version='1.0' encoding='GB18030'?><tt><body><div><p begin='1s' end='2s'>\xD6\xD0</p></div></body></tt>";
  const auto reading = read(as_bytes(text));
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_EQ(reading->encoding, "gb18030");
  EXPECT_EQ(plain_text(reading->document.cues[0]), "中");
}

}  // namespace
}  // namespace pier::subtitles
