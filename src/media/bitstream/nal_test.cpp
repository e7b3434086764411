#include "bitstream/nal.hpp"

#include <gtest/gtest.h>

namespace pier::media::impl {
namespace {

std::vector<std::string> units_of(const char* hex) {
  std::vector<std::string> units;
  split_start_codes(*from_hex(hex), [&](ByteView unit) { units.push_back(to_hex(unit)); });
  return units;
}

TEST(Nal, StartCodesOfThreeAndFourBytes) {
  EXPECT_EQ(units_of("00000001aabb000001cc00000001dd0000"), (std::vector<std::string>{"aabb", "cc", "dd"}));
  EXPECT_TRUE(units_of("aabbcc").empty());
  EXPECT_TRUE(units_of("000001").empty());
  EXPECT_TRUE(units_of("").empty());
  EXPECT_EQ(units_of("000001000001aa"), (std::vector<std::string>{"aa"}));
}

TEST(Nal, LengthsStayInside) {
  std::vector<std::string> units;
  const auto each = [&](ByteView unit) { units.push_back(to_hex(unit)); };
  EXPECT_TRUE(split_lengths(*from_hex("00000002aabb00000001cc"), 4, each));
  EXPECT_EQ(units, (std::vector<std::string>{"aabb", "cc"}));
  EXPECT_FALSE(split_lengths(*from_hex("00000009aabb"), 4, each));
  EXPECT_FALSE(split_lengths(*from_hex("0001aa00"), 2, each));
}

TEST(Nal, EmulationPreventionGoes) {
  EXPECT_EQ(to_hex(unescape(*from_hex("0000030100000300000303"))), "0000010000000003");
  EXPECT_EQ(to_hex(unescape(*from_hex("000003"))), "0000");
  EXPECT_EQ(unescape(Bytes(100), 10).size(), 10U);
}

TEST(Nal, RecordsCutAnywhereAreRefused) {
  const Bytes record = *from_hex("01640028ffe1000467640028010002ee3c");
  const auto sets = parse_avcc(record);
  ASSERT_TRUE(sets);
  EXPECT_EQ(sets->length_size, 4);
  ASSERT_EQ(sets->units.size(), 2U);
  EXPECT_EQ(to_hex(sets->units[0]), "67640028");
  for (size_t length = 0; length < record.size(); ++length)
    EXPECT_FALSE(parse_avcc(ByteView(record).first(length))) << length;
}

}  // namespace
}  // namespace pier::media::impl
