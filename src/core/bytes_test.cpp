#include <random>

#include <gtest/gtest.h>

#include <pier/core/bytes.hpp>

namespace pier {
namespace {

Bytes random_bytes(size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  Bytes bytes(count);
  for (std::byte& b : bytes) b = static_cast<std::byte>(engine());
  return bytes;
}

TEST(HexTest, VectorsAndRoundTrip) {
  EXPECT_EQ(to_hex(as_bytes("foobar")), "666f6f626172");
  EXPECT_EQ(to_hex(as_bytes("")), "");
  EXPECT_EQ(as_text(from_hex("666F6f626172").value()), "foobar");
  for (unsigned n = 0; n < 70; ++n)
    EXPECT_EQ(from_hex(to_hex(ByteView(random_bytes(n, n)))).value(), random_bytes(n, n));
  for (const auto* text : {"6", "6g", "g6", " 6", "0x"}) EXPECT_FALSE(from_hex(text)) << text;
}

TEST(Base64Test, VectorsOfRfc4648) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xfb\xff\xbf", "+/+/"},
  };
  for (const auto& [plain, coded] : cases) {
    EXPECT_EQ(to_base64(as_bytes(plain)), coded);
    EXPECT_EQ(as_text(from_base64(coded).value()), plain);
  }
}

TEST(Base64Test, RoundTripsAndIsStrict) {
  for (unsigned n = 0; n < 70; ++n) EXPECT_EQ(from_base64(to_base64(random_bytes(n, n))).value(), random_bytes(n, n));
  for (const auto* text :
       {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zh==", "Zm9=", "Zg==Zg==", "Z g=", "Zm-_", "Zm9v\n"}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

// The oracle writes every code point with its own encoder and checks that damage is seen.
TEST(Utf8Test, TakesEveryScalarValueAndNoSurrogate) {
  for (uint32_t c = 0; c <= 0x10FFFF; ++c) {
    std::string text;
    if (c < 0x80) {
      text = {static_cast<char>(c)};
    } else if (c < 0x800) {
      text = {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
    } else if (c < 0x10000) {
      text = {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
              static_cast<char>(0x80 | (c & 63))};
    } else {
      text = {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 63)),
              static_cast<char>(0x80 | (c >> 6 & 63)), static_cast<char>(0x80 | (c & 63))};
    }
    const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
    ASSERT_EQ(is_utf8(text), !surrogate) << c;
    if (text.size() > 1) {
      ASSERT_FALSE(is_utf8(std::string_view(text).substr(0, text.size() - 1))) << c;
    }
  }
}

TEST(Utf8Test, RefusesOverlongAndOutOfRange) {
  for (const auto* text : {"\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80", "\x80", "\xFF", "a\xC3",
                           "\xE6\xA0"
                           "a"}) {
    EXPECT_FALSE(is_utf8(text));
    EXPECT_TRUE(is_utf8(display_text(text)));
  }
  EXPECT_EQ(display_text("栈桥"), "栈桥");
  EXPECT_EQ(display_text("a\xFF\xE6\xA0z"), "a\uFFFD\uFFFD\uFFFDz");
}

TEST(Utf8Test, DisplayTextIsAlwaysUtf8) {
  for (unsigned n = 0; n < 500; ++n) EXPECT_TRUE(is_utf8(display_text(as_text(random_bytes(n % 40, n)))));
}

TEST(ByteWriterTest, WritesBigEndianAndReaderReadsItBack) {
  ByteWriter writer;
  writer.u8(0x01);
  writer.u16(0x0203);
  writer.u24(0x040506);
  writer.u32(0x0708090a);
  writer.u64(0x0b0c0d0e0f101112);
  writer.text("ab");
  writer.zeros(2);
  EXPECT_EQ(to_hex(ByteView(writer.view())), "0102030405060708090a0b0c0d0e0f10111261620000");
  writer.patch_u32(1, 0xaabbccdd);
  const Bytes bytes = writer.take();
  ByteReader reader(bytes);
  EXPECT_EQ(reader.u8(), 1);
  EXPECT_EQ(reader.u16(), 0xaabb);
  EXPECT_EQ(reader.u24(), 0xccdd06U);
  EXPECT_EQ(reader.u32(), 0x0708090aU);
  EXPECT_EQ(reader.u64(), 0x0b0c0d0e0f101112U);
  EXPECT_EQ(as_text(reader.bytes(2)), "ab");
  EXPECT_EQ(reader.left(), 2U);
  reader.skip(2);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.position(), bytes.size());
}

TEST(ByteWriterDeathTest, PatchingUnwrittenBytesAborts) {
  ByteWriter writer;
  writer.u32(1);
  EXPECT_DEATH(writer.patch_u32(1, 0), "");
  EXPECT_DEATH(writer.patch_u32(SIZE_MAX, 0), "");
}

TEST(ByteReaderTest, PastTheEndGivesZerosForGood) {
  const Bytes bytes = random_bytes(5, 1);
  ByteReader reader(bytes);
  reader.skip(3);
  EXPECT_EQ(reader.u32(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_EQ(reader.left(), 0U);
  ByteReader again(bytes);
  EXPECT_TRUE(again.bytes(SIZE_MAX).empty());
  EXPECT_FALSE(again.ok());
}

TEST(Sha256Test, VectorsOfFips180) {
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  Sha256Stream million;
  for (int i = 0; i < 1000; ++i) million.update(as_bytes(std::string(1000, 'a')));
  EXPECT_EQ(to_hex(million.finish()), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, PiecesGiveTheSameAsTheWhole) {
  const Bytes bytes = random_bytes(1000, 9);
  for (const size_t piece : {1U, 7U, 63U, 64U, 65U, 999U}) {
    Sha256Stream stream;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      stream.update(ByteView(bytes).subspan(at, std::min(piece, bytes.size() - at)));
    }
    Sha256Stream moved = std::move(stream);
    EXPECT_EQ(moved.finish(), sha256(bytes));
  }
}

}  // namespace
}  // namespace pier
