#include "launch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The child shares our memory until exec; instrumentation of its few lines would be seen by ours.
#define PIER_CHILD_CODE __attribute__((no_sanitize("address", "undefined", "thread")))

namespace pier::sandbox::impl {
namespace {

constexpr uid_t kNobody = 65534;
constexpr rlim_t kMaxDescriptors = 1024;
constexpr size_t kStackBytes = 64U << 10U;

enum class Step : int { kOrphan, kSession, kCgroup, kLimits, kDescriptors, kUser, kExec };

struct StepError {
  Step step;
  int number;
};

const char* describe(Step step) {
  switch (step) {
    case Step::kOrphan:
      return "parent ended";
    case Step::kSession:
      return "new session";
    case Step::kCgroup:
      return "enter control group";
    case Step::kLimits:
      return "set limits";
    case Step::kDescriptors:
      return "arrange descriptors";
    case Step::kUser:
      return "change user";
    case Step::kExec:
      return "execute";
  }
  return "start";
}

struct ChildFrame {
  const LaunchPlan* plan = nullptr;
  std::vector<int> staged;  // one for each descriptor of the plan
  int error_fd = -1;
  int highest = 2;
  pid_t parent = 0;
};

PIER_CHILD_CODE long call(long number, long a = 0, long b = 0, long c = 0, long d = 0) {
  return syscall(number, a, b, c, d);
}

template <typename T>
PIER_CHILD_CODE long address(T* pointer) {
  return reinterpret_cast<long>(pointer);
}

[[noreturn]] PIER_CHILD_CODE void give_up(const ChildFrame& frame, Step step) {
  const StepError report{step, errno};
  call(SYS_write, frame.error_fd, address(&report), sizeof report);
  for (;;) call(SYS_exit_group, 127);
}

PIER_CHILD_CODE void reset_signals() {
  // The kernel's struct, zero in every layout: default action, no flags, empty mask.
  const std::array<uint64_t, 8> zero{};
  for (int signal = 1; signal < NSIG; ++signal) call(SYS_rt_sigaction, signal, address(zero.data()), 0, 8);
  call(SYS_rt_sigprocmask, SIG_SETMASK, address(zero.data()), 0, 8);
}

PIER_CHILD_CODE void set_limits(const ChildFrame& frame) {
  const rlimit no_core{0, 0};
  if (call(SYS_prlimit64, 0, RLIMIT_CORE, address(&no_core)) != 0) give_up(frame, Step::kLimits);
  rlimit files{};
  if (call(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, address(&files)) != 0) give_up(frame, Step::kLimits);
  const rlim_t allowed = files.rlim_max < kMaxDescriptors ? files.rlim_max : kMaxDescriptors;
  const rlimit fewer{allowed, allowed};
  if (call(SYS_prlimit64, 0, RLIMIT_NOFILE, address(&fewer)) != 0) give_up(frame, Step::kLimits);
  if (frame.plan->cpu_seconds > 0) {
    // SIGXCPU first, SIGKILL for one that catches it.
    const rlimit cpu{frame.plan->cpu_seconds, frame.plan->cpu_seconds + 1};
    if (call(SYS_prlimit64, 0, RLIMIT_CPU, address(&cpu)) != 0) give_up(frame, Step::kLimits);
  }
  if (frame.plan->nice > 0) call(SYS_setpriority, PRIO_PROCESS, 0, frame.plan->nice);
  // When the machine itself runs out of memory, the child goes before the server.
  const long score = call(SYS_openat, AT_FDCWD, address("/proc/self/oom_score_adj"), O_WRONLY | O_CLOEXEC);
  if (score >= 0) {
    call(SYS_write, score, address("500"), 3);
    call(SYS_close, score);
  }
}

PIER_CHILD_CODE void close_from(int first) {
  if (call(SYS_close_range, first, UINT32_MAX, 0) == 0) return;
  rlimit files{};
  call(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, address(&files));
  for (rlim_t fd = static_cast<rlim_t>(first); fd < files.rlim_max; ++fd) call(SYS_close, static_cast<long>(fd));
}

/// First everything out of the way of the target numbers, then into place, then the rest is closed.
PIER_CHILD_CODE void arrange_descriptors(ChildFrame& frame) {
  const auto& wanted = frame.plan->descriptors;
  const int base = frame.highest + 1;
  const long error_fd = call(SYS_fcntl, frame.error_fd, F_DUPFD_CLOEXEC, base);
  if (error_fd < 0) give_up(frame, Step::kDescriptors);
  frame.error_fd = static_cast<int>(error_fd);
  for (size_t i = 0; i < wanted.size(); ++i) {
    const long staged = call(SYS_fcntl, wanted[i].first, F_DUPFD_CLOEXEC, base);
    if (staged < 0) give_up(frame, Step::kDescriptors);
    frame.staged[i] = static_cast<int>(staged);
  }
  for (int fd = 0; fd <= frame.highest; ++fd) call(SYS_close, fd);
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (call(SYS_dup3, frame.staged[i], wanted[i].second, 0) < 0) give_up(frame, Step::kDescriptors);
  }
  if (frame.error_fd != base) {
    if (call(SYS_dup3, frame.error_fd, base, O_CLOEXEC) < 0) give_up(frame, Step::kDescriptors);
    frame.error_fd = base;
  }
  close_from(base + 1);
}

PIER_CHILD_CODE void drop_user(const ChildFrame& frame) {
  if (call(SYS_geteuid) != 0) return;
  if (call(SYS_setgroups, 0, 0) != 0 || call(SYS_setresgid, kNobody, kNobody, kNobody) != 0 ||
      call(SYS_setresuid, kNobody, kNobody, kNobody) != 0) {
    give_up(frame, Step::kUser);
  }
}

PIER_CHILD_CODE int child_main(void* argument) {
  auto& frame = *static_cast<ChildFrame*>(argument);
  const LaunchPlan& plan = *frame.plan;
  reset_signals();
  if (call(SYS_setsid) < 0) give_up(frame, Step::kSession);
  if (plan.cgroup_procs_fd >= 0 && call(SYS_write, plan.cgroup_procs_fd, address("0"), 1) != 1) {
    give_up(frame, Step::kCgroup);
  }
  set_limits(frame);
  arrange_descriptors(frame);
  if (plan.drop_privileges) drop_user(frame);
  // After the change of user, which clears it; then a parent that died before this line is told by the new parent.
  call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  if (call(SYS_getppid) != frame.parent) give_up(frame, Step::kOrphan);
  call(SYS_execve, address(plan.program), address(plan.argv), address(plan.envp));
  give_up(frame, Step::kExec);
}

/// Waits until exec closes the pipe, or takes the report of the step that failed.
bool read_report(int fd, StepError& report) {
  size_t got = 0;
  while (got < sizeof report) {
    const ssize_t count = read(fd, reinterpret_cast<char*>(&report) + got, sizeof report - got);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    got += static_cast<size_t>(count);
  }
  return got == sizeof report;
}

}  // namespace

