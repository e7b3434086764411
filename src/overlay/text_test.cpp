#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pier/overlay/text.hpp>

namespace pier::overlay {
namespace {

using ::testing::HasSubstr;

const Fonts& fonts() {
  static const Fonts kFonts = [] {
    auto opened = Fonts::load();
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }();
  return kFonts;
}

Image drawn(const std::vector<TextLine>& lines, const TextStyle& style) {
  auto image = draw_text(lines, style, fonts());
  EXPECT_TRUE(image) << image.error().message;
  return image ? std::move(*image) : Image{};
}

struct Box {
  int left = 1 << 20, top = 1 << 20, right = -1, bottom = -1;
};
/// Where samples are that `counts` says yes to.
template <typename Counts>
Box bounds(const Image& image, Counts counts) {
  Box box;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      if (!counts(image.at(x, y))) continue;
      box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x), std::max(box.bottom, y)};
    }
  }
  return box;
}
bool opaque(const Pixel& pixel) {
  return pixel.alpha == 65535;
}
bool white(const Pixel& pixel) {
  return pixel == Pixel{65535, 65535, 65535, 65535};
}
bool seen(const Pixel& pixel) {
  return pixel.alpha > 0;
}

TEST(Text, chinese_is_as_large_as_asked_and_white_where_it_is_whole) {
  TextStyle style;
  style.size = 100;
  const Image image = drawn({{{"中国国国"}}}, style);
  const Box box = bounds(image, white);
  EXPECT_NEAR(box.right - box.left, 390, 20);
  EXPECT_NEAR(box.bottom - box.top, 90, 10);
  EXPECT_EQ(image.width, 400 + 2 * text_margin(style));
}

TEST(Text, lines_follow_at_their_pitch) {
  TextStyle style;
  style.size = 80;
  style.line_pitch = 1.5;
  const Image one = drawn({{{"国"}}}, style), two = drawn({{{"国"}}, {{"国"}}}, style);
  EXPECT_EQ(two.height - one.height, 120);
  EXPECT_EQ(bounds(two, seen).bottom - bounds(one, seen).bottom, 120);
}

TEST(Text, an_outline_surrounds_every_side) {
  TextStyle style;
  style.size = 80;
  const Box bare = bounds(drawn({{{"国"}}}, style), opaque);
  const int margin = text_margin(style);
  style.outline = 6;
  const Image image = drawn({{{"国"}}}, style);
  const int more = text_margin(style) - margin;
  const Box outlined = bounds(image, opaque);
  EXPECT_NEAR(bare.left + more - outlined.left, 6, 1.5);
  EXPECT_NEAR(outlined.right - bare.right - more, 6, 1.5);
  EXPECT_NEAR(bare.top + more - outlined.top, 6, 1.5);
  EXPECT_NEAR(outlined.bottom - bare.bottom - more, 6, 1.5);
}

TEST(Text, a_box_is_behind_all_lines_without_a_seam) {
  TextStyle style;
  style.size = 40;
  style.box = {0, 0, 0, 128};
  const Image image = drawn({{{"国国"}}, {{"国国"}}}, style);
  const int x = text_margin(style) - 2;  // left of the characters
  int rows = 0;
  for (int y = 0; y < image.height; ++y) {
    const uint16_t alpha = image.at(x, y).alpha;
    if (alpha == 0) continue;
    EXPECT_EQ(alpha, 128 * 257) << y;
    ++rows;
  }
  EXPECT_NEAR(rows, 100, 2);
}

TEST(Text, a_character_no_font_has_is_named) {
  const auto image = draw_text({{{"好\xf0\x93\x80\x80"}}}, {}, fonts());
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::kInputUnsupported);
  EXPECT_THAT(image.error().message, HasSubstr("U+13000"));
  EXPECT_THAT(image.error().message, HasSubstr("\xf0\x93\x80\x80"));
}

TEST(Text, right_to_left_is_reordered_and_aligned_by_its_direction) {
  TextStyle style;
  style.size = 60;
  style.align = TextAlign::kStart;
  const Rgba red{255, 0, 0, 255};
  const auto is_red = [](const Pixel& pixel) { return pixel.alpha > 60000 && pixel.green == 0; };
  // Hebrew: what comes first in memory stands at the right.
  const Image hebrew = drawn({{{"א", red}, {"בגדהו"}}}, style);
  EXPECT_GT(bounds(hebrew, is_red).left, hebrew.width / 2);
  const Image latin = drawn({{{"a", red}, {"bcdef"}}}, style);
  EXPECT_LT(bounds(latin, is_red).right, latin.width / 2);
  const Image both = drawn({{{"abcdefghijk"}}, {{"א", red}}}, style);
  EXPECT_GT(bounds(both, is_red).left, both.width / 2);
}

