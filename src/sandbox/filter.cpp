#include "filter.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace pier::sandbox::impl {
namespace {

constexpr std::array kAllowed = {
    // descriptors that are open
    "read", "pread64", "readv", "preadv", "preadv2", "write", "pwrite64", "writev", "pwritev", "pwritev2", "lseek",
    "_llseek", "close", "close_range", "dup", "dup2", "dup3", "fstat", "fstat64", "ftruncate", "fallocate", "fsync",
    "fdatasync", "fadvise64", "sync_file_range", "sendfile", "copy_file_range", "splice", "tee", "pipe", "pipe2",
    "eventfd2", "poll", "ppoll", "select", "pselect6", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
    "recvfrom", "recvmsg", "shutdown", "getsockopt", "fstatfs",
    // names, to read (Landlock says which)
    "stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents64",
    "getcwd", "statfs",
    // memory
    "brk", "munmap", "mremap", "madvise", "mlock", "munlock", "mincore", "membarrier", "get_mempolicy", "set_mempolicy",
    "mbind",
    // threads and signals
    "futex", "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "arch_prctl", "sched_yield",
    "sched_getaffinity", "sched_setaffinity", "sched_getparam", "sched_getscheduler", "sched_get_priority_max",
    "sched_get_priority_min", "getpriority", "getcpu", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
    "rt_sigpending", "rt_sigtimedwait", "rt_sigsuspend", "pause", "sigaltstack", "restart_syscall", "exit",
    "exit_group",
    // time and facts about oneself
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times", "getrusage",
    "getrandom", "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid",
    "getgroups", "uname", "sysinfo", "getrlimit", "capget"};

// Nothing harmless in a codec asks for these.
constexpr std::array kFatal = {"execve",     "execveat",   "ptrace", "process_vm_readv", "socket", "process_vm_writev",
                               "socketpair", "socketcall", "bind",   "connect",          "listen", "accept",
                               "accept4",    "setsockopt"};

struct Release {
  void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

constexpr scmp_datum_t kNewNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
constexpr scmp_datum_t kThread = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;

/// Collects the first refusal, so that rules read as a list.
class Rules {
 public:
  explicit Rules(scmp_filter_ctx context) : x_context(context) {}

  template <typename... Compares>
  void add(uint32_t action, const char* name, Compares... compares) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) return;  // not on this architecture
    const std::array<scmp_arg_cmp, sizeof...(compares)> list{compares...};
    const int error = seccomp_rule_add_array(x_context, action, number, sizeof...(compares), list.data());
    if (error != 0 && x_error == 0) {
      x_error = -error;
      x_name = name;
    }
  }
  Result<void> end() const {
    if (x_error == 0) return {};
    return Failure(errno_error(x_error, "cannot make the system-call filter: " + x_name));
  }

 private:
  scmp_filter_ctx x_context;
  int x_error = 0;
  std::string x_name;
};

scmp_arg_cmp equal(unsigned argument, scmp_datum_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}
scmp_arg_cmp bits(unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

void add_memory_rules(Rules& rules) {
  // Libraries are mapped to execute from their files; memory of one's own never is, and nothing is both.
  rules.add(SCMP_ACT_ALLOW, "mmap", bits(2, PROT_EXEC, 0));
  rules.add(SCMP_ACT_ALLOW, "mmap", bits(2, PROT_EXEC | PROT_WRITE, PROT_EXEC), bits(3, MAP_ANONYMOUS, 0));
  rules.add(SCMP_ACT_ALLOW, "mmap2", bits(2, PROT_EXEC, 0));
  rules.add(SCMP_ACT_ALLOW, "mprotect", bits(2, PROT_EXEC, 0));
}

void add_open_rules(Rules& rules) {
  const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
  rules.add(SCMP_ACT_ALLOW, "open", bits(1, writing, O_RDONLY));
  rules.add(SCMP_ACT_ALLOW, "openat", bits(2, writing, O_RDONLY));
}

void add_process_rules(Rules& rules) {
  const auto self = static_cast<scmp_datum_t>(getpid());
  rules.add(SCMP_ACT_ERRNO(ENOSYS), "clone3");  // its flags lie in memory: the C library then takes clone
  rules.add(SCMP_ACT_ALLOW, "clone", bits(0, kThread | kNewNamespaces, kThread));
  rules.add(SCMP_ACT_ALLOW, "tgkill", equal(0, self));
  rules.add(SCMP_ACT_ALLOW, "setpriority", equal(0, PRIO_PROCESS), equal(1, 0));
  rules.add(SCMP_ACT_ALLOW, "prlimit64", equal(0, 0), equal(2, 0));
  for (const int option : {PR_SET_NAME, PR_GET_NAME, PR_CAPBSET_READ, PR_GET_DUMPABLE, PR_GET_SECCOMP}) {
    rules.add(SCMP_ACT_ALLOW, "prctl", equal(0, static_cast<scmp_datum_t>(option)));
  }
}

void add_descriptor_rules(Rules& rules) {
  for (const int command : {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC}) {
    rules.add(SCMP_ACT_ALLOW, "fcntl", equal(1, static_cast<scmp_datum_t>(command)));
    rules.add(SCMP_ACT_ALLOW, "fcntl64", equal(1, static_cast<scmp_datum_t>(command)));
  }
  rules.add(SCMP_ACT_ALLOW, "sendto", equal(4, 0));  // along a socket that is connected already
  rules.add(SCMP_ACT_ERRNO(ENOTTY), "ioctl");
}

}  // namespace

std::string filter_missing() {
  if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0) return "not in this kernel";
  if (prctl(PR_SET_SECCOMP, 2, nullptr, 0, 0) < 0 && errno == EINVAL) return "the kernel knows no filters";
  return {};
}

namespace {

Result<Context> make_filter(std::optional<int> program) {
  Context context(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (!context) return fail(ErrorCode::kInternal, "cannot make the system-call filter");
  seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_NNP, 0);
  seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  Rules rules(context.get());
  for (const char* name : kAllowed) rules.add(SCMP_ACT_ALLOW, name);
  for (const std::string_view name : kFatal) {
    if (!program || name != "execveat") rules.add(SCMP_ACT_KILL_PROCESS, name.data());
  }
  if (program) {
    rules.add(SCMP_ACT_NOTIFY, "execveat", equal(0, static_cast<scmp_datum_t>(*program)), equal(4, AT_EMPTY_PATH));
  }
  add_memory_rules(rules);
  add_open_rules(rules);
  add_process_rules(rules);
  add_descriptor_rules(rules);
  PIER_CHECK(rules.end());
  const int error = seccomp_load(context.get());
  if (error != 0) return Failure(errno_error(-error, "cannot load the system-call filter"));
  return context;
}

}  // namespace

Result<void> install_filter() {
  PIER_CHECK(make_filter(std::nullopt));
  return {};
}

Result<int> install_filter_for(int program) {
  PIER_TRY(const Context context, make_filter(program));
  const int listener = seccomp_notify_fd(context.get());
  if (listener < 0) return Failure(errno_error(-listener, "the system-call filter gives no listener"));
  // The library may close its own when the context goes.
  const int kept = fcntl(listener, F_DUPFD_CLOEXEC, 0);
  if (kept < 0) return Failure(errno_error(errno, "the listener of the system-call filter cannot be kept"));
  return kept;
}

}  // namespace pier::sandbox::impl
