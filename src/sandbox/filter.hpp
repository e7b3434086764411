#pragma once
// The system-call filter (seccomp), an allow-list taken from what FFmpeg and its codecs do.

#include <string>

#include <pier/core/result.hpp>

namespace pier::sandbox::impl {

/// Empty when the kernel can filter, else why not.
std::string filter_missing();

/// For this thread and all it will start. Wants no_new_privs.
Result<void> install_filter();

}  // namespace pier::sandbox::impl
