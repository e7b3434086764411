#include "feed_packets.hpp"

#include <random>

#include <gtest/gtest.h>

#include "test_clips.hpp"

namespace pier::media::impl {
namespace {

/// Packets that carry their number.
Bytes packets(size_t count, size_t stride = kTsPacket) {
  Bytes all;
  for (size_t i = 0; i < count; ++i) {
    Bytes packet(kTsPacket, std::byte{0xAA});
    packet[0] = std::byte{0x47};
    packet[1] = std::byte{0x1F};
    packet[4] = static_cast<std::byte>(i);
    if (stride == 192) all.insert(all.end(), 4, std::byte{0x01});
    all.insert(all.end(), packet.begin(), packet.end());
    if (stride == 204) all.insert(all.end(), 16, std::byte{0x02});
  }
  return all;
}

Bytes synced(const Bytes& raw, size_t piece, int64_t* dropped = nullptr) {
  TsSync sync;
  Bytes waiting, out;
  for (size_t at = 0; at < raw.size(); at += piece) {
    waiting.insert(waiting.end(), raw.begin() + static_cast<ptrdiff_t>(at),
                   raw.begin() + static_cast<ptrdiff_t>(std::min(raw.size(), at + piece)));
    sync.move(waiting, out, false);
    EXPECT_LT(waiting.size(), piece + 2000);
  }
  sync.move(waiting, out, true);
  if (dropped != nullptr) *dropped = sync.take_dropped();
  return out;
}

TEST(TsSync, GivesPacketsOfEveryStride) {
  for (const size_t stride : {188U, 192U, 204U}) {
    for (const size_t piece : {1U, 100U, 188U, 1316U, 100'000U}) {
      EXPECT_EQ(synced(packets(40, stride), piece), packets(40)) << stride << " in pieces of " << piece;
    }
  }
}

TEST(TsSync, DropsAndCountsWhatStandsBetweenPackets) {
  const Bytes good = packets(40);
  Bytes raw(777, std::byte{0x00});
  raw.insert(raw.end(), good.begin(), good.begin() + 20 * kTsPacket);
  raw.insert(raw.end(), 333, std::byte{0x47});
  raw.insert(raw.end(), 50, std::byte{0x11});
  raw.insert(raw.end(), good.begin() + 20 * kTsPacket, good.end());
  int64_t dropped = 0;
  const Bytes out = synced(raw, 500, &dropped);
  EXPECT_EQ(out.size() + static_cast<size_t>(dropped), raw.size());
  EXPECT_GE(out.size(), good.size());
  EXPECT_LE(out.size(), good.size() + 2 * kTsPacket) << "a packet may be taken out of what only looks like some";
  EXPECT_TRUE(std::equal(good.end() - 19 * kTsPacket, good.end(), out.end() - 19 * kTsPacket));
}

TEST(TsSync, NoTransportStreamIsDroppedAndKeepsNothing) {
  std::mt19937 random(5);
  Bytes noise(3 << 20);
  for (std::byte& byte : noise) byte = static_cast<std::byte>(random() % 71);  // never a sync byte
  int64_t dropped = 0;
  EXPECT_TRUE(synced(noise, 65'536, &dropped).empty());
  EXPECT_EQ(dropped, 3 << 20);
}

TEST(TsTables, OnlyAChangeOfTheStreamsIsAChange) {
  const std::vector<Bytes> units(3, Bytes(100, std::byte{1}));
  const Bytes hevc = clips::transport_stream(0x24, units, 3600), avc = clips::transport_stream(0x1B, units, 3600);
  TsTables tables;
  tables.watch(1);
  const auto changes = [&](const Bytes& stream) {
    int count = 0;
    for (size_t at = 0; at + kTsPacket <= stream.size(); at += kTsPacket)
      count += tables.changed_by(ByteView(stream).subspan(at, kTsPacket)) ? 1 : 0;
    return count;
  };
  EXPECT_EQ(changes(hevc), 0);
  EXPECT_EQ(changes(hevc), 0);
  EXPECT_EQ(tables.tables().size(), 2 * kTsPacket);
  EXPECT_EQ(changes(avc), 1);
  EXPECT_EQ(changes(avc), 0);
}

}  // namespace
}  // namespace pier::media::impl
