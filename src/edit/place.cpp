#include <algorithm>

#include <pier/core/bytes.hpp>

#include "planner.hpp"

namespace pier::edit {

double Span::weight(Rational at) const {
  double weight = 1;
  if (ramp_in > Rational(0)) weight = std::min(weight, ((at - begin) / ramp_in).value());
  if (ramp_out > Rational(0)) weight = std::min(weight, ((end - at) / ramp_out).value());
  return std::clamp(weight, 0.0, 1.0);
}

namespace impl {

using timeline::Item;
using timeline::ItemKind;

Result<std::vector<PlacedItem>> place(const timeline::Track& track) {
  std::vector<PlacedItem> placed;
  Rational cursor;
  for (size_t i = 0; i < track.items.size(); ++i) {
    const Item& item = track.items[i];
    if (item.kind == ItemKind::kTransition) continue;
    PlacedItem one;
    one.item = &item;
    one.name = "clip " + std::to_string(i + 1) + " of track " + display_text(track.name);
    Span& span = one.span;
    span.clip_begin = span.begin = cursor;
    span.clip_length = item.length();
    cursor = span.end = cursor + item.length();
    if (i > 0 && track.items[i - 1].kind == ItemKind::kTransition) {
      const Item& before = track.items[i - 1];
      span.begin = span.begin - before.in_offset.seconds();
      span.ramp_in = before.in_offset.seconds() + before.out_offset.seconds();
    }
    if (i + 1 < track.items.size() && track.items[i + 1].kind == ItemKind::kTransition) {
      const Item& after = track.items[i + 1];
      span.end = span.end + after.out_offset.seconds();
      span.ramp_out = after.in_offset.seconds() + after.out_offset.seconds();
    }
    if (span.begin < Rational(0)) span.begin = 0;
    if (span.ramp_in + span.ramp_out > span.end - span.begin) {
      return fail(ErrorCode::kInvalidArgument,
                  one.name + " is shorter than the transitions before and after it; shorten them");
    }
    placed.push_back(std::move(one));
  }
  return placed;
}

Rational source_start(const Item& clip, const media::Facts& facts) {
  if (!clip.source_range) return 0;
  const Rational said = clip.source_range->start.seconds();
  if (clip.media.available) return said - clip.media.available->start.seconds();
  if (!clip.metadata.contains("cmx_3600") || facts.main_video < 0) return said;
  const media::VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  const std::string& text = facts.timecode.empty() ? video.timecode : facts.timecode;
  const auto timecode = parse_timecode(text, video.frame_rate);
  if (!timecode) return said;
  // A list counts by its own rate: what it calls 01:00:00:00 is the picture the media calls so.
  const Rational nominal(timecode->fps);
  const Rational listed = clip.source_range->start.value;
  const Rational list_nominal(rescale(1, clip.source_range->start.rate, 1));
  return (listed / list_nominal - Rational(timecode->frame) / nominal) * nominal / video.frame_rate;
}

}  // namespace impl
}  // namespace pier::edit
