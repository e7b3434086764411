#pragma once
// Bits of hostile headers, most significant first: past the end every read gives 0 and ok() turns false for good.

#include <algorithm>
#include <cstdint>

#include <pier/core/bytes.hpp>

namespace pier::media::impl {

class BitReader {
 public:
  explicit BitReader(ByteView bytes) : x_bytes(bytes) {}

  bool ok() const { return x_ok; }
  size_t position() const { return x_position; }  // bits
  size_t left() const { return x_bytes.size() * 8 - x_position; }

  /// 0...32 bits.
  uint32_t bits(int count) {
    if (!x_ok || left() < static_cast<size_t>(count)) {
      x_ok = false;
      return 0;
    }
    uint64_t value = 0;
    for (int done = 0; done < count;) {
      const size_t at = x_position / 8;
      const int used = static_cast<int>(x_position % 8);
      const int take = std::min(8 - used, count - done);
      const auto byte = std::to_integer<uint32_t>(x_bytes[at]);
      value = (value << take) | ((byte >> (8 - used - take)) & ((1U << take) - 1U));
      x_position += static_cast<size_t>(take);
      done += take;
    }
    return static_cast<uint32_t>(value);
  }
  bool flag() { return bits(1) != 0; }
  void skip(size_t count) {
    if (!x_ok || left() < count) {
      x_ok = false;
    } else {
      x_position += count;
    }
  }

  /// ue(v) of H.264/H.265 clause 9; AVS uses the same code.
  uint32_t ue() {
    int zeros = 0;
    while (x_ok && !flag()) {
      if (++zeros > 31) x_ok = false;
    }
    return x_ok ? (1U << zeros) - 1U + bits(zeros) : 0;
  }
  int32_t se() {
    const uint32_t code = ue();
    const auto half = static_cast<int32_t>((code + 1U) / 2U);
    return (code & 1U) != 0 ? half : -half;
  }

 private:
  ByteView x_bytes;
  size_t x_position = 0;
  bool x_ok = true;
};

}  // namespace pier::media::impl
