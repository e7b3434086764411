#pragma once
// The data directory of one Pier: at most one process owns it.

#include <string>
#include <string_view>

#include <sys/types.h>

#include <pier/core/file.hpp>
#include <pier/core/result.hpp>

namespace pier::database {

/// Held for as long as the object lives; the kernel gives it up when the process dies, however it dies. Children do
/// not inherit it.
class DataDirectoryLock {
 public:
  /// Makes the directory when missing and takes `<path>/pier.lock`, which then holds "pid purpose".
  /// kInUse names pid and purpose of the holder; kPermission, kNoSpace, kIo.
  static Result<DataDirectoryLock> take(const std::string& path, std::string_view purpose);

  struct Holder {
    pid_t pid = 0;
    std::string purpose;
  };
  /// Who holds the directory now; kNotFound when nobody does.
  static Result<Holder> holder(const std::string& path);

 private:
  explicit DataDirectoryLock(UniqueFd fd) : x_fd(std::move(fd)) {}
  UniqueFd x_fd;
};

/// Records must not lie on a network file system (locks and shared memory of SQLite do not hold there):
/// kInvalidArgument names the mount's kind and the remedy (--data on a local disk, --store for the objects).
Result<void> refuse_network_file_system(const std::string& path);

}  // namespace pier::database
