#pragma once
// Every decoded frame of one video stream in presentation order, with a fingerprint of its samples: the proof that a
// decode of a part (a chunk) gives the pictures of the linear decode.

#include <cstdint>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/picture.hpp>
#include <pier/core/rational.hpp>
#include <pier/core/result.hpp>

namespace pier::analysis {

/// XXH64 of the samples of the first plane (luma; R of RGB), row by row without padding, seeded with raster and depth.
uint64_t fingerprint(const PictureView& picture);

struct FrameRecord {
  int64_t pts = 0;       // ticks of FrameTable::time_base
  int64_t duration = 0;  // ticks; 0 when the container does not say
  bool key = false;
  bool damaged = false;
  uint64_t fingerprint = 0;  // 0: not taken, or of a damaged frame
  friend bool operator==(const FrameRecord&, const FrameRecord&) = default;
};

struct FrameTable {
  Rational time_base;
  std::vector<FrameRecord> frames;
  friend bool operator==(const FrameTable&, const FrameTable&) = default;
};

/// About 9 bytes a frame at a constant rate; version and checksum inside.
Bytes to_bytes(const FrameTable& table);
/// kInputDamaged, kTruncated, or kInputUnsupported (version of a later engine); never trusts a count.
Result<FrameTable> frame_table_from_bytes(ByteView bytes);

}  // namespace pier::analysis
