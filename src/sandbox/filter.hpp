#pragma once
// The system-call filter (seccomp), an allow-list taken from what FFmpeg and its codecs do.

#include <string>

#include <pier/core/result.hpp>

namespace pier::sandbox::impl {

/// Empty when the kernel can filter, else why not.
std::string filter_missing();

/// For this thread and all it will start. Wants no_new_privs. Kills on every exec.
Result<void> install_filter();

/// The same, but that execveat(program, "", ..., AT_EMPTY_PATH) asks who holds the listener that comes back. Once that
/// is closed, as exec does, the call gives ENOSYS.
Result<int> install_filter_for(int program);

}  // namespace pier::sandbox::impl
