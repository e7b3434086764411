#pragma once

#include <cstdint>

#include <sys/types.h>

namespace pier::sandbox::impl {

/// What a process holds, with all its threads; zeros when it is gone.
struct Resident {
  uint64_t now_bytes = 0;
  uint64_t peak_bytes = 0;
  uint64_t threads = 0;
};

Resident resident_of(pid_t pid);

}  // namespace pier::sandbox::impl
