#pragma once
// The thread that takes the bytes of a feed in, and the bounded room they wait in.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include <pier/media/feed.hpp>

namespace pier::media::impl {

/// take() and counts() are for one thread, the rest is thread-safe.
class FeedInbox {
 public:
  FeedInbox(int fd, FeedKind kind, const FeedLimits& limits, int stop_fd);
  ~FeedInbox();
  FeedInbox(const FeedInbox&) = delete;
  FeedInbox& operator=(const FeedInbox&) = delete;

  enum class Taken : uint8_t { kBytes, kNothing, kEnd };
  /// Appends what has come to `out`; waits at most `patience` for something.
  Taken take(Bytes& out, std::chrono::milliseconds patience);

  struct Counts {
    int64_t dropped_bytes = 0;    // no room, here or in the system
    int64_t missing_packets = 0;  // of RTP
  };
  /// Since the last call.
  Counts counts();
  void stop();
  bool stopped() const { return x_stopped; }

 private:
  void run();
  void read_stream();
  void read_datagrams();
  bool wait_for_bytes();
  bool wait_for_room();
  void datagram(ByteView bytes);
  void put(ByteView bytes);
  void close();

  int x_fd, x_stop_fd;
  FeedKind x_kind;
  FeedLimits x_limits;
  UniqueFd x_wake;
  std::atomic<bool> x_stopped = false;
  std::mutex x_mutex;
  std::condition_variable x_came, x_room;
  std::deque<Bytes> x_blocks;
  size_t x_waiting = 0;
  bool x_closed = false;
  Counts x_counts;
  std::optional<uint16_t> x_sequence;  // of RTP
  uint32_t x_overflows = 0;            // as the system counts
  std::thread x_thread;                // last: it uses all of the above
};

}  // namespace pier::media::impl
