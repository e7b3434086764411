#include "bitstream/nal.hpp"

#include <cstring>

namespace pier::media::impl {
namespace {

// Offset of the next 00 00 01 at or after `from`; size when there is none.
size_t find_start(ByteView bytes, size_t from) {
  const auto* data = bytes.data();
  size_t at = from;
  while (at + 3 <= bytes.size()) {
    const void* hit = std::memchr(data + at + 2, 1, bytes.size() - at - 2);
    if (hit == nullptr) return bytes.size();
    const auto one = static_cast<size_t>(static_cast<const std::byte*>(hit) - data);
    if (data[one - 1] == std::byte{0} && data[one - 2] == std::byte{0}) return one - 2;
    at = one - 1;
  }
  return bytes.size();
}

bool read_sets(ByteReader& reader, int count, ParameterSets& sets) {
  for (int set = 0; set < count; ++set) {
    const size_t length = reader.u16();
    const ByteView unit = reader.bytes(length);
    if (!reader.ok()) return false;
    sets.units.emplace_back(unit.begin(), unit.end());
  }
  return true;
}

}  // namespace

void split_start_codes(ByteView bytes, const std::function<void(ByteView)>& unit) {
  size_t start = find_start(bytes, 0);
  while (start < bytes.size()) {
    const size_t begin = start + 3;
    const size_t next = find_start(bytes, begin);
    size_t end = next;
    while (end > begin && bytes[end - 1] == std::byte{0}) --end;
    if (end > begin) unit(bytes.subspan(begin, end - begin));
    start = next;
  }
}

bool split_lengths(ByteView bytes, int length_size, const std::function<void(ByteView)>& unit) {
  ByteReader reader(bytes);
  while (reader.left() >= static_cast<size_t>(length_size)) {
    size_t length = 0;
    for (int byte = 0; byte < length_size; ++byte) length = (length << 8U) | reader.u8();
    if (length > reader.left()) return false;
    if (length > 0) unit(reader.bytes(length));
  }
  return reader.left() == 0;
}

Bytes unescape(ByteView unit, size_t limit) {
  Bytes out;
  out.reserve(std::min(unit.size(), limit));
  int zeros = 0;
  for (const std::byte byte : unit) {
    if (out.size() >= limit) break;
    if (zeros >= 2 && byte == std::byte{3}) {
      zeros = 0;
      continue;
    }
    zeros = byte == std::byte{0} ? zeros + 1 : 0;
    out.push_back(byte);
  }
  return out;
}

std::optional<ParameterSets> parse_avcc(ByteView record) {
  ByteReader reader(record);
  if (reader.u8() != 1) return std::nullopt;
  reader.skip(3);
  ParameterSets sets;
  sets.length_size = (reader.u8() & 3) + 1;
  const int sps_count = reader.u8() & 31;
  if (!reader.ok() || !read_sets(reader, sps_count, sets)) return std::nullopt;
  const int pps_count = reader.u8();
  if (!reader.ok() || !read_sets(reader, pps_count, sets)) return std::nullopt;
  return sets;
}

std::optional<ParameterSets> parse_hvcc(ByteView record) {
  ByteReader reader(record);
  // Version 0 was written by early muxers; the layout is the same.
  if (reader.u8() > 1) return std::nullopt;
  reader.skip(20);
  ParameterSets sets;
  sets.length_size = (reader.u8() & 3) + 1;
  const int arrays = reader.u8();
  if (!reader.ok()) return std::nullopt;
  for (int array = 0; array < arrays; ++array) {
    reader.skip(1);
    const int count = reader.u16();
    if (!read_sets(reader, count, sets)) return std::nullopt;
  }
  return sets;
}

}  // namespace pier::media::impl
