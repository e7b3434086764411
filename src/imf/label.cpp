#include "label.hpp"

#include <algorithm>

namespace pier::imf::impl {

bool same_label(const Label& left, const Label& right) {
  constexpr size_t kVersion = 7;
  for (size_t i = 0; i < left.size(); ++i) {
    if (i != kVersion && left[i] != right[i]) return false;
  }
  return true;
}

std::string label_urn(const Label& value) {
  const std::string hex = to_hex(view(value));
  return "urn:smpte:ul:" + hex.substr(0, 8) + "." + hex.substr(8, 8) + "." + hex.substr(16, 8) + "." + hex.substr(24);
}

Result<Uuid> Uuid::parse(std::string_view text) {
  constexpr std::string_view kPrefix = "urn:uuid:";
  std::string hex(text.starts_with(kPrefix) ? text.substr(kPrefix.size()) : text);
  std::erase(hex, '-');
  const auto bytes = from_hex(hex);
  if (!bytes || bytes->size() != 16)
    return fail(ErrorCode::kInvalidArgument, "\"" + display_text(text) + "\" is no UUID");
  Uuid uuid;
  std::ranges::transform(*bytes, uuid.bytes.begin(), [](std::byte b) { return std::to_integer<uint8_t>(b); });
  return uuid;
}

std::string Uuid::text() const {
  const std::string hex = to_hex(view(*this));
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" + hex.substr(16, 4) + "-" +
         hex.substr(20);
}

std::string Uuid::urn() const {
  return "urn:uuid:" + text();
}

Uuid UuidSequence::next() {
  ByteWriter seed;
  seed.bytes(view(x_seed));
  seed.u32(++x_count);
  const Sha256 digest = sha256(seed.view());
  Uuid uuid;
  for (size_t i = 0; i < uuid.bytes.size(); ++i) uuid.bytes[i] = std::to_integer<uint8_t>(digest[i]);
  uuid.bytes[6] = static_cast<uint8_t>((uuid.bytes[6] & 0x0FU) | 0x80U);
  uuid.bytes[8] = static_cast<uint8_t>((uuid.bytes[8] & 0x3FU) | 0x80U);
  return uuid;
}

}  // namespace pier::imf::impl
