#include <bit>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pier/subtitles/captions.hpp>

namespace pier::subtitles {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

uint8_t with_parity(int code) {
  const auto byte = static_cast<uint8_t>(code);
  return std::popcount(byte) % 2 == 1 ? byte : byte | 0x80U;
}

/// Pictures 1/10 s apart with one pair each.
class Line21 {
 public:
  explicit Line21(int field = 0) : x_field(field) {}
  Line21& code(int first, int second) {
    add(first, second);
    return add(first, second);  // control codes are sent twice
  }
  Line21& text(std::string_view text) {
    for (size_t i = 0; i < text.size(); i += 2) add(text[i], i + 1 < text.size() ? text[i + 1] : 0);
    return *this;
  }
  Line21& wait_until(int tenths) {
    x_now = tenths;
    return *this;
  }
  Line21& add(int first, int second) {
    const auto flags = static_cast<uint8_t>(0xFC | x_field);
    x_pictures.push_back(
        {Rational(x_now++, 10), {std::byte{flags}, std::byte{with_parity(first)}, std::byte{with_parity(second)}}});
    return *this;
  }
  std::vector<CaptionData>& pictures() { return x_pictures; }
  Captions read(int channel = 1, int end_tenths = 1000) const {
    return decode_captions(x_pictures, {CaptionSystem::kCea608, channel}, Rational(end_tenths, 10));
  }

