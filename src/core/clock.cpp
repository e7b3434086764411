#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>

#include <pier/core/clock.hpp>

namespace pier {
namespace {

template <typename ClockType>
int64_t microseconds() {
  return std::chrono::duration_cast<std::chrono::microseconds>(ClockType::now().time_since_epoch()).count();
}

class SystemClock final : public Clock {
 public:
  WallTime now() const override { return microseconds<std::chrono::system_clock>(); }
  int64_t steady_us() const override { return microseconds<std::chrono::steady_clock>(); }
};

}  // namespace

const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

struct FakeClock::State {
  const WallTime start;
  std::atomic<int64_t> passed{0};
};

FakeClock::FakeClock(WallTime start) : x_state(new State{start}) {}
FakeClock::~FakeClock() = default;
WallTime FakeClock::now() const {
  return x_state->start + x_state->passed.load();
}
int64_t FakeClock::steady_us() const {
  return x_state->passed.load();
}
void FakeClock::advance_us(int64_t us) {
  x_state->passed.fetch_add(us);
}

std::string to_rfc3339(WallTime time) {
  constexpr int64_t kSecond = 1'000'000;
  int64_t micros = time % kSecond;
  if (micros < 0) micros += kSecond;
  const time_t seconds = (time - micros) / kSecond;
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "out of range";
  char text[96];
  const int size =
      std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                    parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<int>(micros));
  return {text, static_cast<size_t>(size)};
}

}  // namespace pier
