#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pier/subtitles/writing.hpp>

namespace pier::subtitles {
namespace {

using ::testing::HasSubstr;

Style coloured(const Colour& colour) {
  Style style;
  style.colour = colour;
  return style;
}

Cue cue(Rational start, Rational end, std::vector<Line> lines) {
  Cue made;
  made.start = start;
  made.end = end;
  made.lines = std::move(lines);
  return made;
}

Document again(const Document& document) {
  const auto written = write(document, Format::kEbuStl);
  EXPECT_TRUE(written) << written.error().message;
  if (!written) return {};
  EXPECT_EQ((written->text.size() - 1024) % 128, 0U);
  const auto reading = read(as_bytes(written->text));
  EXPECT_TRUE(reading) << reading.error().message;
  if (!reading) return {};
  for (const Note& note : reading->notes) ADD_FAILURE() << note.what;
  return reading->document;
}

TEST(StlWrite, what_is_written_is_read_as_it_was) {
  Document document;
  document.language = "de";
  document.title = "Titel";
  const Style yellow = coloured({255, 255, 0, 255}), italic{true, false, false, {}, {}},
              under{false, false, true, {}, {}};
  document.cues = {cue(1, Rational(62, 25), {{{"Grüße é €", yellow}}, {{"ja"}}}), cue(3, 4, {{{"schräg", italic}}}),
                   cue(5, 6, {{{"unter", under}}}), cue(7, 8, {{{"$ ¤ ♪ Čq"}}})};
  document.cues[0].lines[0][0].text = "Grüße é";
  document.cues[3].align = Align::kLeft;
  EXPECT_EQ(again(document), document);
}

TEST(StlWrite, a_colour_may_change_within_a_row) {
  Document document;
  document.cues = {cue(1, 2, {{{"red ", coloured({255, 0, 0, 255})}, {"white"}}})};
  const Document read = again(document);
  ASSERT_EQ(read.cues.size(), 1U);
  EXPECT_EQ(plain_text(read.cues[0]), "red white");
  EXPECT_EQ(read.cues[0].lines[0].front().style.colour, (Colour{255, 0, 0, 255}));
  EXPECT_FALSE(read.cues[0].lines[0].back().style.colour);
}

TEST(StlWrite, the_first_table_that_has_all_characters_is_taken) {
  for (const char* text : {"Привет", "مرحبا", "Αθήνα", "שלום"}) {
    Document document;
    document.cues = {cue(1, 2, {{{text}}})};
    EXPECT_EQ(plain_text(again(document).cues.at(0)), text);
  }
}

TEST(StlWrite, what_no_table_has_is_named_with_its_cue) {
  Document document;
  document.cues = {cue(1, 2, {{{"ok"}}}), cue(3, 4, {{{"中文"}}})};
  const auto written = write(document, Format::kEbuStl);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kInputUnsupported);
  EXPECT_THAT(written.error().message, HasSubstr("中 (U+4E2D) of cue 2"));
}

TEST(StlWrite, long_cues_take_several_blocks) {
  Document document;
  Line line{{std::string(36, 'a')}};
  document.cues = {cue(1, 2, {line, line, line, line, line}), cue(3, 4, {{{"b"}}})};
  const auto written = write(document, Format::kEbuStl);
  ASSERT_TRUE(written);
  EXPECT_EQ(written->text.size(), 1024U + 3 * 128);
  EXPECT_EQ(written->text.substr(238, 10), "0000300002");
  EXPECT_EQ(plain_text(again(document).cues.at(0)), plain_text(document.cues[0]));
}

TEST(StlWrite, places_come_back_by_rows) {
  Document document;
  document.cues = {cue(1, 2, {{{"top"}}}), cue(3, 4, {{{"bottom"}}})};
  document.cues[0].area = kTopArea;
  const Document read = again(document);
  ASSERT_EQ(read.cues.size(), 2U);
  ASSERT_TRUE(read.cues[0].area);
  EXPECT_NEAR(read.cues[0].area->y, 1000, 450);
  EXPECT_FALSE(read.cues[1].area);
}

TEST(StlWrite, what_is_lost_is_told) {
  Document document;
  document.cues = {cue(1, 2, {{{"a—b", {false, true, false, {}, {}}}}}), cue(90'000, 90'001, {{{"late"}}}),
                   cue(5, 6, {{{std::string(60, 'x')}}})};
  const auto written = write(document, Format::kEbuStl);
  ASSERT_TRUE(written);
  std::string all;
  for (const Note& note : written->notes) all += std::to_string(note.cue) + " " + note.what + "\n";
  EXPECT_THAT(all, HasSubstr("1 EBU-STL has no bold"));
  EXPECT_THAT(all, HasSubstr("1 characters that the code table has not were written"));
  EXPECT_THAT(all, HasSubstr("2 EBU-STL counts to 24 hours"));
  EXPECT_THAT(all, HasSubstr("longer than the 37"));
}

}  // namespace
}  // namespace pier::subtitles
