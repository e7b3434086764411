#pragma once
// Universal labels (SMPTE ST 298) and UUIDs (RFC 9562) as MXF and its XML write them.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <pier/core/bytes.hpp>
#include <pier/core/result.hpp>

namespace pier::imf::impl {

using Label = std::array<uint8_t, 16>;

constexpr uint8_t nibble(char digit) {
  return static_cast<uint8_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/// From 32 lower-case hexadecimal digits; dots between them are passed over.
constexpr Label label(std::string_view hex) {
  Label result{};
  size_t count = 0;
  for (const char digit : hex) {
    if (digit == '.') continue;
    result[count / 2] = static_cast<uint8_t>(result[count / 2] << 4U | nibble(digit));
    ++count;
  }
  return result;
}

inline ByteView view(const Label& value) {
  return std::as_bytes(std::span(value));
}

/// Equal but for the byte of the version (ST 298: byte 8), which readers are to pass over.
bool same_label(const Label& left, const Label& right);

/// "urn:smpte:ul:060e2b34.0401010d.04010101.010a0000" (ST 2029)
std::string label_urn(const Label& value);

struct Uuid {
  std::array<uint8_t, 16> bytes{};
  friend bool operator==(const Uuid&, const Uuid&) = default;

  /// kInvalidArgument unless 32 hexadecimal digits, with or without dashes and "urn:uuid:".
  static Result<Uuid> parse(std::string_view text);
  std::string text() const;  // "0198c2a4-..."
  std::string urn() const;   // "urn:uuid:0198c2a4-..."
};

inline ByteView view(const Uuid& value) {
  return std::as_bytes(std::span(value.bytes));
}

/// UUIDs that follow from one another: equal seeds give equal files (version 8 of RFC 9562, from SHA-256).
class UuidSequence {
 public:
  explicit UuidSequence(const Uuid& seed) : x_seed(seed) {}
  Uuid next();

 private:
  Uuid x_seed;
  uint32_t x_count = 0;
};

}  // namespace pier::imf::impl
