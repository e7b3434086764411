#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pier/deliver/output_file.hpp>

namespace pier::deliver {
namespace {

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_there(const std::string& path) {
  struct stat state{};
  return ::lstat(path.c_str(), &state) == 0;
}

}  // namespace

Result<OutputFile> OutputFile::create(const std::string& path, bool replace) {
  OutputFile file;
  file.x_path = path;
  file.x_replace = replace;
  file.x_part = folder_of(path) + "/." + name_of(path) + ".part";
  if (name_of(path).empty()) return fail(ErrorCode::kInvalidArgument, display_text(path) + " is a folder; name a file");
  if (!replace && is_there(path))
    return fail(ErrorCode::kAlreadyExists, display_text(path) + " is there already; it stays as it is");
  file.x_fd = UniqueFd(::open(folder_of(path).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
  if (!file.x_fd && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    file.x_fd = UniqueFd(::open(file.x_part.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0666));
    file.x_named = static_cast<bool>(file.x_fd);
  }
  if (!file.x_fd) return Failure(errno_error(errno, "cannot write " + display_text(path)));
  return file;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : x_path(std::move(other.x_path)),
      x_part(std::move(other.x_part)),
      x_fd(std::move(other.x_fd)),
      x_named(std::exchange(other.x_named, false)),
      x_replace(other.x_replace) {}

OutputFile::~OutputFile() {
  if (x_named) ::unlink(x_part.c_str());
}

Result<void> OutputFile::publish() {
  const auto failed = [&] { return Failure(errno_error(errno, "cannot write " + display_text(x_path))); };
  if (::fsync(x_fd.get()) != 0) return failed();
  if (!x_named) {
    // A name that was left by a run that was killed just here is ours to take away.
    if (::unlink(x_part.c_str()) != 0 && errno != ENOENT) return failed();
    const std::string content = "/proc/self/fd/" + std::to_string(x_fd.get());
    if (::linkat(AT_FDCWD, content.c_str(), AT_FDCWD, x_part.c_str(), AT_SYMLINK_FOLLOW) != 0) return failed();
    x_named = true;
  }
  const unsigned flags = x_replace ? 0U : static_cast<unsigned>(RENAME_NOREPLACE);
  if (::renameat2(AT_FDCWD, x_part.c_str(), AT_FDCWD, x_path.c_str(), flags) != 0) return failed();
  x_named = false;
  return sync_directory(folder_of(x_path));
}

}  // namespace pier::deliver
