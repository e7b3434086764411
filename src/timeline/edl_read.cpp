// The events of a list as tracks.

#include <algorithm>
#include <limits>

#include <pier/timeline/edl.hpp>

#include "edl_line.hpp"

namespace pier::timeline {
namespace {

using impl::Event;

Failure at_line(const Event& event, ErrorCode code, const std::string& why) {
  return fail(code, "line " + std::to_string(event.line) + ": " + why);
}

class TrackBuilder {
 public:
  TrackBuilder(Track track, Rational rate, int64_t start) : x_track(std::move(track)), x_rate(rate), x_cursor(start) {}

  Result<void> add(const Event& event) {
    if (event.record_in < x_cursor)
      return at_line(event, ErrorCode::kInputDamaged,
                     "the event begins before the one before it on its track ends; the list is not in order");
    if (event.record_in == event.record_out) return from_side(event);
    if (event.record_in > x_cursor) gap(event.record_in - x_cursor, {});
    if (event.dissolve) PIER_CHECK(dissolve(event));
    const int64_t length = event.record_out - event.record_in;
    x_cursor = event.record_out;
    if (event.reel == "BL") {
      gap(length, "BL");
      return {};
    }
    const int64_t taken = event.source_out - event.source_in;
    if (!event.speed && taken != length) {
      return at_line(event, ErrorCode::kInputDamaged,
                     "its source lasts " + std::to_string(taken) + " pictures and its place " + std::to_string(length) +
                         ", and no M2 line says a speed");
    }
    x_track.items.push_back(clip(event, length));
    return {};
  }
  Track take() { return std::move(x_track); }

 private:
  Time pictures(int64_t count) const { return {count, x_rate}; }

  void gap(int64_t length, const std::string& reel) {
    Item item;
    item.kind = ItemKind::kGap;
    item.source_range = TimeRange{pictures(0), pictures(length)};
    if (!reel.empty()) item.metadata = {{"cmx_3600", json::object{{"reel", reel}}}};
    x_track.items.push_back(std::move(item));
  }

  /// The line without length before a dissolve: what is faded from. It goes on from the clip before.
  Result<void> from_side(const Event& event) {
    if (event.record_in > x_cursor) gap(event.record_in - x_cursor, {});
    x_cursor = event.record_in;
    if (event.reel == "BL") {
      if (x_track.items.empty() || x_track.items.back().kind != ItemKind::kGap) gap(0, "BL");
      return {};
    }
    if (!x_track.items.empty() && x_track.items.back().kind == ItemKind::kClip) return {};
    Item item = clip(event, 0);
    item.name = event.from_name;
    x_track.items.push_back(std::move(item));
    return {};
  }

  Result<void> dissolve(const Event& event) {
    if (x_track.items.empty())
      return at_line(event, ErrorCode::kInputDamaged, "there is nothing to dissolve from; begin with reel BL");
    Item item;
    item.kind = ItemKind::kTransition;
    item.transition_type = "SMPTE_Dissolve";
    item.in_offset = pictures(0);
    item.out_offset = pictures(event.length);
    x_track.items.push_back(std::move(item));
    return {};
  }

  Item clip(const Event& event, int64_t length) const {
    Item item;
    item.name = event.dissolve ? event.to_name : event.from_name;
    item.source_range = TimeRange{pictures(event.source_in), pictures(length)};
    item.speed = event.speed;
    item.media.name = item.name.empty() ? event.reel : item.name;
    if (!event.file.empty()) {
      item.media.kind = MediaKind::kFile;
      item.media.target = event.file;
    }
    json::object said{{"reel", event.reel}};
    json::array comments;
    for (const std::string& comment : event.comments) comments.emplace_back(comment);
    if (!comments.empty()) said["comments"] = std::move(comments);
    item.metadata = {{"cmx_3600", std::move(said)}};
    return item;
  }

  Track x_track;
  Rational x_rate;
  int64_t x_cursor;
};

bool has(const Event& event, size_t track) {
  return track == 0 ? event.channels.video : event.channels.sound[track - 1];
}

}  // namespace

Result<Timeline> read_edl(std::string_view text, Rational rate) {
  PIER_TRY(const impl::List list, impl::read_list(text, rate));
  int64_t start = std::numeric_limits<int64_t>::max();
  for (const Event& event : list.events) start = std::min(start, event.record_in);
  Timeline timeline;
  timeline.name = list.title;
  timeline.global_start = Time{start, rate};
  timeline.metadata = {{"cmx_3600", json::object{{"drop_frame", list.drop}}}};
  for (size_t number = 0; number <= impl::kSoundChannels; ++number) {
    Track track;
    track.kind = number == 0 ? TrackKind::kVideo : TrackKind::kAudio;
    track.name = number == 0 ? "V" : "A" + std::to_string(number);
    if (number > 0) track.metadata = {{"pier", json::object{{"channel", number}}}};
    TrackBuilder builder(std::move(track), rate, start);
    bool any = false;
    for (const Event& event : list.events) {
      if (!has(event, number)) continue;
      any = true;
      PIER_CHECK(builder.add(event));
    }
    if (any) timeline.tracks.push_back(builder.take());
  }
  if (timeline.tracks.empty()) return fail(ErrorCode::kInputDamaged, "no event of it is on a track");
  return timeline;
}

}  // namespace pier::timeline
