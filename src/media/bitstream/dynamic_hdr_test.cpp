#include <gtest/gtest.h>

#include <pier/media/access_unit.hpp>
#include <pier/media/decode.hpp>
#include <pier/media/encode.hpp>

#include "bitstream/nal.hpp"

namespace pier::media {
namespace {

Bytes hex(const char* text) {
  return *from_hex(text);
}

/// Samples of length-prefixed units.
Bytes sample_of(const std::vector<Bytes>& units) {
  ByteWriter out;
  for (const Bytes& unit : units) {
    out.u32(unit.size());
    out.bytes(unit);
  }
  return out.take();
}

std::vector<Bytes> units_of(ByteView sample) {
  std::vector<Bytes> units;
  EXPECT_TRUE(impl::split_lengths(sample, 4, [&](ByteView unit) { units.emplace_back(unit.begin(), unit.end()); }));
  return units;
}

/// hvcC without parameter sets: lengths of four bytes.
Bytes configuration() {
  ByteWriter out;
  out.u8(1);
  out.zeros(20);
  out.u8(0xFF);
  out.u8(0);
  return out.take();
}

// A picture of temporal layer 1: parameter sets, a message, two slices.
const std::vector<Bytes> kPicture{hex("4002aa"),     hex("4202bb"),   hex("4402cc"),
                                  hex("4e02810180"), hex("0202d0d1"), hex("0202d2d3")};

/// HDR10+ whose bytes need emulation prevention, and of more than 255 bytes.
DynamicPayload hdr10_plus() {
  Bytes bytes = hex("b5003c00010401000000000001000002000003000000");
  bytes.resize(300, std::byte{0});
  bytes.push_back(std::byte{7});
  return {DynamicHdr::kHdr10Plus, bytes};
}

const DynamicPayload kVivid{DynamicHdr::kHdrVivid, hex("2600040005011234567890")};
const DynamicPayload kRpu{DynamicHdr::kDolbyVision, hex("7c01190809000003017f")};

TEST(DynamicHdr, IsPutIntoHevcAndFoundAgain) {
  Bytes sample = sample_of(kPicture);
  const std::vector<DynamicPayload> payloads{hdr10_plus(), kVivid, kRpu};
  ASSERT_TRUE(insert_dynamic_hdr(Codec::kHevc, payloads, sample));
  EXPECT_EQ(DynamicHdrReader(Codec::kHevc, configuration()).read(sample), payloads);

  std::vector<Bytes> units = units_of(sample);
  ASSERT_EQ(units.size(), 9U);
  for (const size_t sei : {4U, 5U}) EXPECT_EQ(Bytes(units[sei].begin(), units[sei].begin() + 2), hex("4e02")) << sei;
  EXPECT_EQ(units.back(), kRpu.bytes) << "an RPU stands behind the slices, as it was";
  for (size_t i = 0; i + 2 < units[4].size(); ++i) {
    const bool start =
        units[4][i] == std::byte{0} && units[4][i + 1] == std::byte{0} && units[4][i + 2] <= std::byte{2};
    EXPECT_FALSE(start) << "a start code at " << i;
  }
  units.erase(units.begin() + 4, units.begin() + 6);
  units.pop_back();
  EXPECT_EQ(units, kPicture) << "the rest is untouched";
}

TEST(DynamicHdr, IsFoundBehindStartCodes) {
  Bytes sample = sample_of(kPicture);
  const std::vector<DynamicPayload> payloads{hdr10_plus(), kVivid, kRpu};
  ASSERT_TRUE(insert_dynamic_hdr(Codec::kHevc, payloads, sample));
  Bytes stream;
  for (const Bytes& unit : units_of(sample)) {
    for (const uint8_t byte : {0, 0, 0, 1}) stream.push_back(std::byte{byte});
    stream.insert(stream.end(), unit.begin(), unit.end());
  }
  EXPECT_EQ(DynamicHdrReader(Codec::kHevc, {}).read(stream), payloads);
}

TEST(DynamicHdr, OtherMessagesAreNone) {
  const DynamicHdrReader reader(Codec::kHevc, configuration());
  EXPECT_TRUE(reader.read(sample_of(kPicture)).empty());
  EXPECT_TRUE(reader.read(sample_of({hex("4e01040ab50031474139341234ab80")})).empty()) << "captions";
  EXPECT_TRUE(reader.read(hex("0000ffff4e0104")).empty()) << "a length beyond the end";
  EXPECT_TRUE(DynamicHdrReader(Codec::kAvc, {}).read(sample_of(kPicture)).empty());
  Bytes same = sample_of(kPicture);
  ASSERT_TRUE(insert_dynamic_hdr(Codec::kHevc, {}, same));
  EXPECT_EQ(same, sample_of(kPicture));
}

TEST(DynamicHdr, WhatHasNoFormIsRefused) {
  Bytes sample = sample_of(kPicture);
  const auto refuse = [&](Codec codec, const DynamicPayload& payload) {
    const auto done = insert_dynamic_hdr(codec, std::span(&payload, 1), sample);
    return !done && done.error().code == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(refuse(Codec::kAvc, kVivid));
  EXPECT_EQ(sample, sample_of(kPicture));
  sample = sample_of({kPicture[0], kPicture[1]});
  EXPECT_TRUE(refuse(Codec::kHevc, kVivid)) << "no slice";
  sample = hex("12000a0101");
  EXPECT_TRUE(refuse(Codec::kAv1, kVivid)) << "no carriage is defined";
  EXPECT_TRUE(refuse(Codec::kAv1, kRpu));
}

TEST(DynamicHdr, WindowsAreSeen) {
  EXPECT_FALSE(has_windows(hex("b5003c0001040140")));
  EXPECT_TRUE(has_windows(hex("b5003c0001040180")));
  EXPECT_FALSE(has_windows(hex("b5003c")));
}

TEST(DynamicHdr, StaysWithItsPictureInAv1) {
  VideoEncoderConfig config;
  config.codec = Codec::kAv1;
  config.format = {10, Chroma::k420, false};
  config.width = config.height = 64;
  config.colour = {Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow, ChromaSite::kTopLeft};
  config.time_base = Rational(1, 25);
  config.frame_rate = 25;
  config.preset = "12";
  config.crf = 40;
  config.bitrate = 100'000;
  config.gop_frames = 16;
  auto encoder = VideoEncoder::open(config);
  ASSERT_TRUE(encoder) << encoder.error().message;
  std::vector<Sample> samples;
  const auto drain = [&] {
    while (true) {
      auto sample = encoder->receive();
      ASSERT_TRUE(sample) << sample.error().message;
      if (!*sample) return;
      samples.push_back(std::move(**sample));
    }
  };
  for (int i = 0; i < 16; ++i) {
    Picture picture = Picture::allocate(config.format, 64, 64, config.colour);
    const MutablePictureView view = picture.writable();
    for (const MutablePlane& plane : view.planes) {
      for (int y = 0; y < plane.height; ++y) std::fill_n(plane.row<uint16_t>(y), plane.width, 400 + 20 * i);
    }
    ASSERT_TRUE(encoder->send(picture, i, i == 0));
    drain();
  }
  ASSERT_TRUE(encoder->send_end());
  drain();
  ASSERT_EQ(samples.size(), 16U);
  const DynamicHdrReader reader(Codec::kAv1, encoder->configuration());
  auto decoder = VideoDecoder::open(Codec::kAv1, encoder->configuration(), config.time_base, 1);
  ASSERT_TRUE(decoder) << decoder.error().message;
  int decoded = 0;
  for (Sample& sample : samples) {
    DynamicPayload payload = hdr10_plus();
    payload.bytes.back() = static_cast<std::byte>(sample.pts + 1);
    const std::vector<DynamicPayload> one{payload};
    ASSERT_TRUE(insert_dynamic_hdr(Codec::kAv1, one, sample.data));
    EXPECT_EQ(reader.read(sample.data), one);
    ASSERT_TRUE(decoder->send(sample));
    while (true) {
      const auto frame = decoder->receive();
      ASSERT_TRUE(frame) << frame.error().message;
      if (!*frame) break;
      EXPECT_FALSE((*frame)->damaged);
      ++decoded;
    }
  }
  ASSERT_TRUE(decoder->send_end());
  while (true) {
    const auto frame = decoder->receive();
    ASSERT_TRUE(frame) << frame.error().message;
    if (!*frame) break;
    ++decoded;
  }
  EXPECT_EQ(decoded, 16);
}

}  // namespace
}  // namespace pier::media
