#include <bit>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pier/subtitles/captions.hpp>

#include "teletext_characters.hpp"

namespace pier::subtitles {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The code words of ETS 300 706 table 2, written out.
constexpr std::array<uint8_t, 16> kHamming = {0x15, 0x02, 0x49, 0x5E, 0x64, 0x73, 0x38, 0x2F,
                                              0xD0, 0xC7, 0x8C, 0x9B, 0xA1, 0xB6, 0xFD, 0xEA};

TEST(Teletext, hamming_codes_are_those_of_the_standard_and_mend_one_bit) {
  for (unsigned value = 0; value < 16; ++value) {
    EXPECT_EQ(impl::hamming(kHamming[value]), value);
    for (unsigned bit = 0; bit < 8; ++bit) {
      EXPECT_EQ(impl::hamming(kHamming[value] ^ (1U << bit)), value);
      for (unsigned other = 0; other < bit; ++other)
        EXPECT_FALSE(impl::hamming(kHamming[value] ^ (1U << bit) ^ (1U << other)));
    }
  }
}

class Stream {
 public:
  /// A data unit of a packet, bits in the order in which they are sent.
  Stream& packet(int magazine, int row, const std::vector<uint8_t>& content) {
    std::vector<uint8_t> unit{0x03, 44, 0xE8, 0xE4};
    const auto put = [&unit](uint8_t byte) { unit.push_back(impl::reversed(byte)); };
    put(kHamming[static_cast<size_t>(magazine % 8 | (row & 1) << 3)]);
    put(kHamming[static_cast<size_t>(row >> 1)]);
    for (size_t i = 0; i < 40; ++i) put(i < content.size() ? content[i] : uint8_t{0x20});
    for (const uint8_t byte : unit) x_field.push_back(std::byte{byte});
    return *this;
  }
  Stream& header(int page, bool subtitle = true, int national = 0, bool erase = true) {
    const auto code = [](int value) { return kHamming[static_cast<size_t>(value)]; };
    return packet(page / 100, 0,
                  {code(page % 10), code(page / 10 % 10), code(0), code(erase ? 8 : 0), code(0), code(subtitle ? 8 : 0),
                   code(0), code(national << 1)});
  }
  Stream& text(int page, int row, std::string_view text) {
    std::vector<uint8_t> content;
    for (const char c : text) {
      const auto byte = static_cast<uint8_t>(c);
      content.push_back(std::popcount(byte) % 2 == 1 ? byte : byte | 0x80U);
    }
    while (content.size() < 40) content.push_back(0x20);
    return packet(page / 100, row, content);
  }
  Stream& send(int tenths) {
    Bytes field{std::byte{0x10}};
    field.insert(field.end(), x_field.begin(), x_field.end());
    x_fields.push_back({Rational(tenths, 10), std::move(field)});
    x_field.clear();
    return *this;
  }
  Captions read(int page = 0) const { return decode_teletext(x_fields, page, Rational(100)); }
  std::vector<CaptionData>& fields() { return x_fields; }

