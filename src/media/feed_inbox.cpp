#include "feed_inbox.hpp"

#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pier::media::impl {

namespace {

using namespace std::chrono_literals;

constexpr size_t kBlockBytes = 64U << 10U;
constexpr size_t kDatagramBytes = 65'536;
constexpr auto kTick = 250ms;
constexpr auto kGrowth = 100ms;  // between looks at a file that has come to its end
constexpr size_t kRtpHeader = 12;
constexpr std::byte kSync{0x47};

/// Bytes of the header of RTP (RFC 3550) before transport packets; 0 when it is none.
size_t rtp_header(ByteView bytes) {
  if (bytes.size() < kRtpHeader || bytes[0] == kSync) return 0;
  const auto first = std::to_integer<size_t>(bytes[0]);
  if (first >> 6U != 2) return 0;
  size_t header = kRtpHeader + 4 * (first & 15U);
  if ((first & 16U) != 0) {
    if (bytes.size() < header + 4) return 0;
    header += 4 + 4 * (std::to_integer<size_t>(bytes[header + 2]) * 256 + std::to_integer<size_t>(bytes[header + 3]));
  }
  return bytes.size() > header && bytes[header] == kSync ? header : 0;
}

}  // namespace

FeedInbox::FeedInbox(int fd, FeedKind kind, const FeedLimits& limits, int stop_fd)
    : x_fd(fd), x_stop_fd(stop_fd), x_kind(kind), x_limits(limits), x_wake(::eventfd(0, EFD_CLOEXEC)), x_thread([this] {
        run();
      }) {}

FeedInbox::~FeedInbox() {
  stop();
  x_thread.join();
}

void FeedInbox::stop() {
  x_stopped = true;
  const uint64_t one = 1;
  (void)!::write(x_wake.get(), &one, sizeof one);
  const std::lock_guard lock(x_mutex);
  x_came.notify_all();
  x_room.notify_all();
}

void FeedInbox::run() {
  if (x_kind == FeedKind::kDatagram) {
    read_datagrams();
  } else {
    read_stream();
  }
  close();
}

void FeedInbox::close() {
  const std::lock_guard lock(x_mutex);
  x_closed = true;
  x_came.notify_all();
}

/// False when the feed is to end.
bool FeedInbox::wait_for_bytes() {
  while (!x_stopped) {
    pollfd waits[] = {{x_fd, POLLIN, 0}, {x_wake.get(), POLLIN, 0}, {x_stop_fd, POLLIN, 0}};
    const int ready = ::poll(waits, x_stop_fd >= 0 ? 3 : 2, static_cast<int>(kTick.count()));
    if (ready < 0 && errno != EINTR) return false;
    if (ready > 0 && x_stop_fd >= 0 && waits[2].revents != 0) stop();
    if (ready > 0 && waits[0].revents != 0) return !x_stopped;
  }
  return false;
}

/// False when the feed is to end.
bool FeedInbox::wait_for_room() {
  while (!x_stopped) {
    {
      std::unique_lock lock(x_mutex);
      if (x_room.wait_for(lock, kTick, [this] { return x_stopped || x_waiting < x_limits.buffer_bytes; }))
        return !x_stopped;
    }
    pollfd wait{x_stop_fd, POLLIN, 0};
    if (x_stop_fd >= 0 && ::poll(&wait, 1, 0) > 0) stop();
  }
  return false;
}

void FeedInbox::read_stream() {
  Bytes block(kBlockBytes);
  auto last = std::chrono::steady_clock::now();
  while (wait_for_room() && wait_for_bytes()) {
    const ssize_t count = ::read(x_fd, block.data(), block.size());
    if (count < 0 && errno != EINTR && errno != EAGAIN) return;
    const auto now = std::chrono::steady_clock::now();
    if (count > 0) {
      last = now;
      put(ByteView(block).first(static_cast<size_t>(count)));
    } else if (count == 0) {
      if (x_kind != FeedKind::kFile) return;
      if (x_limits.patience.count() > 0 && now - last >= x_limits.patience) return;
      std::unique_lock lock(x_mutex);
      x_room.wait_for(lock, kGrowth, [this] { return x_stopped.load(); });
    }
  }
}

void FeedInbox::read_datagrams() {
  Bytes block(kDatagramBytes);
  while (wait_for_bytes()) {
    iovec part{block.data(), block.size()};
    alignas(cmsghdr) char control[256];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t count = ::recvmsg(x_fd, &message, MSG_DONTWAIT);
    if (count < 0 && errno != EINTR && errno != EAGAIN && errno != ECONNREFUSED) return;
    if (count <= 0) continue;
    for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
      if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SO_RXQ_OVFL) continue;
      uint32_t lost = 0;
      std::memcpy(&lost, CMSG_DATA(one), sizeof lost);
      const std::lock_guard lock(x_mutex);
      x_counts.dropped_bytes += static_cast<int64_t>(lost - x_overflows) * count;
      x_overflows = lost;
    }
    datagram(ByteView(block).first(static_cast<size_t>(count)));
  }
}

void FeedInbox::datagram(ByteView bytes) {
  const size_t header = rtp_header(bytes);
  if (header > 0) {
    const auto sequence =
        static_cast<uint16_t>(std::to_integer<unsigned>(bytes[2]) << 8U | std::to_integer<unsigned>(bytes[3]));
    const auto gap = static_cast<uint16_t>(sequence - x_sequence.value_or(sequence - 1) - 1);
    x_sequence = sequence;
    // Far ahead is a sender that began anew, or a packet that comes late.
    if (gap > 0 && gap < 0x4000) {
      const std::lock_guard lock(x_mutex);
      x_counts.missing_packets += gap;
    }
  }
  put(bytes.subspan(header));
}

void FeedInbox::put(ByteView bytes) {
  const std::lock_guard lock(x_mutex);
  if (x_kind == FeedKind::kDatagram && x_waiting + bytes.size() > x_limits.buffer_bytes) {
    x_counts.dropped_bytes += static_cast<int64_t>(bytes.size());
    return;
  }
  if (x_blocks.empty() || x_blocks.back().size() + bytes.size() > kBlockBytes) {
    x_blocks.emplace_back();
    x_blocks.back().reserve(kBlockBytes);
  }
  x_blocks.back().insert(x_blocks.back().end(), bytes.begin(), bytes.end());
  x_waiting += bytes.size();
  x_came.notify_one();
}

FeedInbox::Taken FeedInbox::take(Bytes& out, std::chrono::milliseconds patience) {
  std::unique_lock lock(x_mutex);
  x_came.wait_for(lock, patience, [this] { return x_stopped || x_closed || !x_blocks.empty(); });
  if (x_stopped) return Taken::kEnd;
  if (x_blocks.empty()) return x_closed ? Taken::kEnd : Taken::kNothing;
  const Bytes block = std::move(x_blocks.front());
  x_blocks.pop_front();
  x_waiting -= block.size();
  x_room.notify_one();
  lock.unlock();
  out.insert(out.end(), block.begin(), block.end());
  return Taken::kBytes;
}

FeedInbox::Counts FeedInbox::counts() {
  const std::lock_guard lock(x_mutex);
  return std::exchange(x_counts, {});
}

}  // namespace pier::media::impl
