#include <gtest/gtest.h>

#include <pier/subtitles/retiming.hpp>
#include <pier/subtitles/segments.hpp>
#include <pier/subtitles/writing.hpp>

namespace pier::subtitles {
namespace {

Cue cue(const Rational& start, const Rational& end, const std::string& text) {
  Cue made;
  made.start = start;
  made.end = end;
  made.lines = {{Span{text}}};
  return made;
}

std::vector<std::string> texts_of(const Document& document, const std::vector<Rational>& boundaries) {
  std::vector<std::string> texts;
  const auto done = for_each_segment(document, boundaries, [&](size_t number, const Document& part) -> Result<void> {
    EXPECT_EQ(number, texts.size());
    std::string all;
    for (const Cue& one : part.cues) all += plain_text(one) + std::to_string((one.end - one.start).num) + " ";
    texts.push_back(all);
    return {};
  });
  EXPECT_TRUE(done);
  return texts;
}

TEST(Segments, a_cue_is_in_every_segment_it_is_shown_in_with_its_whole_times) {
  const Document document{"zh", "", {cue(0, 1, "a"), cue(3, 9, "b"), cue(4, 5, "c"), cue(8, 9, "d")}};
  EXPECT_EQ(texts_of(document, {0, 4, 8, 12, 16}), (std::vector<std::string>{"a1 b6 ", "b6 c1 ", "b6 d1 ", ""}));
}

TEST(Segments, an_end_on_the_boundary_belongs_to_what_was_before) {
  const Document document{"", "", {cue(0, Rational(8, 3), "a"), cue(Rational(8, 3), 4, "b")}};
  EXPECT_EQ(texts_of(document, {0, Rational(8, 3), Rational(16, 3)}), (std::vector<std::string>{"a8 ", "b4 "}));
}

TEST(Segments, an_error_ends_it) {
  int calls = 0;
  const std::vector<Rational> boundaries{0, 1, 2, 3};
  const auto done = for_each_segment({}, boundaries, [&](size_t, const Document&) -> Result<void> {
    return ++calls == 2 ? Result<void>(fail(ErrorCode::kNoSpace, "full")) : Result<void>();
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(calls, 2);
}

TEST(Segments, segments_for_hls_say_where_their_time_begins) {
  const Document document{"", "", {cue(4, 5, "字")}};
  EXPECT_EQ(write(document, Format::kWebVtt, {true})->text,
            "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n00:00:04.000 --> 00:00:05.000\n字\n\n");
  EXPECT_EQ(write({}, Format::kWebVtt, {true})->text, "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n");
}

TEST(Segments, what_was_written_is_read_back_as_it_is) {
  const Document document{
      "zh-Hans", "", {cue(0, 10, "a < b & c"), cue(Rational(99, 10), 12, "--> b"), cue(10, 12, "نص")}};
  for (const Format format : {Format::kWebVtt, Format::kTtml}) {
    const auto written = write(document, format);
    ReadOptions options;
    options.format = format;
    options.encoding = "utf-8";
    options.as_written = true;
    const auto read_back = read(as_bytes(written->text), options);
    ASSERT_TRUE(read_back) << read_back.error().message;
    ASSERT_EQ(read_back->document.cues.size(), 3U);
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(read_back->document.cues[i].start, document.cues[i].start);
      EXPECT_EQ(read_back->document.cues[i].end, document.cues[i].end);
      EXPECT_EQ(plain_text(read_back->document.cues[i]), plain_text(document.cues[i]));
    }
    const auto empty = read(as_bytes(write({}, format)->text), options);
    ASSERT_TRUE(empty) << empty.error().message;
    EXPECT_TRUE(empty->document.cues.empty());
  }
}

TEST(Segments, what_lies_beyond_the_programme_is_cut_and_said) {
  Document document{"", "", {cue(0, 1, "a"), cue(8, 12, "b"), cue(10, 11, "c"), cue(20, 21, "d")}};
  const auto notes = cut_at(document, 10);
  ASSERT_EQ(document.cues.size(), 2U);
  EXPECT_EQ(document.cues[1].end, Rational(10));
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_TRUE(notes[0].what.starts_with("2 of 4 cues begin after the end")) << notes[0].what;
  EXPECT_TRUE(notes[1].what.starts_with("1 of 4 cues go on after the end")) << notes[1].what;
  EXPECT_TRUE(cut_at(document, 10).empty());
}

}  // namespace
}  // namespace pier::subtitles
