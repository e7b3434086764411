#pragma once
// Boxes of ISO/IEC 14496-12: four-character codes, a nesting writer, an iterator over hostile bytes.

#include <cstdint>
#include <optional>
#include <string_view>

#include <pier/core/bytes.hpp>

namespace pier::packaging::impl {

constexpr uint32_t fourcc(std::string_view code) {
  uint32_t value = 0;
  for (const char c : code) value = value << 8U | static_cast<uint8_t>(c);
  return value;
}

/// Opens a box on construction, closes it (writes its size) on destruction.
class BoxScope {
 public:
  BoxScope(ByteWriter& writer, std::string_view type) : x_writer(writer), x_start(writer.size()) {
    writer.u32(0);
    writer.text(type);
  }
  /// A FullBox.
  BoxScope(ByteWriter& writer, std::string_view type, uint8_t version, uint32_t flags) : BoxScope(writer, type) {
    writer.u8(version);
    writer.u24(flags);
  }
  ~BoxScope() { x_writer.patch_u32(x_start, static_cast<uint32_t>(x_writer.size() - x_start)); }
  BoxScope(const BoxScope&) = delete;
  BoxScope& operator=(const BoxScope&) = delete;

 private:
  ByteWriter& x_writer;
  size_t x_start;
};

struct Box {
  uint32_t type = 0;
  size_t offset = 0;  // of the box in the bytes it was found in
  size_t header = 0;  // bytes before the payload
  ByteView payload;
};

/// Children of a box, one after the other. next() gives nullopt at the end and on damage; then damaged() tells which.
class BoxIterator {
 public:
  explicit BoxIterator(ByteView bytes) : x_reader(bytes) {}
  std::optional<Box> next();
  bool damaged() const { return x_damaged; }

 private:
  ByteReader x_reader;
  bool x_damaged = false;
};

/// First child of that type.
std::optional<Box> find_box(ByteView bytes, std::string_view type);

}  // namespace pier::packaging::impl
