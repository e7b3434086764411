#include "cmaf/index_builder.hpp"

#include <algorithm>

namespace pier::packaging::impl {

uint64_t segment_bitrate(uint64_t bytes, int64_t ticks, uint32_t timescale) {
  if (ticks <= 0) return 0;
  const auto count = static_cast<int64_t>(std::min<uint64_t>(bytes, INT64_MAX));
  return static_cast<uint64_t>(rescale(count, Rational(8 * int64_t{timescale}), Rational(ticks), Rounding::kUp));
}

uint64_t peak_bitrate(std::span<const TimedBytes> parts, uint32_t timescale, int64_t target_duration) {
  const Rational tick(1, timescale);
  const int64_t least = rescale(target_duration, Rational(1, 2), tick, Rounding::kUp);
  const int64_t most = rescale(target_duration, Rational(3, 2), tick, Rounding::kDown);
  uint64_t peak = 0, all_bytes = 0;
  int64_t all_ticks = 0;
  for (size_t first = 0; first < parts.size(); ++first) {
    all_bytes += parts[first].bytes;
    all_ticks += parts[first].ticks;
    uint64_t bytes = 0;
    int64_t ticks = 0;
    for (size_t last = first; last < parts.size(); ++last) {
      bytes += parts[last].bytes;
      ticks += parts[last].ticks;
      if (ticks > most) break;
      if (ticks >= least) peak = std::max(peak, segment_bitrate(bytes, ticks, timescale));
    }
  }
  return peak != 0 ? peak : segment_bitrate(all_bytes, all_ticks, timescale);
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
