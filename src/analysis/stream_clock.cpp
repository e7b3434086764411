#include "stream_clock.hpp"

#include <algorithm>

namespace pier::analysis::impl {

namespace {

Rational microsecond() {
  return {1, 1'000'000};
}

}  // namespace

DecodingClock::DecodingClock(Rational time_base, Rational nominal) : x_time_base(time_base) {
  if (nominal.num > 0) x_nominal = std::clamp<int64_t>(rescale(1, nominal.inverse(), microsecond()), 1, kLongestUs);
}

int64_t DecodingClock::advance(const media::Packet& packet) {
  const int64_t stamp = packet.dts != INT64_MIN ? packet.dts : packet.pts;
  const bool timed = stamp != INT64_MIN && x_time_base.num > 0;
  const int64_t own =
      x_time_base.num > 0 && packet.duration > 0 ? rescale(packet.duration, x_time_base, microsecond()) : x_nominal;
  const int64_t before = x_duration;
  x_duration = std::clamp<int64_t>(own, 1, kLongestUs);
  x_untimed += timed ? 0 : 1;
  if (!x_started) {
    x_started = true;
  } else if (!timed || !x_last) {
    jump(before);
  } else {
    step_to(stamp, before);
  }
  // Behind units without a time nothing tells how far the next one is.
  x_last = timed ? std::optional(stamp) : std::nullopt;
  return x_now;
}

// Ticks are summed, not microseconds: rounding must not add up over hours.
void DecodingClock::step_to(int64_t stamp, int64_t otherwise) {
  // Unsigned: the difference of two hostile stamps may not fit.
  const uint64_t ticks = static_cast<uint64_t>(stamp) - static_cast<uint64_t>(*x_last);
  const bool possible = stamp >= *x_last && ticks < (uint64_t{1} << 40U);
  if (possible && rescale(static_cast<int64_t>(ticks), x_time_base, microsecond()) <= kLongestUs) {
    x_ticks += static_cast<int64_t>(ticks);
    x_now = x_segment + rescale(x_ticks, x_time_base, microsecond());
    return;
  }
  ++x_jumps;
  jump(otherwise);
}

void DecodingClock::jump(int64_t us) {
  x_now += us;
  x_segment = x_now;
  x_ticks = 0;
}

}  // namespace pier::analysis::impl
