#pragma once
// Which workers of a data directory live: each holds one byte of `<path>/workers.lock`, and the kernel gives it up when
// the process dies, however it dies.

#include <cstdint>
#include <optional>
#include <string>

#include <pier/core/file.hpp>
#include <pier/core/result.hpp>

namespace pier::database {

/// Not thread-safe, but alive() is. Children do not inherit the locks.
class WorkerLocks {
 public:
  /// Makes the file when missing. kPermission, kNoSpace, kNotFound (no such directory), kIo.
  static Result<WorkerLocks> open(const std::string& path);

  /// Machine, its start and the file: two processes with equal places can ask for each other.
  const std::string& place() const { return x_place; }

  /// Takes the byte of `number` (1 ...), once; waits up to a minute while another process has hush().
  Result<void> hold(int64_t number);

  /// Does a process hold this byte, this one included?
  Result<bool> alive(int64_t number) const;

  /// Held for as long as the object lives: no worker lives, and none can begin.
  class Hush {
   public:
    explicit Hush(UniqueFd fd) : x_fd(std::move(fd)) {}

   private:
    UniqueFd x_fd;
  };
  /// nullopt while any worker lives.
  Result<std::optional<Hush>> hush() const;

 private:
  WorkerLocks() = default;
  std::string x_file, x_place;
  UniqueFd x_held, x_asking;
};

}  // namespace pier::database
