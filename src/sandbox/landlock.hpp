#pragma once
// Landlock by raw system calls: Debian 12's headers know ABI 2, kernels more.

#include <span>
#include <string>
#include <vector>

#include <pier/core/result.hpp>

namespace pier::sandbox::impl {

/// The kernel's ABI version; 0 and why when there is none.
struct LandlockVersion {
  int abi = 0;
  std::string reason;
};
LandlockVersion landlock_version();

/// This thread and all it will start: reads below `read_paths` only (those that exist), no other use of paths; from
/// ABI 4 no TCP bind and connect, from ABI 6 no signals and abstract sockets out of here. Wants no_new_privs.
/// `executed`: open files that may be executed; no others may.
Result<void> landlock_restrict(int abi, const std::vector<std::string>& read_paths, std::span<const int> executed = {});

}  // namespace pier::sandbox::impl
