#pragma once
// Confinement up to the system-call filter, which comes last.

#include <span>

#include <pier/sandbox/confine.hpp>

namespace pier::sandbox::impl {

/// `executed`: open files that Landlock lets be executed. Gives whether a filter is to follow: not under sanitizers,
/// and not where the kernel has none.
Result<bool> confine_but_filter(const Confinement& confinement, std::span<const int> executed);

}  // namespace pier::sandbox::impl
