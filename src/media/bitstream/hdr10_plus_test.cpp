#include <functional>

#include <gtest/gtest.h>

#include <pier/media/access_unit.hpp>

namespace pier::media {
namespace {

Hdr10Plus sample() {
  Hdr10Plus one;
  one.target_luminance = 400;
  one.max_scl = {100'000, 65'432, 1};
  one.average_max_rgb = 777;
  one.distribution = {{1, 0}, {5, 99'999}, {99, 131'071}};
  one.curve = Hdr10PlusCurve{17, 4095, {102, 205, 1023}};
  return one;
}

TEST(Hdr10Plus, ComesBackAsItWasWritten) {
  const auto payload = write_hdr10_plus(sample());
  ASSERT_TRUE(payload) << payload.error().message;
  const auto read = parse_hdr10_plus(*payload);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->target_luminance, 400U);
  EXPECT_EQ(read->max_scl, (std::array<uint32_t, 3>{100'000, 65'432, 1}));
  EXPECT_EQ(read->average_max_rgb, 777U);
  ASSERT_EQ(read->distribution.size(), 3U);
  EXPECT_EQ(read->distribution[2].percentage, 99U);
  EXPECT_EQ(read->distribution[2].value, 131'071U);
  ASSERT_TRUE(read->curve);
  EXPECT_EQ(read->curve->knee_y, 4095U);
  EXPECT_EQ(read->curve->anchors, (std::vector<uint32_t>{102, 205, 1023}));
  EXPECT_TRUE(read->unplaced.empty());
  EXPECT_EQ(*write_hdr10_plus(*read), *payload);
}

TEST(Hdr10Plus, IsTheSyntaxTable) {
  Hdr10Plus one;
  one.target_luminance = 400;
  EXPECT_EQ(to_hex(*write_hdr10_plus(one)), "b5003c0001040140000c800000000000000000000000");
}

TEST(Hdr10Plus, WhatHasNoRoomIsRefused) {
  for (const auto& change : std::vector<std::function<void(Hdr10Plus&)>>{
           [](Hdr10Plus& one) { one.max_scl[1] = 1U << 17U; },
           [](Hdr10Plus& one) { one.curve->knee_x = 4096; },
           [](Hdr10Plus& one) { one.curve->anchors.resize(16); },
           [](Hdr10Plus& one) { one.distribution.resize(16); },
       }) {
    Hdr10Plus one = sample();
    change(one);
    EXPECT_EQ(write_hdr10_plus(one).error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(Hdr10Plus, CutOffOrOfWindowsIsRefused) {
  Bytes payload = *write_hdr10_plus(sample());
  for (size_t size = 0; size < payload.size(); ++size)
    EXPECT_EQ(parse_hdr10_plus(ByteView(payload).first(size)).error().code, ErrorCode::kInputDamaged) << size;
  payload[7] |= std::byte{0x80};  // three windows
  EXPECT_EQ(parse_hdr10_plus(payload).error().code, ErrorCode::kInputUnsupported);
}

}  // namespace
}  // namespace pier::media
