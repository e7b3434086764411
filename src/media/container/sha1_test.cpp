#include "container/sha1.hpp"

#include <gtest/gtest.h>

namespace pier::media::impl {
namespace {

std::string digest_of(const std::string& text, size_t piece) {
  Sha1Stream stream;
  for (size_t at = 0; at < text.size(); at += piece) stream.update(as_bytes(text.substr(at, piece)));
  return to_hex(ByteView(stream.finish()));
}

TEST(Sha1, ValuesOfTheStandard) {
  EXPECT_EQ(digest_of("", 1), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(digest_of("abc", 3), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 100),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(digest_of(std::string(1000000, 'a'), 1000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST(Sha1, PiecesDoNotMatter) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 7);
  const std::string whole = digest_of(text, text.size());
  for (const size_t piece : {1, 3, 55, 56, 63, 64, 65, 130}) EXPECT_EQ(digest_of(text, piece), whole) << piece;
}

}  // namespace
}  // namespace pier::media::impl
