#pragma once
// File descriptors and paths. A path is bytes (std::string), never assumed to be UTF-8.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <pier/core/bytes.hpp>
#include <pier/core/json.hpp>
#include <pier/core/result.hpp>

namespace pier {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : x_fd(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : x_fd(std::exchange(other.x_fd, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.x_fd, -1));
    return *this;
  }
  ~UniqueFd() { reset(); }
  int get() const { return x_fd; }
  explicit operator bool() const { return x_fd >= 0; }
  int release() { return std::exchange(x_fd, -1); }
  void reset(int fd = -1);
  Result<UniqueFd> duplicate() const;  // close-on-exec

 private:
  int x_fd = -1;
};

/// Identity of an open file: two equal states are taken to be the same unchanged bytes.
struct FileState {
  uint64_t size = 0;
  int64_t mtime_ns = 0;
  uint64_t inode = 0;
  bool regular = false;
  bool directory = false;
  friend bool operator==(const FileState&, const FileState&) = default;
};

Result<UniqueFd> open_read(const std::string& path);  // close-on-exec; a FIFO does not block
Result<FileState> file_state(int fd);
/// Reads until `out` is full or the file ends; gives the count.
Result<size_t> read_at(int fd, uint64_t offset, std::span<std::byte> out);
Result<void> write_all(int fd, ByteView bytes);
/// Whole small file; kTooLarge beyond `limit`.
Result<std::string> read_file(const std::string& path, size_t limit = 16U << 20U);
/// Durable replace: temporary file in the same directory, fsync, rename, fsync of the directory. Killed at any time,
/// `path` holds the old bytes or the new ones, whole; a symbolic link is itself replaced.
Result<void> replace_file(const std::string& path, ByteView bytes);
/// As mkdir -p: what exists is fine.
Result<void> make_directories(const std::string& path);
Result<void> sync_directory(const std::string& path);

/// A path for JSON: {"path": display text} and, where the bytes are not UTF-8, {"path_bytes": base64}.
void put_path(json::object& object, std::string_view key, std::string_view path);
/// The bytes again; an empty path or one with a NUL byte is an error.
Result<std::string> get_path(const json::object& object, std::string_view key);

}  // namespace pier
