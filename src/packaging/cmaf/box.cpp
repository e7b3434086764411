#include "cmaf/box.hpp"

namespace pier::packaging::impl {

std::optional<Box> BoxIterator::next() {
  if (x_damaged || x_reader.left() == 0) return std::nullopt;
  Box box;
  box.offset = x_reader.position();
  uint64_t size = x_reader.u32();
  box.type = x_reader.u32();
  box.header = 8;
  if (size == 1) {
    size = x_reader.u64();
    box.header = 16;
  }
  if (!x_reader.ok() || size < box.header || size - box.header > x_reader.left()) {
    x_damaged = true;
    return std::nullopt;
  }
  box.payload = x_reader.bytes(static_cast<size_t>(size - box.header));
  return box;
}

std::optional<Box> find_box(ByteView bytes, std::string_view type) {
  BoxIterator boxes(bytes);
  while (auto box = boxes.next()) {
    if (box->type == fourcc(type)) return box;
  }
  return std::nullopt;
}

}  // namespace pier::packaging::impl
