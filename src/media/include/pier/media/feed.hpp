#pragma once
// A transport stream that does not end: read once and in order, from a pipe, a socket or a file that grows.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <pier/core/file.hpp>
#include <pier/core/result.hpp>

namespace pier::media {

enum class FeedKind : uint8_t {
  kPipe,     // waits for us: standard input, a FIFO
  kFile,     // a regular file that may still grow
  kDatagram  // UDP: what we do not take in time is lost
};
std::string_view to_string(FeedKind kind);  // "pipe", "file", "udp"

struct FeedInput {
  std::string name;  // as the user gave it, bytes
  UniqueFd fd;
  FeedKind kind = FeedKind::kPipe;
};

/// Opens "-" (standard input), a path, or "udp://[@]ADDRESS:PORT[?localaddr=ADDRESS]": MPEG-TS in plain datagrams or
/// in RTP (told apart by their bytes). A multicast group is joined on the interface of `localaddr`; a unicast address
/// is the one to listen on, "udp://:PORT" and "udp://@:PORT" listen on all. Port 0 takes a free one.
/// Errors: kInvalidArgument (an address that is none), kNotFound, kPermission, kConflict (in use).
Result<FeedInput> open_feed(const std::string& text);

struct FeedLimits {
  size_t buffer_bytes = 64U << 20U;       // waiting bytes; beyond it a datagram is dropped, a pipe waits
  std::chrono::milliseconds quiet{5000};  // without bytes: the feed is lost
  std::chrono::milliseconds patience{0};  // without bytes: the feed has ended; 0: never
};

/// What happened to the bytes.
struct FeedTrouble {
  enum class What : uint8_t {
    kQuiet,     // nothing came for FeedLimits::quiet
    kResumed,   // bytes come again, after `milliseconds`
    kOverflow,  // `bytes` were dropped: we are too slow
    kMissing,   // `packets` of RTP never came
    kNoSync,    // `bytes` were no transport packets
    kTables     // the table of the programme changed: what follows is another session
  };
  What what = What::kQuiet;
  int64_t bytes = 0;
  int64_t packets = 0;
  int64_t milliseconds = 0;
};
std::string_view to_string(FeedTrouble::What what);  // "quiet", "resumed", "overflow", ...

/// Takes the bytes in on a thread of its own, and gives them out in whole transport packets of 188 bytes (192 and 204
/// are cut to them; what is between packets is dropped and counted). Everything but stop() is for one thread.
class FeedReader {
 public:
  /// `fd` stays the caller's and must outlive the reader. When `stop_fd` (-1: none) becomes readable the feed ends.
  FeedReader(int fd, FeedKind kind, FeedLimits limits = {}, int stop_fd = -1);
  ~FeedReader();
  FeedReader(const FeedReader&) = delete;
  FeedReader& operator=(const FeedReader&) = delete;

  /// Called from read().
  void on_trouble(std::function<void(const FeedTrouble&)> callback);
  /// Waits for at least one packet; 0 at the end of the feed, and where a session ends.
  size_t read(std::span<std::byte> out);
  /// Waits at most `patience` for more bytes to be kept, unread, and gives those there are, at most `most`: what a
  /// probe looks at first.
  Bytes peek(size_t most, std::chrono::milliseconds patience);
  /// The session ends when the table of this programme changes; 0: never.
  void watch_programme(int number);
  /// After read() gave 0: true when the feed goes on with another session, which begins with its tables.
  bool next_session();
  /// Why read() gives 0, or that it does not yet.
  enum class End : uint8_t { kNone, kFeed, kSession, kStopped };
  End end() const;
  /// No more bytes will come than those that peek() can give.
  bool all_is_here() const;
  void stop();
  bool stopped() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> x_impl;
};

/// Times of a feed: the 33-bit clock of MPEG wraps after 26.5 hours and jumps where programmes are spliced, time does
/// not. Ticks of 90 kHz.
class FeedClock {
 public:
  // A longer step of a stream is a jump; forward by as much as the feed as a whole may be ahead of it.
  static constexpr int64_t kLongestStep = 10 * 90'000, kLongestStepBack = 45'000;

  struct Stamps {
    int64_t pts = INT64_MIN, dts = INT64_MIN;  // INT64_MIN: not given
  };
  struct Jump {
    int64_t at = 0;            // on our clock
    int64_t from = 0, to = 0;  // what the stream said before and says now, as it said it
  };
  /// Of the next packet of a stream.
  Stamps place(int stream, Stamps raw, int64_t duration);
  /// A new session: its streams are numbered anew, time goes on.
  void begin_session();
  /// The jump that the last place() met, once.
  std::optional<Jump> take_jump();
  int64_t segments() const { return x_segments; }
  /// Ticks to the end of what was placed, INT64_MIN before.
  int64_t latest() const { return x_latest; }

 private:
  struct Line {  // maps what a segment says to our clock
    int64_t offset = 0;
    int64_t last = 0;  // time stamp last seen, unwrapped
  };
  struct Span {
    int64_t from = 0, near = 0, to = 0;
  };
  static std::optional<int64_t> on(const Line& line, int64_t raw, const Span& span);
  int64_t find(int64_t stamp, const Span& span);

  std::optional<Line> x_line, x_before;
  std::map<int, int64_t> x_streams;  // our clock, by stream
  std::optional<Jump> x_jump;
  int64_t x_latest = INT64_MIN;
  int64_t x_segments = 1;
  bool x_begins = false;
};

}  // namespace pier::media