 private:
  Bytes x_field;
  std::vector<CaptionData> x_fields;
};

TEST(Teletext, a_page_is_shown_until_it_is_erased) {
  Stream stream;
  stream.header(888)
      .text(888, 20, "          \x0D\x03\x0B\x0BHello you\x0A\x0A")
      .text(888, 22, "          \x0D\x0B\x0Bthere\x0A\x0A")
      .send(10);
  stream.header(888).send(40).header(100, false).send(41);
  const Captions captions = stream.read();
  ASSERT_EQ(captions.document.cues.size(), 1U);
  const Cue& cue = captions.document.cues[0];
  EXPECT_EQ(plain_text(cue), "Hello you\nthere");
  EXPECT_EQ(cue.start, Rational(1));
  EXPECT_EQ(cue.end, Rational(4));
  EXPECT_EQ(cue.lines[0][0].style.colour, (Colour{255, 255, 0, 255}));
  EXPECT_FALSE(cue.lines[1][0].style.colour);
  EXPECT_THAT(captions.present, ElementsAre(888));
  EXPECT_TRUE(captions.notes.empty());
}

TEST(Teletext, a_page_sent_again_goes_on_and_another_text_is_another_cue) {
  Stream stream;
  for (int i = 0; i < 3; ++i) stream.header(150).text(150, 22, "\x0B\x0BSame\x0A\x0A").send(10 * i);
  stream.header(150).text(150, 22, "\x0B\x0BOther\x0A\x0A").send(30);
  const Captions captions = stream.read();
  ASSERT_EQ(captions.document.cues.size(), 2U);
  EXPECT_EQ(captions.document.cues[0].start, Rational(0));
  EXPECT_EQ(captions.document.cues[0].end, Rational(3));
  EXPECT_EQ(captions.document.cues[1].end, Rational(100));
}

TEST(Teletext, national_options) {
  for (const auto& [option, text] : std::vector<std::pair<int, std::string>>{
           {0, "£$"}, {4, "#$"}, {1, "éï"}, {2, "#¤"}, {5, "ç$"}, {6, "£$"}, {3, "#ů"}}) {
    Stream stream;
    stream.header(888, true, option).text(888, 22, "\x0B\x0B#$\x0A\x0A").send(0);
    EXPECT_EQ(plain_text(stream.read().document.cues.at(0)), text) << option;
  }
  Stream german;
  german.header(888, true, 4).text(888, 22, "\x0B\x0B[\\]{|}~@\x0A\x0A").send(0);
  EXPECT_EQ(plain_text(german.read().document.cues.at(0)), "ÄÖÜäöüß§");
}

TEST(Teletext, the_page_asked_for_is_read_and_only_boxes_of_it) {
  Stream stream;
  stream.header(801)
      .text(801, 5, "no box \x0B\x0Bone\x0A\x0A no")
      .send(0)
      .header(802)
      .text(802, 22, "\x0B\x0Btwo\x0A\x0A")
      .send(10);
  stream.header(803, false).text(803, 1, "plain").send(20).header(899).send(30);
  EXPECT_EQ(plain_text(stream.read().document.cues.at(0)), "one");
  EXPECT_EQ(stream.read().document.cues.at(0).area->y, 5 * 400);
  EXPECT_EQ(plain_text(stream.read(802).document.cues.at(0)), "two");
  EXPECT_EQ(plain_text(stream.read(803).document.cues.at(0)), "plain");
  EXPECT_TRUE(stream.read(777).document.cues.empty());
  EXPECT_THAT(stream.read(801).present, ElementsAre(801, 802, 899));
}

TEST(Teletext, damage_is_counted_and_does_no_harm) {
  Stream stream;
  stream.header(888).text(888, 22, "\x0B\x0BHello\x0A\x0A").send(0).header(888).send(10);
  const std::vector<CaptionData> whole = stream.fields();
  uint32_t seed = 7;
  for (int round = 0; round < 3000; ++round) {
    stream.fields() = whole;
    for (int i = 0; i < 4; ++i) {
      seed = seed * 1664525 + 1013904223;
      Bytes& bytes = stream.fields()[seed >> 8U & 1U].bytes;
      bytes[(seed >> 9U) % bytes.size()] = std::byte{static_cast<uint8_t>(seed >> 24U)};
    }
    stream.fields()[0].bytes.resize((seed >> 4U) % stream.fields()[0].bytes.size());
    for (const Cue& cue : stream.read().document.cues) ASSERT_LT(cue.start, cue.end);
  }
  stream.fields() = whole;
  stream.fields()[0].bytes[60] ^= std::byte{0x01};
  const Captions captions = stream.read();
  ASSERT_EQ(captions.notes.size(), 1U);
  EXPECT_THAT(captions.notes[0].what, HasSubstr("1 codes"));
}

}  // namespace
}  // namespace pier::subtitles
