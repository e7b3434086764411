#include "bitstream/sei.hpp"

#include <gtest/gtest.h>

namespace pier::media::impl {
namespace {

// One message: type, size, payload.
Bytes message(int type, const char* payload) {
  const Bytes body = *from_hex(payload);
  ByteWriter out;
  out.u8(static_cast<uint64_t>(type));
  out.u8(body.size());
  out.bytes(body);
  out.u8(0x80);
  return out.take();
}

TEST(Sei, MasteringDisplayComesGreenBlueRed) {
  const auto messages = parse_sei(message(137, "33c286c41d4c0bb884d03e803d1340420098968000000032"));
  ASSERT_EQ(messages.size(), 1U);
  const MasteringDisplay& display = messages[0].mastering_display.value();
  EXPECT_EQ(display.green, (MasteringDisplay::Xy{13250, 34500}));
  EXPECT_EQ(display.blue, (MasteringDisplay::Xy{7500, 3000}));
  EXPECT_EQ(display.red, (MasteringDisplay::Xy{34000, 16000}));
  EXPECT_EQ(display.white, (MasteringDisplay::Xy{15635, 16450}));
  EXPECT_EQ(display.max_luminance, 10000000U);
  EXPECT_EQ(display.min_luminance, 50U);
}

TEST(Sei, ContentLightAndPreferredTransfer) {
  EXPECT_EQ(parse_sei(message(144, "03e80190")).at(0).content_light, (ContentLight{1000, 400}));
  EXPECT_EQ(parse_sei(message(147, "12")).at(0).preferred_transfer, Transfer::kHlg);
}

TEST(Sei, RegisteredUserDataIsTold) {
  EXPECT_EQ(parse_sei(message(4, "b5003c00010401")).at(0).dynamic, DynamicMetadata::kHdr10Plus);
  EXPECT_EQ(parse_sei(message(4, "26000400050100")).at(0).dynamic, DynamicMetadata::kHdrVivid);
  // Closed captions and an HDR10+ look-alike of another application.
  EXPECT_TRUE(parse_sei(message(4, "b5003147413934")).empty());
  EXPECT_TRUE(parse_sei(message(4, "b5003c00010501")).empty());
}

TEST(Sei, SizesBeyondTheEndEndTheList) {
  EXPECT_TRUE(parse_sei(*from_hex("9018aabb")).empty());
  EXPECT_TRUE(parse_sei(*from_hex("ffffffffff")).empty());
  EXPECT_TRUE(parse_sei({}).empty());
  // A short message is damaged, the one before it counts.
  EXPECT_EQ(parse_sei(*from_hex("900403e80190890200ff")).size(), 1U);
}

}  // namespace
}  // namespace pier::media::impl
