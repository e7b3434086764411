#pragma once
// Wall and monotonic time behind one edge, so that leases, expiry and logs can be tested without sleeping.

#include <cstdint>
#include <memory>
#include <string>

namespace pier {

/// Microseconds since 1970-01-01 UTC, as stored in every table.
using WallTime = int64_t;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime now() const = 0;       // wall, may jump
  virtual int64_t steady_us() const = 0;  // monotonic
  static const Clock& system();
};

/// Moves only when told; thread-safe.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(WallTime start = 1'700'000'000'000'000);
  ~FakeClock() override;
  WallTime now() const override;
  int64_t steady_us() const override;
  void advance_us(int64_t us);

 private:
  struct State;
  std::unique_ptr<State> x_state;
};

std::string to_rfc3339(WallTime time);  // "2026-11-22T13:05:07.123456Z"

}  // namespace pier
