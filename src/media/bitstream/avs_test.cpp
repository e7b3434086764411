#include "bitstream/avs.hpp"

#include <gtest/gtest.h>

#include "test_clips.hpp"

namespace pier::media::impl {
namespace {

using clips::AvsSpec;

TEST(Avs, Avs3HeaderOf4kMain10) {
  const auto header = parse_avs_sequence_header(AvsGeneration::kAvs3, clips::avs_sequence_header({}));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->profile, "Main 10");
  EXPECT_EQ(header->level, "8.0.60");
  EXPECT_EQ(header->width, 3840);
  EXPECT_EQ(header->height, 2160);
  EXPECT_EQ(header->format.bit_depth, 10);
  EXPECT_EQ(header->format.chroma, Chroma::k420);
  EXPECT_EQ(header->frame_rate, Rational(50));
  EXPECT_EQ(header->sample_aspect, Rational(1));
  EXPECT_FALSE(header->interlaced);
}

TEST(Avs, Avs2EightAndTenBit) {
  const AvsSpec ten{.avs3 = false, .profile = 0x22, .width = 7680, .height = 4320, .rate_code = 7};
  const auto header = parse_avs_sequence_header(AvsGeneration::kAvs2, clips::avs_sequence_header(ten));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->width, 7680);
  EXPECT_EQ(header->format.bit_depth, 10);
  EXPECT_EQ(header->frame_rate, Rational(60000, 1001));
  const AvsSpec eight{.avs3 = false, .profile = 0x20, .level = 0x44, .width = 1920, .height = 1080, .precision = 1};
  const auto main = parse_avs_sequence_header(AvsGeneration::kAvs2, clips::avs_sequence_header(eight));
  ASSERT_TRUE(main);
  EXPECT_EQ(main->profile, "Main");
  EXPECT_EQ(main->level, "6.0.60");
  EXPECT_EQ(main->format.bit_depth, 8);
}

TEST(Avs, GenerationsAreToldApart) {
  for (const int rate : {1, 3, 6, 8, 9}) {
    for (const int profile : {0x20, 0x22}) {
      AvsSpec spec{.profile = profile, .precision = profile == 0x22 ? 2 : 1, .rate_code = rate};
      EXPECT_EQ(detect_avs(clips::avs_stream(spec, {}, 2)), AvsGeneration::kAvs3) << rate << " " << profile;
      spec.avs3 = false;
      EXPECT_EQ(detect_avs(clips::avs_stream(spec, {}, 2)), AvsGeneration::kAvs2) << rate << " " << profile;
    }
  }
}

TEST(Avs, DamagedHeadersAreRefused) {
  EXPECT_FALSE(parse_avs_sequence_header(AvsGeneration::kAvs3, clips::avs_sequence_header({.broken_marker = true})));
  EXPECT_FALSE(parse_avs_sequence_header(AvsGeneration::kAvs3, clips::avs_sequence_header({.profile = 0x77})));
  EXPECT_FALSE(parse_avs_sequence_header(AvsGeneration::kAvs3, clips::avs_sequence_header({.width = 0})));
  const Bytes whole = clips::avs_sequence_header({});
  for (size_t length = 0; length < 14; ++length) {
    EXPECT_FALSE(parse_avs_sequence_header(AvsGeneration::kAvs3, ByteView(whole).first(length))) << length;
  }
  EXPECT_FALSE(detect_avs(as_bytes("just a text")));
  EXPECT_FALSE(detect_avs({}));
}

TEST(Avs, ColourCodePointsBecomeThoseOfH273) {
  const auto hlg = parse_avs_extension(clips::avs_sequence_display(14));
  ASSERT_TRUE(hlg.colour);
  EXPECT_EQ(hlg.colour->primaries, Primaries::kBt2020);
  EXPECT_EQ(hlg.colour->transfer, Transfer::kHlg);
  EXPECT_EQ(hlg.colour->matrix, Matrix::kBt2020Ncl);
  EXPECT_EQ(hlg.colour->range, Range::kNarrow);
  EXPECT_EQ(parse_avs_extension(clips::avs_sequence_display(12)).colour->transfer, Transfer::kPq);
}

TEST(Avs, MasteringDisplayAndVivid) {
  const auto mastering = parse_avs_extension(clips::avs_mastering_display(1000, 900));
  ASSERT_TRUE(mastering.message);
  ASSERT_TRUE(mastering.message->mastering_display);
  EXPECT_EQ(mastering.message->mastering_display->red, (MasteringDisplay::Xy{34000, 16000}));
  EXPECT_EQ(mastering.message->mastering_display->max_luminance, 10000000U);
  EXPECT_EQ(mastering.message->content_light, (ContentLight{900, 400}));
  const auto vivid = parse_avs_extension(*from_hex("b5552600040005"));
  ASSERT_TRUE(vivid.message);
  EXPECT_EQ(vivid.message->dynamic, DynamicMetadata::kHdrVivid);
}

}  // namespace
}  // namespace pier::media::impl
