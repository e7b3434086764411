#pragma once
// What the kernel opens besides a program when it is executed.

#include <optional>
#include <string>

#include <pier/core/result.hpp>

namespace pier::sandbox::impl {

/// The dynamic loader that a program asks for (PT_INTERP of the ELF specification); nullopt: it needs none.
/// kInputUnsupported: no 64-bit ELF program of this byte order, a script for example.
Result<std::optional<std::string>> loader_of(int program);

}  // namespace pier::sandbox::impl
