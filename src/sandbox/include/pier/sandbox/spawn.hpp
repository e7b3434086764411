#pragma once
// Child processes: one long-lived thread starts them all by exec, watches their memory and deadline, keeps the tail of
// what they write to standard error, and reaps them. A child never outlives its parent.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include <pier/core/result.hpp>
#include <pier/sandbox/layer.hpp>

namespace pier::sandbox {

/// A descriptor of ours and the number under which the child finds it (3 ... 511; 0 and 1 are /dev/null unless passed,
/// 2 is always captured). It is duplicated: the caller keeps and closes its own.
struct PassedFd {
  int parent_fd = -1;
  int child_fd = -1;
};

struct ChildSpec {
  std::string program;                 // path, not searched; "/proc/self/exe" is this very program
  std::vector<std::string> arguments;  // after argv[0]
  std::vector<std::pair<std::string, std::string>> environment;  // the whole of it
  std::vector<PassedFd> descriptors;
  uint64_t memory_limit_bytes = 0;          // resident, 0 = none
  std::chrono::milliseconds wall_limit{0};  // 0 = none
  std::chrono::seconds cpu_limit{0};        // of all its threads together, 0 = none
  int nice = 0;                             // 0 ... 19
  /// When we are root, start the program itself as the unprivileged user (it must be executable by that user).
  /// A program that calls confine() gives root up by itself and leaves this false.
  bool drop_privileges = false;
};

/// Why we ended it. With kCancel the child may still have ended by itself in its grace time: see exit_code.
enum class KilledFor { kNone, kMemory, kThreads, kDeadline, kCpu, kCancel };
std::string_view to_string(KilledFor reason);

struct ChildExit {
  int exit_code = -1;  // -1 when a signal ended it
  int signal = 0;      // 0 when it exited
  KilledFor killed_for = KilledFor::kNone;
  uint64_t peak_rss_bytes = 0;  // as seen while watching: a peak in the last 100 ms may be missed
  int64_t user_cpu_us = 0;
  int64_t system_cpu_us = 0;
  int64_t wall_us = 0;
  std::string stderr_tail;  // the last 16 KiB, bytes

  bool success() const { return exit_code == 0 && killed_for == KilledFor::kNone; }
};

/// What to tell of a child that did not succeed: kTimeout (deadline, CPU), kCancelled, kTooLarge (memory), else
/// kCrashed; the tail of standard error is the detail. `what` names the work: "encode chunk 3".
Error child_error(const ChildExit& exit, std::string_view what);

/// A running or ended child. Thread-safe; may outlive the Spawner. Destroying the handle of a running child kills it.
class Child {
 public:
  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  ~Child();

  pid_t pid() const;
  /// Waits for the end; kTimeout when it still runs after `timeout` (it goes on running).
  Result<ChildExit> wait(std::chrono::milliseconds timeout) const;
  bool running() const;
  /// SIGTERM now, SIGKILL after `grace`; returns at once.
  void terminate(std::chrono::milliseconds grace = std::chrono::seconds(2));

 private:
  friend class Spawner;
  struct State;
  explicit Child(std::shared_ptr<State> state);
  std::shared_ptr<State> x_state;
};

/// Starts and watches children from a thread of its own. Make one early in main and keep it to the end: children are
/// bound to the life of that thread (PR_SET_PDEATHSIG), and the destructor kills those that still run. Thread-safe.
///
/// A child has its own session (no Ctrl-C from our terminal), default signals, no core file, at most 1024 descriptors
/// and 2048 threads (RLIMIT_NPROC would count all processes of the user), and no descriptor open but those of its spec.
/// Memory is limited by a cgroup v2 below ours where that is delegated, and always by looking at the resident size
/// every 100 ms; never by RLIMIT_AS (encoders map far more than they use).
class Spawner {
 public:
  struct Options {
    /// A cgroup v2 directory that is ours to use; empty: our own when the system has delegated it to us.
    std::string cgroup;
  };
  Spawner();
  explicit Spawner(const Options& options);
  ~Spawner();
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;

  /// Returns when the program runs or could not be executed.
  Result<Child> start(const ChildSpec& spec);
  /// How memory is limited: "memory_limit".
  Layer memory_layer() const;

 private:
  struct State;
  std::unique_ptr<State> x_state;
};

}  // namespace pier::sandbox