 private:
  int x_field, x_now = 0;
  std::vector<CaptionData> x_pictures;
};

TEST(Cea608, pop_on_is_shown_from_end_of_caption_until_it_is_erased) {
  Line21 line;
  line.code(0x14, 0x20).code(0x14, 0x2E).code(0x14, 0x54).text("HELLO").code(0x14, 0x70).text("WORLD");
  line.wait_until(50).code(0x14, 0x2F).wait_until(80).code(0x14, 0x2C);
  const Captions captions = line.read();
  ASSERT_EQ(captions.document.cues.size(), 1U);
  const Cue& cue = captions.document.cues[0];
  EXPECT_EQ(cue.start, Rational(5));
  EXPECT_EQ(cue.end, Rational(8));
  EXPECT_EQ(plain_text(cue), "HELLO\nWORLD");
  EXPECT_THAT(captions.present, ElementsAre(1));
  EXPECT_TRUE(captions.notes.empty());
}

TEST(Cea608, one_caption_ends_where_the_next_is_flipped_in) {
  Line21 line;
  for (int i = 0; i < 3; ++i)
    line.wait_until(20 * i)
        .code(0x14, 0x20)
        .code(0x14, 0x2E)
        .code(0x14, 0x70)
        .text(std::string(2, static_cast<char>('A' + i)))
        .code(0x14, 0x2F);
  const Captions captions = line.read(1, 100);
  ASSERT_EQ(captions.document.cues.size(), 3U);
  for (size_t i = 0; i + 1 < 3; ++i) EXPECT_EQ(captions.document.cues[i].end, captions.document.cues[i + 1].start);
  EXPECT_EQ(captions.document.cues[2].end, Rational(10));
}

TEST(Cea608, roll_up_gives_each_row_with_those_above_it) {
  Line21 line;
  line.code(0x14, 0x25).code(0x14, 0x2D).code(0x14, 0x70).text("ONE ");
  line.wait_until(30).code(0x14, 0x2D).text("TWO ").wait_until(60).code(0x14, 0x2D).text("THREE ");
  const Captions captions = line.read(1, 90);
  std::vector<std::string> texts;
  for (const Cue& cue : captions.document.cues) texts.push_back(plain_text(cue));
  EXPECT_THAT(texts, ElementsAre("ONE", "ONE\nTWO", "TWO\nTHREE"));
  EXPECT_EQ(captions.document.cues[0].start, Rational(6, 10));
  EXPECT_EQ(captions.document.cues[1].start, Rational(3));
  EXPECT_EQ(captions.document.cues[1].end, Rational(6));
}

TEST(Cea608, paint_on_is_shown_from_its_first_character) {
  Line21 line;
  line.wait_until(10).code(0x14, 0x29).code(0x14, 0x70).text("PAINTED").wait_until(40).code(0x14, 0x2C);
  const Captions captions = line.read();
  ASSERT_EQ(captions.document.cues.size(), 1U);
  EXPECT_EQ(plain_text(captions.document.cues[0]), "PAINTED");
  EXPECT_EQ(captions.document.cues[0].start, Rational(14, 10));
  EXPECT_EQ(captions.document.cues[0].end, Rational(4));
}

TEST(Cea608, characters_colours_and_places) {
  Line21 line;
  // Row 1, indent 0, underlined white; special, extended (which replaces one) and national characters; a mid-row code.
  line.code(0x14, 0x20)
      .code(0x11, 0x40)
      .text("a*")
      .code(0x11, 0x37)
      .text("A")
      .code(0x12, 0x20)
      .code(0x11, 0x28)
      .text("red")
      .code(0x14, 0x2F);
  const Captions captions = line.read();
  ASSERT_EQ(captions.document.cues.size(), 1U);
  const Cue& cue = captions.document.cues[0];
  EXPECT_EQ(plain_text(cue), "aá♪Á red");
  EXPECT_EQ(cue.lines[0].back().style.colour, (Colour{255, 0, 0, 255}));
  ASSERT_TRUE(cue.area);
  EXPECT_EQ(cue.area->y, 1000);
  EXPECT_EQ(cue.align, Align::kLeft);
}

TEST(Cea608, channels_and_fields_are_kept_apart) {
  Line21 line(1);
  line.code(0x14, 0x20).code(0x14, 0x70).text("FOUR").add(0x01, 0x03).text("XDS").add(0x0F, 0x1D).code(0x14, 0x2F);
  EXPECT_TRUE(line.read(1).document.cues.empty());
  ASSERT_EQ(line.read(3).document.cues.size(), 1U);
  EXPECT_EQ(plain_text(line.read(3).document.cues[0]), "FOUR");
  EXPECT_THAT(line.read(1).present, ElementsAre(3));
  Line21 second;
  second.code(0x1C, 0x20).code(0x1C, 0x70).text("TWO ").code(0x1C, 0x2F);
  EXPECT_TRUE(second.read(1).document.cues.empty());
  EXPECT_EQ(plain_text(second.read(2).document.cues.at(0)), "TWO");
}

TEST(Cea608, a_character_with_wrong_parity_is_a_block_and_counted) {
  Line21 line;
  line.code(0x14, 0x20).code(0x14, 0x70).text("ABCD").code(0x14, 0x2F);
  line.pictures()[4].bytes[2] ^= std::byte{0x80};
  const Captions captions = line.read();
  EXPECT_EQ(plain_text(captions.document.cues.at(0)), "A█CD");
  ASSERT_EQ(captions.notes.size(), 1U);
  EXPECT_THAT(captions.notes[0].what, HasSubstr("1 pairs"));
}

/// Channel packets of one service, a picture each.
class Packets {
 public:
  Packets& send(int tenths, std::vector<uint8_t> service_data, int service = 1) {
    std::vector<uint8_t> block;
    if (service < 7) {
      block.push_back(static_cast<uint8_t>(service << 5U | service_data.size()));
    } else {
      block.push_back(static_cast<uint8_t>(7U << 5U | service_data.size()));
      block.push_back(static_cast<uint8_t>(service));
    }
    block.insert(block.end(), service_data.begin(), service_data.end());
    if (block.size() % 2 == 0) block.push_back(0);
    const size_t pairs = (block.size() + 1) / 2;
    block.insert(block.begin(), static_cast<uint8_t>(x_sequence++ % 4 << 6U | pairs));
    CaptionData picture{Rational(tenths, 10), {}};
    for (size_t i = 0; i < pairs; ++i) {
      picture.bytes.push_back(std::byte{static_cast<uint8_t>(0xFC | (i == 0 ? 3 : 2))});
      picture.bytes.push_back(std::byte{block[2 * i]});
      picture.bytes.push_back(std::byte{block[2 * i + 1]});
    }
    x_pictures.push_back(std::move(picture));
    return *this;
  }
  Packets& text(int tenths, std::string_view text, int service = 1) {
    return send(tenths, std::vector<uint8_t>(text.begin(), text.end()), service);
  }
  Captions read(int service = 1) const {
    return decode_captions(x_pictures, {CaptionSystem::kCea708, service}, Rational(100));
  }
  std::vector<CaptionData>& pictures() { return x_pictures; }

