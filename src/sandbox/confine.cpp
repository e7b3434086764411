#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <pier/sandbox/confine.hpp>

#include "confine_steps.hpp"
#include "filter.hpp"
#include "landlock.hpp"

namespace pier::sandbox {
namespace {

#ifdef PIER_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
constexpr const char* kSanitizedReason = "off in a build with sanitizers";

Result<void> require_one_thread() {
  std::error_code error;
  size_t threads = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", error)) threads += entry.exists();
  if (error || threads == 1) return {};
  return fail(ErrorCode::kInternal, "a task process must be confined before it starts threads",
              std::to_string(threads) + " threads");
}

Result<void> drop_capabilities() {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capset, &header, none) != 0) return Failure(errno_error(errno, "cannot drop capabilities"));
  return {};
}

bool is_root() {
  return geteuid() == 0 || getuid() == 0;
}

bool has_capability(int number) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, sets) != 0) return false;
  return ((sets[CAP_TO_INDEX(number)].effective & CAP_TO_MASK(number)) != 0);
}

/// Is `id` known in our user namespace? Lines "first inside, first outside, count" of uid_map and gid_map.
bool is_mapped(const char* map_path, uint64_t id) {
  std::ifstream map(map_path);
  if (!map) return true;
  uint64_t inside = 0;
  uint64_t outside = 0;
  uint64_t count = 0;
  while (map >> inside >> outside >> count) {
    if (id >= inside && id - inside < count) return true;
  }
  return false;
}

/// Why root cannot become `user` here; empty when it can, or when we are not root.
std::string user_missing(const Confinement& confinement) {
  if (!is_root()) return {};
  if (!has_capability(CAP_SETUID) || !has_capability(CAP_SETGID)) return "root here may not change users";
  if (!is_mapped("/proc/self/uid_map", confinement.user) || !is_mapped("/proc/self/gid_map", confinement.group)) {
    return "user " + std::to_string(confinement.user) + " is not mapped in this user namespace";
  }
  return {};
}

/// A container's root that cannot change users loses its capabilities all the same.
Result<void> drop_user(const Confinement& confinement) {
  if (is_root() && user_missing(confinement).empty()) {
    if (setgroups(0, nullptr) != 0) return Failure(errno_error(errno, "cannot drop groups"));
    if (setresgid(confinement.group, confinement.group, confinement.group) != 0 ||
        setresuid(confinement.user, confinement.user, confinement.user) != 0) {
      return Failure(errno_error(errno, "cannot become user " + std::to_string(confinement.user)));
    }
  }
  return drop_capabilities();
}

/// A change of user clears the bond with the parent. Until now it held, so a parent that is still the same lives.
Result<void> renew_parent_bond(pid_t parent, int signal) {
  if (signal == 0) return {};
  if (prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) != 0) return Failure(errno_error(errno, "cannot follow the parent"));
  if (getppid() != parent) return fail(ErrorCode::kCancelled, "the parent of this task process has ended");
  return {};
}

Layer landlock_layer() {
  if (kSanitized) return {"landlock", false, kSanitizedReason};
  const impl::LandlockVersion version = impl::landlock_version();
  if (version.abi == 0) return {"landlock", false, version.reason};
  return {"landlock", true, "ABI " + std::to_string(version.abi)};
}

Layer filter_layer() {
  if (kSanitized) return {"system_call_filter", false, kSanitizedReason};
  const std::string missing = impl::filter_missing();
  return {"system_call_filter", missing.empty(), missing};
}

Layer user_layer(const Confinement& confinement) {
  if (kSanitized) return {"unprivileged_user", false, kSanitizedReason};
  const std::string missing = user_missing(confinement);
  if (!missing.empty()) return {"unprivileged_user", false, missing};
  return {"unprivileged_user", true, is_root() ? "root is given up" : "not started as root"};
}

}  // namespace

std::vector<std::string> default_read_paths() {
  return {"/usr/lib",
          "/usr/lib32",
          "/usr/lib64",
          "/usr/local/lib",
          "/lib",
          "/lib64",
          "/etc/ld.so.cache",
          "/usr/share/fonts",
          "/usr/local/share/fonts",
          "/usr/share/fontconfig",
          "/etc/fonts",
          "/var/cache/fontconfig",
          "/sys/devices/system/cpu",
          "/sys/devices/system/node",
          "/sys/kernel/mm/transparent_hugepage",
          "/proc/cpuinfo",
          "/proc/meminfo",
          "/proc/sys/vm/overcommit_memory",
          "/proc/self/status",
          "/proc/self/maps",
          "/dev/null",
          "/dev/urandom"};
}

bool ConfinementReport::complete() const {
  for (const Layer& layer : layers) {
    if (!layer.active) return false;
  }
  return true;
}

std::string ConfinementReport::to_string() const {
  std::string active;
  std::string missing;
  for (const Layer& layer : layers) {
    std::string& list = layer.active ? active : missing;
    if (!list.empty()) list += ", ";
    list += layer.name;
    if (!layer.reason.empty()) list += " (" + layer.reason + ")";
  }
  if (active.empty()) active = "none";
  return missing.empty() ? active : active + "; missing: " + missing;
}

std::vector<Layer> available_layers(const Confinement& confinement) {
  return {{"no_new_privs", true, ""}, user_layer(confinement), landlock_layer(), filter_layer()};
}

namespace impl {

Result<bool> confine_but_filter(const Confinement& confinement, std::span<const int> executed) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return Failure(errno_error(errno, "cannot give up new privileges"));
  }
  if (kSanitized) return false;
  PIER_CHECK(require_one_thread());

  const pid_t parent = getppid();
  int signal = 0;
  prctl(PR_GET_PDEATHSIG, &signal, 0, 0, 0);
  PIER_CHECK(drop_user(confinement));
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // others of the same user can neither trace nor read us
  PIER_CHECK(renew_parent_bond(parent, signal));

  const LandlockVersion version = landlock_version();
  if (version.abi > 0) PIER_CHECK(landlock_restrict(version.abi, confinement.read_paths, executed));
  return filter_missing().empty();
}

}  // namespace impl

Result<ConfinementReport> confine(const Confinement& confinement) {
  ConfinementReport report{available_layers(confinement)};
  PIER_TRY(const bool filters, impl::confine_but_filter(confinement, {}));
  if (filters) PIER_CHECK(impl::install_filter());
  return report;
}

}  // namespace pier::sandbox
