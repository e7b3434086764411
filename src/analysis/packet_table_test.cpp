#include <random>

#include <gtest/gtest.h>

#include <pier/analysis/packet_table.hpp>

namespace pier::analysis {
namespace {

PacketDigest digest(uint64_t seed) {
  std::mt19937_64 random(seed);
  PacketDigest value;
  for (std::byte& byte : value) byte = static_cast<std::byte>(random());
  return value;
}

/// Groups of eight pictures in decoding order; open: the first three after an access point, but for the first, are
/// shown before it.
PacketTable open_groups(int groups) {
  PacketTable table;
  table.configuration = digest(1);
  for (int group = 0; group < groups; ++group) {
    const int64_t key = int64_t{group} * 80;
    table.pictures.push_back({key, true, digest(static_cast<uint64_t>(100 + key))});
    for (const int64_t before : {-30, -20, -10}) {
      if (group > 0) table.pictures.push_back({key + before, false, digest(static_cast<uint64_t>(100 + key + before))});
    }
    for (const int64_t after : {10, 20, 30, 40}) {
      table.pictures.push_back({key + after, false, digest(static_cast<uint64_t>(100 + key + after))});
    }
  }
  table.sound[1] = digest(2);
  table.sound[3] = digest(3);
  return table;
}

/// Is the digest of [first, end) another one when the packet at `pts` changes?
bool depends(int64_t first, int64_t end, int64_t pts) {
  const PacketTable table = open_groups(4);
  PacketTable changed = table;
  for (PacketRecord& record : changed.pictures) {
    if (record.pts == pts) record.digest = digest(9999);
  }
  return coded_digest(table, first, end) != coded_digest(changed, first, end);
}

TEST(PacketTable, AChunkDependsOnWhatItsDecodingReads) {
  // [80, 160): shown from the access point at 80 on; its last three pictures lead the one at 160.
  for (const int64_t pts : {80, 90, 120, 130, 150, 160}) EXPECT_TRUE(depends(80, 160, pts)) << pts;
  for (const int64_t pts : {0, 40, 170, 200, 240}) EXPECT_FALSE(depends(80, 160, pts)) << pts;
  // The leading pictures of 80, in decoding order between 80 and 90, are read over.
  EXPECT_TRUE(depends(80, 160, 60));
  // A chunk that begins with a leading picture needs the group before as well.
  EXPECT_TRUE(depends(60, 100, 0));
  EXPECT_TRUE(depends(60, 100, 40));
  EXPECT_FALSE(depends(60, 100, 150));
}

TEST(PacketTable, TimesKeysAndConfigurationCount) {
  const PacketTable table = open_groups(2);
  const Sha256 before = coded_digest(table, 0, 80);
  PacketTable changed = table;
  changed.configuration = digest(5);
  EXPECT_NE(coded_digest(changed, 0, 80), before);
  changed = table;
  changed.pictures[1].pts += 1;
  EXPECT_NE(coded_digest(changed, 0, 80), before);
  EXPECT_EQ(coded_digest(open_groups(3), 0, 80), before) << "what follows does not count";
}

TEST(PacketTable, WithoutTimesEverythingCounts) {
  PacketTable table = open_groups(3);
  table.pictures[2].pts = INT64_MIN;
  const Sha256 before = coded_digest(table, 0, 10);
  table.pictures.back().digest = digest(7);
  EXPECT_NE(coded_digest(table, 0, 10), before);
}

TEST(PacketTable, SoundOfEveryStreamCounts) {
  PacketTable table = open_groups(1);
  const Sha256 before = coded_digest_of_sound(table);
  table.sound[3] = digest(4);
  EXPECT_NE(coded_digest_of_sound(table), before);
}

TEST(PacketTable, ComesBackWholeAndDamageIsRefused) {
  for (const int groups : {0, 1, 3}) {
    const PacketTable table = open_groups(groups);
    const auto back = packet_table_from_bytes(to_bytes(table));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, table);
  }
  const Bytes bytes = to_bytes(open_groups(1));
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(packet_table_from_bytes(ByteView(bytes).first(length))) << length;
  }
  for (size_t i = 0; i < bytes.size(); ++i) {
    Bytes damaged = bytes;
    damaged[i] ^= std::byte{0x41};
    EXPECT_FALSE(packet_table_from_bytes(damaged)) << i;
  }
}

}  // namespace
}  // namespace pier::analysis
