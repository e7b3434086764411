#pragma once
// Movie fragments: styp, moof and the head of mdat, written and read back.

#include <cstdint>
#include <vector>

#include "cmaf/box.hpp"

namespace pier::packaging::impl {

struct FragmentSample {
  uint32_t size = 0;
  uint32_t duration = 0;
  int32_t composition_offset = 0;
  bool sync = false;
};

struct Fragment {
  uint32_t sequence = 0;
  uint32_t track_id = 0;
  uint64_t decode_time = 0;  // of the first sample, ticks
  std::vector<FragmentSample> samples;
};

/// The segment type box that starts a segment.
Bytes write_segment_type();

/// moof and the mdat header; the payload (all samples in order) must follow. Payload below 4 GiB.
Bytes write_fragment_header(const Fragment& fragment);

/// A moof as write_fragment_header() makes it; `moof_size` is that of the whole box.
Result<Fragment> parse_fragment(ByteView moof_payload, size_t moof_size);

}  // namespace pier::packaging::impl
