#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <pier/database/data_directory.hpp>

#include "network_file_system.hpp"

namespace pier::database {
namespace {

constexpr size_t kMaxContent = 256;

std::string lock_path(const std::string& directory) {
  return directory + "/pier.lock";
}

struct flock whole_file(short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

DataDirectoryLock::Holder read_holder(int fd) {
  std::array<std::byte, kMaxContent> buffer{};
  DataDirectoryLock::Holder holder;
  const auto count = read_at(fd, 0, buffer);
  if (!count) return holder;
  std::string_view text = as_text(ByteView(buffer).first(*count));
  text = text.substr(0, text.find('\n'));
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), holder.pid);
  if (error != std::errc{}) return {};
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (!text.empty()) holder.purpose = display_text(text.substr(1));
  return holder;
}

Error open_error(int number, const std::string& path) {
  Error error = errno_error(number, "cannot lock the data directory: " + display_text(lock_path(path)));
  if (error.code == ErrorCode::kPermission) error.message += "; make it writable or choose another with --data";
  if (error.code == ErrorCode::kNoSpace) error.message += "; free space there or choose another with --data";
  return error;
}

Failure in_use(const std::string& path, const DataDirectoryLock::Holder& holder) {
  std::string who = holder.pid > 0 ? "process " + std::to_string(holder.pid) : "another process";
  if (!holder.purpose.empty()) who += " (" + holder.purpose + ")";
  return fail(ErrorCode::kInUse, "data directory " + display_text(path) + " is in use by " + who +
                                     "; stop it or choose another with --data");
}

}  // namespace

Result<DataDirectoryLock> DataDirectoryLock::take(const std::string& path, std::string_view purpose) {
  PIER_CHECK(make_directories(path));
  UniqueFd fd(::open(lock_path(path).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) return Failure(open_error(errno, path));
  struct flock lock = whole_file(F_WRLCK);
  if (::fcntl(fd.get(), F_OFD_SETLK, &lock) != 0) {
    if (errno == EAGAIN || errno == EACCES) return in_use(path, read_holder(fd.get()));
    return Failure(open_error(errno, path));
  }
  std::string content = std::to_string(::getpid()) + " " + std::string(purpose.substr(0, kMaxContent / 2));
  for (char& c : content) {
    if (c == '\n') c = ' ';
  }
  content += '\n';
  if (::ftruncate(fd.get(), 0) != 0) return Failure(open_error(errno, path));
  if (auto written = write_all(fd.get(), as_bytes(content)); !written) {
    return fail_in("data directory " + display_text(path), written.error());
  }
  return DataDirectoryLock(std::move(fd));
}

Result<DataDirectoryLock::Holder> DataDirectoryLock::holder(const std::string& path) {
  const Error nobody{ErrorCode::kNotFound, "nobody uses data directory " + display_text(path), {}};
  const UniqueFd fd(::open(lock_path(path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return Failure(errno == ENOENT || errno == ENOTDIR ? nobody : open_error(errno, path));
  struct flock lock = whole_file(F_WRLCK);
  if (::fcntl(fd.get(), F_OFD_GETLK, &lock) != 0) return Failure(open_error(errno, path));
  if (lock.l_type == F_UNLCK) return Failure(nobody);
  return read_holder(fd.get());
}

Result<void> refuse_network_file_system(const std::string& path) {
  struct statfs found{};
  if (::statfs(path.c_str(), &found) != 0) {
    return Failure(errno_error(errno, "cannot find out what file system holds " + display_text(path)));
  }
  // f_type is signed on some architectures: only the low 32 bits are the number.
  const std::string_view name = impl::network_file_system_name(static_cast<uint32_t>(found.f_type));
  if (name.empty()) return {};
  return fail(ErrorCode::kInvalidArgument,
              "the records must not lie on " + std::string(name) + " (" + display_text(path) +
                  "): its locks do not hold; choose a directory on a local disk with --data, the objects may stay "
                  "there with --store");
}

namespace impl {

std::string_view network_file_system_name(uint64_t type) {
  struct Entry {
    uint64_t type;
    std::string_view name;
  };
  // linux/magic.h and statfs(2).
  static constexpr std::array kNames{
      Entry{0x6969, "NFS"},
      Entry{0x517B, "SMB"},
      Entry{0xFF534D42, "SMB (CIFS)"},
      Entry{0xFE534D42, "SMB"},
      Entry{0x65735546, "FUSE"},
      Entry{0x00C36400, "CephFS"},
      Entry{0x01021997, "9P"},
      Entry{0x0BD00BD0, "Lustre"},
      Entry{0x47504653, "GPFS"},
      Entry{0x7461636F, "OCFS2"},
      Entry{0x01161970, "GFS2"},
      Entry{0x5346414F, "AFS"},
      Entry{0x6B414653, "AFS"},
      Entry{0x73757245, "Coda"},
      Entry{0x564C, "NetWare"},
      Entry{0x786F4256, "vboxsf"},
      Entry{0xBACBACBC, "VMware shared folders"},
  };
  for (const Entry& entry : kNames) {
    if (entry.type == type) return entry.name;
  }
  return {};
}

}  // namespace impl
}  // namespace pier::database
