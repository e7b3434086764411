#pragma once
// The few steps between clone() and execve(): raw system calls only, since they run on the memory of the parent.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include <pier/core/file.hpp>
#include <pier/core/result.hpp>

namespace pier::sandbox::impl {

inline constexpr int kMaxChildFd = 511;

struct LaunchPlan {
  const char* program = nullptr;
  char* const* argv = nullptr;
  char* const* envp = nullptr;
  std::vector<std::pair<int, int>> descriptors;  // ours -> child's, 0, 1 and 2 among them; child's numbers differ
  int cgroup_procs_fd = -1;                      // cgroup.procs to enter, or -1
  int nice = 0;
  uint64_t cpu_seconds = 0;  // 0 = no limit
  bool drop_privileges = false;
};

struct Launched {
  pid_t pid = -1;
  UniqueFd pidfd;
};

/// Starts the program; when it could not be executed the child is reaped already. The calling thread must have all
/// signals blocked, and the child dies with it.
Result<Launched> launch(const LaunchPlan& plan);

}  // namespace pier::sandbox::impl
