#include "cmaf/index_builder.hpp"

#include <algorithm>

namespace pier::packaging::impl {

uint64_t segment_bitrate(uint64_t bytes, int64_t ticks, uint32_t timescale) {
  if (ticks <= 0) return 0;
  const auto count = static_cast<int64_t>(std::min<uint64_t>(bytes, INT64_MAX));
  return static_cast<uint64_t>(rescale(count, Rational(8 * int64_t{timescale}), Rational(ticks), Rounding::kUp));
}

void IndexBuilder::start_segment(uint64_t offset, int64_t time) {
  SegmentRecord segment;
  segment.offset = offset;
  segment.time = time;
  segment.first_fragment = static_cast<uint32_t>(x_index.fragments.size());
  x_index.segments.push_back(segment);
  x_digest = Sha256Stream();
  x_open = true;
}

void IndexBuilder::add_fragment(const FragmentRecord& fragment) {
  x_index.fragments.push_back(fragment);
  ++x_index.segments.back().fragment_count;
}

void IndexBuilder::feed(ByteView bytes) {
  x_digest.update(bytes);
  x_index.segments.back().length += bytes.size();
}

void IndexBuilder::end_segment(int64_t end) {
  SegmentRecord& segment = x_index.segments.back();
  segment.duration = end - segment.time;
  segment.bitrate = segment_bitrate(segment.length, segment.duration, x_index.description.timescale);
  segment.sha256 = x_digest.finish();
  x_open = false;
}

}  // namespace pier::packaging::impl
