#include "cgroup.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace pier::sandbox::impl {
namespace {

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool has_word(std::string_view text, std::string_view word) {
  for (const std::string_view part : split(text, " \n")) {
    if (part == word) return true;
  }
  return false;
}

Result<void> put(const std::string& path, std::string_view value) {
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return Failure(errno_error(errno, path));
  if (write(file.get(), value.data(), value.size()) < 0) return Failure(errno_error(errno, path));
  return {};
}

bool is_delegated(const std::string& path) {
  for (const char* mark : {"user.delegate", "trusted.delegate"}) {
    char value = 0;
    if (getxattr(path.c_str(), mark, &value, 1) == 1 && value == '1') return true;
  }
  return false;
}

/// A group with processes of its own cannot give controllers to its children: go into a leaf, if we are alone here.
Result<void> enter_leaf(const std::string& path) {
  PIER_TRY(const std::string processes, read_file(path + "/cgroup.procs"));
  const std::string self = std::to_string(getpid());
  if (split(processes, "\n") != std::vector<std::string_view>{self}) {
    return fail(ErrorCode::kInUse, "control group " + path + " holds other processes");
  }
  const std::string leaf = path + "/server";
  if (mkdir(leaf.c_str(), 0755) != 0 && errno != EEXIST) return Failure(errno_error(errno, leaf));
  return put(leaf + "/cgroup.procs", self);
}

/// Groups of tasks of a server that was killed.
void remove_stale(const std::string& path) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("task-")) rmdir(entry.path().c_str());
  }
}

}  // namespace

Result<std::string> own_cgroup(std::string_view cgroup_text, std::string_view mountinfo_text) {
  std::string below;
  for (const std::string_view line : split(cgroup_text, "\n")) {
    if (line.starts_with("0::")) below = line.substr(3);
  }
  for (const std::string_view line : split(mountinfo_text, "\n")) {
    const size_t dash = line.find(" - ");
    if (dash == std::string_view::npos || !line.substr(dash + 3).starts_with("cgroup2 ")) continue;
    const auto fields = split(line, " ");
    if (below.empty() || fields.size() < 5) break;
    return std::string(fields[4]) + (below == "/" ? "" : below);
  }
  return fail(ErrorCode::kNotFound, "no cgroup v2 here");
}

Result<TaskCgroups> TaskCgroups::open(const std::string& path) {
  std::string base = path;
  if (base.empty()) {
    PIER_TRY(const std::string cgroup_text, read_file("/proc/self/cgroup"));
    PIER_TRY(const std::string mountinfo_text, read_file("/proc/self/mountinfo"));
    PIER_TRY(base, own_cgroup(cgroup_text, mountinfo_text));
    if (!is_delegated(base)) return fail(ErrorCode::kPermission, "no control group delegated to us");
  }
  PIER_TRY(const std::string controllers, read_file(base + "/cgroup.controllers"));
  if (!has_word(controllers, "memory")) {
    return fail(ErrorCode::kNotFound, "control group " + base + " has no memory controller");
  }
  PIER_TRY(const std::string enabled, read_file(base + "/cgroup.subtree_control"));
  if (!has_word(enabled, "memory") && !put(base + "/cgroup.subtree_control", "+memory")) {
    PIER_CHECK(enter_leaf(base));
    PIER_CHECK(put(base + "/cgroup.subtree_control", "+memory"));
  }
  remove_stale(base);
  return TaskCgroups(base);
}

Result<TaskCgroup> TaskCgroups::make(uint64_t memory_limit_bytes) {
  std::string path = x_path + "/task-" + std::to_string(getpid()) + "-" + std::to_string(++x_count);
  if (mkdir(path.c_str(), 0755) != 0) return Failure(errno_error(errno, "cannot make control group " + path));
  TaskCgroup group(path, UniqueFd(::open((path + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC)));
  if (group.procs_fd() < 0) return Failure(errno_error(errno, "cannot use control group " + path));
  PIER_CHECK(put(path + "/memory.max", std::to_string(memory_limit_bytes)));
  // Absent where swap accounting is off or the kernel is older: the limit then stands without them.
  std::ignore = put(path + "/memory.swap.max", "0");
  std::ignore = put(path + "/memory.oom.group", "1");
  std::ignore = put(path + "/pids.max", "2048");
  return group;
}

bool TaskCgroup::was_out_of_memory() const {
  const auto events = read_file(x_path + "/memory.events");
  if (!events) return false;
  for (const std::string_view line : split(*events, "\n")) {
    if (line.starts_with("oom_kill ") && line != "oom_kill 0") return true;
  }
  return false;
}

TaskCgroup::~TaskCgroup() {
  if (x_path.empty()) return;
  std::ignore = put(x_path + "/cgroup.kill", "1");
  for (int attempt = 0; attempt < 20 && rmdir(x_path.c_str()) != 0 && errno == EBUSY; ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace pier::sandbox::impl