TEST(Text, arabic_letters_are_joined) {
  TextStyle style;
  style.size = 60;
  const int joined = drawn({{{"ببب"}}}, style).width - 2 * text_margin(style);
  const int apart = drawn({{{"ب\xe2\x80\x8cب\xe2\x80\x8cب"}}}, style).width - 2 * text_margin(style);
  EXPECT_LT(joined, apart * 3 / 4);
}

TEST(Text, vertical_columns_go_down_and_from_the_right) {
  TextStyle style;
  style.size = 50;
  style.vertical = true;
  const Rgba red{255, 0, 0, 255};
  const auto is_red = [](const Pixel& pixel) { return pixel.alpha > 60000 && pixel.green == 0; };
  const Image image = drawn({{{"国国国", red}}, {{"国国国"}}}, style);
  EXPECT_GT(image.height, image.width);
  EXPECT_GT(bounds(image, is_red).left, image.width / 2 - 5);
  const Box box = bounds(image, is_red);
  EXPECT_NEAR(box.bottom - box.top, 147, 8);
  EXPECT_NEAR(box.right - box.left, 45, 6);
  style.left_to_right = true;
  const Image other = drawn({{{"国国国", red}}, {{"国国国"}}}, style);
  EXPECT_LT(bounds(other, is_red).right, other.width / 2 + 5);
}

TEST(Text, ruby_stands_over_its_word) {
  TextStyle style;
  style.size = 80;
  TextSpan word{"国", {}};
  word.ruby = "国";
  const Image bare = drawn({{{"国国国"}}}, style), image = drawn({{{"国"}, word, {"国"}}}, style);
  EXPECT_NEAR(image.height - bare.height, 44, 1);
  const Box top = bounds(image, [](const Pixel&) { return true; });
  ASSERT_EQ(top.top, 0);
  int left = image.width, right = 0;
  for (int y = 0; y < text_margin(style) + 44; ++y) {
    for (int x = 0; x < image.width; ++x) {
      if (!white(image.at(x, y))) continue;
      left = std::min(left, x);
      right = std::max(right, x);
    }
  }
  EXPECT_NEAR((left + right) / 2.0, image.width / 2.0, 3);
  EXPECT_NEAR(right - left, 36, 5);
}

TEST(Text, long_lines_break_where_they_may) {
  TextStyle style;
  style.size = 50;
  style.longest = 260;
  const int one = drawn({{{"国国国国国"}}}, style).height;
  // Five squares fit; the full stop must not begin a line, so the fifth goes down with it.
  const Image two = drawn({{{"国国国国国。"}}}, style);
  EXPECT_EQ(two.height, one + 63 - (one + 63 - two.height));
  EXPECT_GT(two.height, one);
  EXPECT_EQ(two.width - 2 * text_margin(style), 200);
  const Image words = drawn({{{"hello broken lines"}}}, style);
  EXPECT_LE(words.width - 2 * text_margin(style), 260);
  EXPECT_GT(words.height, one);
}

TEST(Text, bold_and_italic_change_the_letters) {
  TextStyle style;
  style.size = 60;
  const auto ink = [&](bool bold, bool italic) {
    TextSpan span{"国lI", {}, italic, bold};
    const Image image = drawn({{span}}, style);
    int64_t sum = 0;
    for (const Pixel& pixel : image.pixels) sum += pixel.alpha;
    return sum;
  };
  EXPECT_GT(ink(true, false), ink(false, false) * 11 / 10);
  EXPECT_NEAR(static_cast<double>(ink(false, true)), static_cast<double>(ink(false, false)), ink(false, false) * 0.05);
}

TEST(Text, wrong_words_are_refused) {
  TextStyle style;
  EXPECT_EQ(draw_text({{{"a\nb"}}}, style, fonts()).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(draw_text({{{"\xff"}}}, style, fonts()).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(draw_text({{{std::string(20'000, 'a')}}}, style, fonts()).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(draw_text(std::vector<TextLine>(65), style, fonts()).error().code, ErrorCode::kTooLarge);
  style.size = 2000;
  EXPECT_EQ(draw_text({{{std::string(200, 'a')}}}, style, fonts()).error().code, ErrorCode::kTooLarge);
  style.size = 1;
  EXPECT_EQ(draw_text({{{"a"}}}, style, fonts()).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Fonts::open({Bytes(100)}).error().code, ErrorCode::kInputDamaged);
  EXPECT_EQ(Fonts::open({}).error().code, ErrorCode::kInvalidArgument);
}

TEST(Text, an_empty_text_is_transparent) {
  const Image image = drawn({{}}, {});
  EXPECT_EQ(bounds(image, seen).right, -1);
}

}  // namespace
}  // namespace pier::overlay
