#pragma once
// Which statfs(2) type numbers are file systems whose locks and shared memory cannot be relied on.

#include <cstdint>
#include <string_view>

namespace pier::database::impl {

/// "NFS", "SMB" ...; empty for a local file system.
std::string_view network_file_system_name(uint64_t type);

}  // namespace pier::database::impl
