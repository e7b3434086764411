#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codestream.hpp"
#include "track_file_fixture.hpp"

namespace pier::imf {
namespace {

using namespace test;

TEST(Jpeg2000, CodestreamIsOfTheProfileAndKeepsItsRate) {
  const PictureTrack track = hdr_track();
  for (const int64_t bitrate : {2'000'000, 5'000'000}) {
    const auto encoder = Jpeg2000Encoder::make(options_of(track, bitrate));
    ASSERT_TRUE(encoder);
    const auto codestream = encoder->encode(noise(track, 7));
    ASSERT_TRUE(codestream) << codestream.error().message << codestream.error().detail;
    const int64_t most = bitrate * 1001 / 24000 / 8;
    EXPECT_LE(codestream->size(), static_cast<size_t>(most));
    EXPECT_GT(codestream->size(), static_cast<size_t>(most * 8 / 10));  // noise takes what it gets
    const auto header = impl::read_codestream_header(*codestream);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->rsiz, 0x0411);  // 2K, main level 1, sub level 1
    EXPECT_EQ(header->components.size(), 3U);
    EXPECT_EQ(header->components[1], (impl::CodestreamHeader::Component{9, 2, 1}));
    EXPECT_EQ(std::to_integer<int>(header->coding_style[1]), 4);  // CPRL
    EXPECT_EQ(*encoder->encode(noise(track, 7)), *codestream);
  }
}

TEST(Jpeg2000, LevelsFollowRasterAndRate) {
  const auto rsiz = [](int width, int height, int64_t mbps, Rational rate, bool rgb) -> int {
    const auto encoder =
        Jpeg2000Encoder::make({{12, rgb ? Chroma::k444 : Chroma::k422, rgb}, width, height, rate, mbps * 1'000'000});
    return encoder ? encoder->rsiz() : -1;
  };
  EXPECT_EQ(rsiz(1920, 1080, 200, 24, false), 0x0412);                    // 99.5 Msample/s
  EXPECT_EQ(rsiz(1920, 1080, 800, 24, false), 0x0435);                    // sub level 3 is in main level 5 first
  EXPECT_EQ(rsiz(3840, 2160, 200, Rational(24000, 1001), true), 0x0516);  // as in a package of another maker
  EXPECT_EQ(rsiz(3840, 2160, 800, 60, false), 0x0536);
  EXPECT_EQ(rsiz(7680, 4320, 800, 24, false), -1);
  EXPECT_EQ(rsiz(1920, 1080, 60000, 24, false), -1);
  EXPECT_EQ(rsiz(1920, 1080, 0, 24, false), -1);
}

TEST(Jpeg2000, WrongPicturesAreRefused) {
  const PictureTrack track = hdr_track();
  const auto encoder = Jpeg2000Encoder::make(options_of(track, 5'000'000));
  ASSERT_TRUE(encoder);
  PictureTrack other = track;
  other.width = 64;
  EXPECT_EQ(encoder->encode(noise(other, 1)).error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(encoder->encode(Picture()));
  PixelFormat subsampled{10, Chroma::k420, false};
  EXPECT_FALSE(Jpeg2000Encoder::make({subsampled, 128, 64, 24, 1'000'000}));
}

TEST(Jpeg2000, DamagedHeadersAreTold) {
  const PictureTrack track = hdr_track();
  const auto encoder = Jpeg2000Encoder::make(options_of(track, 5'000'000));
  const auto codestream = encoder->encode(noise(track, 7));
  ASSERT_TRUE(codestream);
  for (size_t length = 0; length < 100; ++length)
    EXPECT_FALSE(impl::read_codestream_header(ByteView(*codestream).first(length)));
  Bytes zero = *codestream;
  zero[3] = std::byte{0x11};  // SIZ is no SIZ
  EXPECT_FALSE(impl::read_codestream_header(zero));
}

}  // namespace
}  // namespace pier::imf
