#include "child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "resident.hpp"

namespace pier::sandbox {
namespace {

using impl::SteadyClock;
using impl::TimePoint;
using std::chrono::milliseconds;

constexpr size_t kStderrTail = 16U << 10U;
constexpr uint64_t kMaxThreads = 2048;
constexpr milliseconds kWatchInterval{100};
constexpr milliseconds kCloseWatchInterval{20};  // above half of the limit
constexpr milliseconds kStderrPause{5};          // after a full pipe: a child that floods us waits, not we
#ifdef PIER_SANITIZED
constexpr bool kLimits = false;
#else
constexpr bool kLimits = true;
#endif

void send_signal(const UniqueFd& pidfd, int signal) {
  syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
}

int64_t microseconds(const timeval& time) {
  return int64_t{time.tv_sec} * 1'000'000 + time.tv_usec;
}

}  // namespace

void impl::wake(const UniqueFd& event) {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event.get(), &one, sizeof one);
}

std::string_view to_string(KilledFor reason) {
  switch (reason) {
    case KilledFor::kNone:
      return "none";
    case KilledFor::kMemory:
      return "memory";
    case KilledFor::kThreads:
      return "threads";
    case KilledFor::kDeadline:
      return "deadline";
    case KilledFor::kCpu:
      return "cpu";
    case KilledFor::kCancel:
      return "cancel";
  }
  return "none";
}

Error child_error(const ChildExit& exit, std::string_view what) {
  std::string name(what);
  const std::string peak = std::to_string(exit.peak_rss_bytes >> 20U) + " MiB";
  switch (exit.killed_for) {
    case KilledFor::kMemory:
      return {ErrorCode::kTooLarge, name + " needed more memory than its limit (" + peak + " seen); raise the limit",
              exit.stderr_tail};
    case KilledFor::kThreads:
      return {ErrorCode::kCrashed, name + " started more than " + std::to_string(kMaxThreads) + " threads",
              exit.stderr_tail};
    case KilledFor::kCpu:
      return {ErrorCode::kTimeout, name + " used up its limit of CPU time", exit.stderr_tail};
    case KilledFor::kDeadline:
      return {ErrorCode::kTimeout, name + " did not end within its time limit", exit.stderr_tail};
    case KilledFor::kCancel:
      return {ErrorCode::kCancelled, name + " was cancelled", exit.stderr_tail};
    case KilledFor::kNone:
      break;
  }
  if (exit.signal == SIGSYS) {
    return {ErrorCode::kCrashed, name + " was stopped at a forbidden system call; the input may be malicious",
            exit.stderr_tail};
  }
  if (exit.signal != 0) {
    return {ErrorCode::kCrashed, name + " crashed (signal " + std::to_string(exit.signal) + ")", exit.stderr_tail};
  }
  return {ErrorCode::kCrashed, name + " ended with code " + std::to_string(exit.exit_code), exit.stderr_tail};
}
void Child::State::kill_for(KilledFor reason) {
  {
    std::lock_guard lock(mutex);
    if (killed_for == KilledFor::kNone) killed_for = reason;
    kill_at.reset();
  }
  kill(-pid, SIGKILL);  // not reaped yet: the number is still its own
  send_signal(pidfd, SIGKILL);
}

