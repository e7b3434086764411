#pragma once
// Time of compressed access units: a clock that always runs on, whatever the time stamps do, and the order in which
// pictures are shown.

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <pier/core/rational.hpp>
#include <pier/media/frame.hpp>

namespace pier::analysis::impl {

/// Microseconds since the first access unit of a stream, in decoding order; never steps back. Time stamps that jump
/// (wrap, splice, nonsense) are bridged by the nominal duration and counted.
class DecodingClock {
 public:
  static constexpr int64_t kLongestUs = 10'000'000;  // a longer step is a jump

  /// `nominal`: frames a second, 0 when unknown (then 25 until durations are given).
  DecodingClock(Rational time_base, Rational nominal);
  /// Time of this access unit.
  int64_t advance(const media::Packet& packet);
  int64_t now_us() const { return x_now; }
  /// Of the access unit last seen.
  int64_t duration_us() const { return x_duration; }
  int64_t jumps() const { return x_jumps; }
  int64_t untimed() const { return x_untimed; }

 private:
  void step_to(int64_t stamp, int64_t otherwise);
  void jump(int64_t us);

  Rational x_time_base;
  int64_t x_nominal = 40'000;
  std::optional<int64_t> x_last;  // time stamp of the unit before
  int64_t x_now = 0, x_duration = 0;
  int64_t x_segment = 0, x_ticks = 0;  // time where steps began to be sums of ticks, and those ticks
  bool x_started = false;
  int64_t x_jumps = 0, x_untimed = 0;
};

/// Puts what belongs to pictures into the order in which they are shown. Holds at most kDepth entries: as many as any
/// of the codecs may reorder. Entries without a time keep their place.
template <typename T>
class PresentationOrder {
 public:
  static constexpr size_t kDepth = 33;

  template <typename Each>
  void push(int64_t pts, T value, Each each) {
    if (pts == INT64_MIN) pts = x_entries.empty() ? x_last : x_entries.back().first;
    auto at = x_entries.end();
    while (at != x_entries.begin() && std::prev(at)->first > pts) --at;
    x_entries.insert(at, {pts, std::move(value)});
    if (x_entries.size() > kDepth) pop(each);
  }
  template <typename Each>
  void flush(Each each) {
    while (!x_entries.empty()) pop(each);
  }

 private:
  template <typename Each>
  void pop(Each& each) {
    auto [pts, value] = std::move(x_entries.front());
    x_entries.erase(x_entries.begin());
    x_last = pts;
    each(pts, value);
  }
  std::vector<std::pair<int64_t, T>> x_entries;
  int64_t x_last = 0;
};

/// Rounded to the nearest microsecond.
inline double seconds_of(int64_t us) {
  return static_cast<double>(us) / 1e6;
}

}  // namespace pier::analysis::impl
