#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pier/subtitles/reading.hpp>

namespace pier::subtitles {
namespace {

using ::testing::HasSubstr;
using TimeCode = std::array<uint8_t, 4>;

std::string header(std::string_view table, std::string_view start, std::string_view format = "STL25.01") {
  std::string gsi(1024, ' ');
  const auto put = [&](size_t at, std::string_view text) { gsi.replace(at, text.size(), text); };
  put(0, "850");
  put(3, format);
  put(11, "1");
  put(12, table);
  put(14, "08");
  put(16, "Titel");
  put(253, "23");
  put(255, "1");
  put(256, start);
  return gsi;
}

std::string block(int subtitle, uint8_t extension, TimeCode in, TimeCode out, uint8_t row, uint8_t justification,
                  std::string_view text) {
  std::string tti;
  tti += '\0';
  tti += static_cast<char>(subtitle & 0xFF);
  tti += static_cast<char>(subtitle >> 8);
  tti += static_cast<char>(extension);
  tti += '\0';
  for (const uint8_t part : in) tti += static_cast<char>(part);
  for (const uint8_t part : out) tti += static_cast<char>(part);
  tti += static_cast<char>(row);
  tti += static_cast<char>(justification);
  tti += '\0';
  tti += text;
  tti.resize(128, '\x8F');
  return tti;
}

TEST(EbuStl, accents_colours_and_the_start_of_the_programme) {
  const std::string file = header("00", "10000000") +
                           block(0, 0xFF, {10, 0, 1, 0}, {10, 0, 2, 12}, 20, 2,
                                 "\x0D\x03\x0B\x0BGr\xC8u\xFB"
                                 "e \xC2"
                                 "e\x0A\x0A\x8A\x8A\x0D\x07\x0B\x0B\x80"
                                 "ja\x81\x0A\x0A") +
                           block(1, 0xFF, {10, 0, 3, 24}, {10, 0, 5, 0}, 2, 1, "\xA4 $ \xD5");
  const auto reading = read(as_bytes(file));
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_EQ(reading->format, Format::kEbuStl);
  EXPECT_EQ(reading->encoding, "iso-6937");
  EXPECT_EQ(reading->document.language, "de");
  EXPECT_EQ(reading->document.title, "Titel");
  const auto& cues = reading->document.cues;
  ASSERT_EQ(cues.size(), 2U);
  EXPECT_EQ(cues[0].start, Rational(1));
  EXPECT_EQ(cues[0].end, Rational(62, 25));
  EXPECT_EQ(plain_text(cues[0]), "Grüße é\nja");
  EXPECT_EQ(cues[0].lines[0][0].style.colour, (Colour{255, 255, 0, 255}));
  EXPECT_FALSE(cues[0].lines[1].back().style.colour);
  EXPECT_TRUE(cues[0].lines[1].back().style.italic);
  EXPECT_EQ(cues[0].area, std::nullopt);
  EXPECT_EQ(cues[1].start, Rational(99, 25));
  EXPECT_EQ(plain_text(cues[1]), "$ ¤ ♪");
  ASSERT_TRUE(cues[1].area);
  EXPECT_EQ(cues[1].area->y, 10'000 / 23);
  EXPECT_EQ(cues[1].align, Align::kLeft);
}

TEST(EbuStl, every_code_table) {
  const auto text = [](std::string_view table, std::string_view bytes) {
    const auto reading =
        read(as_bytes(header(table, "00000000") + block(0, 0xFF, {0, 0, 1, 0}, {0, 0, 2, 0}, 20, 2, bytes)));
    return reading ? plain_text(reading->document.cues[0]) : reading.error().message;
  };
  EXPECT_EQ(text("01", "\xBF\xE0\xD8\xD2\xD5\xE2"), "Привет");
  EXPECT_EQ(text("02", "\xE5\xD1\xCD\xC8\xC7"), "مرحبا");
  EXPECT_EQ(text("03", "\xC1\xE8\xDE\xED\xE1"), "Αθήνα");
  EXPECT_EQ(text("04", "\xF9\xEC\xE5\xED"), "שלום");
  EXPECT_EQ(text("00",
                 "\xCF"
                 "C\xC1q"),
            "Čq̀");
  EXPECT_THAT(text("05", "x"), HasSubstr("none of 00 to 04"));
}

TEST(EbuStl, blocks_that_belong_together_and_those_that_are_left_out) {
  const std::string file = header("00", "00000000") +
                           block(7, 0, {0, 0, 1, 0}, {0, 0, 2, 0}, 20, 2, std::string(112, 'a')) +
                           block(7, 0xFE, {0, 0, 1, 0}, {0, 0, 2, 0}, 20, 2, "user data") +
                           block(7, 0xFF, {0, 0, 1, 0}, {0, 0, 2, 0}, 20, 2, "b") +
                           block(8, 0xFF, {0, 99, 1, 0}, {0, 0, 2, 0}, 20, 2, "nonsense") + "cut off";
  const auto reading = read(as_bytes(file));
  ASSERT_TRUE(reading) << reading.error().message;
  ASSERT_EQ(reading->document.cues.size(), 1U);
  EXPECT_EQ(plain_text(reading->document.cues[0]), std::string(112, 'a') + "b");
  std::string all;
  for (const Note& note : reading->notes) all += note.what + "\n";
  EXPECT_THAT(all, HasSubstr("time codes of block 3 make no sense"));
  EXPECT_THAT(all, HasSubstr("rest of 7 bytes"));
}

TEST(EbuStl, thirty_frames_and_a_header_cut_off) {
  const auto reading =
      read(as_bytes(header("00", "01000000", "STL30.01") + block(0, 0xFF, {1, 0, 0, 15}, {1, 0, 1, 0}, 20, 2, "x")));
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_EQ(reading->document.cues[0].start, Rational(1, 2));
  const auto cut = read(as_bytes(header("00", "00000000").substr(0, 500)));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, ErrorCode::kTruncated);
}

}  // namespace
}  // namespace pier::subtitles
