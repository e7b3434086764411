#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parsed.hpp"

namespace pier::subtitles::impl {
namespace {

using ::testing::HasSubstr;

Found found(int64_t number, Rational start, Rational end, std::string text = "text") {
  Found one;
  one.number = number;
  one.cue.start = start;
  one.cue.end = end;
  if (!text.empty()) one.cue.lines = {{Span{std::move(text)}}};
  return one;
}

TEST(Mend, a_reversed_pair_is_exchanged_and_named) {
  Notes notes;
  const auto cues = mend({found(1, 5, 2)}, notes);
  ASSERT_EQ(cues.size(), 1U);
  EXPECT_EQ(cues[0].start, Rational(2));
  EXPECT_EQ(cues[0].end, Rational(5));
  const auto said = notes.take();
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].cue, 1);
  EXPECT_THAT(said[0].what, HasSubstr("exchanged"));
}

TEST(Mend, what_lies_before_the_programme_is_cut_or_left_out) {
  Notes notes;
  const auto cues = mend({found(1, -5, -2), found(2, -1, 3)}, notes);
  ASSERT_EQ(cues.size(), 1U);
  EXPECT_EQ(cues[0].start, Rational(0));
  EXPECT_EQ(cues[0].end, Rational(3));
  EXPECT_EQ(notes.take().size(), 2U);
}

TEST(Mend, a_cue_without_length_lasts_as_long_as_its_text_is_read) {
  Notes notes;
  const auto cues = mend(
      {found(1, 1, 1, std::string(30, 'a')), found(2, 10, 10, "我们不知道他是什么人但是你可以去"), found(3, 11, 12)},
      notes);
  ASSERT_EQ(cues.size(), 3U);
  EXPECT_EQ(cues[0].end, Rational(3));   // 30 characters, 15 a second
  EXPECT_EQ(cues[1].end, Rational(11));  // 2 s of reading, but then the next begins
  EXPECT_EQ(notes.take().size(), 2U);
}

TEST(Mend, cues_are_put_in_order_and_doubles_left_out) {
  Notes notes;
  const auto cues = mend({found(1, 5, 6, "b"), found(2, 1, 2, "a"), found(3, 5, 6, "b")}, notes);
  ASSERT_EQ(cues.size(), 2U);
  EXPECT_EQ(plain_text(cues[0]), "a");
  const auto said = notes.take();
  ASSERT_EQ(said.size(), 2U);
  EXPECT_THAT(said[0].what, HasSubstr("put in order"));
  EXPECT_EQ(said[1].cue, 3);
  EXPECT_THAT(said[1].what, HasSubstr("twice"));
}

TEST(Mend, a_slip_into_the_next_cue_is_taken_off_and_a_long_overlap_kept) {
  Notes notes;
  const auto cues = mend({found(1, 1, Rational(21, 10), "a"), found(2, 2, 4, "b"), found(3, 3, 5, "c")}, notes);
  ASSERT_EQ(cues.size(), 3U);
  EXPECT_EQ(cues[0].end, Rational(2));
  EXPECT_EQ(cues[1].end, Rational(4));
  const auto said = notes.take();
  ASSERT_EQ(said.size(), 2U);
  EXPECT_THAT(said[0].what, HasSubstr("0.100 s"));
  EXPECT_THAT(said[1].what, HasSubstr("overlaps the next one by 1.000 s"));
}

TEST(Mend, cues_in_other_places_may_overlap_without_a_word) {
  Notes notes;
  Found top = found(2, Rational(19, 10), 4, "b");
  top.cue.area = kTopArea;
  const auto cues = mend({found(1, 1, 2, "a"), top}, notes);
  EXPECT_EQ(cues[0].end, Rational(2));
  EXPECT_TRUE(notes.take().empty());
}

TEST(Mend, empty_cues_and_nonsense_times_are_left_out) {
  Notes notes;
  const auto cues = mend({found(1, 1, 2, ""), found(2, 400'000, 400'001), found(3, 1, 400'000), found(4, 8, 9)}, notes);
  ASSERT_EQ(cues.size(), 2U);
  EXPECT_EQ(cues[0].start, Rational(1));
  EXPECT_EQ(cues[0].end, Rational(2));  // nonsense: as long as its text is read
  const auto said = notes.take();
  ASSERT_EQ(said.size(), 4U);
  EXPECT_THAT(said[2].what, HasSubstr("ends beyond 100 hours"));
}

TEST(Mend, notes_are_bounded_and_say_how_many_there_were) {
  Notes notes;
  for (int i = 0; i < 700; ++i) notes.add(i, 0, "x");
  const auto said = notes.take();
  ASSERT_EQ(said.size(), 501U);
  EXPECT_EQ(said.back().what, "200 further notes are left out");
}

}  // namespace
}  // namespace pier::subtitles::impl
