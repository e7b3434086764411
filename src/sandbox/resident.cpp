#include "resident.hpp"

#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include <pier/core/file.hpp>

namespace pier::sandbox::impl {
namespace {

/// The number of a line "VmRSS:\t    1234 kB".
uint64_t number_after(std::string_view text, std::string_view key) {
  const size_t found = text.find(key);
  if (found == std::string_view::npos) return 0;
  const size_t digits = text.find_first_of("0123456789", found + key.size());
  if (digits == std::string_view::npos) return 0;
  uint64_t value = 0;
  std::from_chars(text.data() + digits, text.data() + text.size(), value);
  return value;
}

}  // namespace

Resident resident_of(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/status";
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  std::array<char, 4096> block;
  const ssize_t count = read(file.get(), block.data(), block.size());
  if (count <= 0) return {};
  const std::string_view text(block.data(), static_cast<size_t>(count));
  return {number_after(text, "\nVmRSS:") * 1024, number_after(text, "\nVmHWM:") * 1024,
          number_after(text, "\nThreads:")};
}

}  // namespace pier::sandbox::impl
