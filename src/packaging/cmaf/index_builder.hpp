#pragma once
// Segment and fragment records as they come, for the writer and for the one that reads a file back.

#include <span>

#include <pier/packaging/track_index.hpp>

namespace pier::packaging::impl {

/// Bit rate of `bytes` shown for `ticks`, bit/s, rounded up.
uint64_t segment_bitrate(uint64_t bytes, int64_t ticks, uint32_t timescale);

struct TimedBytes {
  uint64_t bytes = 0;
  int64_t ticks = 0;
};

/// Highest bit rate of any run of parts that lasts between half and one and a half target durations (seconds); the mean
/// of all where no run does.
uint64_t peak_bitrate(std::span<const TimedBytes> parts, uint32_t timescale, int64_t target_duration);

/// Fed with the file in order; hashes each segment.
class IndexBuilder {
 public:
  explicit IndexBuilder(TrackIndex& index) : x_index(index) {}

  /// The next bytes start a segment at `offset`, shown from `time` on.
  void start_segment(uint64_t offset, int64_t time);
  /// The segment that was started has this fragment next.
  void add_fragment(const FragmentRecord& fragment);
  /// Bytes of the current segment.
  void feed(ByteView bytes);
  /// The current segment is complete: it lasts until `end`.
  void end_segment(int64_t end);
  bool in_segment() const { return x_open; }

 private:
  TrackIndex& x_index;
  Sha256Stream x_digest;
  bool x_open = false;
};

}  // namespace pier::packaging::impl
