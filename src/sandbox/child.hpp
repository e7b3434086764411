#pragma once
// What the spawner's thread knows and does about one child; Child is the handle others hold on it.

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <pier/core/file.hpp>
#include <pier/sandbox/spawn.hpp>

#include "cgroup.hpp"

namespace pier::sandbox {

namespace impl {
using SteadyClock = std::chrono::steady_clock;
using TimePoint = SteadyClock::time_point;

/// Makes the poll() on an eventfd return.
void wake(const UniqueFd& event);
}  // namespace impl

struct Child::State {
  pid_t pid = -1;
  UniqueFd pidfd;
  std::shared_ptr<UniqueFd> wake_event;
  impl::TimePoint started;
  uint64_t memory_limit = 0;
  std::optional<impl::TimePoint> deadline;
  std::chrono::seconds cpu_limit{0};

  // Only the spawner's thread.
  UniqueFd stderr_read;
  std::string stderr_tail;
  impl::TimePoint stderr_again;
  impl::TimePoint watch_again;
  uint64_t peak_bytes = 0;
  uint64_t parent_peak_bytes = 0;
  std::optional<impl::TaskCgroup> cgroup;

  std::mutex mutex;
  std::condition_variable changed;
  KilledFor killed_for = KilledFor::kNone;
  std::optional<impl::TimePoint> kill_at;
  std::optional<ChildExit> exit;

  void kill_for(KilledFor reason);
  /// Takes what is there, at most one pipe full; false when there may be more.
  bool drain_stderr();
  void watch_memory(impl::TimePoint now);
  void watch_time(impl::TimePoint now);
  std::optional<impl::TimePoint> next_look();
  void reap();
};

}  // namespace pier::sandbox
