#include "burner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pier/core/file.hpp>

namespace pier::deliver {
namespace {

using ::testing::HasSubstr;

constexpr ColourInfo kSdr{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow, ChromaSite::kLeft};
const overlay::Target kTarget{{8, Chroma::k420, false}, kSdr};

Burn burn_of(const std::string& text, const BurnWish& wish = {}) {
  std::vector<Bytes> fonts;
  const std::vector<std::string> paths = overlay::font_paths().value();
  for (const std::string& path : paths) {
    const std::string content = read_file(path, overlay::kMaxFontBytes).value();
    fonts.emplace_back(as_bytes(content).begin(), as_bytes(content).end());
  }
  auto burn = read_burn(wish, as_bytes(text), std::move(fonts));
  if (!burn) throw std::runtime_error(burn.error().message);
  return std::move(*burn);
}

Picture grey() {
  Picture picture = Picture::allocate(kTarget.format, 640, 360, kSdr);
  const MutablePictureView view = picture.writable();
  for (const auto& plane : view.planes) {
    for (int y = 0; y < plane.height; ++y) std::fill_n(plane.row<uint8_t>(y), plane.width, uint8_t{128});
  }
  return picture;
}

constexpr const char* kOneCue = "1\n00:00:00,400 --> 00:00:00,800\n你好\n";

TEST(Burner, a_picture_shown_often_is_parted_where_a_cue_begins_and_ends) {
  auto burner = Burner::make(burn_of(kOneCue), kTarget, {640, 360}, 0, 25);
  ASSERT_TRUE(burner) << burner.error().message;
  const Picture picture = grey();
  const auto before = burner->next(picture, 30);
  ASSERT_TRUE(before);
  EXPECT_EQ(before->second, 10);
  EXPECT_EQ(before->first.view().planes[0].data, picture.view().planes[0].data) << "nothing is copied";
  const auto with = burner->next(picture, 20);
  ASSERT_TRUE(with);
  EXPECT_EQ(with->second, 10);
  EXPECT_NE(with->first.view().planes[0].data, picture.view().planes[0].data);
  const auto after = burner->next(picture, 10);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->second, 10);
  EXPECT_EQ(burner->burned(), 10);
}

/// 1001/24000 s a picture: the sixth begins at 0.2502 s, which a file gives as 0.250.
TEST(Burner, rounded_times_meet_their_picture) {
  auto burner =
      Burner::make(burn_of("1\n00:00:00,250 --> 00:00:00,501\n你好\n"), kTarget, {640, 360}, 0, {24000, 1001});
  ASSERT_TRUE(burner) << burner.error().message;
  EXPECT_EQ(burner->next(grey(), 100)->second, 6);
  EXPECT_EQ(burner->next(grey(), 94)->second, 6);
}

TEST(Burner, times_count_from_the_first_picture_of_the_master) {
  auto burner = Burner::make(burn_of(kOneCue), kTarget, {640, 360}, Rational(3, 5), 25);
  ASSERT_TRUE(burner);
  EXPECT_EQ(burner->next(grey(), 30)->second, 5);
  EXPECT_EQ(burner->burned(), 5);
}

TEST(Burner, the_file_is_moved_by_its_offset_and_its_notes_are_told) {
  BurnWish wish;
  wish.offset = "-0.4";
  const Burn burn = burn_of(std::string(kOneCue) + "\n2\n00:00:09,000 --> 00:00:08,000\n好\n", wish);
  EXPECT_EQ(burn.document.cues.front().start, Rational(0));
  ASSERT_FALSE(burn.notes.empty());
  EXPECT_THAT(burn.notes.front(), HasSubstr("subtitles: cue 2"));
}

}  // namespace
}  // namespace pier::deliver