Result<Launched> launch(const LaunchPlan& plan) {
  std::array<int, 2> pipe_fds{};
  if (pipe2(pipe_fds.data(), O_CLOEXEC) != 0) return Failure(errno_error(errno, "cannot start a process: pipe"));
  const UniqueFd report_read(pipe_fds[0]);
  UniqueFd report_write(pipe_fds[1]);

  ChildFrame frame{&plan, std::vector<int>(plan.descriptors.size(), -1), report_write.get(), 2, getpid()};
  for (const auto& [ours, theirs] : plan.descriptors) frame.highest = std::max(frame.highest, theirs);

#ifdef PIER_SANITIZED
  const int sharing = 0;  // a plain fork: sanitizers keep state about the calling thread in shared memory
#else
  const int sharing = CLONE_VM | CLONE_VFORK;
#endif
  std::vector<std::byte> stack(kStackBytes);
  void* top = stack.data() + (stack.size() & ~size_t{15});
  int pidfd = -1;
  const pid_t pid = clone(child_main, top, sharing | CLONE_PIDFD | SIGCHLD, &frame, &pidfd);
  if (pid < 0) return Failure(errno_error(errno, "cannot start a process"));
  Launched launched{pid, UniqueFd(pidfd)};
  report_write.reset();

  StepError report{};
  if (!read_report(report_read.get(), report)) return launched;
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return Failure(
      errno_error(report.number, std::string("cannot start ") + plan.program + ": " + describe(report.step)));
}

}  // namespace pier::sandbox::impl
