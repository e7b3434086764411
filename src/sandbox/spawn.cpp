#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pier/core/bytes.hpp>
#include <pier/sandbox/spawn.hpp>

#include "cgroup.hpp"
#include "launch.hpp"
#include "resident.hpp"

namespace pier::sandbox {
namespace {

using SteadyClock = std::chrono::steady_clock;
using TimePoint = SteadyClock::time_point;
using std::chrono::milliseconds;

constexpr size_t kStderrTail = 16U << 10U;
constexpr uint64_t kMaxThreads = 2048;
constexpr milliseconds kWatchInterval{100};
constexpr milliseconds kCloseWatchInterval{20};  // above half of the limit
constexpr milliseconds kStderrPause{5};          // after a full pipe: a child that floods us waits, not we

void send_signal(const UniqueFd& pidfd, int signal) {
  syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
}

void wake(const UniqueFd& event) {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event.get(), &one, sizeof one);
}

int64_t microseconds(const timeval& time) {
  return int64_t{time.tv_sec} * 1'000'000 + time.tv_usec;
}

uint64_t own_peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace

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

struct Child::State {
  pid_t pid = -1;
  UniqueFd pidfd;
  std::shared_ptr<UniqueFd> wake_event;
  TimePoint started;
  uint64_t memory_limit = 0;
  std::optional<TimePoint> deadline;
  std::chrono::seconds cpu_limit{0};

  // Only the spawner's thread.
  UniqueFd stderr_read;
  std::string stderr_tail;
  TimePoint stderr_again;
  TimePoint watch_again;
  uint64_t peak_bytes = 0;
  uint64_t parent_peak_bytes = 0;
  std::optional<impl::TaskCgroup> cgroup;

  std::mutex mutex;
  std::condition_variable changed;
  KilledFor killed_for = KilledFor::kNone;
  std::optional<TimePoint> kill_at;
  std::optional<ChildExit> exit;

  void kill_for(KilledFor reason) {
    {
      std::lock_guard lock(mutex);
      if (killed_for == KilledFor::kNone) killed_for = reason;
      kill_at.reset();
    }
    kill(-pid, SIGKILL);  // not reaped yet: the number is still its own
    send_signal(pidfd, SIGKILL);
  }
  bool drain_stderr();
  void watch_memory(TimePoint now);
  void watch_time(TimePoint now);
  std::optional<TimePoint> next_look();
  void reap();
};

/// Takes what is there, at most one pipe full.
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
#ifndef PIER_SANITIZED
  if (memory_limit > 0 && resident.now_bytes > memory_limit) kill_for(KilledFor::kMemory);
  if (resident.threads > kMaxThreads) kill_for(KilledFor::kThreads);
#endif
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
  wake(*x_state->wake_event);
}

struct Spawner::State {
  struct Request {
    const ChildSpec* spec = nullptr;
    std::promise<Result<std::shared_ptr<Child::State>>> answer;
  };

  std::shared_ptr<UniqueFd> wake_event;
  UniqueFd dev_null;
  std::optional<impl::TaskCgroups> cgroups;
  Layer memory;

  std::mutex mutex;
  std::deque<Request*> requests;
  bool stopping = false;
  std::optional<Error> broken;

  std::vector<std::shared_ptr<Child::State>> running;  // only the thread
  std::thread thread;

  void run();
  bool take_requests();
  void look_after(const std::shared_ptr<Child::State>& child, bool ended);
  void poll_children();
  Result<std::shared_ptr<Child::State>> start(const ChildSpec& spec);
};

