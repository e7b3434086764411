#include <algorithm>
#include <cerrno>
#include <limits>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pier/core/file.hpp>
#include <pier/core/id.hpp>

namespace pier {
namespace {

Failure os_failure(int number, std::string_view verb, std::string_view path) {
  return Failure(errno_error(number, std::string(verb) + " " + display_text(path)));
}

Result<void> check_path(const std::string& path) {
  if (path.empty()) return fail(ErrorCode::kInvalidArgument, "a path must not be empty");
  if (path.find('\0') != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, "a path must not contain a NUL byte: " + display_text(path));
  }
  return {};
}

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> write_durably(const std::string& path, ByteView bytes) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (!fd) return os_failure(errno, "cannot create", path);
  if (auto written = write_all(fd.get(), bytes); !written) return fail_in(display_text(path), written.error());
  if (::fsync(fd.get()) != 0) return os_failure(errno, "cannot sync", path);
  // close() may be where a network file system tells that the disk is full.
  if (::close(fd.release()) != 0 && errno != EINTR) return os_failure(errno, "cannot close", path);
  return {};
}

Result<void> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return {};
  const int number = errno;
  struct stat found{};
  if (::stat(path.c_str(), &found) == 0) {
    if (S_ISDIR(found.st_mode)) return {};
    return fail(ErrorCode::kAlreadyExists, "cannot make directory " + display_text(path) + ": a file is in its place");
  }
  return os_failure(number, "cannot make directory", path);
}

}  // namespace

void UniqueFd::reset(int fd) {
  if (x_fd >= 0 && x_fd != fd) ::close(x_fd);
  x_fd = fd;
}

Result<UniqueFd> UniqueFd::duplicate() const {
  UniqueFd copy(::fcntl(x_fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) return Failure(errno_error(errno, "cannot duplicate a file descriptor"));
  return copy;
}

Result<UniqueFd> open_read(const std::string& path) {
  PIER_CHECK(check_path(path));
  // O_NONBLOCK: opening a FIFO or a device that someone put there must not hang; regular files ignore it.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return os_failure(errno, "cannot open", path);
  return fd;
}

Result<FileState> file_state(int fd) {
  struct stat found{};
  if (::fstat(fd, &found) != 0) return Failure(errno_error(errno, "cannot read the state of an open file"));
  FileState state;
  state.size = static_cast<uint64_t>(std::max<off_t>(found.st_size, 0));
  state.mtime_ns = int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec;
  state.inode = found.st_ino;
  state.regular = S_ISREG(found.st_mode);
  state.directory = S_ISDIR(found.st_mode);
  return state;
}

Result<size_t> read_at(int fd, uint64_t offset, std::span<std::byte> out) {
  constexpr uint64_t kMax = std::numeric_limits<off_t>::max();
  if (offset > kMax || out.size() > kMax - offset) {
    return fail(ErrorCode::kInvalidArgument, "read offset " + std::to_string(offset) + " is beyond any file");
  }
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t count = ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failure(errno_error(errno, "cannot read at offset " + std::to_string(offset + done)));
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  return done;
}

Result<void> write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failure(errno_error(errno, "cannot write"));
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return {};
}

Result<std::string> read_file(const std::string& path, size_t limit) {
  constexpr size_t kChunk = size_t{64} << 10U;
  PIER_TRY(const UniqueFd fd, open_read(path));
  std::string text;
  while (true) {
    const size_t had = text.size();
    text.resize(had + kChunk);
    const ssize_t count = ::read(fd.get(), text.data() + had, kChunk);
    const int number = errno;
    text.resize(had + static_cast<size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && number == EINTR) continue;
    if (count < 0) return os_failure(number, "cannot read", path);
    if (count == 0) return text;
    if (text.size() > limit) {
      return fail(ErrorCode::kTooLarge,
                  display_text(path) + " is larger than the limit of " + std::to_string(limit) + " bytes");
    }
  }
}

Result<void> replace_file(const std::string& path, ByteView bytes) {
  PIER_CHECK(check_path(path));
  const std::string directory = directory_of(path);
  const std::string temporary = directory + "/." + new_id("pier") + ".tmp";
  if (auto written = write_durably(temporary, bytes); !written) {
    ::unlink(temporary.c_str());
    return written;
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int number = errno;
    ::unlink(temporary.c_str());
    return os_failure(number, "cannot replace", path);
  }
  return sync_directory(directory);
}

Result<void> make_directories(const std::string& path) {
  PIER_CHECK(check_path(path));
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    PIER_CHECK(make_directory(path.substr(0, slash)));
  }
  return make_directory(path);
}

Result<void> sync_directory(const std::string& path) {
  PIER_CHECK(check_path(path));
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return os_failure(errno, "cannot open directory", path);
  if (::fsync(fd.get()) != 0) return os_failure(errno, "cannot sync directory", path);
  return {};
}

void put_path(json::object& object, std::string_view key, std::string_view path) {
  const std::string bytes_key = std::string(key) + "_bytes";
  object[key] = display_text(path);
  object.erase(bytes_key);
  if (!is_utf8(path)) object[bytes_key] = to_base64(as_bytes(path));
}

Result<std::string> get_path(const json::object& object, std::string_view key) {
  const std::string bytes_key = std::string(key) + "_bytes";
  std::string path;
  if (const json::value* encoded = object.if_contains(bytes_key); encoded != nullptr && !encoded->is_null()) {
    PIER_TRY(const std::string text, get_string(object, bytes_key));
    auto bytes = from_base64(text);
    if (!bytes) return fail_in(bytes_key, bytes.error());
    path = as_text(*bytes);
  } else {
    PIER_TRY(path, get_string(object, key));
  }
  if (auto checked = check_path(path); !checked) return fail_in(key, checked.error());
  return path;
}

}  // namespace pier
