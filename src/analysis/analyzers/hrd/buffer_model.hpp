#pragma once
// The coded picture buffer of the hypothetical reference decoder: H.265 Annex C.2, H.264 Annex C.1, decoding by access
// units. All times are whole picoseconds.

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include <pier/media/access_unit.hpp>

namespace pier::analysis::impl {

struct BufferEvent {
  bool overflow = false;  // else underflow
  int64_t unit = 0;       // access unit in decoding order
  int64_t pts = 0;
  int64_t late_us = 0;      // underflow: how late its last bit comes
  int64_t excess_bits = 0;  // overflow: beyond the buffer
};

/// Simulates one schedule. An access unit whose removal time is not known must not be given.
class BufferModel {
 public:
  static constexpr int64_t kToleranceUs = 12;  // a tick of 90 kHz, to which delays are rounded
  static constexpr size_t kMaxHeld = 16384;    // access units in the buffer; more cannot be in a sane one

  BufferModel(const media::HrdParameters& hrd, size_t schedule, bool hevc);

  /// In decoding order. `period` when a buffering period begins here. False when the messages make no sense: nothing
  /// is judged from here on.
  bool add(int64_t number, int64_t pts, int64_t bits, const media::PictureTiming& timing,
           const std::optional<media::BufferingPeriod>& period);
  /// What was found since the last call.
  std::vector<BufferEvent> take_events() { return std::exchange(x_events, {}); }
  /// Once: the removals that are still to come.
  void finish();

  int64_t fullest_bits() const { return x_fullest; }
  /// Least time between the arrival of a last bit and its removal, microseconds; negative when late.
  int64_t least_margin_us() const { return x_least_margin / 1'000'000; }

 private:
  struct Held {
    int64_t number = 0, pts = 0, bits = 0;
    int64_t begin = 0, end = 0;  // of arrival
    int64_t removal = 0;
  };
  std::optional<int64_t> removal_time(const media::PictureTiming& timing,
                                      const std::optional<media::BufferingPeriod>& period);
  void remove_until(const Held& arriving);
  void overflow_check(int64_t full, const Held& removed);

  media::HrdParameters x_hrd;
  media::HrdSchedule x_schedule;
  size_t x_index;
  bool x_hevc;
  bool x_started = false;
  int64_t x_anchor = 0;  // removal time of the first access unit of the buffering period
  int64_t x_initial_delay = 0, x_initial_offset = 0;
  uint64_t x_delay_high = 0;  // ticks that the removal delay wrapped by
  uint64_t x_last_delay = 0;
  int64_t x_last_arrival = 0, x_last_removal = 0;
  std::deque<Held> x_held;
  int64_t x_held_bits = 0;
  int64_t x_fullest = 0, x_least_margin = INT64_MAX;
  std::vector<BufferEvent> x_events;
};

/// Plausibility without messages: is there any schedule at `rate` through a buffer of this size? Bits that could not
/// have come at the rate must have lain in the buffer.
class LeakyBucket {
 public:
  /// Bits beyond the buffer at this access unit, 0 when all fit.
  int64_t add(int64_t at_us, int64_t bits, const media::LevelLimit& limit);
  int64_t fullest_bits() const { return x_fullest; }

 private:
  int64_t x_at = 0, x_level = 0, x_fullest = 0;
  bool x_started = false;
};

}  // namespace pier::analysis::impl
