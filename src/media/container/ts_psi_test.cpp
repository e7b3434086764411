#include "container/ts_psi.hpp"

#include <gtest/gtest.h>

#include "test_clips.hpp"

namespace pier::media::impl {
namespace {

TEST(TsPsi, Avs3StreamTypeIsRead) {
  const Bytes stream = clips::transport_stream(0xD4, std::vector<Bytes>(8, clips::avs_stream({}, {}, 1)), 1800);
  const auto file = read_ts(ByteSource(stream));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->packet_size, 188);
  EXPECT_TRUE(file->whole_packets);
  ASSERT_EQ(file->programmes.size(), 1U);
  ASSERT_EQ(file->programmes[0].streams.size(), 1U);
  EXPECT_EQ(file->programmes[0].streams[0].stream_type, 0xD4);
  EXPECT_EQ(file->programmes[0].streams[0].pid, 0x101);
}

TEST(TsPsi, DamagedTablesAreNotTaken) {
  Bytes stream = clips::transport_stream(0x24, std::vector<Bytes>(4, Bytes(100)), 1800);
  for (size_t packet = 0; packet + 188 <= stream.size(); packet += 188) {
    // Bytes of the section in the tail of a packet of the PMT.
    if (stream[packet + 1] == std::byte{0x41} && stream[packet + 2] == std::byte{0})
      stream[packet + 187] ^= std::byte{1};
  }
  const auto file = read_ts(ByteSource(stream));
  ASSERT_TRUE(file);
  ASSERT_EQ(file->programmes.size(), 1U);
  EXPECT_TRUE(file->programmes[0].streams.empty());
}

TEST(TsPsi, OtherBytesAreNoTransportStream) {
  EXPECT_FALSE(read_ts(ByteSource(as_bytes("no transport stream at all"))));
  EXPECT_FALSE(read_ts(ByteSource(Bytes(5000))));
  EXPECT_FALSE(read_ts(ByteSource(ByteView{})));
}

}  // namespace
}  // namespace pier::media::impl
