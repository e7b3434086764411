#include <gtest/gtest.h>

#include <pier/media/encode.hpp>

namespace pier::media {
namespace {

TEST(EncoderBuild, IsTheSameInThisProcessAndSaysSomething) {
  EXPECT_EQ(encoder_build().size(), 16U);
  EXPECT_EQ(encoder_build(), encoder_build());
  EXPECT_NE(encoder_build(), "e3b0c44298fc1c14") << "the digest of nothing: no library was found";
}

}  // namespace
}  // namespace pier::media
