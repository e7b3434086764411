#pragma once
// SHA-1 (FIPS 180-4), which packing lists of IMF packages use to tell a damaged file. Never for trust.

#include <array>
#include <cstdint>

#include <pier/core/bytes.hpp>

namespace pier::media::impl {

using Sha1 = std::array<std::byte, 20>;

/// For input that comes in pieces.
class Sha1Stream {
 public:
  void update(ByteView bytes);
  Sha1 finish();  // once

 private:
  void block(const std::byte* data);
  std::array<uint32_t, 5> x_state{0x67452301U, 0xefcdab89U, 0x98badcfeU, 0x10325476U, 0xc3d2e1f0U};
  std::array<std::byte, 64> x_rest{};
  size_t x_filled = 0;
  uint64_t x_bytes = 0;
};

}  // namespace pier::media::impl
