#pragma once
// sendfile(2) without waiting for a disk: a window of the file is looked at first; what is not in memory is read on the
// CPU pool.

#include <cstddef>
#include <cstdint>

#include <pier/net/message.hpp>

namespace pier::net::impl {

inline constexpr uint64_t kFileWindow = 1U << 20U;

/// Are these bytes (at most kFileWindow) in the page cache, as far as a probe every 256 KiB tells? Never blocks.
/// File systems that cannot tell count as cold.
bool is_cached(int fd, uint64_t offset, uint64_t length);

/// Brings the bytes into the page cache; blocks. Errors show up in the sendfile that follows.
void read_ahead(int fd, uint64_t offset, uint64_t length);

enum class Sent { kSome, kWouldBlock, kFailed };

/// Sends from `range`, which shrinks by what went out. The socket must be non-blocking. kFailed: the peer is gone, or
/// the file is shorter than the range.
Sent send_some(int socket, FileRange& range);

}  // namespace pier::net::impl
