#include "analyzers/hrd/buffer_model.hpp"

#include <algorithm>

namespace pier::analysis::impl {

namespace {

constexpr int64_t kSecond = 1'000'000'000'000;    // picoseconds
constexpr int64_t kHorizon = INT64_MAX / 4;       // 26 days
constexpr int64_t kLongestStep = 3600 * kSecond;  // between two removals; a wrapped delay that was none is far more

// value * num / den in picoseconds, nullopt beyond the horizon.
std::optional<int64_t> picoseconds(uint64_t value, int64_t num, int64_t den) {
  if (num <= 0 || den <= 0) return std::nullopt;
  __extension__ using Wide = unsigned __int128;
  const Wide ticks = static_cast<Wide>(value) * static_cast<uint64_t>(num);
  if (ticks >= (static_cast<Wide>(1) << 84U)) return std::nullopt;
  const Wide time = ticks * static_cast<uint64_t>(kSecond) / static_cast<uint64_t>(den);
  if (time > static_cast<uint64_t>(kHorizon)) return std::nullopt;
  return static_cast<int64_t>(time);
}

// Bits that come in `time` picoseconds.
int64_t bits_in(int64_t time, int64_t rate) {
  __extension__ using Wide = __int128;
  return static_cast<int64_t>(static_cast<Wide>(time) * rate / kSecond);
}

}  // namespace

BufferModel::BufferModel(const media::HrdParameters& hrd, size_t schedule, bool hevc)
    : x_hrd(hrd), x_schedule(hrd.schedules.at(schedule)), x_index(schedule), x_hevc(hevc) {}

std::optional<int64_t> BufferModel::removal_time(const media::PictureTiming& timing,
                                                 const std::optional<media::BufferingPeriod>& period) {
  if (period) {
    if (x_index >= period->delays.size()) return std::nullopt;
    const auto delay = picoseconds(period->delays[x_index].delay, 1, 90000);
    const auto offset = picoseconds(period->delays[x_index].offset, 1, 90000);
    if (!delay || !offset) return std::nullopt;
    x_initial_delay = *delay;
    x_initial_offset = *offset;
  }
  if (!x_started) return period ? std::optional(x_initial_delay) : std::nullopt;
  uint64_t ticks = timing.removal_delay;
  const bool spliced = period && period->concatenation && x_hevc;
  if (!spliced) {
    // The delay counts modulo its length (H.265 D.3.3).
    if (ticks < x_last_delay && x_hrd.removal_delay_bits < 32) x_delay_high += uint64_t{1} << x_hrd.removal_delay_bits;
    x_last_delay = ticks;
    ticks += x_delay_high;
  }
  const auto since = picoseconds(spliced ? period->removal_delay_delta : ticks, x_hrd.tick.num, x_hrd.tick.den);
  const int64_t from = spliced ? x_last_removal : x_anchor;
  if (!since || *since > kHorizon - from) return std::nullopt;
  int64_t removal = from + *since;
  // H.265 C-10: behind a splice not before the last bit may have come.
  if (spliced) removal = std::max(removal, x_last_arrival + x_initial_delay);
  return removal;
}

bool BufferModel::add(int64_t number, int64_t pts, int64_t bits, const media::PictureTiming& timing,
                      const std::optional<media::BufferingPeriod>& period) {
  const auto removal = removal_time(timing, period);
  if (!removal || x_schedule.bit_rate <= 0 || bits < 0 || x_held.size() >= kMaxHeld) return false;
  if (x_started && (*removal < x_last_removal || *removal - x_last_removal > kLongestStep)) return false;
  Held held{number, pts, bits, 0, 0, *removal};
  // Earliest arrival: C-4 to C-6 of H.265, C-2 and C-3 of H.264.
  const int64_t earliest = *removal - x_initial_delay - (period || !x_started ? 0 : x_initial_offset);
  held.begin = !x_started            ? std::max<int64_t>(0, earliest)
               : x_schedule.constant ? x_last_arrival
                                     : std::max(x_last_arrival, earliest);
  const auto length = picoseconds(static_cast<uint64_t>(bits), 1, x_schedule.bit_rate);
  if (!length || *length > kHorizon - held.begin) return false;
  held.end = held.begin + *length;
  remove_until(held);
  const int64_t margin = *removal - held.end;
  x_least_margin = std::min(x_least_margin, margin);
  if (margin < -kToleranceUs * 1'000'000 && !x_hrd.low_delay) {
    x_events.push_back({.unit = number, .pts = pts, .late_us = -margin / 1'000'000});
  }
  x_held.push_back(held);
  x_held_bits += bits;
  x_last_arrival = held.end;
  x_last_removal = *removal;
  if (period) {
    x_anchor = *removal;
    x_last_delay = x_delay_high = 0;
  }
  x_started = true;
  return true;
}

// The buffer is fullest right before a removal: all that is held, and as much of what is arriving as has come.
void BufferModel::remove_until(const Held& arriving) {
  while (!x_held.empty() && x_held.front().removal <= arriving.end) {
    const Held& next = x_held.front();
    const int64_t come = next.removal <= arriving.begin
                             ? 0
                             : std::min(arriving.bits, bits_in(next.removal - arriving.begin, x_schedule.bit_rate));
    overflow_check(x_held_bits + come, next);
    x_held_bits -= next.bits;
    x_held.pop_front();
  }
}

void BufferModel::overflow_check(int64_t full, const Held& removed) {
  x_fullest = std::max(x_fullest, full);
  const int64_t slack = bits_in(kToleranceUs * 1'000'000, x_schedule.bit_rate);
  if (full <= x_schedule.buffer_bits + slack) return;
  x_events.push_back(
      {.overflow = true, .unit = removed.number, .pts = removed.pts, .excess_bits = full - x_schedule.buffer_bits});
}

void BufferModel::finish() {
  while (!x_held.empty()) {
    overflow_check(x_held_bits, x_held.front());
    x_held_bits -= x_held.front().bits;
    x_held.pop_front();
  }
}

int64_t LeakyBucket::add(int64_t at_us, int64_t bits, const media::LevelLimit& limit) {
  if (x_started) {
    __extension__ using Wide = __int128;
    const auto drained = static_cast<Wide>(std::max<int64_t>(0, at_us - x_at)) * limit.bit_rate / 1'000'000;
    x_level = drained >= x_level ? 0 : x_level - static_cast<int64_t>(drained);
  }
  x_started = true;
  x_at = std::max(x_at, at_us);
  x_level = std::min<int64_t>(x_level + bits, INT64_MAX / 4);
  x_fullest = std::max(x_fullest, x_level);
  return std::max<int64_t>(0, x_level - limit.buffer_bits);
}

}  // namespace pier::analysis::impl