namespace {

Result<void> check_spec(const ChildSpec& spec) {
  if (spec.program.empty()) return fail(ErrorCode::kInvalidArgument, "cannot start a process: no program named");
  std::vector<int> numbers;
  for (const PassedFd& passed : spec.descriptors) {
    if (passed.parent_fd < 0 || passed.child_fd < 0 || passed.child_fd == 2 || passed.child_fd > impl::kMaxChildFd) {
      return fail(ErrorCode::kInvalidArgument, "cannot start a process: descriptor " +
                                                   std::to_string(passed.parent_fd) + " cannot become " +
                                                   std::to_string(passed.child_fd));
    }
    numbers.push_back(passed.child_fd);
  }
  std::sort(numbers.begin(), numbers.end());
  if (std::adjacent_find(numbers.begin(), numbers.end()) != numbers.end()) {
    return fail(ErrorCode::kInvalidArgument, "cannot start a process: two descriptors with one number");
  }
  return {};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::pair<int, int>> descriptor_table(const ChildSpec& spec, int dev_null, int stderr_write) {
  std::vector<std::pair<int, int>> table;
  bool has_input = false;
  bool has_output = false;
  for (const PassedFd& passed : spec.descriptors) {
    table.emplace_back(passed.parent_fd, passed.child_fd);
    has_input |= passed.child_fd == 0;
    has_output |= passed.child_fd == 1;
  }
  if (!has_input) table.emplace_back(dev_null, 0);
  if (!has_output) table.emplace_back(dev_null, 1);
  table.emplace_back(stderr_write, 2);
  return table;
}

}  // namespace

Result<std::shared_ptr<Child::State>> Spawner::State::start(const ChildSpec& spec) {
  PIER_CHECK(check_spec(spec));
  std::vector<std::string> arguments{spec.program};
  arguments.insert(arguments.end(), spec.arguments.begin(), spec.arguments.end());
  std::vector<std::string> environment;
  for (const auto& [name, value] : spec.environment) environment.push_back(name + "=" + value);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(environment);

  std::array<int, 2> pipe_fds{};
  if (pipe2(pipe_fds.data(), O_CLOEXEC) != 0) return Failure(errno_error(errno, "cannot start a process: pipe"));
  auto child = std::make_shared<Child::State>();
  child->stderr_read = UniqueFd(pipe_fds[0]);
  const UniqueFd stderr_write(pipe_fds[1]);
  fcntl(child->stderr_read.get(), F_SETFL, O_NONBLOCK);

  impl::LaunchPlan plan;
  plan.program = spec.program.c_str();
  plan.argv = argv.data();
  plan.envp = envp.data();
  plan.cpu_seconds = static_cast<uint64_t>(std::max<int64_t>(0, spec.cpu_limit.count()));
  plan.nice = std::clamp(spec.nice, 0, 19);
  plan.drop_privileges = spec.drop_privileges;
  plan.descriptors = descriptor_table(spec, dev_null.get(), stderr_write.get());
  if (cgroups && spec.memory_limit_bytes > 0) {
    PIER_TRY(child->cgroup, cgroups->make(spec.memory_limit_bytes));
    plan.cgroup_procs_fd = child->cgroup->procs_fd();
  }

  child->parent_peak_bytes = own_peak_bytes();
  PIER_TRY(auto launched, impl::launch(plan));
  child->pid = launched.pid;
  child->pidfd = std::move(launched.pidfd);
  child->wake_event = wake_event;
  child->started = SteadyClock::now();
  child->watch_again = child->started;
  child->memory_limit = spec.memory_limit_bytes;
  child->cpu_limit = spec.cpu_limit;
  if (spec.wall_limit.count() > 0) child->deadline = child->started + spec.wall_limit;
  running.push_back(child);
  return child;
}

bool Spawner::State::take_requests() {
  for (;;) {
    Request* request = nullptr;
    {
      std::lock_guard lock(mutex);
      if (requests.empty()) return !stopping;
      request = requests.front();
      requests.pop_front();
    }
    request->answer.set_value(start(*request->spec));
  }
}

void Spawner::State::look_after(const std::shared_ptr<Child::State>& child, bool ended) {
  const TimePoint now = SteadyClock::now();
  if (ended) {
    child->reap();
    return;
  }
  if (child->stderr_read && now >= child->stderr_again) child->drain_stderr();
  child->watch_memory(now);
  child->watch_time(now);
}

void Spawner::State::poll_children() {
  std::vector<pollfd> waits{{wake_event->get(), POLLIN, 0}};
  std::optional<TimePoint> next;
  const TimePoint now = SteadyClock::now();
  for (const auto& child : running) {
    waits.push_back({child->pidfd.get(), POLLIN, 0});
    const bool listen = child->stderr_read && now >= child->stderr_again;
    waits.push_back({listen ? child->stderr_read.get() : -1, POLLIN, 0});
    const std::optional<TimePoint> look = child->next_look();
    if (!next || *look < *next) next = look;
  }
  int timeout = -1;
  if (next) timeout = static_cast<int>(std::max<int64_t>(0, std::chrono::ceil<milliseconds>(*next - now).count()));
  if (poll(waits.data(), waits.size(), timeout) < 0) return;
  if (waits[0].revents != 0) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t taken = read(wake_event->get(), &count, sizeof count);
  }
  for (size_t i = 0; i < running.size(); ++i) look_after(running[i], waits[1 + 2 * i].revents != 0);
  std::erase_if(running, [](const auto& child) {
    std::lock_guard lock(child->mutex);
    return child->exit.has_value();
  });
}

void Spawner::State::run() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  while (take_requests()) poll_children();
  for (const auto& child : running) {
    child->kill_for(KilledFor::kCancel);
    child->reap();
  }
  running.clear();
}

Spawner::Spawner() : Spawner(Options{}) {}

Spawner::Spawner(const Options& options) : x_state(std::make_unique<State>()) {
  x_state->wake_event = std::make_shared<UniqueFd>(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  x_state->dev_null = UniqueFd(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!*x_state->wake_event || !x_state->dev_null) {
    x_state->broken = errno_error(errno, "cannot prepare to start processes");
    return;
  }
#ifdef PIER_SANITIZED
  x_state->memory = {"memory_limit", false, "off in a build with sanitizers"};
#else
  auto cgroups = impl::TaskCgroups::open(options.cgroup);
  if (cgroups) {
    x_state->memory = {"memory_limit", true, "control group " + cgroups->path() + " and resident size"};
    x_state->cgroups = std::move(*cgroups);
  } else {
    x_state->memory = {"memory_limit", true, "resident size watched (" + cgroups.error().message + ")"};
  }
#endif
  x_state->thread = std::thread([state = x_state.get()] { state->run(); });
}

Spawner::~Spawner() {
  {
    std::lock_guard lock(x_state->mutex);
    x_state->stopping = true;
  }
  if (!x_state->thread.joinable()) return;
  wake(*x_state->wake_event);
  x_state->thread.join();
}

Layer Spawner::memory_layer() const {
  return x_state->memory;
}

Result<Child> Spawner::start(const ChildSpec& spec) {
  if (x_state->broken) return Failure(*x_state->broken);
  State::Request request{&spec, {}};
  auto answer = request.answer.get_future();
  {
    std::lock_guard lock(x_state->mutex);
    x_state->requests.push_back(&request);
  }
  wake(*x_state->wake_event);
  PIER_TRY(auto state, answer.get());
  return Child(std::move(state));
}

}  // namespace pier::sandbox