bool Child::State::drain_stderr() {
  std::array<char, 16U << 10U> block;
  for (int i = 0; i < 4; ++i) {
    const ssize_t count = read(stderr_read.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return true;
    if (count <= 0) {
      stderr_read.reset();
      return true;
    }
    stderr_tail.append(block.data(), static_cast<size_t>(count));
    if (stderr_tail.size() > kStderrTail) stderr_tail.erase(0, stderr_tail.size() - kStderrTail);
  }
  stderr_again = SteadyClock::now() + kStderrPause;
  return false;
}

void Child::State::watch_memory(TimePoint now) {
  if (now < watch_again) return;
  const impl::Resident resident = impl::resident_of(pid);
  peak_bytes = std::max(peak_bytes, resident.peak_bytes);
  const bool close = memory_limit > 0 && resident.now_bytes > memory_limit / 2;
  watch_again = now + (close ? kCloseWatchInterval : kWatchInterval);
  if (!kLimits) return;
  if (memory_limit > 0 && resident.now_bytes > memory_limit) kill_for(KilledFor::kMemory);
  if (resident.threads > kMaxThreads) kill_for(KilledFor::kThreads);
}

void Child::State::watch_time(TimePoint now) {
  bool due = false;
  {
    std::lock_guard lock(mutex);
    due = kill_at && now >= *kill_at;
  }
  if (due) kill_for(KilledFor::kCancel);
  if (deadline && now >= *deadline) {
    deadline.reset();
    kill_for(KilledFor::kDeadline);
  }
}

std::optional<TimePoint> Child::State::next_look() {
  TimePoint next = watch_again;
  if (deadline) next = std::min(next, *deadline);
  if (stderr_read && stderr_again > SteadyClock::now()) next = std::min(next, stderr_again);
  std::lock_guard lock(mutex);
  if (kill_at) next = std::min(next, *kill_at);
  return next;
}

void Child::State::reap() {
  if (stderr_read) {
    while (!drain_stderr()) {
    }
  }
  kill(-pid, SIGKILL);  // whatever it may have left in its session
  rusage usage{};
  int status = 0;
  while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  ChildExit result;
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  // The kernel counts our own size at the time of exec into the child's peak: it tells nothing below that.
  const uint64_t counted = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
  result.peak_rss_bytes = counted > parent_peak_bytes ? counted : peak_bytes;
  result.user_cpu_us = microseconds(usage.ru_utime);
  result.system_cpu_us = microseconds(usage.ru_stime);
  result.wall_us = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - started).count();
  result.stderr_tail = std::move(stderr_tail);
  const bool over_cgroup = cgroup && cgroup->was_out_of_memory();
  cgroup.reset();
  stderr_read.reset();

  const int64_t cpu_us = result.user_cpu_us + result.system_cpu_us;
  const bool over_cpu =
      cpu_limit.count() > 0 && (result.signal == SIGXCPU ||
                                (result.signal == SIGKILL && cpu_us >= std::chrono::microseconds(cpu_limit).count()));

  std::lock_guard lock(mutex);
  if (killed_for == KilledFor::kNone && result.signal == SIGKILL && over_cgroup) killed_for = KilledFor::kMemory;
  if (killed_for == KilledFor::kNone && over_cpu) killed_for = KilledFor::kCpu;
  result.killed_for = killed_for;
  exit = std::move(result);
  changed.notify_all();
}

Child::Child(std::shared_ptr<State> state) : x_state(std::move(state)) {}
Child::Child(Child&&) noexcept = default;
Child& Child::operator=(Child&& other) noexcept {
  std::swap(x_state, other.x_state);
  return *this;
}

Child::~Child() {
  if (x_state) terminate(milliseconds(0));
}

pid_t Child::pid() const {
  return x_state->pid;
}

Result<ChildExit> Child::wait(milliseconds timeout) const {
  std::unique_lock lock(x_state->mutex);
  if (!x_state->changed.wait_for(lock, timeout, [this] { return x_state->exit.has_value(); })) {
    return fail(ErrorCode::kTimeout, "the task process " + std::to_string(x_state->pid) + " is still running");
  }
  return *x_state->exit;
}

bool Child::running() const {
  std::lock_guard lock(x_state->mutex);
  return !x_state->exit;
}

void Child::terminate(milliseconds grace) {
  {
    std::lock_guard lock(x_state->mutex);
    if (x_state->exit) return;
    if (x_state->killed_for == KilledFor::kNone) x_state->killed_for = KilledFor::kCancel;
    const TimePoint at = SteadyClock::now() + grace;
    if (!x_state->kill_at || at < *x_state->kill_at) x_state->kill_at = at;
    if (grace.count() > 0) send_signal(x_state->pidfd, SIGTERM);
  }
  impl::wake(*x_state->wake_event);
}
}  // namespace pier::sandbox
