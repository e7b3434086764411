#pragma once
// Nameless files: gone with their last descriptor.

#include <string>

#include <pier/core/file.hpp>

namespace pier::storage::impl {

/// A nameless file for reading and writing. kNoSpace, kPermission and others name the directory.
Result<UniqueFd> nameless_file(const std::string& directory);
/// An error of such a file, with where it lies and what to do.
Error spool_error(const std::string& directory, Error error);

}  // namespace pier::storage::impl
