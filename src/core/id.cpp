#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <mutex>

#include <sys/random.h>

#include <pier/core/bytes.hpp>
#include <pier/core/clock.hpp>
#include <pier/core/id.hpp>

namespace pier {
namespace {

constexpr size_t kDigits = 32;

uint64_t random_u64() {
  uint64_t value = 0;
  // Up to 256 bytes come whole; only the wait for the pool at boot can be interrupted.
  while (::getrandom(&value, sizeof value, 0) != sizeof value) {
    if (errno != EINTR) std::abort();
  }
  return value;
}

// RFC 9562 section 6.2, method 3: 48 bits of milliseconds and 12 bits of their fraction, always growing.
uint64_t next_stamp() {
  static std::mutex mutex;
  static uint64_t last = 0;
  const auto now = static_cast<uint64_t>(Clock::system().now());
  const uint64_t stamp = (now / 1000) << 12U | (now % 1000) * 4096 / 1000;
  std::lock_guard lock(mutex);
  last = std::max(stamp, last + 1);
  return last;
}

}  // namespace

std::string new_uuid7() {
  const uint64_t stamp = next_stamp();
  ByteWriter writer;
  writer.u64((stamp >> 12U) << 16U | uint64_t{7} << 12U | (stamp & 0xFFFU));
  writer.u64(uint64_t{2} << 62U | random_u64() >> 2U);
  return to_hex(ByteView(writer.view()));
}

std::string new_id(std::string_view prefix) {
  std::string id(prefix);
  id += '_';
  id += new_uuid7();
  return id;
}

bool is_id(std::string_view prefix, std::string_view text) {
  if (text.size() != prefix.size() + 1 + kDigits || !text.starts_with(prefix) || text[prefix.size()] != '_')
    return false;
  const std::string_view digits = text.substr(prefix.size() + 1);
  return std::all_of(digits.begin(), digits.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace pier
