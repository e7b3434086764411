#include <cerrno>
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>

#include <pier/database/worker_locks.hpp>

namespace pier::database {
namespace {

using namespace std::chrono_literals;

struct flock byte_lock(short type, int64_t number) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = number;
  lock.l_len = 1;
  return lock;
}

Error lock_error(int number, const std::string& file) {
  return errno_error(number, "cannot lock " + display_text(file));
}

Result<UniqueFd> open_file(const std::string& file) {
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) return Failure(lock_error(errno, file));
  return fd;
}

}  // namespace

Result<WorkerLocks> WorkerLocks::open(const std::string& path) {
  WorkerLocks locks;
  locks.x_file = path + "/workers.lock";
  PIER_TRY(locks.x_held, open_file(locks.x_file));
  PIER_TRY(locks.x_asking, open_file(locks.x_file));
  struct stat found{};
  if (::fstat(locks.x_held.get(), &found) != 0) return Failure(lock_error(errno, locks.x_file));
  PIER_TRY(std::string start, read_file("/proc/sys/kernel/random/boot_id", 64));
  while (start.ends_with('\n')) start.pop_back();
  locks.x_place = start + ":" + std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino);
  return locks;
}

Result<void> WorkerLocks::hold(int64_t number) {
  const auto end = std::chrono::steady_clock::now() + 60s;
  struct flock lock = byte_lock(F_WRLCK, number);
  while (::fcntl(x_held.get(), F_OFD_SETLK, &lock) != 0) {
    if (errno != EAGAIN && errno != EACCES) return Failure(lock_error(errno, x_file));
    if (std::chrono::steady_clock::now() > end)
      return fail(ErrorCode::kInUse, display_text(x_file) + " stays locked by another process; is a server starting?");
    std::this_thread::sleep_for(20ms);
  }
  return {};
}

Result<bool> WorkerLocks::alive(int64_t number) const {
  struct flock lock = byte_lock(F_WRLCK, number);
  if (::fcntl(x_asking.get(), F_OFD_GETLK, &lock) != 0) return Failure(lock_error(errno, x_file));
  return lock.l_type != F_UNLCK;
}

Result<std::optional<WorkerLocks::Hush>> WorkerLocks::hush() const {
  PIER_TRY(UniqueFd fd, open_file(x_file));
  struct flock lock = byte_lock(F_WRLCK, 0);
  lock.l_len = 0;  // all of it
  if (::fcntl(fd.get(), F_OFD_SETLK, &lock) == 0) return std::optional<Hush>(Hush(std::move(fd)));
  if (errno != EAGAIN && errno != EACCES) return Failure(lock_error(errno, x_file));
  return std::optional<Hush>();
}

}  // namespace pier::database
