#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pier/overlay/subtitle_pictures.hpp>

namespace pier::overlay {
namespace {

using subtitles::Align;
using subtitles::Area;
using subtitles::Cue;
using subtitles::Document;
using ::testing::HasSubstr;

constexpr ColourInfo kSdr{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow, ChromaSite::kLeft};
const Target kTarget{{8, Chroma::k420, false}, kSdr};
constexpr ImageSize kRaster{1920, 1080};

const Fonts& fonts() {
  static const Fonts kFonts = [] {
    auto opened = Fonts::load();
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }();
  return kFonts;
}

Cue cue(int start, int end, std::vector<std::string> lines) {
  Cue made;
  made.start = start;
  made.end = end;
  for (std::string& line : lines) made.lines.push_back({{std::move(line)}});
  return made;
}

SubtitlePictures pictures(std::vector<Cue> cues, const SubtitleLook& look = {}) {
  Document document;
  document.cues = std::move(cues);
  auto made = SubtitlePictures::make(std::move(document), fonts(), kTarget, kRaster, look);
  if (!made) throw std::runtime_error(made.error().message);
  return std::move(*made);
}

std::vector<Placed> at(SubtitlePictures& subtitles, Rational time) {
  auto layers = subtitles.at(time);
  EXPECT_TRUE(layers) << layers.error().message;
  return layers ? std::move(*layers) : std::vector<Placed>{};
}

struct Box {
  int left = 1 << 20, top = 1 << 20, right = -1, bottom = -1;
};
/// Where the layers are white on black.
Box white_of(const std::vector<Placed>& layers) {
  Picture black = Picture::allocate(kTarget.format, kRaster.width, kRaster.height, kSdr);
  const MutablePictureView view = black.writable();
  for (size_t i = 0; i < 3; ++i) {
    for (int y = 0; y < view.planes[i].height; ++y)
      std::fill_n(view.planes[i].row<uint8_t>(y), view.planes[i].width, static_cast<uint8_t>(i == 0 ? 16 : 128));
  }
  const auto drawn = composed(black, layers);
  Box box;
  for (int y = 0; y < kRaster.height; ++y) {
    for (int x = 0; x < kRaster.width; ++x) {
      if (drawn->view().planes[0].row<uint8_t>(y)[x] != 235) continue;
      box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x), std::max(box.bottom, y)};
    }
  }
  return box;
}

TEST(SubtitlePictures, cues_are_shown_from_their_start_until_their_end) {
  SubtitlePictures subtitles = pictures({cue(1, 3, {"一"}), cue(2, 10, {"二"}), cue(4, 5, {"三"})});
  EXPECT_EQ(at(subtitles, 0).size(), 0U);
  EXPECT_EQ(at(subtitles, 1).size(), 1U);
  EXPECT_EQ(at(subtitles, Rational(5, 2)).size(), 2U);
  EXPECT_EQ(at(subtitles, 3).size(), 1U);
  EXPECT_EQ(at(subtitles, 4).size(), 2U);
  EXPECT_EQ(at(subtitles, 9).size(), 1U);
  EXPECT_EQ(at(subtitles, 10).size(), 0U);
  EXPECT_EQ(at(subtitles, 1).size(), 1U) << "back in time";
}

TEST(SubtitlePictures, a_cue_that_goes_on_keeps_its_layer) {
  SubtitlePictures subtitles = pictures({cue(1, 3, {"一"})});
  EXPECT_EQ(at(subtitles, 1), at(subtitles, 2));
}

TEST(SubtitlePictures, the_usual_place_is_the_middle_of_the_lower_title_safe_area) {
  SubtitlePictures subtitles = pictures({cue(0, 1, {"国国国国国国", "国国国国国国"})});
  const Box box = white_of(at(subtitles, 0));
  EXPECT_NEAR((box.left + box.right) / 2.0, 960, 6);
  EXPECT_LE(box.bottom, 972);
  EXPECT_GT(box.bottom, 940);
  EXPECT_NEAR(box.right - box.left, 6 * 58.3, 18);
  EXPECT_NEAR(box.bottom - box.top, 58.3 * 2.3, 12);
}

TEST(SubtitlePictures, areas_and_alignments_are_heeded) {
  Cue left = cue(0, 1, {"国"});
  left.area = Area{1000, 1000, 5000, 3000, subtitles::BlockAlign::kBefore};
  left.align = Align::kLeft;
  SubtitlePictures subtitles = pictures({left});
  const Box box = white_of(at(subtitles, 0));
  EXPECT_NEAR(box.left, 192, 8);
  EXPECT_NEAR(box.top, 108 + 9, 8);
}

TEST(SubtitlePictures, nothing_is_nearer_to_a_side_than_a_twentieth) {
  Cue corner = cue(0, 1, {"国国国"});
  corner.area = Area{9500, 9500, 500, 500, subtitles::BlockAlign::kAfter};
  corner.align = Align::kRight;
  SubtitlePictures subtitles = pictures({corner});
  const Box box = white_of(at(subtitles, 0));
  EXPECT_LE(box.right, 1920 - 96);
  EXPECT_LE(box.bottom, 1080 - 54);
}

TEST(SubtitlePictures, cues_at_one_time_and_place_stand_over_each_other) {
  SubtitlePictures subtitles = pictures({cue(0, 2, {"国国"}), cue(0, 2, {"国国"})});
  const std::vector<Placed> both = at(subtitles, 0);
  ASSERT_EQ(both.size(), 2U);
  const Box first = white_of({both[0]}), second = white_of({both[1]});
  EXPECT_LT(second.bottom, first.top);
}

TEST(SubtitlePictures, long_lines_stay_inside) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "国";
  SubtitlePictures subtitles = pictures({cue(0, 1, {text})});
  const Box box = white_of(at(subtitles, 0));
  EXPECT_GE(box.left, 192);
  EXPECT_LE(box.right, 1920 - 192);
}

TEST(SubtitlePictures, columns_stand_at_the_right) {
  Cue column = cue(0, 1, {"国国国国"});
  column.writing = subtitles::WritingMode::kVerticalRightToLeft;
  column.align = Align::kStart;
  SubtitlePictures subtitles = pictures({column});
  const Box box = white_of(at(subtitles, 0));
  EXPECT_GT(box.left, 1600);
  EXPECT_LE(box.right, 1728);
  EXPECT_NEAR(box.top, 108, 10);
  EXPECT_NEAR(box.bottom - box.top, 4 * 58.3, 10);
}

TEST(SubtitlePictures, a_missing_character_is_told_before_the_first_picture) {
  Document document;
  document.cues = {cue(1, 2, {"好"}), cue(3725, 3726, {"\xf0\x93\x80\x80"})};
  const auto made = SubtitlePictures::make(document, fonts(), kTarget, kRaster, {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kInputUnsupported);
  EXPECT_THAT(made.error().message, HasSubstr("cue 2 (01:02:05)"));
  EXPECT_THAT(made.error().message, HasSubstr("U+13000"));
}

TEST(SubtitlePictures, looks_out_of_range_are_refused) {
  SubtitleLook look;
  look.size = 1;
  EXPECT_EQ(SubtitlePictures::make({}, fonts(), kTarget, kRaster, look).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(SubtitlePictures::make({}, fonts(), kTarget, {8, 8}, {}).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace pier::overlay
