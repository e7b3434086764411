#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iconv.h>

#include <pier/subtitles/text_encoding.hpp>

namespace pier::subtitles {
namespace {

using ::testing::HasSubstr;

/// The C library's conversion the other way: the oracle.
std::string encoded(std::string_view text, const char* encoding) {
  const iconv_t handle = ::iconv_open(encoding, "UTF-8");
  std::string in(text), out(text.size() * 4 + 16, '\0');
  char* from = in.data();
  char* to = out.data();
  size_t left = in.size(), room = out.size();
  EXPECT_EQ(::iconv(handle, &from, &left, &to, &room), 0U) << encoding;
  ::iconv_close(handle);
  out.resize(out.size() - room);
  return out;
}

constexpr std::string_view kTimes = "1\n00:00:01,000 --> 00:00:03,000\n";
const std::string kSimplified = std::string(kTimes) + "我们不知道他是从哪里来的，\n但是大家都很喜欢这个人。\n";
const std::string kTraditional = std::string(kTimes) + "我們不知道他是從哪裡來的，\n但是大家都很喜歡這個人。\n";
const std::string kJapanese =
    std::string(kTimes) + "私たちは彼がどこから来たのか知りません。\nでもみんな彼が好きです。\n";
const std::string kKorean =
    std::string(kTimes) + "우리는 그가 어디에서 왔는지 모릅니다.\n하지만 모두 그를 좋아합니다.\n";
const std::string kFrench =
    std::string(kTimes) + "Où est-il allé ? Ça, je ne l’ai jamais su…\nIl était déjà très tôt.\n";

struct Case {
  const std::string& text;
  const char* library;
  const char* name;
};

TEST(TextEncoding, each_is_recognised_by_its_language_with_a_confidence) {
  for (const Case& one : {Case{kSimplified, "GB18030", "gb18030"}, Case{kTraditional, "BIG5", "big5"},
                          Case{kTraditional, "GB18030", "gb18030"}, Case{kJapanese, "CP932", "shift-jis"},
                          Case{kKorean, "CP949", "euc-kr"}, Case{kFrench, "CP1252", "windows-1252"}}) {
    const auto decoded = decode_text(as_bytes(encoded(one.text, one.library)));
    ASSERT_TRUE(decoded) << one.name << ": " << decoded.error().message;
    EXPECT_EQ(decoded->encoding, one.name);
    EXPECT_EQ(decoded->text, one.text);
    EXPECT_EQ(decoded->source, EncodingSource::kGuessed);
    EXPECT_GE(decoded->confidence, 0.6);
    EXPECT_LT(decoded->confidence, 1);
  }
}

TEST(TextEncoding, marks_and_zero_bytes_decide) {
  const auto expect = [](const std::string& bytes, std::string_view name, EncodingSource source) {
    const auto decoded = decode_text(as_bytes(bytes));
    ASSERT_TRUE(decoded) << name << ": " << decoded.error().message;
    EXPECT_EQ(decoded->encoding, name);
    EXPECT_EQ(decoded->source, source);
    EXPECT_EQ(decoded->text, kSimplified);
    EXPECT_EQ(decoded->confidence, 1);
  };
  expect(kSimplified, "utf-8", EncodingSource::kContent);
  expect("\xEF\xBB\xBF" + kSimplified, "utf-8", EncodingSource::kMark);
  expect(encoded(kSimplified, "UTF-16LE"), "utf-16le", EncodingSource::kContent);
  expect(encoded(kSimplified, "UTF-16BE"), "utf-16be", EncodingSource::kContent);
  expect("\xFF\xFE" + encoded(kSimplified, "UTF-16LE"), "utf-16le", EncodingSource::kMark);
  expect("\xFE\xFF" + encoded(kSimplified, "UTF-16BE"), "utf-16be", EncodingSource::kMark);
  expect("\x84\x31\x95\x33" + encoded(kSimplified, "GB18030"), "gb18030", EncodingSource::kMark);
}

TEST(TextEncoding, what_is_not_clear_is_refused_and_names_the_option) {
  // Three rare characters in GBK, which Big5 has as well.
  const auto decoded = decode_text(as_bytes(std::string(kTimes) + "\xE5\xAC\xE6\xC1\xEC\xB4\n"));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(decoded.error().message, HasSubstr("--encoding"));
  EXPECT_THAT(decoded.error().message, HasSubstr("gb18030"));
  const auto russian = decode_text(as_bytes(encoded(std::string(kTimes) + "Мы не знаем, откуда он", "CP1251")));
  ASSERT_FALSE(russian);
  EXPECT_THAT(russian.error().message, HasSubstr("--encoding"));
}

TEST(TextEncoding, what_is_told_counts) {
  const auto decoded = decode_text(as_bytes(encoded("Мы не знаем", "CP1251")), "Windows-1251");
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->text, "Мы не знаем");
  EXPECT_EQ(decoded->source, EncodingSource::kTold);
  const auto narrower = decode_text(as_bytes(encoded("中文", "GBK")), "gbk");
  ASSERT_TRUE(narrower);
  EXPECT_EQ(narrower->encoding, "gb18030");
  const auto wrong = decode_text(as_bytes("one\ntwo \xFF\xFF\n"), "gb18030");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kInputDamaged);
  EXPECT_THAT(wrong.error().message, HasSubstr("line 2"));
  const auto unknown = decode_text(as_bytes("x"), "klingon");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("gb18030"));
}

TEST(TextEncoding, text_beyond_long_buffers_comes_out_whole) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "这是一个很长的字幕文件。\n";
  const auto decoded = decode_text(as_bytes(encoded(text, "GB18030")));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->text, text);
}

}  // namespace
}  // namespace pier::subtitles
