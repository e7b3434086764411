#pragma once
// Memory limits by cgroup v2, where a subtree is ours: delegated by systemd (Delegate=memory) or named by the operator.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <pier/core/file.hpp>
#include <pier/core/result.hpp>

namespace pier::sandbox::impl {

/// The group of one task; removed with the object, after its processes.
class TaskCgroup {
 public:
  TaskCgroup(std::string path, UniqueFd procs) : x_path(std::move(path)), x_procs(std::move(procs)) {}
  TaskCgroup(TaskCgroup&& other) noexcept
      : x_path(std::exchange(other.x_path, {})), x_procs(std::move(other.x_procs)) {}
  TaskCgroup& operator=(TaskCgroup&& other) noexcept {
    std::swap(x_path, other.x_path);
    std::swap(x_procs, other.x_procs);
    return *this;
  }
  ~TaskCgroup();

  int procs_fd() const { return x_procs.get(); }
  bool was_out_of_memory() const;

 private:
  std::string x_path;
  UniqueFd x_procs;
};

class TaskCgroups {
 public:
  /// `path`: a directory that is ours, or empty for our own group when it carries the mark of delegation. May move
  /// this process into a leaf "server" of it, as the kernel wants it. The error says why there is none.
  static Result<TaskCgroups> open(const std::string& path);
  const std::string& path() const { return x_path; }
  Result<TaskCgroup> make(uint64_t memory_limit_bytes);

 private:
  explicit TaskCgroups(std::string path) : x_path(std::move(path)) {}
  std::string x_path;
  uint64_t x_count = 0;
};

/// Our directory below the cgroup2 mount, from the texts of /proc/self/cgroup and /proc/self/mountinfo.
Result<std::string> own_cgroup(std::string_view cgroup_text, std::string_view mountinfo_text);

}  // namespace pier::sandbox::impl
