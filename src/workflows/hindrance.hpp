#pragma once
// What keeps this worker from work that others may be able to do: a full disk of its own, masters it cannot read.

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <pier/core/clock.hpp>

namespace pier::workflows::impl {

/// How long a worker leaves a job whose master it cannot read to others.
inline constexpr int64_t kRefusedUs = 5 * 60'000'000LL;

/// Thread-safe.
class Hindrance {
 public:
  /// `directory`: where the worker writes what it fetches and makes.
  explicit Hindrance(std::string directory) : x_directory(std::move(directory)) {}

  uint64_t free_bytes() const;
  /// A task ran out of room that began with so much: twice that is wanted before the next one is taken.
  void no_room(uint64_t free_before);
  /// Why the worker takes nothing, empty when it does; looks whether there is room again.
  std::string note();

  void refuse(const std::string& job_id, WallTime until);
  /// Jobs it leaves to others now.
  std::vector<std::string> refused(WallTime now);

 private:
  const std::string x_directory;
  std::mutex x_mutex;
  uint64_t x_wanted = 0;  // bytes; 0: it has room
  std::map<std::string, WallTime> x_refused;
};

}  // namespace pier::workflows::impl
