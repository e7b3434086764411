#include <cstring>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <pier/media/feed.hpp>

#include "test_clips.hpp"

namespace pier::media {
namespace {

using namespace std::chrono_literals;

Bytes packets(size_t count, uint8_t mark = 0) {
  Bytes all(count * 188, std::byte{0xAA});
  for (size_t i = 0; i < count; ++i) {
    all[i * 188] = std::byte{0x47};
    all[i * 188 + 1] = std::byte{0x1F};
    all[i * 188 + 4] = static_cast<std::byte>(i);
    all[i * 188 + 5] = static_cast<std::byte>(mark);
  }
  return all;
}

Bytes read_all(FeedReader& reader) {
  Bytes all, block(1000);
  while (const size_t count = reader.read(block))
    all.insert(all.end(), block.begin(), block.begin() + static_cast<ptrdiff_t>(count));
  return all;
}

struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    read = UniqueFd(ends[0]);
    write = UniqueFd(ends[1]);
  }
  UniqueFd read, write;
};

TEST(FeedReader, APipeIsReadToItsEndAndWaitsForUs) {
  Pipe pipe;
  const Bytes sent = packets(20'000);
  FeedReader reader(pipe.read.get(), FeedKind::kPipe, {.buffer_bytes = 100'000});
  std::thread writer([&] {
    EXPECT_TRUE(write_all(pipe.write.get(), sent));
    pipe.write.reset();
  });
  std::this_thread::sleep_for(50ms);
  const Bytes first = reader.peek(188'000, 10s);
  EXPECT_EQ(first.size(), 188'000U);
  EXPECT_TRUE(std::equal(first.begin(), first.end(), sent.begin()));
  EXPECT_EQ(read_all(reader), sent);
  EXPECT_EQ(reader.end(), FeedReader::End::kFeed);
  writer.join();
}

TEST(FeedReader, TellsSilenceOnceAndThatItIsOver) {
  Pipe pipe;
  FeedReader reader(pipe.read.get(), FeedKind::kPipe, {.quiet = 300ms});
  std::vector<FeedTrouble::What> told;
  reader.on_trouble([&](const FeedTrouble& trouble) { told.push_back(trouble.what); });
  std::thread writer([&] {
    EXPECT_TRUE(write_all(pipe.write.get(), packets(10)));
    std::this_thread::sleep_for(1200ms);
    EXPECT_TRUE(write_all(pipe.write.get(), packets(10)));
    pipe.write.reset();
  });
  EXPECT_EQ(read_all(reader).size(), 20 * 188U);
  writer.join();
  EXPECT_EQ(told, (std::vector{FeedTrouble::What::kQuiet, FeedTrouble::What::kResumed}));
}

TEST(FeedReader, AFileIsFollowedWhileItGrows) {
  const clips::TempFolder folder;
  const std::string path = folder.write("feed.ts", packets(10));
  const auto input = open_feed(path);
  ASSERT_TRUE(input) << input.error().message;
  EXPECT_EQ(input->kind, FeedKind::kFile);
  FeedReader reader(input->fd.get(), input->kind, {.patience = 1000ms});
  std::thread writer([&] {
    std::this_thread::sleep_for(300ms);
    const UniqueFd more(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    EXPECT_TRUE(write_all(more.get(), packets(10)));
  });
  EXPECT_EQ(read_all(reader).size(), 20 * 188U);
  writer.join();
}

TEST(FeedReader, StopEndsItAtOnceByCallAndByDescriptor) {
  Pipe pipe, stop;
  FeedReader by_call(pipe.read.get(), FeedKind::kPipe);
  std::thread stopper([&] {
    std::this_thread::sleep_for(100ms);
    by_call.stop();
  });
  EXPECT_TRUE(read_all(by_call).empty());
  stopper.join();
  EXPECT_EQ(by_call.end(), FeedReader::End::kStopped);
  FeedReader by_descriptor(pipe.read.get(), FeedKind::kPipe, {}, stop.read.get());
  stop.write.reset();
  EXPECT_TRUE(read_all(by_descriptor).empty());
  EXPECT_EQ(by_descriptor.end(), FeedReader::End::kStopped);
}

/// Sends to the port that `input` listens on, on loopback.
class Sender {
 public:
  explicit Sender(const FeedInput& input, const char* address = "127.0.0.1")
      : x_fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    socklen_t length = sizeof x_to;
    EXPECT_EQ(::getsockname(input.fd.get(), reinterpret_cast<sockaddr*>(&x_to), &length), 0);
    inet_pton(AF_INET, address, &x_to.sin_addr);
    in_addr loopback{};
    inet_pton(AF_INET, "127.0.0.1", &loopback);
    ::setsockopt(x_fd.get(), IPPROTO_IP, IP_MULTICAST_IF, &loopback, sizeof loopback);
  }
  void send(ByteView bytes) const {
    EXPECT_EQ(
        ::sendto(x_fd.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&x_to), sizeof x_to),
        static_cast<ssize_t>(bytes.size()));
  }
  void send_rtp(uint16_t sequence, ByteView bytes) const {
    Bytes packet{std::byte{0x80}, std::byte{33}, static_cast<std::byte>(sequence >> 8U),
                 static_cast<std::byte>(sequence)};
    packet.resize(12);
    packet.insert(packet.end(), bytes.begin(), bytes.end());
    send(packet);
  }

 private:
  UniqueFd x_fd;
  sockaddr_in x_to{};
};

TEST(FeedReader, DatagramsPlainInRtpAndFromAGroup) {
  for (const bool rtp : {false, true}) {
    for (const char* address : {"udp://127.0.0.1:0", "udp://@239.255.77.7:0?localaddr=127.0.0.1"}) {
      const auto input = open_feed(address);
      ASSERT_TRUE(input) << input.error().message;
      FeedReader reader(input->fd.get(), input->kind, {.patience = 700ms});
      const Sender sender(*input, std::strchr(address, '@') != nullptr ? "239.255.77.7" : "127.0.0.1");
      Bytes sent;
      for (uint16_t i = 0; i < 30; ++i) {
        const Bytes seven = packets(7, static_cast<uint8_t>(i));
        rtp ? sender.send_rtp(static_cast<uint16_t>(65'530 + i), seven) : sender.send(seven);
        sent.insert(sent.end(), seven.begin(), seven.end());
      }
      EXPECT_EQ(read_all(reader), sent) << address << " rtp " << rtp;
    }
  }
}

TEST(FeedReader, LossAndOverflowAreCounted) {
  const auto input = open_feed("udp://127.0.0.1:0");
  ASSERT_TRUE(input) << input.error().message;
  FeedReader reader(input->fd.get(), input->kind, {.buffer_bytes = 20 * 1316, .patience = 700ms});
  int64_t overflow = 0, missing = 0;
  reader.on_trouble([&](const FeedTrouble& trouble) {
    overflow += trouble.what == FeedTrouble::What::kOverflow ? trouble.bytes : 0;
    missing += trouble.what == FeedTrouble::What::kMissing ? trouble.packets : 0;
  });
  const Sender sender(*input);
  for (uint16_t i = 0; i < 50; ++i) {
    if (i < 10 || i >= 13) sender.send_rtp(i, packets(7));
    std::this_thread::sleep_for(2ms);
  }
  const size_t kept = read_all(reader).size();
  EXPECT_EQ(missing, 3);
  EXPECT_EQ(kept + static_cast<size_t>(overflow), 47 * 1316U);
  EXPECT_GE(overflow, 26 * 1316);
}

TEST(OpenFeed, SaysWhatIsWrong) {
  for (const char* wrong : {"udp://127.0.0.1", "udp://127.0.0.1:x", "udp://host:1", "udp://127.0.0.1:99999",
                            "udp://@239.1.1.1:1?ttl=3", "/", "/nowhere/feed.ts"}) {
    const auto input = open_feed(wrong);
    ASSERT_FALSE(input) << wrong;
    EXPECT_GT(input.error().message.size(), 15U);
  }
}

}  // namespace
}  // namespace pier::media
