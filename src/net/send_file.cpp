#include "send_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

namespace pier::net::impl {
namespace {

constexpr uint64_t kProbeStep = 256U << 10U;

bool is_byte_cached(int fd, uint64_t offset) {
  char byte = 0;
  iovec vector{&byte, 1};
  return ::preadv2(fd, &vector, 1, static_cast<off_t>(offset), RWF_NOWAIT) >= 0;
}

}  // namespace

bool is_cached(int fd, uint64_t offset, uint64_t length) {
  for (uint64_t at = 0; at < length; at += kProbeStep) {
    if (!is_byte_cached(fd, offset + at)) return false;
  }
  return length == 0 || is_byte_cached(fd, offset + length - 1);
}

void read_ahead(int fd, uint64_t offset, uint64_t length) {
  ::readahead(fd, static_cast<off_t>(offset), length);
  std::array<char, 64U << 10U> scratch;
  while (length > 0) {
    const size_t size = std::min<uint64_t>(scratch.size(), length);
    const ssize_t count = ::pread(fd, scratch.data(), size, static_cast<off_t>(offset));
    if (count <= 0) return;
    offset += static_cast<uint64_t>(count);
    length -= static_cast<uint64_t>(count);
  }
}

Sent send_some(int socket, FileRange& range) {
  auto offset = static_cast<off_t>(range.offset);
  const ssize_t count = ::sendfile(socket, range.fd, &offset, std::min(range.length, kFileWindow));
  if (count > 0) {
    range.offset += static_cast<uint64_t>(count);
    range.length -= static_cast<uint64_t>(count);
    return Sent::kSome;
  }
  return count < 0 && (errno == EAGAIN || errno == EINTR) ? Sent::kWouldBlock : Sent::kFailed;
}

}  // namespace pier::net::impl