 private:
  unsigned x_sequence = 0;
  std::vector<CaptionData> x_pictures;
};

/// DefineWindow 0: anchor at the bottom in the middle of the safe area, two rows of 32 columns.
std::vector<uint8_t> define(bool visible, int rows = 2) {
  return {0x98,
          static_cast<uint8_t>(visible ? 0x20 : 0),
          74,
          105,
          static_cast<uint8_t>(7U << 4U | static_cast<unsigned>(rows - 1)),
          31,
          0x11};
}

TEST(Cea708, a_window_is_shown_and_hidden) {
  Packets packets;
  packets.send(0, define(false)).send(1, {0x97, 0, 0, 2, 0}).text(2, "HELLO").send(3, {0x0D}).text(3, "WORLD");
  packets.send(20, {0x89, 1}).send(50, {0x8A, 1});
  const Captions captions = packets.read();
  ASSERT_EQ(captions.document.cues.size(), 1U);
  const Cue& cue = captions.document.cues[0];
  EXPECT_EQ(plain_text(cue), "HELLO\nWORLD");
  EXPECT_EQ(cue.start, Rational(2));
  EXPECT_EQ(cue.end, Rational(5));
  EXPECT_EQ(cue.align, Align::kCentre);
  ASSERT_TRUE(cue.area);
  EXPECT_EQ(cue.area->block, BlockAlign::kAfter);
  EXPECT_NEAR(cue.area->y + cue.area->height, 9000, 1);
  EXPECT_NEAR(2 * cue.area->x + cue.area->width, 10'000, 120);
  EXPECT_THAT(captions.present, ElementsAre(1));
}

TEST(Cea708, a_visible_window_rolls) {
  Packets packets;
  packets.send(0, define(true)).text(10, "ONE").send(20, {0x0D}).text(20, "TWO").send(30, {0x0D}).text(30, "THREE");
  packets.send(40, {0x88, 1});
  std::vector<std::string> texts;
  for (const Cue& cue : packets.read().document.cues) texts.push_back(plain_text(cue));
  EXPECT_THAT(texts, ElementsAre("ONE", "ONE\nTWO", "TWO\nTHREE"));
}

TEST(Cea708, characters_pen_and_services) {
  Packets packets;
  packets.send(0, define(true), 9)
      .send(1, {0x90, 0, 0x80, 0x91, 0x30, 0, 0, 0xE9, 0x10, 0x34, 0x18, 0x4E, 0x2D, 0x7F}, 9);
  packets.send(20, {0x8C, 0xFF}, 9);
  EXPECT_TRUE(packets.read(1).document.cues.empty());
  const Captions captions = packets.read(9);
  ASSERT_EQ(captions.document.cues.size(), 1U);
  EXPECT_EQ(plain_text(captions.document.cues[0]), "é”中♪");
  EXPECT_TRUE(captions.document.cues[0].lines[0][0].style.italic);
  EXPECT_EQ(captions.document.cues[0].lines[0][0].style.colour, (Colour{255, 0, 0, 255}));
  EXPECT_THAT(captions.present, ElementsAre(9));
}

TEST(Cea708, a_lost_packet_is_told) {
  Packets packets;
  packets.send(0, define(true)).text(1, "A").text(2, "B").text(3, "C");
  packets.pictures().erase(packets.pictures().begin() + 2);
  const Captions captions = packets.read();
  EXPECT_EQ(plain_text(captions.document.cues.at(0)), "AC");
  ASSERT_EQ(captions.notes.size(), 1U);
}

/// Any bytes end in cues that last, and soon.
TEST(Captions, noise_does_no_harm) {
  uint32_t seed = 1;
  std::vector<CaptionData> pictures;
  for (int i = 0; i < 20'000; ++i) {
    CaptionData picture{Rational(i, 25), {}};
    for (int k = 0; k < 30; ++k) {
      seed = seed * 1664525 + 1013904223;
      picture.bytes.push_back(k % 3 == 0 ? std::byte{static_cast<uint8_t>(0xFC | (seed >> 24U & 3U))}
                                         : std::byte{static_cast<uint8_t>(seed >> 24U)});
    }
    pictures.push_back(std::move(picture));
  }
  for (const CaptionSystem system : {CaptionSystem::kCea608, CaptionSystem::kCea708}) {
    for (int number = 1; number <= 4; ++number) {
      for (const Cue& cue : decode_captions(pictures, {system, number}, 800).document.cues) {
        ASSERT_LT(cue.start, cue.end);
        ASSERT_FALSE(cue.lines.empty());
      }
    }
  }
}

}  // namespace
}  // namespace pier::subtitles
