#pragma once
// NAL units and start-code units: splitting and taking emulation prevention out.

#include <functional>
#include <optional>
#include <vector>

#include <pier/core/bytes.hpp>

namespace pier::media::impl {

/// Annex B of H.264/H.265 and the start codes of AVS: calls `unit` with the bytes after each 00 00 01 up to the next
/// start code, trailing zero bytes taken off.
void split_start_codes(ByteView bytes, const std::function<void(ByteView)>& unit);

/// ISO/IEC 14496-15 samples: `length_size` (1...4) bytes of length before each unit. False when a length runs past
/// the end; the units before it were given.
bool split_lengths(ByteView bytes, int length_size, const std::function<void(ByteView)>& unit);

/// Without the 03 of every 00 00 03 (H.264/H.265 7.3.1.1). At most `limit` bytes come out.
Bytes unescape(ByteView unit, size_t limit = 1U << 16U);

/// Parameter sets of a decoder configuration record (avcC, hvcC) and its length size; nullopt when it is none.
struct ParameterSets {
  int length_size = 4;
  std::vector<Bytes> units;
};
std::optional<ParameterSets> parse_avcc(ByteView record);
std::optional<ParameterSets> parse_hvcc(ByteView record);

}  // namespace pier::media::impl
