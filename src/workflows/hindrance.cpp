#include "hindrance.hpp"

#include <algorithm>
#include <cstdio>

#include <sys/statvfs.h>

#include <pier/core/bytes.hpp>

namespace pier::workflows::impl {
namespace {

constexpr uint64_t kLeast = 64ULL << 20U;

std::string mebibytes(uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.0f MiB", static_cast<double>(bytes) / (1U << 20U));
  return text;
}

}  // namespace

uint64_t Hindrance::free_bytes() const {
  struct statvfs found{};
  if (::statvfs(x_directory.c_str(), &found) != 0) return 0;
  return static_cast<uint64_t>(found.f_bavail) * found.f_frsize;
}

void Hindrance::no_room(uint64_t free_before) {
  const std::lock_guard lock(x_mutex);
  x_wanted = std::max({x_wanted, kLeast, 2 * free_before});
}

std::string Hindrance::note() {
  const std::lock_guard lock(x_mutex);
  if (x_wanted == 0) return {};
  const uint64_t free = free_bytes();
  if (free < x_wanted) {
    return "no room in " + display_text(x_directory) + ": needs " + mebibytes(x_wanted) + " free, has " +
           mebibytes(free);
  }
  x_wanted = 0;
  return {};
}

void Hindrance::refuse(const std::string& job_id, WallTime until) {
  const std::lock_guard lock(x_mutex);
  x_refused[job_id] = until;
}

std::vector<std::string> Hindrance::refused(WallTime now) {
  const std::lock_guard lock(x_mutex);
  std::erase_if(x_refused, [&](const auto& one) { return one.second <= now; });
  std::vector<std::string> jobs;
  for (const auto& [job, until] : x_refused) jobs.push_back(job);
  return jobs;
}

}  // namespace pier::workflows::impl
