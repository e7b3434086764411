#include "bitstream/av1.hpp"

#include <gtest/gtest.h>

#include "test_clips.hpp"

namespace pier::media::impl {
namespace {

// Sequence header of a still-picture-like stream: reduced header, level 5.1, 10 bit 4:2:0, BT.2020 PQ.
Bytes reduced_header(int profile, bool high_depth) {
  return clips::BitWriter()
      .bits(static_cast<uint64_t>(profile), 3)
      .bits(1, 1)
      .bits(1, 1)
      .bits(13, 5)
      .bits(11, 4)
      .bits(11, 4)
      .bits(3839, 12)
      .bits(2159, 12)
      .bits(0, 3)
      .bits(0, 3)
      .bits(high_depth ? 1 : 0, 1)
      .bits(0, 1)
      .bits(1, 1)
      .bits(9, 8)
      .bits(16, 8)
      .bits(9, 8)
      .bits(0, 1)
      .bits(2, 2)
      .bits(0, 8)
      .bytes();
}

TEST(Av1, ReducedHeader) {
  const auto header = parse_av1_sequence_header(reduced_header(0, true));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->width, 3840);
  EXPECT_EQ(header->height, 2160);
  EXPECT_EQ(header->level, "5.1");
  EXPECT_EQ(header->format.bit_depth, 10);
  EXPECT_EQ(header->format.chroma, Chroma::k420);
  EXPECT_EQ(header->colour.transfer, Transfer::kPq);
  EXPECT_EQ(header->colour.range, Range::kNarrow);
  EXPECT_EQ(header->colour.chroma_site, ChromaSite::kTopLeft);
}

TEST(Av1, CutHeadersAreRefused) {
  const Bytes whole = reduced_header(0, true);
  for (size_t length = 0; length < 10; ++length)
    EXPECT_FALSE(parse_av1_sequence_header(ByteView(whole).first(length))) << length;
  EXPECT_FALSE(parse_av1_sequence_header(reduced_header(5, true)));
}

TEST(Av1, MetadataUnits) {
  const auto light = parse_av1_metadata(*from_hex("0103e8019080"));
  ASSERT_TRUE(light);
  EXPECT_EQ(light->content_light, (ContentLight{1000, 400}));
  // 0.64, 0.33 and 1000 cd/m2, 0.005 cd/m2 in the fixed point of 6.7.4 come back in the steps of ST 2086.
  ByteWriter mdcv;
  mdcv.u8(2);
  for (const double value : {0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329})
    mdcv.u16(static_cast<uint64_t>(value * 65536 + 0.5));
  mdcv.u32(1000U << 8U);
  mdcv.u32(static_cast<uint64_t>(0.005 * 16384 + 0.5));
  const auto display = parse_av1_metadata(mdcv.view());
  ASSERT_TRUE(display);
  EXPECT_EQ(*display->mastering_display,
            (MasteringDisplay{{34000, 16000}, {13250, 34500}, {7500, 3000}, {15635, 16450}, 10000000, 50}));
  EXPECT_EQ(parse_av1_metadata(*from_hex("04b5003c0001040180"))->dynamic, DynamicMetadata::kHdr10Plus);
  EXPECT_FALSE(parse_av1_metadata(*from_hex("0103")));
  EXPECT_FALSE(parse_av1_metadata({}));
}

TEST(Av1, UnitsStayInside) {
  int units = 0;
  EXPECT_TRUE(split_obus(*from_hex("12000a01ff"), [&](const Obu&) { ++units; }));
  EXPECT_EQ(units, 2);
  EXPECT_FALSE(split_obus(*from_hex("0a7fff"), [&](const Obu&) { ++units; }));
  EXPECT_FALSE(split_obus(*from_hex("8a00"), [&](const Obu&) { ++units; }));
  EXPECT_EQ(units, 2);
}

}  // namespace
}  // namespace pier::media::impl
