#pragma once
// Bytes: text encodings, big-endian reading and writing, SHA-256.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pier/core/result.hpp>

namespace pier {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

inline ByteView as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Lower case; reading takes both cases.
std::string to_hex(ByteView bytes);
Result<Bytes> from_hex(std::string_view text);
/// RFC 4648 section 4, padded; reading is strict: no blanks, no stray bits at the end.
std::string to_base64(ByteView bytes);
Result<Bytes> from_base64(std::string_view text);
/// Well-formed as Unicode table 3-7 says: no surrogates, nothing overlong.
bool is_utf8(std::string_view text);
/// For display only: bytes that are not UTF-8 become U+FFFD.
std::string display_text(std::string_view bytes);

/// Big-endian writer, as boxes and network headers want it.
class ByteWriter {
 public:
  void u8(uint64_t v) { put(v, 1); }
  void u16(uint64_t v) { put(v, 2); }
  void u24(uint64_t v) { put(v, 3); }
  void u32(uint64_t v) { put(v, 4); }
  void u64(uint64_t v) { put(v, 8); }
  void bytes(ByteView view) { x_bytes.insert(x_bytes.end(), view.begin(), view.end()); }
  void text(std::string_view view) { bytes(as_bytes(view)); }
  void zeros(size_t count) { x_bytes.resize(x_bytes.size() + count); }
  size_t size() const { return x_bytes.size(); }
  /// Overwrites 4 bytes written before at `offset` (box sizes, offsets); aborts when they were not.
  void patch_u32(size_t offset, uint32_t v);
  const Bytes& view() const { return x_bytes; }
  Bytes take() { return std::move(x_bytes); }

 private:
  void put(uint64_t v, int count) {
    for (int shift = (count - 1) * 8; shift >= 0; shift -= 8) x_bytes.push_back(static_cast<std::byte>(v >> shift));
  }
  Bytes x_bytes;
};

/// Big-endian reader over hostile bytes: past the end every read gives 0 and ok() turns false for good.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : x_bytes(bytes) {}
  bool ok() const { return x_ok; }
  size_t left() const { return x_bytes.size() - x_position; }
  size_t position() const { return x_position; }
  uint8_t u8() { return static_cast<uint8_t>(get(1)); }
  uint16_t u16() { return static_cast<uint16_t>(get(2)); }
  uint32_t u24() { return static_cast<uint32_t>(get(3)); }
  uint32_t u32() { return static_cast<uint32_t>(get(4)); }
  uint64_t u64() { return get(8); }
  ByteView bytes(size_t count);
  void skip(size_t count) { bytes(count); }

 private:
  uint64_t get(size_t count);
  ByteView x_bytes;
  size_t x_position = 0;
  bool x_ok = true;
};

using Sha256 = std::array<std::byte, 32>;

/// FIPS 180-4, for input that comes in pieces.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  void update(ByteView bytes);
  Sha256 finish();  // once

 private:
  struct State;
  std::unique_ptr<State> x_state;
};
Sha256 sha256(ByteView bytes);
inline std::string to_hex(const Sha256& digest) {
  return to_hex(ByteView(digest));
}

}  // namespace pier
